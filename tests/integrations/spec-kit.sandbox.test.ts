import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../architecture/tree.ts'
import {
  commit,
  git,
  honestProject,
  neededProgram,
  pathWith,
  PLAN,
  projectWithPhantom,
  removeFolders,
  run,
  scratchFolder,
  SPEC,
  TASKS,
  tasksOf,
  write,
} from './sample-project.ts'

afterEach(removeFolders)

const EXTENSION = join(ROOT, 'deploy/spec-kit/extension')
const OVERLAY = join(ROOT, 'deploy/spec-kit/workflow/gatehouse-gates.yml')
const PROGRAM = join(ROOT, 'packages/cli/bin/gatehouse.js')

interface Manifest {
  readonly extension: Readonly<Record<string, string>>
  readonly provides: {
    readonly commands: readonly { readonly name: string; readonly file: string; readonly description: string }[]
    readonly config: readonly { readonly name: string; readonly template: string }[]
  }
  readonly hooks: Readonly<Record<string, { readonly command: string; readonly optional: boolean }>>
}
interface Edit {
  readonly insert_after?: string
  readonly insert_before?: string
  readonly step: { readonly id: string; readonly type: string; readonly run: string }
}
const manifest = parse(readFileSync(join(EXTENSION, 'extension.yml'), 'utf8')) as Manifest
const overlay = parse(readFileSync(OVERLAY, 'utf8')) as { readonly extends: string; readonly edits: readonly Edit[] }

/** The extension where spec-kit puts it, in a project whose feature in work is 001-login. */
function installed(root: string): string {
  cpSync(EXTENSION, join(root, '.specify/extensions/gatehouse'), { recursive: true })
  write(root, { '.specify/feature.json': '{"feature_directory":"specs/001-login"}' })
  commit(root, 'the extension', {})
  return root
}

/** The shell line that a command of the extension tells the agent to run. */
function lineOf(command: string): string {
  const file = manifest.provides.commands.find(({ name }) => name === command)?.file ?? ''
  return /```sh\n(.+)\n```/.exec(readFileSync(join(EXTENSION, file), 'utf8'))?.[1] ?? ''
}

function shell(line: string, root: string, env: Readonly<Record<string, string>> = {}) {
  const node = { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` }
  return run('sh', ['-c', line], { cwd: root, env: { ...node, SPECKIT_GATEHOUSE_COMMAND: PROGRAM, ...env } })
}

const hookLine = (event: string) => lineOf(manifest.hooks[event]?.command ?? '')
const gate = (act: string) => `node .specify/extensions/gatehouse/scripts/gate.mjs ${act}`

test('after tasks: a task that names what is not there is an error, and a requirement without a task is told', () => {
  const root = installed(honestProject())
  expect(shell(hookLine('after_tasks'), root).status).toBe(0)
  write(root, {
    'specs/001-login/tasks.md': tasksOf([TASKS[0] ?? '', '- [ ] T002 Log more for FR-009 (depends on T077)']),
  })
  const { status, stdout } = shell(hookLine('after_tasks'), root)
  expect(status).toBe(4)
  for (const word of ['FR-009', 'T077', 'requirement-without-task', 'FR-002']) expect(stdout).toContain(word)
})

test('before implement: a task that was ticked and never done stops, and an honest project goes on', () => {
  const { status, stdout } = shell(hookLine('before_implement'), installed(projectWithPhantom()))
  expect(status).toBe(4)
  expect(stdout).toContain('contradicted  T002')
  expect(stdout).toContain('src/logout.ts was to be created')
  expect(shell(hookLine('before_implement'), installed(honestProject())).status).toBe(0)
})

test('before implement: a lint error stops too, and both are told at once', () => {
  const root = installed(projectWithPhantom())
  write(root, { 'specs/001-login/spec.md': SPEC.replace('FR-002', 'FR-001') })
  const { status, stdout } = shell(hookLine('before_implement'), root)
  expect([status, stdout.includes('duplicate-id'), stdout.includes('contradicted  T002')]).toEqual([4, true, true])
})

test('the feature in work is looked at, or the project where that is asked or none is in work', () => {
  const root = installed(honestProject())
  write(root, { 'specs/002-other/spec.md': SPEC.replace('FR-002', 'FR-001') })
  expect(shell(gate('lint'), root).status).toBe(0)
  expect(shell(gate('lint'), root, { SPECKIT_GATEHOUSE_SCOPE: 'project' }).status).toBe(4)
  expect(shell(gate('lint'), root, { SPECIFY_FEATURE_DIRECTORY: 'specs/002-other' }).status).toBe(4)
  write(root, { '.specify/feature.json': '{}' })
  expect(shell(gate('lint'), root)).toMatchObject({
    status: 4,
    stdout: expect.stringContaining('no feature is in work'),
  })
})

test('the configuration is read strictly, and the environment goes first', () => {
  const root = installed(projectWithPhantom())
  const file = '.specify/extensions/gatehouse/gatehouse-config.yml'
  const template = readFileSync(join(EXTENSION, manifest.provides.config[0]?.template ?? ''), 'utf8')
  write(root, { [file]: template })
  expect(shell(gate('evidence'), root).status).toBe(4)
  write(root, { [file]: template.replace('evidence_fail_on: contradicted', 'evidence_fail_on: "never" # for now') })
  expect(shell(gate('evidence'), root).status).toBe(0)
  expect(shell(gate('evidence'), root, { SPECKIT_GATEHOUSE_EVIDENCE_FAIL_ON: 'unshown' }).status).toBe(4)
  for (const [text, word] of [
    ['lint_fail_on: fatal', 'lint_fail_on is "fatal"'],
    ['fail_on: error', `${file}:1 is not understood`],
    ['command: [a, b]\nscope: {}', 'scope is "{}"'],
  ] as const) {
    write(root, { [file]: text })
    expect(shell(gate('lint'), root)).toMatchObject({ status: 2, stderr: expect.stringContaining(word) })
  }
})

test('where gatehouse is not there the gate does not pass, and says how to name it', () => {
  const { status, stderr } = shell(gate('gate'), installed(honestProject()), {
    SPECKIT_GATEHOUSE_COMMAND: 'no-such-gatehouse',
  })
  expect([status, stderr]).toEqual([1, expect.stringContaining('SPECKIT_GATEHOUSE_COMMAND')])
})

test('the launcher that installs itself does as gatehouse, by a path from the top of the project', () => {
  const root = installed(projectWithPhantom())
  const launcher = relative(root, join(ROOT, 'deploy/spec-ci/gatehouse-spec.mjs'))
  const { status, stdout } = shell(gate('gate'), root, { SPECKIT_GATEHOUSE_COMMAND: launcher })
  expect([status, stdout]).toEqual([4, expect.stringContaining('contradicted  T002')])
})

test('a feature outside of the project, and one that is not there, are refused', () => {
  const root = installed(honestProject())
  for (const [folder, word] of [
    ['../elsewhere', 'outside of the project'],
    ['specs/009-none', 'is not there'],
  ] as const)
    expect(shell(gate('lint'), root, { SPECIFY_FEATURE_DIRECTORY: folder })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(word),
    })
})

test('trace goes from a requirement to its task, in quotes that nothing leaves', () => {
  const root = installed(honestProject())
  const line = lineOf('speckit.gatehouse.trace')
  expect(line).toMatch(/ trace 'FR-001'$/)
  expect(shell(line, root)).toMatchObject({ status: 0, stdout: expect.stringContaining('T001') })
  expect(shell(line.replace('FR-001', 'FR-777'), root).status).toBe(5)
  expect(shell(line.replace('FR-001', '$(touch pwned)'), root).status).toBe(5)
  expect(existsSync(join(root, 'pwned'))).toBe(false)
})

test('results of tests are used where they are, and missed in so many words', () => {
  const root = installed(honestProject())
  expect(shell(gate('evidence'), root, { SPECKIT_GATEHOUSE_JUNIT: 'report.xml' }).stdout).toContain(
    'report.xml is not there',
  )
  write(root, { 'report.xml': '<testsuite name="a"><testcase classname="a" name="b"/></testsuite>' })
  expect(shell(gate('evidence'), root, { SPECKIT_GATEHOUSE_JUNIT: 'report.xml' })).toMatchObject({ status: 0 })
})

test('the manifest keeps to spec-kit’s rules, and what it names is there', () => {
  expect(manifest.extension['id']).toMatch(/^[a-z0-9-]+$/)
  expect(manifest.extension['version']).toMatch(/^\d+\.\d+\.\d+$/)
  expect(manifest.extension['description']?.length).toBeLessThan(200)
  for (const { name, file } of manifest.provides.commands) {
    expect(name).toMatch(/^speckit\.gatehouse\.[a-z0-9-]+$/)
    expect(readFileSync(join(EXTENSION, file), 'utf8')).toMatch(/^---\ndescription: .+\n---\n/)
  }
  expect(Object.entries(manifest.hooks).map(([event, { optional }]) => [event, optional])).toEqual([
    ['after_tasks', false],
    ['before_implement', false],
    ['after_implement', true],
  ])
  const commands = manifest.provides.commands.map(({ name }) => name)
  for (const { command } of Object.values(manifest.hooks)) expect(commands).toContain(command)
})

test('the overlay’s steps stop on a phantom completion and stand between tasks and implement', () => {
  expect(overlay.edits.map((edit) => [edit.insert_after ?? edit.insert_before, edit.step.id])).toEqual([
    ['tasks', 'gatehouse-lint'],
    ['implement', 'gatehouse-evidence'],
  ])
  const codes = (root: string) => overlay.edits.map(({ step }) => shell(step.run, root).status)
  expect(codes(installed(projectWithPhantom()))).toEqual([0, 4])
  expect(codes(installed(honestProject()))).toEqual([0, 0])
})

/** A coding agent as far as spec-kit's engine sees one: it writes what each command is to write, and notes the call. */
const AGENT = `#!/bin/sh
echo "$@" >> agent.log
mkdir -p specs/001-login
case "$*" in
*speckit-specify*) cp .agent-files/spec.md specs/001-login/; echo '{"feature_directory":"specs/001-login"}' > .specify/feature.json;;
*speckit-plan*) cp .agent-files/plan.md specs/001-login/;;
*speckit-tasks*) cp .agent-files/tasks.md specs/001-login/;;
esac
`

test(
  'spec-kit itself installs the extension, renders its commands, and its engine stops at the gates',
  { timeout: 400_000 },
  (ctx) => {
    const specify = neededProgram(ctx, 'GATEHOUSE_SPECIFY', 'specify', ' (specify-cli of PyPI)')
    const root = scratchFolder()
    const bin = scratchFolder()
    write(bin, { claude: AGENT })
    chmodSync(join(bin, 'claude'), 0o755)
    const env = {
      PATH: `${dirname(process.execPath)}:${pathWith(bin)}`,
      COLUMNS: '200',
      SPECKIT_GATEHOUSE_COMMAND: PROGRAM,
    }
    const call = (...args: string[]) => {
      const ran = run(specify, args, { cwd: root, env })
      return { ...ran, said: `${ran.stdout}${ran.stderr}` }
    }
    git(root, 'init', '-q', '-b', 'main')
    const init = [
      'init',
      '.',
      '--force',
      '--non-interactive',
      '--integration',
      'claude',
      '--ignore-agent-tools',
      '--script',
      'sh',
    ]
    expect(call(...init)).toMatchObject({ status: 0 })
    expect(call('extension', 'add', '--dev', EXTENSION)).toMatchObject({ status: 0 })
    expect(call('extension', 'list').said).toMatch(/Gatehouse[\s\S]*Commands: 4 \| Hooks: 3/)

    const registered = parse(readFileSync(join(root, '.specify/extensions.yml'), 'utf8')) as {
      hooks: Record<string, { extension: string; command: string; optional: boolean; enabled: boolean }[]>
    }
    for (const [event, hook] of Object.entries(manifest.hooks))
      expect(registered.hooks[event]).toMatchObject([
        { extension: 'gatehouse', command: hook.command, optional: hook.optional, enabled: true },
      ])
    for (const { name, file } of manifest.provides.commands) {
      const skill = readFileSync(join(root, '.claude/skills', name.replaceAll('.', '-'), 'SKILL.md'), 'utf8')
      expect(skill).toContain(/```sh\n(.+)\n```/.exec(readFileSync(join(EXTENSION, file), 'utf8'))?.[1])
    }
    expect(existsSync(join(root, '.specify/extensions/gatehouse/gatehouse-config.yml'))).toBe(true)

    expect(call('workflow', 'overlay', 'add', OVERLAY)).toMatchObject({ status: 0 })
    const steps = call('workflow', 'info', 'speckit').said
    const order = ['tasks', 'gatehouse-lint', 'gatehouse-evidence', 'implement'].map((id) => steps.indexOf(`→ ${id} [`))
    expect(order.every((at, i) => at > (order[i - 1] ?? 0))).toBe(true)
    // Nobody is here to review.
    const reviews = ['review-spec', 'review-plan'].map((id) => `  - remove: ${id}\n`).join('')
    write(root, { 'no-reviews.yml': `id: no-reviews\nextends: speckit\npriority: 20\nedits:\n${reviews}` })
    expect(call('workflow', 'overlay', 'add', 'no-reviews.yml')).toMatchObject({ status: 0 })

    const files = (tasks: readonly string[]) => ({
      '.agent-files/spec.md': SPEC,
      '.agent-files/plan.md': PLAN,
      '.agent-files/tasks.md': tasksOf(tasks),
    })
    commit(root, 'begin', files([TASKS[0] ?? '', (TASKS[1] ?? '').replace('T002', 'T001')]))
    const outcome = (ran: { stdout: string }) =>
      JSON.parse(ran.stdout) as { run_id: string; status: string; current_step_id: string }
    const calls = () => readFileSync(join(root, 'agent.log'), 'utf8')

    const stopped = outcome(call('workflow', 'run', 'speckit', '-i', 'spec=x', '--json'))
    expect(stopped).toMatchObject({ status: 'failed', current_step_id: 'gatehouse-lint' })
    expect(calls()).not.toContain('implement')

    // The tasks are mended, and one is ticked that nobody did: the next gate stops.
    write(root, { 'specs/001-login/tasks.md': tasksOf(TASKS) })
    commit(root, 'tasks', {})
    write(root, { 'specs/001-login/tasks.md': tasksOf(TASKS).replace('[ ] T002', '[x] T002') })
    commit(root, 'tick', {})
    const phantom = outcome(call('workflow', 'resume', stopped.run_id, '--json'))
    expect(phantom).toMatchObject({ status: 'failed', current_step_id: 'gatehouse-evidence' })
    expect(calls()).not.toContain('implement')

    commit(root, 'untick', { 'specs/001-login/tasks.md': tasksOf(TASKS) })
    expect(outcome(call('workflow', 'resume', stopped.run_id, '--json'))).toMatchObject({ status: 'completed' })
    expect(calls()).toContain('implement')
  },
)
