/** For tests: the real command as an editor starts it, and a client of the protocol's own library that speaks to it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type InitializeParams,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node'

const LAUNCHER = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url))

export interface Editor {
  readonly child: ChildProcess
  readonly connection: ProtocolConnection
  readonly initialized: InitializeResult
  /** Every publication, in order. */
  readonly published: PublishDiagnosticsParams[]
  readonly errors: () => string
  /** The diagnostics of a file as published last, once they are as asked. */
  readonly diagnostics: (path: string, wanted?: (found: Diagnostic[]) => boolean) => Promise<Diagnostic[]>
  readonly open: (path: string, text: string, language?: string) => void
  /** Replaces the whole text. */
  readonly edit: (path: string, text: string) => void
  readonly uri: (path: string) => string
  /** `shutdown` and `exit`; gives the exit code. */
  readonly quit: () => Promise<number | null>
}

const running = new Set<ChildProcess>()

/** To be called after each test. */
export function endEditors(): void {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
}

export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Starts the command and nothing more. */
export function startServer(home: string, argv: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [LAUNCHER, 'spec', 'language-server', ...argv], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: 'pipe',
  })
  running.add(child)
  child.on('exit', () => running.delete(child))
  return child
}

export interface EditorWish {
  readonly argv?: readonly string[]
  readonly capabilities?: InitializeParams['capabilities']
  readonly params?: Partial<InitializeParams>
  /** Absolute; by default the folder itself. Null: none. */
  readonly folders?: readonly string[] | null
}

/** An editor with a folder open. Paths are below the folder. */
export async function openEditor(folder: string, wish: EditorWish = {}): Promise<Editor> {
  const child = startServer(folder, wish.argv)
  const errors: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const { stdout, stdin } = child
  if (!stdout || !stdin) throw new Error('the command has no pipes')
  // The server may end first.
  stdin.on('error', () => undefined)
  const connection = createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin))
  const published: PublishDiagnosticsParams[] = []
  const watchers = new Set<() => void>()
  connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    published.push(params)
    for (const look of watchers) look()
  })
  connection.onRequest('client/registerCapability', () => null)
  connection.onUnhandledNotification(() => undefined)
  connection.onError(() => undefined)
  connection.listen()
  const uri = (path: string) => pathToFileURL(join(folder, path)).href
  const folders = wish.folders === undefined ? [folder] : wish.folders
  const initialized: InitializeResult = await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      textDocument: { publishDiagnostics: { relatedInformation: true, versionSupport: true } },
      ...wish.capabilities,
    },
    workspaceFolders: folders?.map((path) => ({ uri: pathToFileURL(path).href, name: path })) ?? null,
    ...wish.params,
  })
  await connection.sendNotification('initialized', {})
  const versions = new Map<string, number>()
  return {
    child,
    connection,
    initialized,
    published,
    errors: () => Buffer.concat(errors).toString('utf8'),
    diagnostics: (path, wanted = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const last = published.findLast((params) => params.uri === uri(path))
          const version = versions.get(path)
          if (!last || (version !== undefined && last.version !== version) || !wanted(last.diagnostics)) return
          watchers.delete(look)
          resolve(last.diagnostics)
        }
        watchers.add(look)
        look()
      }),
    open: (path, text, languageId = 'markdown') => {
      versions.set(path, 1)
      void connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uri(path), languageId, version: 1, text },
      })
    },
    edit: (path, text) => {
      const version = (versions.get(path) ?? 0) + 1
      versions.set(path, version)
      void connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uri(path), version },
        contentChanges: [{ text }],
      })
    },
    uri,
    quit: async () => {
      const exited = once(child, 'exit')
      await connection.sendRequest('shutdown')
      await connection.sendNotification('exit')
      const [code] = (await exited) as [number | null]
      return code
    },
  }
}

export const SPEC = `# Feature Specification: Login

**Status**: Draft

## User Scenarios & Testing

### User Story 1 - Sign in (Priority: P1)

A member signs in.

**Why this priority**: Nothing works without it.

**Independent Test**: Sign in and see the start page.

**Acceptance Scenarios**:

1. **Given** a member with a password, **When** they sign in, **Then** the start page is shown within 2 seconds

## Requirements

### Functional Requirements

- **FR-001**: System MUST accept a password of 12 to 128 characters
- **FR-002**: System MUST lock an account after 5 wrong passwords

## Success Criteria

- **SC-001**: 95 % of logins end within 2 seconds
`

export const TASKS = `# Tasks: Login

## Phase 1: User Story 1 - Sign in

- [x] T001 [US1] Create \`src/login.ts\` with \`login()\` per FR-001
- [ ] T002 [US1] Lock accounts in src/lock.ts per FR-002 (depends on T001)
- [ ] T003 [US1] Write tests/login.test.ts for FR-001
`

export const PLAN = `# Implementation Plan: Login

## Summary

A page and a table, for FR-001 and FR-002.

## Technical Context

**Language/Version**: TypeScript 7

## Project Structure

\`\`\`text
src/login.ts
\`\`\`
`

/** A project with one feature without findings that matter. */
export const PROJECT = {
  '.specify/memory/constitution.md':
    '# Constitution\n\n## Core Principles\n\n### I. Simple\n\nKeep it simple.\n\n**Version**: 1.0.0\n',
  'specs/001-login/spec.md': SPEC,
  'specs/001-login/plan.md': PLAN,
  'specs/001-login/tasks.md': TASKS,
  'src/login.ts': '// FR-001: the password\nexport function login() {}\n',
  'tests/login.test.ts': "test('FR-001 takes a password', () => {})\n",
} as const
