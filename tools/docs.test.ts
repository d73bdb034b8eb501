import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { docsState } from './docs.ts'

let folder = ''
beforeEach(() => {
  folder = `${mkdtempSync(join(tmpdir(), 'gatehouse-docs-'))}/`
  cpSync(fileURLToPath(new URL('../docs/reference/', import.meta.url)), folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the reference pages made from code are in step with it, and every problem has its page', () => {
  const { outOfStep, problems } = docsState()
  expect({ outOfStep: [...outOfStep.keys()], problems }).toEqual({ outOfStep: [], problems: [] })
})

test("a problem's page that is missing, empty, out of step or of no problem is found", () => {
  const page = `${folder}problems/gate-closed.md`
  const text = readFileSync(page, 'utf8')
  writeFileSync(page, text.replace('409', '200'))
  expect([...docsState(folder).outOfStep.keys()]).toEqual(['problems/gate-closed.md'])
  writeFileSync(page, text.slice(0, text.indexOf('## What to do')))
  expect(docsState(folder).problems).toEqual([expect.stringContaining('gate-closed.md: needs "## What it means"')])
  rmSync(page)
  expect(docsState(folder).problems).toEqual([expect.stringContaining('gate-closed.md: missing')])
  writeFileSync(page, text)
  writeFileSync(`${folder}problems/no-such-thing.md`, text)
  expect(docsState(folder).problems).toEqual([expect.stringContaining('no-such-thing.md: no problem of this name')])
})

test('a flow page edited by hand is found', () => {
  writeFileSync(`${folder}flow.md`, '# Another flow\n')
  expect([...docsState(folder).outOfStep.keys()]).toEqual(['flow.md'])
})
