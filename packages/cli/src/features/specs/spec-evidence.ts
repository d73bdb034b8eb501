import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isProblemSlug, Problem } from '@gatehouse/core/kernel/problems'
import { VERDICTS, type Verdict } from '@gatehouse/core/specs/evidence'
import { EvidenceGitError } from '@gatehouse/evidence/git-run'
import { projectEvidence, type ProjectEvidence, type TaskEvidence } from '@gatehouse/evidence/project-evidence'
import { readReports, type TestResults } from '@gatehouse/evidence/test-results'
import { Option, type Command } from 'commander'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { countVerdicts, evidenceMarkdown, evidenceText, looksDone, worstFirst } from './evidence-text.ts'

const FORMATS = ['text', 'json', 'markdown'] as const

/** `gatehouse spec evidence`. */
export function addSpecEvidence(group: Command, host: Host): void {
  addCommand(group, host, {
    usage: 'evidence [path]',
    act: null,
    summary: 'Find ticked tasks that nothing shows to be done',
    about:
      'For each ticked task: files named exist and changed since it was written, symbols are in code, tests pass. Reads the checkout and its git\nhistory, nothing else: it runs no test and needs no network. Ends with status 4 where a verdict is as bad as --fail-on says.',
    configure: (command) => {
      command.option('--junit <file>', 'results of the tests as JUnit XML; may be given several times', gathered, [])
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
      ['gatehouse spec evidence --fail-on unshown --format markdown', 'for a pull request'],
    ],
    run: async (session, args) => {
      const { options, style, columns } = session
      const evidence = await evidenceOf(session, args[0])
      const all = options.flag('all')
      const document = evidenceDocument(evidence, all)
      const format = options.text('format') ?? 'text'
      const text =
        format === 'json'
          ? `${JSON.stringify(document, null, 2)}\n`
          : format === 'markdown'
            ? evidenceMarkdown(evidence, all)
            : evidenceText(evidence, { style, columns, all })
      return { document, text, exit: fails(evidence, options.text('failOn') ?? 'contradicted') ? 4 : 0 }
    },
  })
}

export function gathered(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/** Reads a folder's evidence with the reports that `--junit` names. What cannot be read is a problem that names it. */
export async function evidenceOf(session: Session, path: string | undefined): Promise<ProjectEvidence> {
  const folder = resolve(session.host.cwd, path ?? '.')
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Problem('usage', `${path ?? folder} is no folder: give the folder of a checkout, or one in it`)
  try {
    return await projectEvidence(folder, reportsOf(session))
  } catch (error) {
    if (!(error instanceof EvidenceGitError)) throw error
    throw new Problem(isProblemSlug(error.code) ? error.code : 'git-failed', error.message)
  }
}

function reportsOf({ host, options }: Session): TestResults {
  const read = readReports(
    options.texts('junit').map((name) => {
      try {
        return { name, bytes: readFileSync(resolve(host.cwd, name)) }
      } catch (error) {
        throw new Problem(
          'usage',
          `--junit ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }),
  )
  if (!read.ok) throw new Problem('usage', `--junit ${read.detail}`)
  return read.results
}

/** What programs read. Ticked tasks, the worst first; with `all` the open ones that look done. */
export function evidenceDocument(evidence: ProjectEvidence, all: boolean): object {
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
