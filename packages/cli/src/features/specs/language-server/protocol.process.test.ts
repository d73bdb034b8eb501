import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterAll, afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../../test-host.ts'
import { endEditors, openEditor, PROJECT, SPEC, startServer, TASKS, writeFiles } from './test-editor.ts'

afterEach(closeAll)
afterAll(endEditors)

interface Answer {
  readonly id?: number | null
  readonly method?: string
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** Speaks bytes. Every byte of standard output must belong to a message. */
class Raw {
  readonly child: ChildProcess
  readonly answers: Answer[] = []
  #rest = Buffer.alloc(0)
  #look: () => void = () => undefined

  constructor(child: ChildProcess) {
    this.child = child
    child.stdin?.on('error', () => undefined)
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk])
      for (;;) {
        const head = /^Content-Length: (\d+)\r\n(?:Content-Type: [^\r\n]*\r\n)?\r\n/.exec(this.#rest.toString('latin1'))
        if (!head) break
        const end = head[0].length + Number(head[1])
        if (this.#rest.length < end) break
        this.answers.push(JSON.parse(this.#rest.subarray(head[0].length, end).toString('utf8')) as Answer)
        this.#rest = this.#rest.subarray(end)
      }
      this.#look()
    })
  }

  /** Bytes of standard output that are no message yet. */
  get rest(): string {
    return this.#rest.toString('utf8')
  }

  bytes(data: string | Uint8Array): void {
    this.child.stdin?.write(data)
  }

  send(message: unknown): void {
    const body = JSON.stringify(message)
    this.bytes(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  async until(wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const found = this.answers.find(wanted)
      if (found) return found
      await new Promise<void>((resolve) => (this.#look = resolve))
    }
  }

  ask(id: number, method: string, params?: unknown): Promise<Answer> {
    this.send({ jsonrpc: '2.0', id, method, params })
    return this.until((answer) => answer.id === id && answer.method === undefined)
  }

  async end(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode
    const [code] = (await once(this.child, 'exit')) as [number | null]
    return code
  }
}

const start = (argv: readonly string[] = []) => new Raw(startServer(scratchFolder(), argv))
const HELLO = { processId: null, rootUri: null, capabilities: {} }

let tortured: Raw | undefined
const begun = async () => {
  const raw = new Raw(startServer(tmpdir()))
  await raw.ask(1, 'initialize', HELLO)
  return raw
}

test('the order of the protocol is kept: initialize first, nothing after shutdown, and the exit code tells', async () => {
  const raw = start(['--stdio'])
  expect((await raw.ask(1, 'textDocument/hover', {})).error?.code).toBe(-32002)
  raw.send({ jsonrpc: '2.0', method: 'textDocument/didOpen', params: {} })
  expect((await raw.ask(2, 'initialize', HELLO)).result).toMatchObject({ serverInfo: { name: 'gatehouse' } })
  expect((await raw.ask(3, 'initialize', HELLO)).error?.code).toBe(-32600)
  raw.send({ jsonrpc: '2.0', method: 'initialized', params: {} })
  expect((await raw.ask(4, 'no/such/method', {})).error?.code).toBe(-32601)
  expect(await raw.ask(5, 'shutdown')).toMatchObject({ result: null })
  expect((await raw.ask(6, 'workspace/symbol', { query: '' })).error?.code).toBe(-32600)
  raw.send({ jsonrpc: '2.0', method: 'exit' })
  expect(await raw.end()).toBe(0)
  expect(raw.rest).toBe('')
})

test('exit without shutdown, and an editor that is gone, end with 1', async () => {
  const first = start()
  await first.ask(1, 'initialize', HELLO)
  first.send({ jsonrpc: '2.0', method: 'exit' })
  expect(await first.end()).toBe(1)
  const second = start()
  await second.ask(1, 'initialize', HELLO)
  second.child.stdin?.end()
  expect(await second.end()).toBe(1)
})

test('the server ends with the process that --clientProcessId names', async () => {
  const client = startServer(scratchFolder())
  const raw = start(['--stdio', `--clientProcessId=${client.pid}`])
  await raw.ask(1, 'initialize', HELLO)
  client.kill('SIGKILL')
  expect(await raw.end()).toBe(1)
})

test('a wrong --clientProcessId is told on standard error', async () => {
  const child = startServer(scratchFolder(), ['--clientProcessId', 'me'])
  const said: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(2)
  expect(Buffer.concat(said).toString()).toContain('--clientProcessId')
})

const framed = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const BODY = '{"jsonrpc":"2.0","id":"x","method":"workspace/symbol","params":{"query":""}'

test.each([
  ['a body that is no JSON', framed(BODY), -32700],
  ['a batch', framed('[]'), -32600],
  ['a number', framed('42'), -32600],
  ['an object without a method', framed('{"jsonrpc":"2.0"}'), -32600],
  ['params that are a text', framed('{"method":"x/y","id":null,"params":"z"}'), -32600],
  ['a body of nothing', framed(''), -32700],
  ['a length of a petabyte', `Content-Length: 999999999999999\r\n\r\n${BODY}}`, -32600],
  ['a length above every number', `Content-Length: ${'9'.repeat(400)}\r\n\r\n`, -32700],
  ['a length below zero', 'Content-Length: -5\r\n\r\n{}', -32700],
  ['a header without a length', 'Content-Type: x\r\n\r\n{}', -32700],
  ['a header that does not end', 'x'.repeat(100_000), -32700],
  ['bytes at random', Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251)), -32700],
  ['nesting without measure', framed('['.repeat(200_000)), -32700],
])('%s is answered, and what follows is heard', async (_name, bytes, code) => {
  // One server for all of them, started by the first.
  const raw = (tortured ??= await begun())
  const before = raw.answers.length
  raw.bytes(bytes)
  expect((await raw.until((a) => a.id === null && raw.answers.indexOf(a) >= before)).error?.code).toBe(code)
  expect((await raw.ask(before + 100, 'workspace/symbol', { query: '' })).result).toEqual([])
  // Once, however much of it there was.
  expect(raw.answers.slice(before).filter(({ id }) => id === null)).toHaveLength(1)
})

test('after all of that the server ends as it should', async () => {
  const raw = (tortured ??= await begun())
  await raw.ask(3, 'shutdown')
  raw.send({ jsonrpc: '2.0', method: 'exit' })
  expect(await raw.end()).toBe(0)
})

test('a message that comes byte for byte is one message', async () => {
  const raw = start()
  const body = Buffer.from(
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { ...HELLO, x: 'ü👩' } }),
  )
  for (const byte of Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])) {
    raw.bytes(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect((await raw.until(({ id }) => id === 1)).result).toBeDefined()
})

test('requests and notifications that lack what they need break nothing', async () => {
  const raw = start()
  await raw.ask(1, 'initialize', { processId: null })
  raw.send({ jsonrpc: '2.0', method: 'initialized', params: {} })
  const methods = 'didOpen didChange didClose didSave'.split(' ')
  for (const params of [
    {},
    { textDocument: {} },
    { textDocument: { uri: 5, text: 7 } },
    { textDocument: { uri: '%' }, contentChanges: [{}] },
  ])
    for (const method of methods) raw.send({ jsonrpc: '2.0', method: `textDocument/${method}`, params })
  for (const method of ['workspace/didChangeWatchedFiles', 'workspace/didChangeWorkspaceFolders'])
    raw.send({
      jsonrpc: '2.0',
      method,
      params: { changes: [{ uri: 'file://%zz' }], event: { added: [{}], removed: [5] } },
    })
  let id = 1
  for (const method of 'definition references hover documentSymbol completion codeAction rename'.split(' '))
    for (const params of [
      {},
      { textDocument: { uri: 'file:///%00' } },
      { textDocument: { uri: 'untitled:1' }, position: {} },
    ]) {
      id += 1
      expect(await raw.ask(id, `textDocument/${method}`, params)).toHaveProperty('id', id)
    }
  expect((await raw.ask(900, 'workspace/symbol', { query: '' })).result).toEqual([])
})

test('files that nobody would write neither end the server nor keep it', async () => {
  const folder = scratchFolder()
  writeFiles(folder, {
    ...PROJECT,
    'specs/001-login/big.md': `- [ ] T900 FR-404 ${'x'.repeat(5 * 1024 * 1024)}`,
    'specs/002-binary/spec.md': Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 31) % 256)),
    'specs/003-nul/tasks.md': `${TASKS}\u0000\u0000`,
    'specs/004 % ü "q"/spec.md': SPEC,
    'specs/004 % ü "q"/tasks.md': TASKS.replace('FR-001', 'FR-404'),
  })
  symlinkSync(folder, join(folder, 'specs', 'loop'))
  symlinkSync(join(folder, 'specs', 'self.md'), join(folder, 'specs', 'self.md'))
  const outside = scratchFolder()
  writeFiles(outside, { 'spec.md': SPEC, 'tasks.md': TASKS.replace('FR-001', 'FR-404') })
  const editor = await openEditor(folder)
  const odd = await editor.diagnostics('specs/004 % ü "q"/tasks.md')
  expect(odd.map(({ code }) => code)).toContain('unknown-reference')

  editor.open('specs/001-login/big.md', `${SPEC}${'x '.repeat(3 * 1024 * 1024)}`)
  expect((await editor.diagnostics('specs/001-login/big.md')).map(({ message }) => message)).toEqual([
    expect.stringContaining('Not read'),
  ])
  const outline = await editor.connection.sendRequest('textDocument/documentSymbol', {
    textDocument: { uri: editor.uri('specs/001-login/big.md') },
  })
  expect(outline).toEqual([])
  editor.open('specs/self.md', SPEC)
  // A link to a file is the file.
  symlinkSync(join(folder, 'specs/001-login/tasks.md'), join(folder, 'link.md'))
  editor.open('link.md', TASKS.replace('FR-002', 'FR-405'))
  expect((await editor.diagnostics('link.md')).map(({ code }) => code)).toContain('unknown-reference')
  // From outside of the workspace: read with what lies beside it.
  const path = `../${outside.split('/').at(-1)}/tasks.md`
  editor.open(path, TASKS.replace('FR-001', 'FR-404'))
  expect((await editor.diagnostics(path)).map(({ code }) => code)).toContain('unknown-reference')
  const jump = await editor.connection.sendRequest('textDocument/definition', {
    textDocument: { uri: editor.uri(path) },
    position: { line: 5, character: 55 },
  })
  expect(jump).toMatchObject([{ uri: editor.uri(`../${outside.split('/').at(-1)}/spec.md`) }])
  writeFileSync(join(folder, 'specs/001-login/tasks.md'), TASKS)
  expect(await editor.quit()).toBe(0)
  expect(editor.errors()).toBe('')
})
