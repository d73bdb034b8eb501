import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { annotation } from '../../deploy/github/spec-lint/annotations.ts'
import { ROOT } from '../architecture/tree.ts'
import {
  commit,
  honestProject,
  projectWithPhantom,
  removeFolders,
  run,
  scratchFolder,
  SPEC,
  write,
} from './sample-project.ts'

afterEach(removeFolders)

interface Step {
  readonly name: string
  readonly id?: string
  readonly if?: string
  readonly uses?: string
  readonly shell?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

const FOLDER = join(ROOT, 'deploy/github/spec-lint')
const action = parse(readFileSync(join(FOLDER, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}
const workflow = parse(readFileSync(join(FOLDER, 'workflow.yml'), 'utf8')) as {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: {
    readonly specs: {
      readonly permissions: Readonly<Record<string, string>>
      readonly steps: readonly (Step & { readonly with?: Readonly<Record<string, unknown>> })[]
    }
  }
}

interface ActionRun {
  readonly ok: boolean
  readonly log: string
  readonly summary: string
  readonly outputs: Readonly<Record<string, string>>
}

/** Does the action's `run` steps in a checkout as the runner does: files for outputs and summary, `-eo pipefail`, conditions. */
function runAction(checkout: string, inputs: Readonly<Record<string, string>> = {}, more: Record<string, string> = {}) {
  const temp = scratchFolder()
  const given: Record<string, string> = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value }]) => [name, inputs[name] ?? value]),
  )
  const outcomes = new Map<string, string>()
  const outputs = new Map<string, Record<string, string>>()
  const value = (text: string) =>
    text.replaceAll(/\$\{\{\s*(inputs|steps)\.([\w-]+)(?:\.outputs\.([\w-]+))?\s*\}\}/g, (_, kind, name, output) =>
      kind === 'inputs' ? (given[String(name)] ?? '') : (outputs.get(String(name))?.[String(output)] ?? ''),
    )
  const holds = (condition: string, ok: boolean) => {
    const parts = condition.replaceAll(/^\$\{\{|\}\}$/g, '').split('&&')
    const own = parts.every((part) => {
      const said = /^\s*(inputs|steps)\.([\w-]+)(?:\.outcome)?\s*==\s*'([^']*)'\s*$/.exec(part)
      if (part.trim() === '!cancelled()') return true
      if (!said) throw new Error(`a condition that this test cannot read: ${part}`)
      return (said[1] === 'inputs' ? given[said[2] ?? ''] : outcomes.get(said[2] ?? '')) === said[3]
    })
    return own && (ok || condition.includes('cancelled()'))
  }
  let [ok, log, summary] = [true, '', '']
  for (const [i, step] of action.runs.steps.entries()) {
    if (!(step.if === undefined ? ok : holds(step.if, ok)) || step.run === undefined) continue
    const file = (name: string) => join(temp, `${name}-${i}`)
    for (const name of ['output', 'summary']) writeFileSync(file(name), '')
    writeFileSync(file('script.sh'), step.run)
    const ran = run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file('script.sh')], {
      cwd: checkout,
      env: {
        GITHUB_ACTION_PATH: FOLDER,
        GITHUB_WORKSPACE: checkout,
        GITHUB_OUTPUT: file('output'),
        GITHUB_STEP_SUMMARY: file('summary'),
        RUNNER_TEMP: temp,
        RUNNER_OS: 'Linux',
        RUNNER_ARCH: 'X64',
        ...more,
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, value(text)])),
      },
    })
    log += `${ran.stdout}${ran.stderr}`
    summary += readFileSync(file('summary'), 'utf8')
    if (step.id !== undefined) {
      outcomes.set(step.id, ran.status === 0 ? 'success' : 'failure')
      outputs.set(step.id, outputsOf(readFileSync(file('output'), 'utf8')))
    }
    ok &&= ran.status === 0
  }
  const told = Object.fromEntries(Object.entries(action.outputs).map(([name, { value: text }]) => [name, value(text)]))
  return { ok, log, summary, outputs: told } satisfies ActionRun
}

/** As the runner reads GITHUB_OUTPUT: `name=value`, or `name<<mark` to a line that is the mark. */
function outputsOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  const rows = text.split('\n')
  for (let i = 0; i < rows.length; i += 1) {
    const [, name = '', mark = ''] = /^([^=]+?)<<(.+)$/.exec(rows[i] ?? '') ?? []
    const [, key = '', simple = ''] = /^([^=<]+)=(.*)$/.exec(rows[i] ?? '') ?? []
    if (name !== '') {
      const end = rows.indexOf(mark, i + 1)
      found[name] = rows.slice(i + 1, end).join('\n')
      i = end
    } else if (key !== '') found[key] = simple
  }
  return found
}

/** The commands that the runner would do, as it finds them: at the start of a line, and none while they are stopped. */
function commandsOf(log: string): string[] {
  const found: string[] = []
  let stopped: string | null = null
  for (const line of log.split(/\r?\n/).map((text) => text.trimStart())) {
    if (stopped !== null) stopped = line === `::${stopped}::` ? null : stopped
    else if (line.startsWith('::stop-commands::')) stopped = line.slice('::stop-commands::'.length)
    else if (line.startsWith('::') || line.includes('##[')) found.push(line)
  }
  return found
}

test('a phantom completion fails the action, at its line, in the summary and as an output', () => {
  const { ok, log, summary, outputs } = runAction(projectWithPhantom())
  expect(ok).toBe(false)
  const [command = ''] = commandsOf(log).filter((line) => line.startsWith('::error'))
  expect(command).toContain('::error file=specs/001-login/tasks.md,line=6,')
  expect(command).toContain('T002 is ticked, and contradicted: src/logout.ts was to be created')
  expect(outputs).toMatchObject({ contradicted: '1', unshown: '0', errors: '0' })
  expect(summary).toContain('## Evidence for ticked tasks')
  expect(summary).toContain('phantom-completion')
})

test('an honest project passes, and SARIF is where the output says', () => {
  const { ok, outputs } = runAction(honestProject())
  expect(ok).toBe(true)
  const log = JSON.parse(readFileSync(outputs['sarif-file'] ?? '', 'utf8')) as { version: string; runs: unknown[] }
  expect([log.version, log.runs.length]).toEqual(['2.1.0', 1])
  expect(outputs['contradicted']).toBe('0')
})

test('a lint error fails the action, and evidence is looked for nevertheless', () => {
  const root = honestProject()
  commit(root, 'twice', { 'specs/001-login/spec.md': SPEC.replace('FR-002', 'FR-001') })
  const { ok, log, outputs } = runAction(root)
  expect([ok, outputs['errors'], outputs['contradicted']]).toEqual([false, '2', '0'])
  expect(commandsOf(log).filter((line) => line.startsWith('::error'))[0]).toMatch(
    /^::error file=specs\/001-login\/spec\.md,line=\d+,endLine=\d+,col=\d+,title=spec lint%3A duplicate-id::/,
  )
})

const withTwoFeatures = () => projectWithPhantom({ 'specs/002-other/spec.md': SPEC.replace('FR-002', 'FR-001') })

test('thresholds and annotations are the inputs’', () => {
  const root = withTwoFeatures()
  expect(runAction(root, { 'fail-on': 'never', 'evidence-fail-on': 'never' }).ok).toBe(true)
  const quiet = runAction(root, { annotations: 'false' })
  expect([quiet.ok, commandsOf(quiet.log)]).toEqual([false, []])
  expect(runAction(root, { 'fail-on': 'note', evidence: 'false', path: 'specs/001-login' }).outputs['errors']).toBe('0')
})

test('paths are the inputs’, and evidence only where it is wanted', () => {
  const root = withTwoFeatures()
  expect(runAction(root, { path: 'specs/001-login', evidence: 'false' }).ok).toBe(true)
  expect(runAction(root, { path: 'specs/001-login\nspecs/002-other\n', evidence: 'false' }).ok).toBe(false)
})

test('results of tests are read by file and pattern, and a pattern that fits nothing is an error', () => {
  const root = honestProject()
  const report = '<testsuite name="a"><testcase classname="a" name="b"/></testsuite>'
  write(root, { 'reports/a.xml': report, 'reports/b.xml': report })
  expect(runAction(root, { junit: 'reports/*.xml\n' }).ok).toBe(true)
  const none = runAction(root, { junit: 'reports/none-*.xml' })
  expect([none.ok, none.log.includes('junit: no file fits reports/none-*.xml')]).toEqual([false, true])
})

test('what cannot be checked fails with its words: a folder without specifications, a baseline that is not there', () => {
  const empty = runAction(scratchFolder(), { evidence: 'false' })
  expect([empty.ok, commandsOf(empty.log)[0]]).toEqual([false, expect.stringContaining('specs-not-found')])
  expect(empty.log).not.toContain('printed no JSON')
  const lost = runAction(honestProject(), { baseline: 'none.json', evidence: 'false' })
  expect([lost.ok, commandsOf(lost.log)[0]]).toEqual([false, expect.stringContaining('none.json')])
})

const HOSTILE = '::error file=x::gone %0A ##[add-mask]x $(touch pwned) `touch pwned` ;touch pwned;,title=y'

test('names of files, tasks and branches are text: no command of the runner and no shell comes of them', () => {
  const folder = `specs/001-${HOSTILE.replaceAll('/', '')}`
  const root = projectWithPhantom()
  commit(root, HOSTILE, {
    [`${folder}/spec.md`]: `${SPEC.replace('FR-002', 'FR-001')}\n- **FR-001**: ${HOSTILE} | <img src=x onerror=y> @all\n`,
    [`${folder}/tasks.md`]: `# Tasks: ${HOSTILE}\n\n- [x] T001 Create \`src/::set-output name=findings::0.ts\` ${HOSTILE}\n`,
  })
  const { ok, log, summary, outputs } = runAction(
    root,
    { path: `specs/001-login\n${folder}` },
    { GITHUB_HEAD_REF: '$(touch pwned)', GITHUB_REF: 'refs/heads/`touch pwned`' },
  )
  expect(ok).toBe(false)
  expect(existsSync(join(root, 'pwned'))).toBe(false)
  const commands = commandsOf(log)
  expect(commands.length).toBeGreaterThan(2)
  for (const command of commands) {
    const [, properties = ''] = /^::(?:error|warning|notice) ([^:]*)::/.exec(command) ?? []
    // One `file` and one `title`, each with nothing that ends it; the line number is a number.
    expect(properties).toMatch(/^file=[^,:]+,line=\d+(,endLine=\d+)?(,col=\d+)?,title=spec (lint|evidence)%3A [a-z-]+$/)
  }
  expect(Number(outputs['errors'])).toBeGreaterThan(0)
  expect(summary).not.toMatch(/<img|@all|::error/)
})

test('the runner reads back of an annotation what was written, whatever it holds', () => {
  const text = 'a%0Ab\r\n::error::x,y=z:%25,%3A'
  const line = annotation(
    { rule: 'r', level: 'note', message: text, path: text, line: 2, column: 3, endLine: 2, fingerprint: '' },
    't',
  )
  expect(line).not.toMatch(/[\r\n]/)
  const [, properties = '', message = ''] = /^::notice (.*?)::(.*)$/.exec(line) ?? []
  const back = (value: string) =>
    [
      ['%0D', '\r'],
      ['%0A', '\n'],
      ['%3A', ':'],
      ['%2C', ','],
      ['%25', '%'],
    ].reduce((read, [code = '', sign = '']) => read.replaceAll(code, sign), value)
  expect(back(message)).toBe(text)
  const read = properties
    .split(',')
    .map((part) => [part.slice(0, part.indexOf('=')), back(part.slice(part.indexOf('=') + 1))])
  expect(Object.fromEntries(read)).toEqual({ file: text, line: '2', endLine: '2', col: '3', title: 't: r' })
})

test('what is said besides, with the name of a folder in it, is no command either', () => {
  const root = join(scratchFolder(), '##[error]gone', 'specs', '001-login')
  write(root, { 'tasks.md': '# Tasks: Login\n\n## Phase 1: Setup\n\n- [x] T001 Create src/a.ts\n' })
  const { ok, log } = runAction(join(root, '../..'), { 'fail-on': 'never', annotations: 'false' })
  expect([ok, log.includes('##[error]gone'), commandsOf(log)]).toEqual([true, true, []])
})

test('the SARIF file replaces a link, and what it points at is left as it is', () => {
  const root = honestProject()
  const outside = join(scratchFolder(), 'precious')
  writeFileSync(outside, 'precious')
  symlinkSync(outside, join(root, 'out.sarif'))
  expect(runAction(root, { 'sarif-file': 'out.sarif' }).ok).toBe(true)
  expect(readFileSync(outside, 'utf8')).toBe('precious')
  expect(readFileSync(join(root, 'out.sarif'), 'utf8')).toContain('"version": "2.1.0"')
})

test('a project below the top is checked where it stands, and its paths are from the top', () => {
  const root = projectWithPhantom()
  mkdirSync(join(root, 'apps/web'), { recursive: true })
  commit(root, 'an app', {
    'apps/web/.specify/feature.json': '{}',
    'apps/web/specs/003-x/spec.md': SPEC.replace('FR-002', 'FR-001'),
  })
  const { log } = runAction(root, { 'working-directory': 'apps/web', evidence: 'false' })
  expect(commandsOf(log).some((line) => line.startsWith('::error file=apps/web/specs/003-x/spec.md,'))).toBe(true)
})

test('a cut history is told, as evidence of older work is not seen in it', () => {
  const root = honestProject()
  const shallow = join(scratchFolder(), 'shallow')
  run('git', ['clone', '-q', '--depth', '1', `file://${root}`, shallow], { cwd: root })
  expect(runAction(shallow, { 'fail-on': 'never', 'evidence-fail-on': 'never' }).log).toContain('fetch-depth: 0')
})

test('nothing of GitHub’s is pasted into a shell, other actions are pinned by commit, and the workflow may do the least', () => {
  for (const step of action.runs.steps) {
    expect(step.run ?? '').not.toContain('${{')
    if (step.run !== undefined) expect(step.shell).toBe('bash')
  }
  const used = [...action.runs.steps, ...workflow.jobs.specs.steps].flatMap(({ uses }) => uses ?? [])
  expect(used.length).toBe(5)
  for (const name of used) expect(name).toMatch(/@[0-9a-f]{40}$/)
  expect(workflow.permissions).toEqual({})
  expect(workflow.jobs.specs.permissions).toEqual({ contents: 'read', 'security-events': 'write' })
  expect(workflow.jobs.specs.steps[0]?.with).toEqual({ 'fetch-depth': 0, 'persist-credentials': false })
  for (const name of Object.keys(workflow.jobs.specs.steps[1]?.with ?? {})) expect(action.inputs).toHaveProperty(name)
})
