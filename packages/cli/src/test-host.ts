/** For tests: a host whose hands are the test's, and an API that answers by the table of operations. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problemDocument, type Problem } from '@gatehouse/core/kernel/problems'
import { OPERATIONS, type Operations } from '@gatehouse/client/operations.gen'
import type { Host } from './host.ts'
import { runProgram } from './program.ts'

const closers: (() => Promise<void> | void)[] = []

/** To be called after each test. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** A folder that is removed after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface TestHost extends Host {
  readonly stdout: () => string
  readonly stderr: () => string
  readonly outBytes: () => Buffer
  readonly asked: string[]
  readonly stop: () => void
}

export interface HostWish {
  readonly env?: Readonly<Record<string, string>>
  readonly tty?: boolean
  readonly columns?: number
  readonly answers?: readonly string[]
  readonly input?: string | Uint8Array
  readonly serverMain?: string
  readonly uid?: number
  readonly now?: () => number
}

export function testHost(wish: HostWish = {}): TestHost {
  const home = scratchFolder()
  const out: Buffer[] = []
  const err: Buffer[] = []
  const asked: string[] = []
  const answers = [...(wish.answers ?? [])]
  const stop = new AbortController()
  const output = (into: Buffer[]) => ({
    write: (data: string | Uint8Array) => void into.push(Buffer.from(data as string)),
    isTty: wish.tty ?? false,
    columns: wish.columns ?? 80,
  })
  return {
    env: wish.env ?? {},
    cwd: home,
    home,
    uid: wish.uid ?? 1000,
    platform: process.platform,
    out: output(out),
    err: output(err),
    canAsk: wish.answers !== undefined,
    ask: async (question) => {
      asked.push(question)
      return answers.shift() ?? ''
    },
    readInput: async () => Buffer.from((wish.input ?? '') as string),
    fetch: globalThis.fetch,
    now: wish.now ?? (() => Date.now()),
    signal: stop.signal,
    serverMain: wish.serverMain ?? fileURLToPath(new URL('./features/lifecycle/fixtures/main-up.ts', import.meta.url)),
    stdout: () => Buffer.concat(out).toString('utf8'),
    stderr: () => Buffer.concat(err).toString('utf8'),
    outBytes: () => Buffer.concat(out),
    asked,
    stop: () => stop.abort(new Error('stopped')),
  }
}

export interface Call {
  readonly operation: keyof Operations
  readonly id: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}

type Reply = {
  readonly status?: number
  readonly json?: unknown
  readonly raw?: string | Uint8Array
  readonly problem?: Problem
}
export type Replies = { readonly [K in keyof Operations]?: (call: Call) => Reply }

export interface TestApi {
  readonly url: string
  readonly calls: Call[]
  /** Sends one event to every open stream. */
  readonly emit: (event: { seq: number } & Record<string, unknown>) => void
  readonly streams: () => number
}

/** A server that answers the operations given; any other is a 404 problem. Event streams stay open. */
export async function testApi(replies: Replies): Promise<TestApi> {
  const calls: Call[] = []
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('utf8')))
  })
  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', 'http://test')
    const found = operationOf(request.method ?? '', url.pathname)
    if (!found) return void response.writeHead(404).end()
    const call = {
      ...found,
      query: Object.fromEntries(url.searchParams),
      body: body === '' ? undefined : (JSON.parse(body) as unknown),
      headers: request.headers,
    }
    calls.push(call)
    if (call.operation === 'eventStream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return
    }
    const reply = replies[call.operation]?.(call) ?? { status: 404, json: {} }
    if (reply.problem) {
      const document = problemDocument(reply.problem, 'req_test')
      response.writeHead(document.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(document))
    } else if (reply.raw !== undefined) response.writeHead(reply.status ?? 200).end(reply.raw)
    else response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.json))
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    emit: (event) => {
      for (const stream of streams) stream.write(`id: ${event.seq}\nevent: ledger\ndata: ${JSON.stringify(event)}\n\n`)
    },
    streams: () => streams.size,
  }
}

function operationOf(method: string, path: string): { operation: keyof Operations; id: string } | null {
  // Fixed paths before those with an id: /jobs/dead is no job.
  const rows = Object.entries(OPERATIONS).toSorted(
    ([, a], [, b]) => a.path.split('{').length - b.path.split('{').length,
  )
  for (const [operation, row] of rows) {
    const match = new RegExp(`^${row.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path)
    if (match && row.method === method)
      return { operation: operation as keyof Operations, id: decodeURIComponent(match[1] ?? '') }
  }
  return null
}

export interface Ran extends TestHost {
  readonly code: number
}

/** Runs a command line against an API, logged in by the environment. */
export async function run(argv: readonly string[], api: TestApi | null, wish: HostWish = {}): Promise<Ran> {
  const login = api ? { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'gh_test' } : {}
  const host = testHost({ ...wish, env: { ...login, ...wish.env } })
  return { ...host, code: await runProgram(argv, host) }
}
