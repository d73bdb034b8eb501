import { accessSync, constants, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../architecture/tree.ts'
import { published } from './published-clone.ts'
import {
  commit,
  git,
  honestProject,
  neededProgram,
  projectWithPhantom,
  removeFolders,
  run,
  scratchFolder,
  SPEC,
  tasksOf,
  write,
  type Ran,
} from './sample-project.ts'

afterEach(removeFolders)

interface Hook {
  readonly id: string
  readonly entry: string
  readonly language: string
  readonly files?: string
}
const hooks = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as readonly Hook[]

function hook(name: 'lint' | 'evidence', cwd: string, args: readonly string[], env: Record<string, string> = {}): Ran {
  return run(process.execPath, [join(ROOT, `deploy/pre-commit/spec-${name}.mjs`), ...args], { cwd, env })
}

const DOUBLE = SPEC.replace('FR-002', 'FR-001')

test('each hook is a script that may be run, and its pattern takes specifications and nothing else', () => {
  for (const { entry, language } of hooks) {
    expect(language).toBe('script')
    accessSync(join(ROOT, entry), constants.X_OK)
    expect(readFileSync(join(ROOT, entry), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  }
  const files = new RegExp(hooks[0]?.files ?? '$.')
  const taken = [
    'specs/001-a/spec.md',
    'apps/x/specs/a.md',
    'openspec/changes/a/tasks.md',
    '.agent/cache/stories/WEB/a.md',
    '.specify/memory/constitution.md',
  ]
  expect(taken.filter((file) => !files.test(file))).toEqual([])
  expect(['README.md', 'src/specs.ts', 'specs/logo.png', 'myspecs/a.md'].filter((file) => files.test(file))).toEqual([])
})

test('the whole feature of a file is looked at, and no other', () => {
  const root = honestProject()
  write(root, { 'specs/001-login/spec.md': DOUBLE, 'specs/002-other/spec.md': DOUBLE })
  const { status, stdout } = hook('lint', root, ['specs/001-login/tasks.md'])
  expect(status).toBe(4)
  expect(stdout).toContain('specs/001-login/spec.md')
  expect(stdout).not.toContain('002-other')
  expect(hook('lint', root, ['.specify/memory/constitution.md']).stdout).toContain('002-other')
})

test('options go to the command, with -- between them and the files or without', () => {
  const root = honestProject()
  write(root, { 'specs/001-login/spec.md': DOUBLE })
  const file = 'specs/001-login/spec.md'
  expect(hook('lint', root, ['--fail-on', 'never', '--', file]).status).toBe(0)
  expect(hook('lint', root, ['--fail-on', 'never', file]).status).toBe(0)
  expect(hook('lint', root, ['--fail-on=never', file]).status).toBe(0)
  expect(hook('lint', root, ['--nonsense', file])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--nonsense'),
  })
})

test('a commit without specifications costs nothing, and one that only removes them is looked at', () => {
  const root = honestProject()
  commit(root, 'two names', {
    'specs/001-login/plan.md': 'A plan.\n',
    'specs/001-login/tasks.md': tasksOf([
      '- [ ] T001 Create src/login.ts for FR-001',
      '- [ ] T001 Create src/b.ts for FR-002',
    ]),
  })
  expect(hook('lint', root, [])).toMatchObject({ status: 0, stdout: '' })
  git(root, 'rm', '-q', 'specs/001-login/plan.md')
  const { status, stdout } = hook('lint', root, [])
  expect([status, stdout]).toEqual([4, expect.stringContaining('duplicate-id')])
})

test('what is pushed is compared with what is there, and the last specification may go', () => {
  const root = honestProject()
  commit(root, 'wrong', { 'specs/001-login/spec.md': DOUBLE })
  const from = git(root, 'rev-parse', 'HEAD').trim()
  git(root, 'rm', '-q', 'specs/001-login/plan.md')
  commit(root, 'remove', {})
  const range = { PRE_COMMIT_FROM_REF: from, PRE_COMMIT_TO_REF: 'HEAD' }
  expect(hook('lint', root, [], range).status).toBe(4)
  git(root, 'rm', '-q', '-r', 'specs')
  expect(hook('lint', root, [])).toMatchObject({ status: 0, stdout: '' })
})

test('names of files are arguments and never words for a shell', () => {
  const root = honestProject()
  const file = 'specs/$(touch pwned) `touch pwned`;touch pwned/spec.md'
  write(root, { [file]: DOUBLE })
  expect(hook('lint', root, [file]).stdout).toContain('duplicate-id')
  expect(readdirSync(root)).not.toContain('pwned')
})

test('a phantom completion stops the push, an honest project may go', () => {
  expect(hook('evidence', projectWithPhantom(), [])).toMatchObject({
    status: 4,
    stdout: expect.stringContaining('T002'),
  })
  expect(hook('evidence', honestProject(), []).status).toBe(0)
  expect(hook('evidence', projectWithPhantom(), ['--fail-on', 'never']).status).toBe(0)
})

test('without git both say so', () => {
  const root = honestProject()
  const empty = { PATH: join(root, 'none') }
  expect(hook('lint', root, [], empty)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('git is not on the PATH'),
  })
  expect(hook('evidence', root, [], empty)).toMatchObject({ status: 1, stderr: expect.stringContaining('git is not') })
})

test(
  'pre-commit itself clones this repository, runs the hooks, and stops a commit and a push',
  { timeout: 400_000 },
  (ctx) => {
    const preCommit = neededProgram(ctx, 'GATEHOUSE_PRE_COMMIT', 'pre-commit')
    // What the manifest needs; Debian 12 has 3.0.
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(run(preCommit, ['--version'], { cwd: ROOT }).stdout) ?? []
    ctx.skip(
      Number(major) < 3 || (Number(major) === 3 && Number(minor) < 2),
      `pre-commit ${major}.${minor} is too old: 3.2 or newer is needed, on the PATH or named in GATEHOUSE_PRE_COMMIT`,
    )
    const { url, commit: rev, bin } = published()
    const root = honestProject()
    const home = scratchFolder()
    const env = {
      PRE_COMMIT_HOME: home,
      PATH: [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    }
    write(root, {
      '.pre-commit-config.yaml': `repos:\n  - repo: ${url}\n    rev: ${rev}\n    hooks:\n      - id: gatehouse-spec-lint\n        args: [--fail-on, error, --]\n      - id: gatehouse-spec-evidence\n`,
    })
    const call = (...args: string[]) => run(preCommit, args, { cwd: root, env })
    expect(call('validate-manifest', join(ROOT, '.pre-commit-hooks.yaml')).status).toBe(0)
    expect(call('install', '-t', 'pre-commit', '-t', 'pre-push').status).toBe(0)
    const tryCommit = (message: string) => run('git', ['commit', '-q', '-m', message], { cwd: root, env })
    git(root, 'add', '-A')
    expect(tryCommit('configure')).toMatchObject({ status: 0 })

    write(root, { 'specs/001-login/spec.md': DOUBLE })
    git(root, 'add', '-A')
    const stopped = tryCommit('wrong')
    expect([stopped.status, `${stopped.stdout}${stopped.stderr}`]).toEqual([1, expect.stringContaining('duplicate-id')])
    // Offline from here on: npm is gone, and what was installed does.
    rmSync(join(bin, 'npm'))
    git(root, 'checkout', '-q', 'HEAD', '--', '.')
    write(root, { 'specs/001-login/plan.md': '# Implementation Plan: Log in\n\n## Summary\n\nSoon.\n' })
    git(root, 'add', '-A')
    expect(tryCommit('right').status).toBe(0)

    const remote = join(scratchFolder(), 'remote.git')
    git(root, 'init', '-q', '--bare', remote)
    git(root, 'remote', 'add', 'origin', remote)
    const push = () => run('git', ['push', '-q', 'origin', 'main'], { cwd: root, env })
    expect(push().status).toBe(0)
    write(root, {
      'specs/001-login/tasks.md': tasksOf([
        '- [x] T001 Create src/login.ts for FR-001',
        '- [x] T002 Create src/logout.ts for FR-002',
      ]),
    })
    git(root, 'add', '-A')
    expect(tryCommit('tick').status).toBe(0)
    const refused = push()
    expect([refused.status, `${refused.stdout}${refused.stderr}`]).toEqual([1, expect.stringContaining('T002')])
  },
)
