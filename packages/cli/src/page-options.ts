import type { Command } from 'commander'
import type { Options } from './command.ts'

/** Adds `--limit` and `--cursor` to a command that lists. */
export function pageOptions(command: Command): void {
  command.option('--limit <n>', 'rows at most, 1 to 200 (default 50)')
  command.option('--cursor <cursor>', 'go on after the page that ended with this cursor')
}

export function pageQuery(options: Options): { limit: number | undefined; cursor: string | undefined } {
  return { limit: options.whole('limit', 1, 200) ?? undefined, cursor: options.text('cursor') ?? undefined }
}

/** Says under a table how to see more; nothing at the end of the list. */
export function more(next: string | null): string {
  return next === null ? '' : `\nMore: add --cursor ${next}\n`
}
