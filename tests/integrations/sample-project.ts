import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { TestContext } from 'vitest'

const folders: string[] = []

/** To be called after each test. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-integrations-')))
  folders.push(folder)
  return folder
}

export type Files = Readonly<Record<string, string>>

export function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** Whose commits the samples are; a person's own configuration of git counts for nothing. */
export function gitEnv(home: string): Record<string, string> {
  return {
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'ann@example.org',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'ann@example.org',
  }
}

export function git(root: string, ...args: string[]): string {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...gitEnv(root) }
  return execFileSync('git', args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' })
}

export function commit(root: string, message: string, files: Files): void {
  write(root, files)
  git(root, 'add', '-A')
  git(root, 'commit', '-q', '--allow-empty', '-m', message)
}

export const SPEC = `# Feature Specification: Login

## User Scenarios & Testing

### User Story 1 - Log in (Priority: P1)

**Acceptance Scenarios**:

1. **Given** an account, **When** a person logs in, **Then** the board is shown

## Requirements

### Functional Requirements

- **FR-001**: The system MUST log a person in within 2 seconds
- **FR-002**: The system MUST log a person out within 2 seconds

## Success Criteria

- **SC-001**: 95 % of people log in within 10 seconds
`

export const PLAN = `# Implementation Plan: Login

## Summary

Log in.

## Technical Context

**Language/Version**: TypeScript

## Constitution Check

There is no constitution.

## Project Structure

One folder, src.
`

/** Tasks for `SPEC`; what is done is ticked. */
export function tasksOf(lines: readonly string[]): string {
  return `# Tasks: Login\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
}

export const TASKS = ['- [ ] T001 Create src/login.ts for FR-001', '- [ ] T002 Create src/logout.ts for FR-002']

/** A repository whose T001 was done and whose T002 is ticked as well, a phantom; a label names what to write beside. */
export function projectWithPhantom(files: Files = {}): string {
  const root = scratchFolder()
  git(root, 'init', '-q', '-b', 'main')
  const feature = 'specs/001-login'
  commit(root, 'plan', {
    [`${feature}/spec.md`]: SPEC,
    [`${feature}/plan.md`]: PLAN,
    [`${feature}/tasks.md`]: tasksOf(TASKS),
    ...files,
  })
  commit(root, 'log in', { 'src/login.ts': 'export const login = 1\n' })
  commit(root, 'tick', { [`${feature}/tasks.md`]: tasksOf(TASKS.map((line) => line.replace('[ ]', '[x]'))) })
  return root
}

/** The same, honest: T002 is open. */
export function honestProject(): string {
  const root = projectWithPhantom()
  commit(root, 'untick', {
    'specs/001-login/tasks.md': tasksOf([(TASKS[0] ?? '').replace('[ ]', '[x]'), TASKS[1] ?? '']),
  })
  return root
}

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program without our own environment but for the PATH, so that what CI sets around the tests is not seen. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string },
): Ran {
  const ran = spawnSync(program, args, {
    cwd: options.cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // What hangs fails, with its name; vitest cannot end what waits for a process.
    timeout: 170_000,
    killSignal: 'SIGKILL',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...gitEnv(options.cwd), ...options.env },
    ...(options.input === undefined ? {} : { input: options.input }),
  })
  if (ran.error) throw ran.error
  return { status: ran.status ?? 1, stdout: ran.stdout, stderr: ran.stderr }
}

/** PATH with a folder in front. */
export function pathWith(folder: string): string {
  return `${folder}${delimiter}${process.env['PATH'] ?? '/usr/bin:/bin'}`
}

/** A program of another project, by the setting that names it, else on the PATH. Where it is not here the test is skipped, and says what to do. */
export function neededProgram(ctx: TestContext, setting: string, name: string, more = ''): string {
  const found = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' })
  return (
    process.env[setting] ||
    found.stdout.trim() ||
    ctx.skip(`${name} is not here${more}: put it on the PATH, or name it in ${setting}`)
  )
}
