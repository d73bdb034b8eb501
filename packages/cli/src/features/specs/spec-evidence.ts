import { realpathSync, statSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { isProblemSlug, Problem } from '@gatehouse/core/kernel/problems'
import { VERDICTS, type Verdict } from '@gatehouse/core/specs/evidence'
import { EvidenceGitError } from '@gatehouse/evidence/git-run'
import { projectEvidence, type ProjectEvidence, type TaskEvidence } from '@gatehouse/evidence/project-evidence'
import type { TestRun } from '@gatehouse/evidence/test-run'
import { Option, type Command } from 'commander'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { countVerdicts, evidenceMarkdown, evidenceText, looksDone, worstFirst } from './evidence-text.ts'
import { reportsOf } from './spec-evidence-reports.ts'
import { runDocument, runText, testOptions, testRun } from './spec-evidence-run.ts'
import { stepLine } from './step-line.ts'

const FORMATS = ['text', 'json', 'markdown'] as const

/** `gatehouse spec evidence`. */
export function addSpecEvidence(group: Command, host: Host): void {
  addCommand(group, host, {
    usage: 'evidence [path]',
    act: null,
    summary: 'Find ticked tasks that nothing shows to be done',
    about:
      'For each ticked task: files named exist and changed since it was written, symbols are in code, tests pass. Reads the checkout and its git\nhistory, and needs no network. It runs nothing of the project without --run. Ends with status 4 where a verdict is as bad as --fail-on says, or\n--run made no report.',
    configure: (command) => {
      testOptions(command)
      command.option('--all', 'list what is shown too, and open tasks that look done')
      command.addOption(
        new Option('--fail-on <verdict>', 'the best verdict that makes the command fail')
          .choices([...VERDICTS.slice(0, 3), 'never'])
          .default('contradicted'),
      )
      command.addOption(new Option('--format <format>', 'how to print it').choices(FORMATS).default('text'))
    },
    examples: [
      ['gatehouse spec evidence', 'phantom completions of this checkout'],
      ['gatehouse spec evidence specs/001-login --junit report.xml', 'one feature, with the results of its tests'],
      ['gatehouse spec evidence specs/001-login/tasks.md', 'one list of tasks'],
      ['gatehouse spec evidence --run', 'with the tests of .gatehouse/recipe.yaml, run in the sandbox'],
      ['gatehouse spec evidence --run "npm test" --report "reports/*.xml"', 'with the tests that this runs'],
      ['gatehouse spec evidence --fail-on unshown --format markdown', 'for a pull request'],
    ],
    run: async (session, args) => {
      const { options, style, columns } = session
      const { evidence, run } = await evidenceOf(session, args[0], true)
      const all = options.flag('all')
      const document = { ...evidenceDocument(evidence, all), run: runDocument(run) }
      const format = options.text('format') ?? 'text'
      const text =
        format === 'json'
          ? `${JSON.stringify(document, null, 2)}\n`
          : format === 'markdown'
            ? evidenceMarkdown(evidence, all, run?.problems)
            : `${runText(run, session)}${evidenceText(evidence, { style, columns, all })}`
      const limit = options.text('failOn') ?? 'contradicted'
      const empty = run !== null && run.reports.length === 0
      return { document, text, exit: empty || fails(evidence, limit) ? 4 : 0 }
    },
  })
}

export interface Read {
  readonly evidence: ProjectEvidence
  /** Null without --run. */
  readonly run: TestRun | null
}

/** Reads the evidence of a folder, or of the tasks in a file where that is taken, with the reports that `--junit` names and those that `--run` makes. What cannot be read is a problem that names it. */
export async function evidenceOf(session: Session, path: string | undefined, isFileTaken = false): Promise<Read> {
  const named = resolve(session.host.cwd, path ?? '.')
  const stat = statSync(named, { throwIfNoEntry: false })
  if (!stat) throw new Problem('usage', `${path ?? named} is not there: give the folder of a checkout, or one in it`)
  if (!stat.isDirectory() && !isFileTaken)
    throw new Problem('usage', `${path ?? named} is no folder: give the folder of a checkout, or one in it`)
  const folder = stat.isDirectory() ? named : dirname(named)
  const run = await testRun(session, folder)
  const results = reportsOf(session, run?.reports ?? [])
  const line = stepLine(session)
  try {
    const evidence = await projectEvidence(folder, results, line.at)
    return { evidence: stat.isDirectory() ? evidence : ofFile(evidence, named), run }
  } catch (error) {
    if (!(error instanceof EvidenceGitError)) throw error
    throw new Problem(isProblemSlug(error.code) ? error.code : 'git-failed', error.message)
  } finally {
    line.end()
  }
}

/** Only the tasks of one file. One that has none is refused: nothing found in it would be told as nothing wrong. */
function ofFile(evidence: ProjectEvidence, file: string): ProjectEvidence {
  const path = relative(evidence.top, realpathSync(file)).replaceAll(sep, '/')
  const features = evidence.features.flatMap((feature) => {
    const tasks = feature.tasks.filter((task) => task.path === path)
    return tasks.length === 0 ? [] : [{ ...feature, tasks }]
  })
  if (features.length === 0)
    throw new Problem('specs-not-found', `${path} holds no task: give a list of tasks, such as tasks.md, or its folder`)
  return { ...evidence, within: path, features }
}

/** What programs read. Ticked tasks, the worst first; with `all` the open ones that look done. */
function evidenceDocument(evidence: ProjectEvidence, all: boolean): object {
  const ticked = evidence.features.flatMap((feature) => feature.tasks.filter((task) => task.done))
  return {
    counts: { ticked: ticked.length, ...countVerdicts(ticked) },
    repository: evidence.repository,
    notes: evidence.notes,
    features: evidence.features.flatMap((feature) => {
      const tasks = worstFirst(feature.tasks.filter((task) => task.done))
      const early = all ? looksDone(feature.tasks) : []
      return tasks.length + early.length === 0
        ? []
        : [
            {
              name: feature.name,
              folder: feature.folder,
              archived: feature.archived,
              counts: countVerdicts(tasks),
              tasks: tasks.map(taskDocument),
              ...(all ? { open_that_look_done: early.map(taskDocument) } : {}),
            },
          ]
    }),
  }
}

/** A task as programs read it: without its place in a list that they do not have. */
export function taskDocument(task: TaskEvidence): object {
  const { index: _index, ...rest } = task
  return rest
}

/** A task that names nothing to look for is unshown by nature: only `partly`, the strictest, fails for it. */
function fails(evidence: ProjectEvidence, limit: string): boolean {
  const at = VERDICTS.indexOf(limit as Verdict)
  return evidence.features.some(({ tasks }) =>
    tasks.some((task) => task.done && VERDICTS.indexOf(task.verdict) <= at && (task.lookable || limit === 'partly')),
  )
}
