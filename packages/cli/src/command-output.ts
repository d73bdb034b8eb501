import type { CommandResult } from '@gatehouse/client/operations.gen'
import { cleanLine, cleanLines } from './clean-text.ts'
import type { Style } from './style.ts'
import { section } from './table.ts'

/** How much of each stream is printed. */
export interface OutputBounds {
  readonly lines: number
  readonly characters: number
}

/** Each command that was run: how it ended, and what it printed, without anything that a terminal takes for commands. */
export function commandsText(commands: readonly CommandResult[], style: Style, bounds?: OutputBounds): string {
  return commands
    .map((c) =>
      section(
        `$ ${cleanLine(c.argv.join(' '))}`,
        `  ${endedHow(c)} after ${Math.round(c.duration_ms)} ms\n${streamText('', c.stdout, bounds)}${streamText('stderr', c.stderr, bounds)}`,
        style,
      ),
    )
    .join('')
}

function endedHow(command: CommandResult): string {
  if (command.timed_out) return 'ran out of time'
  return command.signal === null ? `exit ${command.exit_code ?? '-'}` : `ended by ${cleanLine(command.signal)}`
}

function streamText(name: string, { text, dropped }: CommandResult['stdout'], bounds?: OutputBounds): string {
  const clean = cleanLines(text).trimEnd()
  const lost = dropped > 0 ? `  | (${dropped} bytes were left out)\n` : ''
  if (clean === '') return lost
  const shown = bounds ? lastOf(clean, bounds) : clean
  const cut = clean.length - shown.length
  const heading = name === '' ? '' : `  ${name}\n`
  const before = cut > 0 ? `  | (${cut} characters before this are not printed; --json has them)\n` : ''
  return `${heading}${before}${shown.replaceAll(/^/gm, '  | ')}\n${lost}`
}

/** The end tells most: how it came out. */
function lastOf(text: string, { lines, characters }: OutputBounds): string {
  const kept = text.slice(-characters)
  return kept.split('\n').slice(-lines).join('\n')
}
