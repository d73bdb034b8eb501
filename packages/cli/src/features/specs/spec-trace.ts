import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { TraceItem } from '@gatehouse/core/specs/trace'
import { coverageOf, type Cover } from '@gatehouse/evidence/coverage'
import { coveragePage, type CoverageOrigin } from '@gatehouse/evidence/coverage-page'
import type { ProjectEvidence } from '@gatehouse/evidence/project-evidence'
import type { TestRun } from '@gatehouse/evidence/test-run'
import { traceQuery, type Trace } from '@gatehouse/evidence/trace'
import type { Command } from 'commander'
import { cleanLine, fit } from '../../clean-text.ts'
import { addCommand, argument, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { section, table } from '../../table.ts'
import { evidenceOf, taskDocument } from './spec-evidence.ts'
import { runDocument, runText, testOptions } from './spec-evidence-run.ts'

/** `gatehouse spec trace` and `gatehouse spec coverage`. */
export function addSpecTrace(group: Command, host: Host): void {
  addCommand(group, host, {
    usage: 'trace <what>',
    act: null,
    summary: 'Follow a requirement, task, line or test to all that belongs to it',
    about:
      'Takes FR-001, US1/AC2, T012, src/a.ts:12, a file of tests or the name of a test. Paths are from the top of the repository.',
    configure: (command) => {
      command.option('--in <folder>', 'the checkout; by default the folder you are in')
      command.option('--feature <slug>', 'which feature, where several have the id')
      testOptions(command)
    },
    examples: [
      ['gatehouse spec trace FR-001', 'its tasks, their commits, files and tests'],
      ['gatehouse spec trace T012 --feature 001-login', 'one task of one feature'],
      ['gatehouse spec trace src/login.ts:12', 'what a line was written for'],
    ],
    run: async (session, args) => {
      const query = argument(args, 0)
      const { evidence, run } = await evidenceOf(session, session.options.text('in') ?? undefined)
      const trace = await traceQuery(evidence, query, session.options.text('feature'))
      if (trace === null) throw new Problem('not-found', `nothing here has the id, file, line or test "${query}"`)
      const document = { ...trace, tasks: trace.tasks.map(taskDocument), run: runDocument(run) }
      return { document, text: `${runText(run, session)}${traceText(trace, session)}`, exit: trace.ambiguous ? 4 : 0 }
    },
  })
  addCommand(group, host, {
    usage: 'coverage [path]',
    act: null,
    summary: 'Which requirements have tasks, and which of them are shown to be done',
    configure: (command) => {
      command.option('--html <file>', 'write it as one page without scripts')
      testOptions(command)
    },
    examples: [
      ['gatehouse spec coverage', 'a line for each feature'],
      ['gatehouse spec coverage --html coverage.html', 'a page to publish'],
    ],
    run: async (session, args) => {
      const { evidence, run } = await evidenceOf(session, args[0])
      const notes = [...(run?.problems ?? []), ...evidence.notes]
      const coverage = coverageOf(evidence)
      const file = session.options.text('html')
      if (file !== null)
        writePage(
          session,
          file,
          coveragePage(basename(evidence.top), coverage, notes, originOf(evidence, run, session)),
        )
      const rows = coverage
        .filter(({ requirements }) => requirements.length > 0)
        .map(({ scope, requirements }) => {
          const count = (cover: Cover) => requirements.filter((r) => r.cover === cover).length
          return {
            feature: scope,
            requirements: requirements.length,
            shown: count('shown'),
            partly: count('partly'),
            open: count('open'),
            no_task: count('no-task'),
            contradicted: count('contradicted'),
            without_task: requirements.filter((r) => r.cover === 'no-task').map((r) => r.item.id),
          }
        })
      const text = table(
        rows,
        [
          { header: 'Feature', value: (r) => r.feature, flex: true },
          { header: 'Requirements', value: (r) => r.requirements, right: true },
          { header: 'Shown', value: (r) => r.shown, right: true },
          { header: 'Partly', value: (r) => r.partly, right: true },
          { header: 'Nothing', value: (r) => r.open, right: true },
          { header: 'No task', value: (r) => r.no_task, right: true },
          { header: 'Contradicted', value: (r) => r.contradicted, right: true },
        ],
        { columns: session.columns, style: session.style, empty: 'No requirement with an identifier was found.' },
      )
      return {
        document: { features: rows, notes: evidence.notes, run: runDocument(run) },
        text: `${runText(run, session)}${file === null ? text : `${text}\nWritten to ${cleanLine(file)}.\n`}`,
      }
    },
  })
}

/** What the page says of itself. */
function originOf(evidence: ProjectEvidence, run: TestRun | null, { options }: Session): CoverageOrigin {
  const given = options.texts('junit').length
  const parts = [
    ...(run === null
      ? []
      : [`Tests ran on ${run.commit.slice(0, 12)}, ${run.isolation === 'none' ? 'NOT isolated' : 'isolated'}.`]),
    ...(given > 0 ? [`${given} report${given === 1 ? ' was' : 's were'} given, taken at their word.`] : []),
  ]
  return { head: evidence.repository?.head ?? null, tests: parts.length > 0 ? parts.join(' ') : null }
}

function writePage({ host }: Session, file: string, page: string): void {
  const path = resolve(host.cwd, file)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, page)
  } catch (error) {
    throw new Problem(
      'usage',
      `--html ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function traceText(trace: Trace, { style, columns }: Session): string {
  const line = (item: TraceItem) =>
    `  ${cleanLine(item.id)}  ${fit(cleanLine(item.text), Math.max(20, columns - 30))}\n    ${style.dim(cleanLine(`${item.path}:${item.line}`))}\n`
  if (trace.ambiguous) {
    const scopes = trace.found.map(
      (item) => `  ${cleanLine(item.scope)}  ${cleanLine(item.id)}  ${fit(cleanLine(item.text), 80)}\n`,
    )
    return `${cleanLine(trace.query)} is in several features; say which with --feature:\n${scopes.join('')}`
  }
  const { commit } = trace
  const tasks = trace.tasks.map(
    (task) =>
      `  ${cleanLine(task.id ?? '-')}  ${task.done ? task.verdict : 'not ticked'}  ${fit(cleanLine(task.text), Math.max(20, columns - 30))}\n    ${style.dim(cleanLine(`${task.path}:${task.line}  ${task.feature}`))}\n`,
  )
  const list = (paths: readonly string[]) => paths.map((path) => `  ${cleanLine(path)}\n`).join('')
  return [
    section(`Found`, trace.found.map(line).join(''), style),
    commit ? section('Written by', `  ${commit.id.slice(0, 10)}  ${cleanLine(commit.subject)}\n`, style) : '',
    section('Requirements', trace.requirements.map(line).join(''), style),
    section('Tasks', tasks.join(''), style),
    section(
      'Commits',
      trace.commits.map(({ id, subject }) => `  ${id.slice(0, 10)}  ${cleanLine(subject)}\n`).join(''),
      style,
    ),
    section('Files', list(trace.files), style),
    section('Tests', list(trace.tests), style),
  ]
    .join('')
    .trimStart()
}
