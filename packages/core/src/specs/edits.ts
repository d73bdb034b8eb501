import { refuse, ok, type Result } from '../kernel/result.ts'

/** Replaces the units from `start` to `end` (exclusive) of the text with `text`. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export type EditRefusal = 'edit-out-of-range' | 'edits-overlap'

/**
 * Applies edits to a text, all against the text as it was. Everything outside of them stays byte for byte. Edits that touch each other are fine,
 * two insertions at one place keep their order; edits that overlap are refused.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): Result<string, EditRefusal> {
  const sorted = edits
    .map((edit, order) => ({ ...edit, order }))
    .sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order)
  const parts: string[] = []
  let done = 0
  for (const edit of sorted) {
    if (
      !Number.isInteger(edit.start) ||
      !Number.isInteger(edit.end) ||
      edit.start < 0 ||
      edit.end < edit.start ||
      edit.end > text.length
    )
      return refuse(
        'edit-out-of-range',
        `an edit from ${edit.start} to ${edit.end} does not fit a text of ${text.length} characters: read the file again`,
      )
    if (edit.start < done)
      return refuse(
        'edits-overlap',
        `two edits change the same place (offset ${edit.start}): apply one, read the file again, then the other`,
      )
    parts.push(text.slice(done, edit.start), edit.text)
    done = edit.end
  }
  parts.push(text.slice(done))
  return ok(parts.join(''))
}
