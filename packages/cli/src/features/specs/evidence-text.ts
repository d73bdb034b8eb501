import { VERDICTS, type EvidenceLine, type Verdict } from '@gatehouse/core/specs/evidence'
import type { FeatureEvidence, ProjectEvidence, TaskEvidence } from '@gatehouse/evidence/project-evidence'
import { cleanLine, fit } from '../../clean-text.ts'
import type { Style } from '../../style.ts'

/** How many tasks have each verdict, and how many name nothing that could be looked for. */
export type Counts = Readonly<Record<Verdict, number>> & { readonly nothing_named: number }

export function countVerdicts(tasks: readonly TaskEvidence[]): Counts {
  const of = (verdict: Verdict) =>
    tasks.filter((task) => task.verdict === verdict && (task.lookable || verdict !== 'unshown')).length
  return {
    shown: of('shown'),
    partly: of('partly'),
    unshown: of('unshown'),
    contradicted: of('contradicted'),
    nothing_named: tasks.filter((task) => task.verdict === 'unshown' && !task.lookable).length,
  }
}

/** Phantom completions first: contradicted, then what was looked for and not found, then what names nothing. */
export function worstFirst(tasks: readonly TaskEvidence[]): TaskEvidence[] {
  const rank = (task: TaskEvidence) =>
    VERDICTS.indexOf(task.verdict) + (task.verdict === 'unshown' && !task.lookable ? 0.5 : 0)
  return tasks.toSorted((a, b) => rank(a) - rank(b))
}

/** Open tasks that look done. */
export function looksDone(tasks: readonly TaskEvidence[]): TaskEvidence[] {
  return tasks.filter((task) => !task.done && task.verdict === 'shown')
}

export function countsText(counts: Counts): string {
  const parts = VERDICTS.map((verdict) => `${counts[verdict]} ${verdict}`)
  return [...parts, `${counts.nothing_named} name nothing to look for`].join(', ')
}

const MARKS: Readonly<Record<EvidenceLine['found'], string>> = { yes: '+', partly: '~', no: '-', against: '!' }

function paint(verdict: Verdict, style: Style): (text: string) => string {
  if (verdict === 'shown') return style.good
  return verdict === 'partly' ? style.waiting : style.bad
}

/** For people: grouped by feature, the worst first; what is shown is counted, and listed with `all`. */
export function evidenceText(
  evidence: ProjectEvidence,
  options: { style: Style; columns: number; all: boolean },
): string {
  const { style, columns, all } = options
  const out: string[] = evidence.notes.map((note) => `${style.waiting('note')} ${cleanLine(note)}\n`)
  const ticked = evidence.features.flatMap((feature) => feature.tasks.filter((task) => task.done))
  const rank = (feature: FeatureEvidence) => {
    const { contradicted, unshown } = countVerdicts(feature.tasks.filter((task) => task.done))
    return contradicted * 1000 + unshown
  }
  for (const feature of evidence.features.toSorted((a, b) => rank(b) - rank(a))) {
    const own = feature.tasks.filter((task) => task.done)
    if (own.length > 0) {
      out.push(
        `\n${style.bold(cleanLine(feature.name))}${feature.archived ? ' (archived)' : ''}  ${countsText(countVerdicts(own))}\n`,
      )
      const silent = own.filter((task) => task.verdict === 'unshown' && !task.lookable)
      for (const task of worstFirst(own))
        if (all || (task.verdict !== 'shown' && !silent.includes(task))) out.push(taskText(task, style, columns))
      if (silent.length > 0 && !all)
        out.push(
          `  ${style.dim(`name nothing to look for: ${silent.map((task) => task.id ?? `line ${task.line}`).join(', ')}`)}\n`,
        )
    }
    const early = all ? looksDone(feature.tasks) : []
    if (early.length > 0) out.push(`\n${style.bold(cleanLine(feature.name))}  open, and looks done\n`)
    for (const task of early) out.push(taskText(task, style, columns))
  }
  if (ticked.length === 0) out.push('No task is ticked.\n')
  else out.push(`\n${ticked.length} ticked tasks: ${countsText(countVerdicts(ticked))}\n`)
  return out.join('')
}

/** A task with its verdict, what was found, and where the verdict would be wrong. */
export function taskText(
  task: Pick<TaskEvidence, 'id' | 'text' | 'path' | 'line' | 'verdict' | 'evidence' | 'caveats'>,
  style: Style,
  columns: number,
): string {
  const name = `${task.id === null ? '' : `${task.id} `}${task.text.split('\n', 1)[0] ?? ''}`
  const lines = [
    `  ${paint(task.verdict, style)(task.verdict)}  ${fit(cleanLine(name), Math.max(20, columns - 16))}`,
    `    ${style.dim(`${cleanLine(task.path)}:${task.line}`)}`,
    ...task.evidence.map((line) => `    ${MARKS[line.found]} ${cleanLine(line.text)}${at(line)}`),
    ...task.caveats.map((caveat) => `    ${style.dim(`? ${cleanLine(caveat)}`)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Where it is, unless the sentence begins with it. */
function at({ where, text }: EvidenceLine): string {
  if (where === null || text.startsWith(where)) return ''
  const shown = /^[0-9a-f]{40,64}$/.test(where) ? where.slice(0, 10) : where
  return text.includes(shown) ? '' : ` (${cleanLine(shown)})`
}

/** For a pull request's comment. Other people's words are put where Markdown has no power over them. */
export function evidenceMarkdown(evidence: ProjectEvidence, all: boolean, problems: readonly string[] = []): string {
  const out: string[] = ['# Evidence for ticked tasks\n']
  for (const note of [...problems, ...evidence.notes]) out.push(`> ${escaped(note)}\n`)
  const ticked = evidence.features.flatMap((feature) => feature.tasks.filter((task) => task.done))
  out.push(`${ticked.length} ticked tasks: ${countsText(countVerdicts(ticked))}.\n`)
  for (const feature of evidence.features) {
    const own = worstFirst(feature.tasks.filter((task) => task.done && (all || task.verdict !== 'shown')))
    if (own.length === 0) continue
    out.push(`## ${escaped(feature.name)}\n`)
    out.push('| Verdict | Task | Evidence | Where this would be wrong |\n| --- | --- | --- | --- |')
    for (const task of own) {
      const name = `${task.id === null ? '' : `${task.id} `}${task.text.split('\n', 1)[0]?.slice(0, 160) ?? ''}`
      const found = task.evidence.map((line) => `${MARKS[line.found]} ${line.text}`).join('\n')
      out.push(`| ${task.verdict} | ${escaped(name)} | ${escaped(found)} | ${escaped(task.caveats.join('\n'))} |`)
    }
    out.push('')
  }
  return `${out.join('\n')}\n`
}

/** Text inside of a table's cell: no markup, link, mention or HTML of it works. */
function escaped(text: string): string {
  return text
    .split('\n')
    .map((line) => cleanLine(line).replaceAll(/[\\`*_{}[\]<>()#+!|~@&-]/g, (c) => `&#${c.charCodeAt(0)};`))
    .join('<br>')
}
