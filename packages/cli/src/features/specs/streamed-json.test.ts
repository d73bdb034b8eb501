import { expect, test } from 'vitest'
import { jsonText } from '../../clean-text.ts'
import { PieceWriter, StreamedList, writeJson } from './streamed-json.ts'

const ITEMS = [{ a: 1, b: ['x\ny', { deep: null }] }, 'word \u202e', [], {}, 0]

function written(document: unknown): { text: string; pieces: number } {
  let [text, pieces] = ['', 0]
  const writer = new PieceWriter((piece) => {
    text += piece
    pieces += 1
  })
  writeJson(document, (piece) => writer.write(piece))
  writer.flush()
  return { text, pieces }
}

test('what is streamed is byte for byte what would be written at once', () => {
  const document = (list: (items: readonly unknown[]) => unknown) => ({
    ok: true,
    none: undefined,
    runs: [{ tool: { rules: [1, 2] }, results: list(ITEMS), last: 'x' }, list([])],
    tail: { é: list([[]]) },
  })
  const plain = document((items) => items)
  expect(written(document((items) => new StreamedList(items))).text).toBe(jsonText(plain, 2))
  expect(written(plain).text).toBe(jsonText(plain, 2))
  expect(written(new StreamedList([])).text).toBe('[]')
})

test('a long list goes out in pieces, and an item is made when it is written', () => {
  let made = 0
  const items = {
    *[Symbol.iterator]() {
      for (made = 1; made <= 5_000; made += 1) yield { made, text: 'x'.repeat(50) }
    },
  }
  let held = 0
  writeJson({ items: new StreamedList(items) }, () => (held = Math.max(held, made)))
  const { text, pieces } = written({ items: new StreamedList(items) })
  expect(held).toBe(5_001)
  expect(pieces).toBeGreaterThan(5)
  expect((JSON.parse(text) as { items: unknown[] }).items).toHaveLength(5_000)
})
