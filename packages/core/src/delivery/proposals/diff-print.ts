import type { DiffDocument, DiffFile, DiffHunk, DiffLine } from './diff-document.ts'
import { encodeText, quotePath } from './diff-text.ts'

const encoder = new TextEncoder()

/**
 * The bytes a document was read from, or null where it does not hold them all: something was cut, or a file is binary.
 * What a screen shows is thereby known to be the whole of what was digested.
 */
export function printDiff(document: DiffDocument): Uint8Array | null {
  if (document.cut.files > 0 || document.cut.lines > 0 || document.files.some((f) => f.binary)) return null
  const parts: Uint8Array[] = []
  for (const file of document.files) {
    parts.push(encoder.encode(header(file)))
    for (const hunk of file.hunks) {
      if (hunk.lines.some((l) => l.cut_bytes > 0)) return null
      parts.push(encoder.encode(range(hunk)))
      if (hunk.section !== '')
        parts.push(encoder.encode(' '), encodeText({ text: hunk.section, escaped: hunk.section_escaped }))
      parts.push(encoder.encode('\n'))
      for (const line of hunk.lines) parts.push(...printLine(line))
    }
  }
  return join(parts)
}

const ZERO = '0'.repeat(40)

function header(file: DiffFile): string {
  const path = { text: file.path, escaped: file.path_escaped }
  const lines = [`diff --git ${quotePath('a/', path)} ${quotePath('b/', path)}`]
  const sameMode = file.old_mode === file.new_mode
  if (file.status === 'added') lines.push(`new file mode ${file.new_mode}`)
  else if (file.status === 'deleted') lines.push(`deleted file mode ${file.old_mode}`)
  else if (!sameMode) lines.push(`old mode ${file.old_mode}`, `new mode ${file.new_mode}`)
  if (file.old_blob !== null || file.new_blob !== null) {
    const mode = file.status === 'modified' && sameMode ? ` ${file.new_mode}` : ''
    lines.push(`index ${file.old_blob ?? ZERO}..${file.new_blob ?? ZERO}${mode}`)
  }
  if (file.hunks.length > 0) {
    // Git ends a name with blanks in it by a tab, so that readers find its end.
    const named = (prefix: string): string => `${quotePath(prefix, path)}${/ /.test(file.path) ? '\t' : ''}`
    lines.push(
      `--- ${file.status === 'added' ? '/dev/null' : named('a/')}`,
      `+++ ${file.status === 'deleted' ? '/dev/null' : named('b/')}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function range(hunk: DiffHunk): string {
  const side = (start: number, lines: number): string => (lines === 1 ? String(start) : `${start},${lines}`)
  return `@@ -${side(hunk.old_start, hunk.old_lines)} +${side(hunk.new_start, hunk.new_lines)} @@`
}

const SIGNS = { context: ' ', added: '+', removed: '-' } as const

function printLine(line: DiffLine): Uint8Array[] {
  const end = line.no_newline ? '\n\\ No newline at end of file\n' : '\n'
  return [encoder.encode(SIGNS[line.kind]), encodeText(line), encoder.encode(end)]
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
