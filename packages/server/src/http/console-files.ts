import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Serves the built console's files. */
export async function consoleFiles(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html')))
    throw new Error(`the console is not built: ${folder}/index.html is missing (npm run build)`)
  await app.register(fastifyStatic, { root: folder, wildcard: false, index: false, maxAge: '1h' })
  app.get('/', { schema: { hide: true } }, (_request, reply) => sendConsole(reply))
}

/** An address of the console's own router, rather than one of the API, of git or of a file. */
export function isConsoleAddress(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0] ?? '/'
  return (
    request.method === 'GET' &&
    !/^\/(api|git|dev-agent|assets)(\/|$)/.test(path) &&
    !path.split('/').at(-1)?.includes('.')
  )
}

export function sendConsole(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache').sendFile('index.html')
}
