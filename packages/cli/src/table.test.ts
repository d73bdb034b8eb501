import { expect, test } from 'vitest'
import { columnsOf } from './clean-text.ts'
import { makeStyle } from './style.ts'
import { fields, SHORT_ID, table, time } from './table.ts'

const style = makeStyle(false)
const rows = Array.from({ length: 3 }, (_, i) => ({
  id: `prp_${String(i).repeat(32)}`,
  state: 'awaiting_approval',
  risk: 'critical',
  repository: 'a-repository-with-a-long-name',
  title: 'A title that is much longer than any terminal is wide, 漢字 and all, and goes on and on',
}))

function draw(columns: number): string[] {
  return table(
    rows,
    [
      { header: 'PROPOSAL', value: (r) => r.id, id: true },
      { header: 'STATE', value: (r) => r.state },
      { header: 'RISK', value: (r) => r.risk },
      { header: 'REPOSITORY', value: (r) => r.repository, flex: true },
      { header: 'TITLE', value: (r) => r.title, flex: true },
    ],
    { columns, style, empty: '-' },
  )
    .trimEnd()
    .split('\n')
}

test.each([80, 100, 120, 200])('a table fits %i columns, its ids still usable', (columns) => {
  for (const line of draw(columns)) expect(columnsOf(line)).toBeLessThanOrEqual(columns)
  expect(draw(columns)[1]).toContain((rows[0]?.id ?? '').slice(0, SHORT_ID))
})

test('where there is room nothing is cut', () => {
  expect(draw(1000)[1]).toContain(rows[0]?.id)
  expect(draw(1000)[1]).toContain(rows[0]?.title)
})

test('columns are aligned', () => {
  const lines = draw(100)
  const at = lines[0]?.indexOf('STATE')
  for (const line of lines.slice(1)) expect(line.indexOf('awaiting_approval')).toBe(at)
})

test('cells of others are cleaned', () => {
  const text = table([{ t: 'a\u001b[31m\nb' }], [{ header: 'T', value: (r) => r.t }], { columns: 80, style, empty: '' })
  expect(text).toBe('T\na b\n')
})

test('an empty table says so', () => {
  expect(table([], [], { columns: 80, style, empty: 'Nothing.' })).toBe('Nothing.\n')
})

test('fields are aligned, cleaned, and left out where there is nothing', () => {
  expect(
    fields(
      [
        ['a', 'x\u001b[2J'],
        ['long', null],
        ['bcd', 2],
      ],
      style,
    ),
  ).toBe('a    x\nbcd  2\n')
})

test('a time is told to the second', () => {
  expect(time('2026-11-21T15:04:05.123Z')).toBe('2026-11-21 15:04:05Z')
  expect(time(null)).toBeNull()
})
