import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test, type TestContext } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, scratchFolder, testHost } from '../../test-host.ts'

afterEach(closeAll)

const STORY =
  '# Story: Sign in\n\n## User Story\n\nAs a member I want to sign in.\n\n## Acceptance Criteria\n\n- [ ] It is user-friendly\n'

function put(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return realpathSync(root)
}

function git(root: string, ...args: string[]): void {
  const settings = ['user.name=t', 'user.email=t@localhost', 'commit.gpgsign=false', 'core.hooksPath=/dev/null']
  execFileSync('git', [...settings.flatMap((s) => ['-c', s]), ...args], { cwd: root, stdio: 'pipe' })
}

function needGit(ctx: TestContext): void {
  if (spawnSync('git', ['--version']).status !== 0) ctx.skip('git is not installed')
}

interface Found {
  readonly version: number
  readonly files: number
  readonly findings: readonly { readonly path: string; readonly rule: string; readonly fingerprint: string }[]
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  readonly ignored_by_git: readonly string[]
}

async function lint(...args: string[]): Promise<Found> {
  const ran = await run(['spec', 'lint', ...args, '--json'], null)
  expect([0, 4], ran.stderr()).toContain(ran.code)
  return JSON.parse(ran.stdout()) as Found
}

function pathsOf(found: Found): string[] {
  return [...new Set(found.findings.map((f) => f.path))].toSorted()
}

test('what .gitignore leaves out is left out and listed, and read where it is named', async (ctx) => {
  needGit(ctx)
  const root = put(scratchFolder(), {
    '.gitignore': 'drafts/\nold.md\n',
    'docs/stories/sign-in.md': STORY,
    'docs/stories/old.md': STORY,
    'drafts/stories/new.md': STORY,
    'node_modules/x/stories/a.md': STORY,
  })
  git(root, 'init', '-q')
  const found = await lint(root)
  expect(pathsOf(found)).toEqual([join(root, 'docs/stories/sign-in.md')])
  expect(found.ignored_by_git.toSorted()).toEqual(['docs/stories/old.md', 'drafts/'])
  const told = await run(['spec', 'lint', root, '--verbose'], null)
  expect(told.stdout()).toContain('Left out by .gitignore: docs/stories/old.md, drafts/.')
  expect((await run(['spec', 'lint', root], null)).stdout()).not.toContain('.gitignore')
  expect(pathsOf(await lint(join(root, 'drafts')))).toEqual([join(root, 'drafts/stories/new.md')])
  expect(pathsOf(await lint(join(root, 'docs/stories/old.md')))).toEqual([join(root, 'docs/stories/old.md')])
})

test('files that were deleted and not committed, links and repositories inside are no error', async (ctx) => {
  needGit(ctx)
  const root = put(scratchFolder(), {
    'docs/stories/sign-in.md': STORY,
    'docs/stories/gone.md': STORY,
    'inner/stories/other.md': STORY,
  })
  git(root, 'init', '-q')
  git(join(root, 'inner'), 'init', '-q')
  git(root, 'add', 'docs')
  execFileSync('rm', [join(root, 'docs/stories/gone.md')])
  symlinkSync(join(root, 'docs/stories/sign-in.md'), join(root, 'docs/stories/link.md'))
  const found = await lint(root)
  expect(pathsOf(found)).toEqual([join(root, 'docs/stories/sign-in.md')])
  expect(found.skipped).toEqual([])
})

test('a monitor that the repository configures is not started', async (ctx) => {
  needGit(ctx)
  const root = put(scratchFolder(), { 'docs/stories/sign-in.md': STORY, 'monitor.sh': '#!/bin/sh\ntouch started\n' })
  git(root, 'init', '-q')
  execFileSync('chmod', ['+x', join(root, 'monitor.sh')])
  git(root, 'config', 'core.fsmonitor', join(root, 'monitor.sh'))
  await lint(root)
  expect(spawnSync('test', ['-e', join(root, 'started')]).status).toBe(1)
})

test('without git a folder is walked, and ignore files say nothing', async () => {
  const root = put(scratchFolder(), { '.gitignore': '*\n', 'docs/stories/sign-in.md': STORY })
  const found = await lint(root)
  expect(pathsOf(found)).toEqual([join(root, 'docs/stories/sign-in.md')])
  expect(found.ignored_by_git).toEqual([])
})

const FEATURE = {
  '.specify/feature.json': '{}\n',
  'specs/001-login/spec.md':
    '# Feature Specification: Login\n\n**Status**: Draft\n\n## User Scenarios & Testing\n\n### User Story 1 - Sign in (Priority: P1)\n\n1. **Given** a member, **When** the right password is sent, **Then** the start page is shown\n\n## Requirements\n\n- **FR-001**: System MUST answer quickly\n\n## Success Criteria\n\n- **SC-001**: 95 % of sign-ins end within 2 seconds\n',
  'specs/001-login/plan.md': '# Implementation Plan: Login\n\n## Technical Context\n\n**Testing**: vitest\n',
  'specs/001-login/tasks.md': '# Tasks: Login\n\n- [ ] T001 Answer in src/login.ts, per FR-001 and FR-009\n',
} as const

test('--report-only tells what stands in the files given, with the whole project read', async () => {
  const root = put(scratchFolder(), FEATURE)
  const all = await lint(root)
  expect(all.findings.map((f) => f.rule).toSorted()).toEqual(['unknown-reference', 'vague-requirement'])
  const one = await lint(root, '--report-only', join(root, 'specs/001-login/tasks.md'))
  // FR-001 is known though its file is not told of.
  expect(one.findings.map((f) => f.rule)).toEqual(['unknown-reference'])
  expect(one.findings[0]?.fingerprint).toBe(all.findings.find((f) => f.rule === 'unknown-reference')?.fingerprint)
  expect(one.files).toBe(1)
  const two = await lint(root, '--report-only', join(root, 'specs/001-login/spec.md'), join(root, 'specs/001-login'))
  expect(two.findings).toHaveLength(2)
  const none = await run(['spec', 'lint', root, '--report-only', join(root, 'README.md')], null)
  expect(none.code).toBe(0)
})

test('--changed-since tells of what differs from a commit, new files too, and refuses an unknown one', async (ctx) => {
  needGit(ctx)
  const root = put(scratchFolder(), { ...FEATURE, 'docs/stories/old.md': STORY })
  git(root, 'init', '-q')
  git(root, 'add', '.')
  git(root, 'commit', '-qm', 'first')
  expect((await lint(root, '--changed-since', 'HEAD')).findings).toEqual([])
  put(root, { 'docs/stories/new.md': STORY, 'specs/001-login/tasks.md': `${FEATURE['specs/001-login/tasks.md']}\nx\n` })
  expect(pathsOf(await lint(root, '--changed-since', 'HEAD'))).toEqual([
    join(root, 'docs/stories/new.md'),
    join(root, 'specs/001-login/tasks.md'),
  ])
  for (const ref of ['nowhere', '--output=x']) {
    const ran = await run(['spec', 'lint', root, '--changed-since', ref], null)
    expect(ran.code).toBe(2)
    expect(ran.stderr()).toContain('in no git work tree that knows this commit')
  }
})

test('--fix leaves what the baseline holds and what is not asked for as it is', async () => {
  const tasks = '# Tasks: Login\n\n- [ ] **T001** Answer in src/login.ts, per FR-001\n'
  const root = put(scratchFolder(), {
    ...FEATURE,
    'specs/001-login/tasks.md': tasks,
    'specs/002-logout/spec.md': FEATURE['specs/001-login/spec.md'],
    'specs/002-logout/plan.md': FEATURE['specs/001-login/plan.md'],
    'specs/002-logout/tasks.md': tasks,
  })
  const text = (no: string) => readFileSync(join(root, `specs/${no}/tasks.md`), 'utf8')
  await run(['spec', 'lint', root, '--fix', '--report-only', join(root, 'specs/002-logout')], null)
  expect(text('001-login')).toBe(tasks)
  expect(text('002-logout')).toContain('- [ ] T001 Answer')
  await run(['spec', 'lint', root, '--write-baseline'], null)
  await run(['spec', 'lint', root, '--fix'], null)
  expect(text('001-login')).toBe(tasks)
})

test('a long run tells on a terminal how far it is, and nowhere else', async () => {
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`docs/stories/s${i}.md`, STORY]))
  const root = put(scratchFolder(), files)
  const host = testHost({ tty: true })
  expect(await runProgram(['spec', 'lint', root, '--fail-on', 'never'], host)).toBe(0)
  expect(host.stderr()).toContain('\r100 of about 600 files')
  expect(host.stderr().endsWith('\r\u001b[K')).toBe(true)
  const quiet = testHost()
  await runProgram(['spec', 'lint', root, '--fail-on', 'never'], quiet)
  expect(quiet.stderr()).toBe('')
}, 120_000)
