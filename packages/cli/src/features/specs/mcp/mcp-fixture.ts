/** For tests: a checkout with specifications, the real command as a process, and the real client of the protocol on its pipes. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { scratchFolder } from '../../../test-host.ts'

export const BIN = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url))

const closers: (() => Promise<unknown>)[] = []

/** To be called after each test, before the folders are removed. */
export async function closeClients(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

export type Files = Readonly<Record<string, string>>

export function writeFiles(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

export function git(root: string, ...args: string[]): string {
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  const ran = spawnSync('git', [...who, ...args], { cwd: root, env, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

export function commit(root: string, message: string, files: Files): void {
  writeFiles(root, files)
  git(root, 'add', '-A')
  git(root, 'commit', '-q', '-m', message)
}

const spec = (name: string) => `# Feature Specification: ${name}

## User Scenarios & Testing

### User Story 1 - Use ${name} (Priority: P1)

**Acceptance Scenarios**:

1. **Given** a member, **When** ${name} is opened, **Then** it is shown

## Requirements

- **FR-001**: System MUST show ${name} quickly
- **FR-002**: System MUST keep 5 entries of ${name}

## Success Criteria

- **SC-001**: 95 % of pages of ${name} are there within 2 seconds
`

const tasks = (name: string, mark: string) => `# Tasks: ${name}

## Phase 1: User Story 1 - Use ${name}

- [${mark}] T001 [US1] Create \`src/${name}.ts\` with \`open_${name}()\` for FR-001
- [${mark}] T002 [US1] Create \`src/${name}-never.ts\` for FR-002
- [${mark}] T003 [US1] Write \`tests/${name}.test.ts\` for FR-001
- [ ] T004 [US1] Write docs
`

/** A checkout with two features, in each a task that is done, one that never was, and a test; ids are the same in both. */
export function checkout(): string {
  const root = join(scratchFolder(), 'shop')
  mkdirSync(root)
  git(root, 'init', '-q', '-b', 'main')
  const features = [
    ['001-login', 'login'],
    ['002-cart', 'cart'],
  ] as const
  const all = (mark: string) =>
    Object.fromEntries(features.map(([folder, name]) => [`specs/${folder}/tasks.md`, tasks(name, mark)]))
  commit(root, 'plan', {
    '.specify/memory/constitution.md': '# Constitution\n\n## Core Principles\n\n### I. Small\n\nChanges are small.\n',
    ...Object.fromEntries(features.map(([folder, name]) => [`specs/${folder}/spec.md`, spec(name)])),
    ...all(' '),
  })
  commit(
    root,
    'T001 and T003',
    Object.fromEntries(
      features.flatMap(([, name]) => [
        [`src/${name}.ts`, `export function open_${name}() {\n  return 1\n}\n`],
        [`tests/${name}.test.ts`, `test('${name} opens', () => expect(open_${name}()).toBe(1))\n`],
      ]),
    ),
  )
  commit(root, 'tick', all('x'))
  return root
}

export interface Started {
  readonly client: Client
  readonly transport: StdioClientTransport
  /** What it wrote to standard error so far. */
  readonly said: () => string
}

export interface StartWish {
  readonly args?: readonly string[]
  readonly client?: ClientOptions
  /** Before the client connects: to answer what the server asks. */
  readonly prepare?: (client: Client) => void
  /** Put before PATH. */
  readonly path?: string
  /** More of the server's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** The real client, connected to the real command that was started in a folder. */
export async function start(cwd: string, wish: StartWish = {}): Promise<Started> {
  const PATH = [...(wish.path === undefined ? [] : [wish.path]), process.env['PATH'] ?? ''].join(':')
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BIN, 'spec', 'mcp', ...(wish.args ?? [])],
    cwd,
    env: { ...wish.env, PATH, HOME: scratchFolder() },
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr?.on('data', (piece: Buffer) => (said += piece.toString('utf8')))
  const client = new Client({ name: 'tests', version: '1.0.0' }, wish.client)
  wish.prepare?.(client)
  await client.connect(transport)
  closers.push(() => client.close())
  return { client, transport, said: () => said }
}

export interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  /** The structured content; {} where there is none. */
  readonly value: Readonly<Record<string, unknown>>
}

/** Calls a tool. The client holds what comes against the schema that the server tells. */
export async function callTool(
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ToolAnswer> {
  const result = await client.callTool({ name, arguments: { ...args } }, { timeout: 150_000 })
  const [block] = result.content as readonly { readonly type: string; readonly text?: string }[]
  return {
    isError: result.isError === true,
    text: block?.text ?? '',
    value: (result.structuredContent ?? {}) as Readonly<Record<string, unknown>>,
  }
}

/** What the command itself prints with --json in a folder. */
export function commandJson(cwd: string, ...args: string[]): Readonly<Record<string, unknown>> {
  const ran = spawnSync(process.execPath, [BIN, 'spec', ...args, '--json'], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: dirname(cwd) },
    encoding: 'utf8',
  })
  return JSON.parse(ran.stdout) as Readonly<Record<string, unknown>>
}

/** A git that goes on only when it is let, but for a list of files: evidence that takes as long as the test wants, and lint that does not. */
export interface HeldGit {
  /** To be put before PATH. */
  readonly path: string
  /** The process ids of gits that were started. */
  readonly started: () => number[]
  readonly release: () => void
}

export function heldGit(): HeldGit {
  const folder = scratchFolder()
  const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim()
  const [pids, gate] = [join(folder, 'pids'), join(folder, 'gate')]
  writeFileSync(
    join(folder, 'git'),
    `#!/bin/sh\ncase "$*" in *ls-files*) exec '${real}' "$@";; esac\necho $$ >> '${pids}'\nwhile [ ! -e '${gate}' ]; do [ -e '${pids}' ] || exit 1; sleep 0.1; done\nexec '${real}' "$@"\n`,
  )
  chmodSync(join(folder, 'git'), 0o755)
  return {
    path: folder,
    started: () => (existsSync(pids) ? readFileSync(pids, 'utf8').split('\n').filter(Boolean).map(Number) : []),
    release: () => writeFileSync(gate, ''),
  }
}

/** Waits for something to come true; the test's own limit ends it. */
export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 50))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // What nobody has waited for yet is dead all the same.
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
  return !/\) Z /.test(stat)
}

export interface RawServer {
  readonly child: ChildProcessWithoutNullStreams
  readonly send: (line: string | object) => void
  /** The answer with this id. */
  readonly answer: (id: number | string) => Promise<Readonly<Record<string, unknown>>>
  /** All of standard output so far, a line each. */
  readonly lines: () => readonly string[]
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** The real command with bare pipes. */
export function startRaw(cwd: string, path?: string): RawServer {
  const PATH = [...(path === undefined ? [] : [path]), process.env['PATH'] ?? ''].join(':')
  const child = spawn(process.execPath, [BIN, 'spec', 'mcp'], { cwd, env: { PATH, HOME: dirname(cwd) } })
  child.stderr.resume()
  child.stdin.on('error', () => {})
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }))
  closers.push(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const held = (id: number | string) => {
    const line = lines.find((said) => (JSON.parse(said) as { id?: unknown; method?: unknown }).id === id)
    return line === undefined ? null : (JSON.parse(line) as Readonly<Record<string, unknown>>)
  }
  return {
    child,
    send: (line) => void child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
    answer: async (id) => {
      await until(() => held(id) !== null)
      return held(id) ?? {}
    },
    lines: () => lines,
    ended,
  }
}

export function initialize(protocolVersion: string, id = 1): object {
  return {
    jsonrpc: '2.0',
    id,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  }
}
