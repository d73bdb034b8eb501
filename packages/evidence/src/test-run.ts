import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import { materialize } from '@gatehouse/sandbox/base-layer'
import type { Envelope } from '@gatehouse/sandbox/envelope'
import { parseJunit } from '@gatehouse/sandbox/junit'
import type { KeptContent } from '@gatehouse/sandbox/kept-files'
import { probeIsolation } from '@gatehouse/sandbox/probe'
import { runCommands, type SandboxRun } from '@gatehouse/sandbox/sandbox'
import type { SandboxCommand, SandboxLimits } from '@gatehouse/sandbox/sandbox-request'
import { GitError } from '@gatehouse/sandbox/trusted-git'
import {
  closedTo,
  dependencyFolders,
  goModules,
  linkDependencies,
  shownPath,
  type DependencyFolder,
  type HostEnvironment,
} from './dependency-folders.ts'
import { topFolder } from './git-history.ts'
import { EvidenceGitError, gitText } from './git-run.ts'
import { blobId, readTree, type TreeFile } from './git-tree.ts'
import type { Report } from './test-results.ts'

/** Commands that test a project, one after the other in one workspace, and where they leave their reports. */
export interface TestPlan {
  readonly name: string
  /** `run` is a program and its arguments; the first that fails ends the plan. */
  readonly commands: readonly {
    readonly name: string
    readonly run: readonly string[]
    readonly timeout_seconds: number
  }[]
  /** Files of the workspace. */
  readonly reports: readonly string[]
  /** Patterns of such files: `*` and `?` within a folder, `**` across folders. */
  readonly patterns: readonly string[]
}

export interface TestRunRequest {
  /** In a git repository. */
  readonly folder: string
  readonly plans: readonly TestPlan[]
  /** Where checked-out trees are kept between runs. */
  readonly cacheFolder: string
  /** `none` allows plain processes where the machine grants no isolation. */
  readonly isolation: 'required' | 'none'
  /** Where this machine's tools and modules are. */
  readonly host: HostEnvironment
  readonly signal?: AbortSignal
  readonly progress?: (line: string) => void
  /** For tests: this driver, or nothing. */
  readonly driver?: 'bubblewrap' | 'util-linux' | 'none'
}

export interface TestRun {
  readonly ok: true
  /** What was tested: HEAD, whatever the working copy holds. */
  readonly commit: string
  readonly tree: string
  /** `none`: plain processes. */
  readonly isolation: Envelope['isolation']['driver']
  readonly isolation_notes: readonly string[]
  readonly commands: readonly {
    readonly name: string
    readonly argv: readonly string[]
    readonly exit_code: number | null
    readonly timed_out: boolean
    readonly duration_ms: number
    /** The end of what it printed: other people's words. */
    readonly tail: string
  }[]
  /** Made in this run by the code under test: claims, with the host's word for when. */
  readonly reports: readonly Report[]
  /** Folders of dependencies that the tests could read, from the repository's top; Go's cache of modules by its own path. */
  readonly dependencies: readonly string[]
  /** What kept a report from being taken, or makes it less than it says: a sentence each. */
  readonly problems: readonly string[]
}

export type TestRunRefusal = Refusal<
  | 'isolation-unavailable'
  | 'sandbox-request-invalid'
  | 'sandbox-setup-failed'
  | 'sandbox-aborted'
  | 'tree-not-found'
  | 'tree-not-safe'
>

const LIMITS: SandboxLimits = { memory_mb: 4096, pids: 1024, disk_mb: 2048, output_bytes: 65_536 }
const REPORT_MAX_BYTES = 16 * 1_048_576
const MAX_REPORTS = 40
/** All reports of a pattern together. */
const ALL_MAX_BYTES = 64 * 1_048_576
const TAIL = 2_000
const GO_MODULES = '/agent/go-modules'

/**
 * Runs a project's tests on HEAD in the sandbox: a throw-away workspace, no network, its installed dependencies read-only. Takes only
 * reports that the run made: a file with bytes that the commit already holds is none. Throws EvidenceGitError. Refusals: those of the
 * sandbox; a command that fails or runs out of time is not one, it is told in `commands` and `problems`.
 */
export async function runTests(request: TestRunRequest): Promise<TestRun | TestRunRefusal> {
  const { folder, signal, progress = () => {} } = request
  const top = realpathSync(await topFolder(folder))
  const line = async (...args: string[]) => (await gitText(top, args)).trim()
  // A branch without a commit is git's own error, in its words.
  const commit = await line('rev-parse', '--verify', '--end-of-options', 'HEAD^{commit}')
  const objects = await line('rev-parse', '--path-format=absolute', '--git-common-dir')
  const report = await probeIsolation()
  const driver = request.driver ?? report.driver
  if (driver === 'none' && request.isolation === 'required')
    return refuse(
      'isolation-unavailable',
      `nothing was run: this machine grants no isolation (${report.missing.join('; ') || 'it was not asked for'}). ` +
        'Install bubblewrap or allow user namespaces; or give --isolation none, and the tests run as plain processes with your network and all that their user may read',
    )
  const layer = await materialize(objects, commit, request.cacheFolder).catch((error: unknown) => {
    throw error instanceof GitError ? new EvidenceGitError('git-failed', error.message) : error
  })
  if (!layer.ok) return layer
  const links = mkdtempSync(join(tmpdir(), 'gatehouse-links-'))
  try {
    chmodSync(links, 0o755)
    const tree = await readTree(top, commit)
    const dependencies = dependencyFolders(top, tree)
    // Without mounts nothing is shown anywhere else than where it is.
    const shown = (d: DependencyFolder) => (driver === 'none' ? join(top, d.path) : d.target)
    linkDependencies(top, dependencies, links, shown)
    const modules = goModules(tree, request.host)
    const tools = [
      ...dependencies.map((d) => ({ source: join(top, d.path), target: d.target })),
      ...(modules === null ? [] : [{ source: modules, target: GO_MODULES }]),
    ]
    const closed = driver === 'none' ? dependencies.flatMap((d) => closedTo(top, d) ?? []) : []
    const parts: Part[] = []
    for (const plan of request.plans) {
      const [first] = plan.commands
      progress(`running ${plan.name} on ${commit.slice(0, 10)}, ${driver === 'none' ? 'NOT isolated' : driver}`)
      const watch = first && watched(plan, progress)
      const folder = `.gatehouse-reports-${randomUUID()}`
      const result = await runCommands(
        {
          workspace: { base: layer.folder, candidate: links },
          tools: driver === 'none' ? [] : tools,
          commands: commandsOf(plan, folder),
          limits: LIMITS,
          keep: keptOf(plan, folder),
          isolation: request.isolation === 'none' ? 'none-allowed' : 'required',
          env: {
            CI: 'true',
            NODE_ENV: 'test',
            PATH: shownPath(request.host.PATH),
            ...(modules === null
              ? {}
              : { GOPROXY: 'off', GOFLAGS: '-modcacherw', GOMODCACHE: driver === 'none' ? modules : GO_MODULES }),
          },
          // The reports are gathered after a failure too.
          continue_on_failure: plan.patterns.length > 0,
          ...(driver === report.driver ? {} : { driver }),
        },
        signal ? { signal } : {},
      ).finally(() => watch?.())
      if (!result.ok) return result
      if (signal?.aborted === true) return refuse('sandbox-aborted', 'the tests were stopped')
      parts.push(partOf(plan, folder, result, tree))
      for (const { name, exit_code, timed_out, duration_ms } of parts.at(-1)?.commands ?? [])
        progress(
          `${name} ${timed_out ? 'ran out of time' : `ended with ${exit_code ?? 'a signal'}`} after ${(duration_ms / 1000).toFixed(1)} s`,
        )
    }
    return {
      ok: true,
      commit,
      tree: layer.tree,
      isolation: driver,
      isolation_notes: [...new Set(parts.flatMap(({ notes }) => notes))],
      commands: parts.flatMap(({ commands }) => commands),
      reports: parts.flatMap(({ reports }) => reports),
      dependencies: [...dependencies.map(({ path }) => path), ...(modules === null ? [] : [modules])],
      problems: [
        ...[...new Set(closed)].map(
          (path) =>
            `only its owner may read ${path}: the tests, which run as another user, could not see the dependencies in it`,
        ),
        ...parts.flatMap(({ problems }) => problems),
        ...(layer.submodules.length > 0
          ? [`submodules were not checked out: ${layer.submodules.slice(0, 5).join(', ')}`]
          : []),
      ],
    }
  } finally {
    layer.release()
    rmSync(links, { recursive: true, force: true })
  }
}

/** A line now and then, so that who waits sees that it goes on. */
function watched(plan: TestPlan, progress: (line: string) => void): () => void {
  const begun = performance.now()
  const limit = plan.commands.reduce((sum, { timeout_seconds }) => sum + timeout_seconds, 0)
  const timer = setInterval(
    () => progress(`${plan.name}: ${Math.round((performance.now() - begun) / 1000)} s of at most ${limit} s`),
    15_000,
  )
  return () => clearInterval(timer)
}

/**
 * Copies what the patterns match to numbered files, the names beside them. Runs inside, with the rights of the tests, and under the Node that
 * is found there: where ours lies in a folder that the tests' user cannot enter, an older one of the machine, without `fs.globSync`.
 */
const GATHER = String.raw`
const fs = require('node:fs')
const [folder, count, bytes, ...patterns] = process.argv.slice(1)
const steps = { '**/': '(?:[^/]+/)*', '**': '.*', '*': '[^/]*', '?': '[^/]' }
const matching = patterns.map((pattern) => {
  const plain = pattern.replace(/^(?:\.\/)+/, '').replace(/[.+^$(){}|[\]\\]/g, '\\$&')
  return new RegExp('^' + plain.replace(/\*\*\/|\*\*|\*|\?/g, (step) => steps[step]) + '$', 's')
})
const found = []
const entriesOf = (folder) => {
  try { return fs.readdirSync(folder, { withFileTypes: true }) } catch { return [] }
}
const walk = (below) => {
  for (const entry of entriesOf(below || '.')) {
    const name = below + entry.name
    if (entry.isDirectory() && !/^(?:node_modules|\.git)$/.test(entry.name)) walk(name + '/')
    else if (entry.isFile() && matching.some((one) => one.test(name))) found.push(name)
  }
}
walk('')
const names = []
let left = Number(bytes)
fs.mkdirSync(folder)
for (const name of found.sort()) {
  if (name.startsWith('.gatehouse-reports-')) continue
  const { size } = fs.lstatSync(name)
  if (names.length >= Number(count) || size > left) { names.push(null); break }
  left -= size
  fs.copyFileSync(name, folder + '/' + names.length)
  names.push(name)
}
fs.writeFileSync(folder + '/names', JSON.stringify(names))
`

function commandsOf(plan: TestPlan, folder: string): SandboxCommand[] {
  const own = plan.commands.map(({ name, run, timeout_seconds }) => ({
    name,
    argv: [...run],
    timeout_ms: timeout_seconds * 1000,
  }))
  if (plan.patterns.length === 0) return own
  const argv = ['node', '-e', GATHER, '--', folder, String(MAX_REPORTS), String(ALL_MAX_BYTES), ...plan.patterns]
  return [...own, { name: 'gather the reports', argv, timeout_ms: 120_000 }]
}

function keptOf(plan: TestPlan, folder: string): { path: string; max_bytes: number }[] {
  const given = plan.reports.map((path) => ({ path, max_bytes: REPORT_MAX_BYTES }))
  if (plan.patterns.length === 0) return given
  const numbered = Array.from({ length: MAX_REPORTS }, (_, i) => ({
    path: `${folder}/${i}`,
    max_bytes: REPORT_MAX_BYTES,
  }))
  return [...given, { path: `${folder}/names`, max_bytes: 1_048_576 }, ...numbered]
}

type Part = Pick<TestRun, 'commands' | 'reports' | 'problems'> & { readonly notes: readonly string[] }

function partOf(plan: TestPlan, folder: string, run: SandboxRun, tree: ReadonlyMap<string, TreeFile>): Part {
  const { isolation, files } = run.envelope
  const commands = run.envelope.commands
    .slice(0, plan.commands.length)
    .map(({ name, argv, exit_code, timed_out, duration_ms, stdout, stderr }) => ({
      name,
      argv,
      exit_code,
      timed_out,
      duration_ms,
      tail: `${stdout.text}\n${stderr.text}`.trim().slice(-TAIL),
    }))
  const problems: string[] = []
  const reports: Report[] = []
  let whole = true
  const lost = (problem: string) => {
    problems.push(problem)
    whole = false
  }
  const held = new Map([...tree].map(([path, { blob }]) => [blob, path]))
  const [like = ''] = held.keys()
  const take = (name: string, content: Buffer) => {
    const committed = held.get(blobId(content, like))
    const read = parseJunit(content)
    if (committed !== undefined)
      problems.push(
        `${name} was not taken: its bytes are those of ${committed} in the commit, so this run did not make it`,
      )
    else if (!read.ok) lost(`${name} was not taken: ${read.detail}`)
    else {
      if (read.report.tests.length === 0) problems.push(`${name} holds no test`)
      reports.push({ name, bytes: content, by: 'run' })
    }
  }
  const kept = new Map(run.kept.map(({ path, content }: KeptContent) => [path, content]))
  for (const path of plan.reports) {
    const content = kept.get(path)
    const file = files.find((f) => f.path === path)
    if (content) take(path, content)
    else
      lost(`no report at ${path}: it is ${file && 'problem' in file ? file.problem.replaceAll('-', ' ') : 'missing'}`)
  }
  if (plan.patterns.length > 0) {
    const names = namesOf(kept.get(`${folder}/names`))
    for (const [i, name] of names.entries()) {
      const content = kept.get(`${folder}/${i}`)
      if (name === null)
        lost(
          `more reports than ${MAX_REPORTS}, or than ${ALL_MAX_BYTES} bytes, match ${plan.patterns.join(', ')}: the rest was not taken`,
        )
      else if (content) take(name, content)
      else lost(`${name} was not taken: it is larger than ${REPORT_MAX_BYTES} bytes or cannot be read`)
    }
    if (names.length === 0)
      problems.push(`no report matches ${plan.patterns.join(', ')}: the tests are to write JUnit XML there`)
  }
  if (!whole && reports.length > 0)
    problems.push(`no report of ${plan.name} was taken: half of the tests would look like all of them`)
  for (const { name, exit_code, timed_out } of commands)
    if (timed_out) problems.push(`${name} ran out of time: its report may lack tests`)
    else if (exit_code !== 0)
      problems.push(`${name} ended with ${exit_code ?? 'a signal'}: some of its tests failed, or did not begin`)
  return { commands, reports: whole ? reports : [], problems, notes: isolation.notes }
}

/** What the gathering wrote, or something else did in its place. */
function namesOf(content: Buffer | undefined): (string | null)[] {
  try {
    const names = JSON.parse(content?.toString('utf8') ?? '[]') as unknown
    return Array.isArray(names)
      ? names.slice(0, MAX_REPORTS + 1).map((name) => (typeof name === 'string' ? name.slice(0, 500) : null))
      : []
  } catch {
    return []
  }
}
