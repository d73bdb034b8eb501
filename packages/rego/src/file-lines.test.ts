import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesBetween } from './file-lines.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lines-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The lines of a file by ranges that touch. */
function linesOf(text: string, cuts: readonly number[], most: number): (string | null)[] {
  const file = join(folder, 'lines')
  writeFileSync(file, text)
  const { length } = Buffer.from(text)
  const ends = [...new Set(cuts.map((cut) => cut % (length + 1)))].toSorted((a, b) => a - b)
  const descriptor = openSync(file, 'r')
  try {
    let from = 0
    return [...ends, length].flatMap((to) => {
      const lines = Array.from(linesBetween(descriptor, from, to, most), (line) =>
        line === null ? null : line.toString('utf8'),
      )
      from = to
      return lines
    })
  } finally {
    closeSync(descriptor)
  }
}

/** What stands between ends of lines, as anybody would say. */
function expected(text: string, most: number): (string | null)[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => (Buffer.from(line).length > most ? null : line))
}

test('ranges that touch give each line once, wherever they are cut and however long lines are', () => {
  const piece = fc.oneof(
    fc.constant('\n'),
    fc.constant('\r\n'),
    fc.string({ unit: 'binary', maxLength: 12 }).map((s) => s.replaceAll(/[\n\uD800-\uDFFF]/g, 'é')),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc.array(fc.nat(600), { maxLength: 8 }),
      fc.integer({ min: 0, max: 30 }),
      (text, cuts, most) => {
        expect(linesOf(text, cuts, most)).toEqual(expected(text, most))
      },
    ),
    { numRuns: 500 },
  )
})

test('lines that are longer than what is read in one go are given whole, or passed over', () => {
  const [long, longer] = ['a'.repeat(1_500_000), 'b'.repeat(5_000_000)]
  const text = `1\n${long}\n2\n${longer}\n3\n${longer}`
  for (const cuts of [[], [1_000_000, 2_000_000, 2_500_000, 4_000_000, 7_000_000]]) {
    expect(linesOf(text, cuts, 2_000_000)).toEqual(['1', long, '2', null, '3', null])
    expect(linesOf(text, cuts, 5_000_000)).toEqual(['1', long, '2', longer, '3', longer])
  }
})
