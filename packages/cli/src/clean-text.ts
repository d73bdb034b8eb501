import { stripVTControlCharacters } from 'node:util'

/* oxlint-disable no-control-regex -- finding control characters is what this file is for */

// C0 and C1 controls but tab and newline; marks that turn the direction of text (Trojan Source, CVE-2021-42574) or are not seen.
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu
// OSC, DCS, SOS, PM and APC strings go with what they carry; one that is not ended goes no further than its line.
const STRINGS =
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g
const SGR = /\u001b\[[0-9;]*m/g

/** Text of others, several lines of it, made safe to print: no escape sequence, control or direction mark is left. */
export function cleanLines(text: string): string {
  const plain = stripVTControlCharacters(text.toWellFormed().replaceAll(STRINGS, ''))
  return plain.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROLS, '')
}

/** Text whose every character counts, such as a diff to approve: nothing is taken away, what is not seen is spelled out. */
export function spelledLines(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r(?=\n)/g, '')
    .replaceAll(CONTROLS, (c) => `<U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`)
}

/** `cleanLines` for what has to stay on one line. */
export function cleanLine(text: string): string {
  return cleanLines(text)
    .replaceAll(/[\n\t]+/g, ' ')
    .trim()
}

/**
 * The last gate before the terminal: whatever slipped past the two above. Colours are all that may stay, and only where `colours` says
 * that we print them.
 */
export function printable(text: string, colours: boolean): string {
  if (!colours) return cleanLines(text)
  const kept = text.match(SGR) ?? []
  return text
    .split(SGR)
    .map((part, index) => cleanLines(part) + (kept[index] ?? ''))
    .join('')
}

/** JSON whose strings a terminal cannot take for commands either: what JSON leaves as it is (C1, direction marks) is escaped. */
export function jsonText(document: unknown, indent?: number): string {
  return JSON.stringify(document, null, indent).replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const ZERO = /\p{Mn}|\p{Me}|\ufe0f/u

/** The columns that clean text takes on a terminal: 2 for wide characters of East Asia and emoji, 0 for combining marks. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

/** Cuts clean text to at most `columns`; what is cut ends in an ellipsis. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    used += columnsOf(character)
    if (used > columns - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Fills clean text with spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
