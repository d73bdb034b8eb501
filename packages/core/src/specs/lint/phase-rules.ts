import type { SpecDocument, Task } from '../model.ts'
import { firstLine, type LintContext } from './lint-context.ts'

/** Waits that can never end well: for a later phase, for the own one, for what was dropped. */
export function phaseRules(context: LintContext): void {
  for (const document of context.live) {
    if (document.kind !== 'tasks') continue
    const byId = new Map<string, Task>()
    for (const task of document.tasks) if (task.id && !byId.has(task.id.id)) byId.set(task.id.id, task)
    tasks(context, document, byId)
    phases(context, document)
  }
}

/** The number of the phase a task stands in; null where phases are not numbered. */
function phaseOf(document: SpecDocument, task: Task): number | null {
  const section = document.sections[task.phase]
  const number = section?.key === 'phase' ? /\d{1,3}/.exec(section.name)?.[0] : undefined
  return number === undefined ? null : Number(number)
}

function tasks(context: LintContext, document: SpecDocument, byId: ReadonlyMap<string, Task>): void {
  const text = context.textOf(document)
  const said = new Set<string>()
  for (const dependency of document.dependencies) {
    // "runs after T008" and lists of orders are looser talk.
    if (dependency.confidence !== 'strict' || dependency.from.kind !== 'task') continue
    const here = document.tasks[dependency.from.index]
    const there = byId.get(dependency.to)
    if (!here || !there || here === there) continue
    const [waits, first] = dependency.kind === 'blocks' ? [there, here] : [here, there]
    const [a, b] = [waits.id?.written ?? 'The task', first.id?.written ?? dependency.to]
    if (said.has(`${a} ${b}`) || waits.state === 'done' || waits.state === 'dropped') continue
    const [own, other] = [phaseOf(document, waits), phaseOf(document, first)]
    const dropped = first.state === 'dropped' || first.deviations.includes('struck')
    const later = own !== null && other !== null && own < other
    if (!dropped && !later) continue
    said.add(`${a} ${b}`)
    context.report(
      'impossible-dependency',
      dependency.place.line === here.place.line ? dependency.place : firstLine(here.place, text),
      dropped
        ? `${a} waits for ${b}, which was dropped: it would wait for ever.`
        : `${a} of phase ${own} waits for ${b} of phase ${other}: whoever works phase by phase never gets to begin it.`,
      dropped ? `Take the dependency out, or take ${b} up again.` : `Move one of the two, or take the dependency out.`,
      { key: `${a} ${b}` },
    )
  }
}

const PHASE_WAITS =
  /^\s*[-*+]\s+[^:\n]{0,80}?\bPhase\s+(\d{1,3})\b[^:\n]{0,60}[:*]{1,3}\s*(?:depends? on|requires?|needs?|after|blocked by)\s+(?:\*\*)?(?:completion of\s+)?Phases?\s+(\d{1,3})\b/i

/** `- **US3 (Phase 5)**: depends on Phase 6`. */
function phases(context: LintContext, document: SpecDocument): void {
  const lists = document.sections.filter((s) => s.key === 'dependencies')
  if (lists.length === 0) return
  const lines = context.textOf(document).split(/\r\n|\r|\n/)
  const done = new Set<number>()
  const starts = startsOf(context.textOf(document))
  for (const section of lists)
    for (let no = section.place.line + 1; no <= section.lastLine; no += 1) {
      const line = lines[no - 1] ?? ''
      const role = document.lines[no - 1]?.role
      if (done.has(no) || role === 'code' || role === 'comment' || line.length > 400) continue
      done.add(no)
      const match = PHASE_WAITS.exec(line)
      if (!match || Number(match[2]) < Number(match[1])) continue
      const start = starts[no - 1] ?? 0
      context.report(
        'impossible-dependency',
        {
          path: document.path,
          line: no,
          column: 1,
          endLine: no,
          endColumn: line.length + 1,
          start,
          end: start + line.length,
        },
        match[1] === match[2]
          ? `Phase ${match[1]} depends on itself: it could never begin.`
          : `Phase ${match[1]} depends on phase ${match[2]}, which comes after it: one of the two stands in the wrong place.`,
        'Change the order of the phases, or name the one that is meant.',
        { key: `phase ${match[1]} ${match[2]}` },
      )
    }
}

function startsOf(text: string): number[] {
  const found = [0]
  for (const match of text.matchAll(/\r\n|\r|\n/g)) found.push(match.index + match[0].length)
  return found
}
