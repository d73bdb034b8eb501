import type { TickedTasks } from '@gatehouse/core/delivery/validations/facts'
import { cleanLine } from '../../clean-text.ts'
import type { Style } from '../../style.ts'
import { section } from '../../table.ts'
import { taskText } from '../specs/evidence-text.ts'

/** What the tasks show that a change ticks, and the open ones that it takes away; nothing where it does neither. */
export function tickedText(ticked: TickedTasks | undefined, style: Style, columns: number): string {
  if (!ticked) return ''
  const { judged, removed, total, not_judged } = ticked
  const unlisted = total - judged.length
  const lines = [
    ...(not_judged === null ? [] : [`  ${style.bad('not judged')}: ${cleanLine(not_judged)}\n`]),
    ...judged.map((task) => {
      const dropped = task.dropped.map((name) => cleanLine(name)).join(', ')
      const taken = dropped === '' ? '' : `    ${style.bad(`! the change takes out of the task: ${dropped}`)}\n`
      return `${taskText(task, style, columns)}${taken}`
    }),
    ...(unlisted > 0 && not_judged === null ? [`  and ${unlisted} more, none of them worse\n`] : []),
    ...removed.map(
      ({ id, path, line, text }) =>
        `  ${style.bad('taken away, open')}  ${cleanLine(`${id === null ? '' : `${id} `}${text}`)}\n    ${style.dim(`${cleanLine(path)}:${line} of the base`)}\n`,
    ),
  ]
  const title = `Ticked tasks (${total}), judged by files, history and tests, not by their ticks`
  return section(title, lines.join(''), style)
}
