import { expect, test } from 'vitest'
import { KeySet, keyNumber, memoryShelf, Pile, Records, type Shelf } from './records.ts'

/** A shelf that hands out copies of its own, and wipes what it was given, as one on a disk would. */
function strictShelf(): Shelf & { readonly kept: Uint8Array[] } {
  const kept: Uint8Array[] = []
  const room = new Uint8Array(1024 * 1024)
  return {
    kept,
    keep: (block) => {
      kept.push(block.slice())
      block.fill(0)
    },
    block: (no) => {
      const held = kept[no] ?? new Uint8Array()
      room.fill(0)
      room.set(held)
      return room
    },
  }
}

test('records come back as they were, over many blocks, long ones and letters of any script among them', () => {
  const shelf = strictShelf()
  const records = new Records(shelf)
  const values = Array.from({ length: 3_000 }, (_, i) => ({
    i,
    text: i % 500 === 7 ? '日本 \ud83d\ude00 \ud800 "\n'.repeat(9_000) : `record ${i} ü`,
    none: null,
  }))
  const addresses = values.map((value) => records.put(value))
  expect(shelf.kept.length).toBeGreaterThan(5)
  for (const at of [2_999, 0, 507, 508, 1_500, 7, 2_998]) expect(records.get(addresses[at] ?? 0)).toEqual(values[at])
  expect(addresses.map((address) => (records.get(address) as { i: number }).i)).toEqual(values.map(({ i }) => i))
})

test('a pile gives what was added in order, by path, and in groups by the first of each', () => {
  const pile = new Pile<{ path: string; key: string; n: number }>(new Records(memoryShelf()))
  const rows = [
    ['b.md', 'x', 1],
    ['a.md', 'y', 2],
    ['b.md', 'y', 3],
    ['a.md', 'x', 4],
    ['a.md', 'z', 5],
    ['a.md', 'x', 6],
  ] as const
  for (const [path, key, n] of rows) pile.add({ path, key, n }, key)
  const numbers = (values: Iterable<{ n: number }>) => [...values].map(({ n }) => n)
  expect(pile.length).toBe(6)
  expect(numbers(pile)).toEqual([1, 2, 3, 4, 5, 6])
  expect(numbers(pile.byPath(({ path }) => path))).toEqual([2, 4, 5, 6, 1, 3])
  expect([...pile.groups(2, ({ key }) => key)].map(numbers)).toEqual([
    [1, 4, 6],
    [2, 3],
  ])
  expect([...pile.groups(1, ({ key }) => key)].map(numbers)).toEqual([[1, 4, 6], [2, 3], [5]])
  // Two keys that fell on one number are told apart by the keys themselves.
  const crowded = new Pile<string>(new Records())
  for (const text of ['a', 'b', 'a']) crowded.add(text, 'same')
  expect([...crowded.groups(2, (text) => text)]).toEqual([['a', 'a']])
})

test('a set of keys knows what was added and nothing else, however many there are', () => {
  const set = new KeySet()
  const texts = Array.from({ length: 20_000 }, (_, i) => `root\nFR-${i}\nrequirement`)
  for (const text of texts) set.add(text)
  for (const text of texts) set.add(text)
  expect(texts.every((text) => set.has(text))).toBe(true)
  expect(texts.some((text) => set.has(`${text}s`))).toBe(false)
  expect(set.has('')).toBe(false)
  expect(new Set(texts.map(keyNumber)).size).toBe(texts.length)
  expect(texts.every((text) => Number.isSafeInteger(keyNumber(text)))).toBe(true)
})
