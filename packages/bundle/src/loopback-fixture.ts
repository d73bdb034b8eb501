/** For tests: servers on loopback that note what they are asked, closed after each test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    // oxlint-disable-next-line no-await-in-loop -- two at most
    await new Promise((done) => server.close(done))
  }
})

export interface Seen {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}

export interface Listening {
  readonly host: string
  readonly url: string
  /** All requests until now. */
  readonly seen: readonly Seen[]
}

/** `answer` is called when a request is there with its body. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<Listening> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { authorization } = request.headers
      seen.push({ method: request.method ?? '', url: request.url ?? '', authorization })
      answer(request, response, Buffer.concat(chunks))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  servers.push(server)
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, seen }
}
