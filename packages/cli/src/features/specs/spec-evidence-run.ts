import { join, resolve } from 'node:path'
import { Recipe, RECIPE_PATH } from '@gatehouse/core/delivery/validations/recipe'
import { isProblemSlug, Problem } from '@gatehouse/core/kernel/problems'
import { EvidenceGitError, gitText } from '@gatehouse/evidence/git-run'
import { runTests, type TestPlan, type TestRun } from '@gatehouse/evidence/test-run'
import { Option, type Command } from 'commander'
import { parse } from 'yaml'
import { cleanLine, fit } from '../../clean-text.ts'
import type { Session } from '../../command.ts'
import { gathered } from './spec-evidence-reports.ts'

const RECIPE_MAX_CHARACTERS = 64 * 1024

/** Options of every command that judges by tests: reports that are given, or a run of the project's tests. */
export function testOptions(command: Command): void {
  command.option('--junit <file>', 'results of the tests as JUnit XML; may be given several times', gathered)
  command.option(
    '--run [command]',
    `run the tests of HEAD in the sandbox: as ${RECIPE_PATH} says, or this shell command with --report`,
  )
  command.option('--report <pattern>', 'where the command of --run writes JUnit XML; several times', gathered)
  command.option('--timeout <seconds>', 'how long the command of --run may take, 1 to 3600; 600 unless told')
  command.addOption(
    new Option(
      '--isolation <kind>',
      '"none" lets --run use plain processes where the machine grants no isolation',
    ).choices(['required', 'none']),
  )
}

/** Runs the tests where --run was given; null where it was not. Problems: those of the sandbox, git and the recipe. */
export async function testRun(session: Session, folder: string): Promise<TestRun | null> {
  const { options, host } = session
  const command = options.text('run')
  const patterns = options.texts('report')
  const timeout = options.whole('timeout', 1, 3600)
  if (command === null && !options.flag('run')) {
    if (patterns.length > 0 || timeout !== null || options.text('isolation') !== null)
      throw new Problem('usage', '--report, --timeout and --isolation belong to --run: give --run too')
    return null
  }
  try {
    const plans = command === null ? await recipePlans(session, folder) : [commandPlan(command, patterns, timeout)]
    const base = host.env['XDG_CACHE_HOME'] || join(host.home, '.cache')
    const run = await runTests({
      folder,
      plans,
      cacheFolder: join(resolve(base), 'gatehouse', 'evidence'),
      isolation: options.text('isolation') === 'none' ? 'none' : 'required',
      host: {
        PATH: host.env['PATH'],
        HOME: host.home,
        GOMODCACHE: host.env['GOMODCACHE'],
        GOPATH: host.env['GOPATH'],
      },
      signal: host.signal,
      progress: session.progress,
    })
    if (!run.ok) throw new Problem(run.code, run.detail)
    return run
  } catch (error) {
    if (!(error instanceof EvidenceGitError)) throw error
    throw new Problem(isProblemSlug(error.code) ? error.code : 'git-failed', `--run: ${error.message}`)
  }
}

function commandPlan(command: string, patterns: readonly string[], timeout: number | null): TestPlan {
  if (patterns.length === 0)
    throw new Problem(
      'usage',
      `--run "${command}" needs --report <pattern>, where it writes JUnit XML. If "${command}" is the path to judge, write it before --run`,
    )
  const wrong = patterns.find((p) => p.startsWith('/') || p.split('/').includes('..') || p === '' || p.includes('\0'))
  if (wrong !== undefined)
    throw new Problem('usage', `--report ${wrong}: a path or pattern in the checkout is needed, without ".."`)
  const run = ['sh', '-c', command]
  const name = fit(cleanLine(command), 60)
  return {
    name,
    commands: [{ name, run, timeout_seconds: timeout ?? 600 }],
    reports: [],
    patterns,
  }
}

/** Every validation of the recipe that HEAD has, whatever branch or environment it is for. */
async function recipePlans({ options }: Session, folder: string): Promise<TestPlan[]> {
  if (options.texts('report').length > 0 || options.text('timeout') !== null)
    throw new Problem(
      'usage',
      `--report and --timeout belong to a command: --run "npm test". ${RECIPE_PATH} says its own`,
    )
  const text = await gitText(folder, ['cat-file', 'blob', `HEAD:${RECIPE_PATH}`]).catch((error: unknown) => {
    if (error instanceof EvidenceGitError && error.code === 'git-failed') return null
    throw error
  })
  if (text === null)
    throw new Problem(
      'recipe-missing',
      `HEAD has no ${RECIPE_PATH}: commit one, or say what to run: --run "npm test -- --reporter=junit" --report "reports/*.xml"`,
    )
  if (text.length > RECIPE_MAX_CHARACTERS)
    throw new Problem(
      'recipe-invalid',
      `${RECIPE_PATH} has ${text.length} characters, more than ${RECIPE_MAX_CHARACTERS}`,
    )
  let document: unknown
  try {
    document = parse(text, { maxAliasCount: 20, schema: 'core' })
  } catch (error) {
    throw new Problem('recipe-invalid', `${RECIPE_PATH}: ${error instanceof Error ? error.message : 'not YAML'}`)
  }
  const recipe = Recipe.safeParse(document)
  if (!recipe.success) {
    const [issue] = recipe.error.issues
    throw new Problem(
      'recipe-invalid',
      `${RECIPE_PATH}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a recipe'}`,
    )
  }
  const plans = recipe.data.validations.map(({ name, commands, reports }) => ({
    name,
    commands,
    reports: reports.map(({ path }) => path),
    patterns: [],
  }))
  if (plans.every(({ reports }) => reports.length === 0))
    throw new Problem(
      'recipe-invalid',
      `${RECIPE_PATH}: no validation has a report of format junit: without one nobody can tell which tests passed`,
    )
  return plans
}

/** What programs read of a run; its reports only by name. */
export function runDocument(run: TestRun | null): object | null {
  if (run === null) return null
  const { ok: _ok, reports, ...rest } = run
  return { ...rest, reports: reports.map(({ name }) => name) }
}

/** For people: isolation, what ran, what was wrong; the end of the output only where no report came. */
export function runText(run: TestRun | null, { style, columns }: Pick<Session, 'style' | 'columns'>): string {
  if (run === null) return ''
  const isolation =
    run.isolation === 'none'
      ? style.bad('NOT isolated: plain processes, with the network and the files of their user')
      : `isolated by ${run.isolation}, no network`
  const beside =
    run.dependencies.length === 0
      ? ''
      : `, with ${run.dependencies.length > 3 ? `${run.dependencies.length} dependency folders` : run.dependencies.map(cleanLine).join(', ')}`
  const out = [`tests ran on ${run.commit.slice(0, 10)}, what is not committed left out${beside}; ${isolation}\n`]
  for (const { name, exit_code, timed_out, duration_ms } of run.commands)
    out.push(
      `  ${fit(cleanLine(name), Math.max(20, columns - 40))}  ${timed_out ? 'out of time' : `exit ${exit_code ?? 'by a signal'}`}  ${(duration_ms / 1000).toFixed(1)} s\n`,
    )
  for (const problem of run.problems) out.push(`  ${style.waiting('note')} ${cleanLine(problem)}\n`)
  if (run.reports.length === 0)
    for (const { tail } of run.commands)
      for (const line of tail.split('\n').filter(Boolean).slice(-12))
        out.push(`  ${style.dim(`| ${cleanLine(line)}`)}\n`)
  return out.join('')
}
