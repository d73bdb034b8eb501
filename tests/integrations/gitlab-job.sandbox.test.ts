import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test, type TestContext } from 'vitest'
import { parse } from 'yaml'
import { codeQuality } from '../../deploy/gitlab/code-quality.ts'
import { ROOT } from '../architecture/tree.ts'
import { published, type Published } from './published-clone.ts'
import {
  commit,
  git,
  honestProject,
  neededProgram,
  pathWith,
  projectWithPhantom,
  removeFolders,
  run,
  scratchFolder,
  SPEC,
  write,
} from './sample-project.ts'

afterEach(removeFolders)

const FILE = join(ROOT, 'deploy/gitlab/spec-lint.yml')
interface Input {
  readonly default?: string | boolean
  readonly options?: readonly string[]
  readonly regex?: string
}
interface Job {
  readonly rules: readonly { readonly if: string }[]
  readonly variables: Readonly<Record<string, string>>
  readonly script: readonly string[]
  readonly cache: { readonly paths: readonly string[] }
  readonly artifacts: {
    readonly when: string
    readonly paths: readonly string[]
    readonly reports: { readonly codequality: string }
  }
}
const [head, body] = readFileSync(FILE, 'utf8').split(/^---$/m)
const { spec } = parse(head ?? '') as { spec: { inputs: Record<string, Input> } }
const { inputs } = spec

/** The job as GitLab makes it of the file: inputs are put into the text before it is read. */
function jobOf(given: Readonly<Record<string, string>>): Job {
  const text = (body ?? '').replaceAll(/\$\[\[ inputs\.([a-z-]+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? inputs[name]?.default
    if (value === undefined) throw new Error(`the input ${name} is needed`)
    return String(value)
  })
  return Object.values(parse(text) as Record<string, Job>)[0] as Job
}

/** Runs the job's script as the runner does: one bash, ended by the first line that fails. */
function runJob(root: string, from: Published, given: Readonly<Record<string, string>> = {}) {
  const job = jobOf({ 'gatehouse-repository': from.url, 'gatehouse-commit': from.commit, ...given })
  const script = join(scratchFolder(), 'job.sh')
  writeFileSync(script, `set -eo pipefail\n${job.script.join('\n')}\n`)
  const variables = Object.entries(job.variables).map(([name, text]) => [name, text.replace('$CI_PROJECT_DIR', root)])
  return run('bash', [script], {
    cwd: root,
    env: {
      PATH: `${dirname(process.execPath)}:${pathWith(from.bin)}`,
      CI: 'true',
      CI_PROJECT_DIR: root,
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: '$(touch pwned)',
      TMPDIR: scratchFolder(),
      ...(Object.fromEntries(variables) as Record<string, string>),
    },
  })
}

interface Entry {
  readonly check_name: string
  readonly severity: string
  readonly fingerprint: string
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } }
}
const quality = (root: string) =>
  JSON.parse(readFileSync(join(root, 'gatehouse-spec/code-quality.json'), 'utf8')) as Entry[]

test(
  'the job clones the commit that is pinned, fails for a phantom completion and reports it as code quality',
  { timeout: 400_000 },
  () => {
    const root = projectWithPhantom()
    const from = published()
    const { status, stdout } = runJob(root, from)
    expect([status, stdout]).toEqual([4, expect.stringContaining('T002 is ticked, and contradicted')])
    const phantom = quality(root).filter(({ check_name }) => check_name === 'phantom-completion')
    expect(phantom).toMatchObject([
      { severity: 'major', location: { path: 'specs/001-login/tasks.md', lines: { begin: 6 } } },
    ])
    for (const name of ['lint.sarif', 'evidence.json'])
      expect(existsSync(join(root, 'gatehouse-spec', name))).toBe(true)

    expect(runJob(honestProject(), from).status).toBe(0)
    expect(runJob(root, from, { 'evidence-fail-on': 'never' }).status).toBe(0)
    expect(runJob(root, from, { evidence: 'false' }).status).toBe(0)
  },
)

test(
  'a lint error fails the job; what cannot be read is graver than findings, and a report is there nevertheless',
  { timeout: 400_000 },
  () => {
    const from = published()
    const root = honestProject()
    commit(root, 'twice', { 'specs/001-login/spec.md': SPEC.replace('FR-002', 'FR-001') })
    expect(runJob(root, from)).toMatchObject({ status: 4, stdout: expect.stringContaining('duplicate-id') })
    expect(runJob(root, from, { 'fail-on': 'never' }).status).toBe(0)
    const broken = runJob(root, from, { junit: 'none.xml' })
    expect(broken).toMatchObject({ status: 2, stdout: expect.stringContaining('junit: no file fits none.xml') })
    expect(quality(root).length).toBeGreaterThan(0)
    expect(existsSync(join(root, 'pwned'))).toBe(false)
  },
)

test('another commit than the pinned one is never run', () => {
  const from = published()
  const { status, stderr } = runJob(honestProject(), { ...from, commit: '1'.repeat(40) })
  expect([status === 0, stderr.length > 0]).toEqual([false, true])
  expect(new RegExp(inputs['gatehouse-commit']?.regex ?? '').test('main')).toBe(false)
})

test('two findings with one fingerprint are two entries', () => {
  const finding = {
    rule: 'r',
    level: 'note',
    message: 'm',
    path: 'a',
    line: 1,
    column: 1,
    endLine: 1,
    fingerprint: 'f',
  } as const
  expect(codeQuality([finding, finding]).map(({ fingerprint }) => fingerprint)).toEqual(['f', 'f-1'])
})

test('the job runs for merge requests and the default branch, with the whole history, and keeps its report when it fails', () => {
  const job = jobOf({ 'gatehouse-repository': 'x', 'gatehouse-commit': 'y' })
  expect(job.rules.map((rule) => rule.if)).toEqual([
    '$CI_PIPELINE_SOURCE == "merge_request_event"',
    '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
  ])
  expect(job.variables['GIT_DEPTH']).toBe('0')
  expect(job.artifacts).toMatchObject({ when: 'always', reports: { codequality: 'gatehouse-spec/code-quality.json' } })
  // Inputs are pasted as text: none into a script.
  expect((body ?? '').slice((body ?? '').indexOf('script:'), (body ?? '').indexOf('artifacts:'))).not.toContain('$[[')
  for (const [name, { default: value, options }] of Object.entries(inputs))
    if (options) expect([name, options]).toEqual([name, expect.arrayContaining([value])])
})

/** What calls gitlab-ci-local in a project that includes the file, with the commit that it pins; the test is skipped where that is not here. */
function including(ctx: TestContext): { commit: string; call: (...words: string[]) => ReturnType<typeof run> } {
  const local = neededProgram(ctx, 'GATEHOUSE_GITLAB_CI_LOCAL', 'gitlab-ci-local')
  const from = published()
  const root = projectWithPhantom()
  cpSync(FILE, join(root, 'ci/spec-lint.yml'))
  const given = [`gatehouse-repository: ${from.url}`, `gatehouse-commit: ${from.commit}`].map(
    (line) => `      ${line}\n`,
  )
  write(root, { '.gitlab-ci.yml': `include:\n  - local: ci/spec-lint.yml\n    inputs:\n${given.join('')}` })
  commit(root, 'ci', {})
  git(root, 'remote', 'add', 'origin', 'https://gitlab.example.org/acme/shop.git')
  const env = { PATH: `${dirname(process.execPath)}:${pathWith(from.bin)}` }
  return { commit: from.commit, call: (...words) => run(local, words, { cwd: root, env }) }
}

test('gitlab-ci-local reads the file with its inputs, and finds it right by GitLab’s schema', (ctx) => {
  const { commit: pinned, call } = including(ctx)
  const { status, stdout, stderr } = call('--preview')
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('error')])
  expect(stdout).toContain(`GATEHOUSE_COMMIT: ${pinned}`)
})

test('gitlab-ci-local runs the job, which fails for a phantom completion', (ctx) => {
  neededProgram(ctx, 'GATEHOUSE_RSYNC', 'rsync', ', which gitlab-ci-local copies with')
  const { call } = including(ctx)
  const ran = call('--force-shell-executor', '--no-artifacts-to-source', '--shell-isolation=false', 'spec-lint')
  expect([ran.status === 0, `${ran.stdout}${ran.stderr}`]).toEqual([false, expect.stringContaining('T002 is ticked')])
})
