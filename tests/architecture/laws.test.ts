import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT, textOf } from './tree.ts'

const page = textOf('docs/explanation/laws.md') ?? ''
const rows = [...page.matchAll(/^\| (\d+) \| ([^|]+) \| `([^`]+)` \| ([^|]+) \|$/gm)].map((match) => ({
  law: Number(match[1]),
  file: String(match[3]),
  name: String(match[4]).trim(),
}))

test('every law has a test that fails when it is broken', () => {
  const laws = [...page.matchAll(/^(\d+)\. \*\*/gm)].map((match) => Number(match[1]))
  expect(laws).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(laws.filter((law) => !rows.some((row) => row.law === law))).toEqual([])
})

test('every test that the page of the laws names is there', () => {
  const missing = rows.filter(({ file, name }) => {
    const text = existsSync(`${ROOT}/${file}`) ? (textOf(file) ?? '') : ''
    return !text.includes(name) && !text.includes(name.replaceAll("'", "\\'"))
  })
  expect(missing).toEqual([])
})
