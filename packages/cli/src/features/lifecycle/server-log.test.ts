import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { logTail, readLogLine } from './server-log.ts'

afterEach(closeAll)

test.each([
  ['a line of news', { level: 'info', msg: 'ready' }, { message: 'ready', bad: false, slug: null }],
  [
    'an error by name, with its cause and slug',
    { level: 'error', msg: 'no', err: { message: 'why', code: 'database-newer' } },
    { message: 'no: why', bad: true, slug: 'database-newer' },
  ],
  [
    'an error whose line says the same with less, once',
    { level: 'error', msg: 'no database', err: { message: 'no database: refused' } },
    { message: 'no database: refused', bad: true, slug: null },
  ],
  ['an error without words', { level: 'error', msg: '', err: { message: '' } }, null],
  ['an error by number', { level: 60, msg: 'no', err: { message: 'no' } }, { message: 'no', bad: true, slug: null }],
  ['a code that is no slug', { level: 'error', msg: 'no', code: 'ENOENT' }, { message: 'no', bad: true, slug: null }],
  ['a request', { level: 'info', msg: 'request', status: 200 }, null],
  ['a line without a message', { level: 'info' }, null],
  ['something else', 7, null],
])('%s is read', (_, entry, line) => expect(readLogLine(JSON.stringify(entry))).toEqual(line))

test('of a crash of Node the message is told, not its frames', () => {
  const crash =
    'file:///x.ts:3\nthrow new Error()\n      ^\nError: a fault\n    at main (file:///x.ts:3)\n\nNode.js v24.21.0'
  expect(
    crash
      .split('\n')
      .map(readLogLine)
      .filter((line) => line !== null),
  ).toEqual([{ message: 'Error: a fault', bad: true, slug: null }])
})

test('only whole lines are told, each once, also when they come in pieces', async () => {
  const file = join(scratchFolder(), 'log')
  writeFileSync(file, 'old\n')
  const tail = logTail(file, 4)
  appendFileSync(file, 'one\ngr')
  expect(await tail()).toEqual(['one'])
  appendFileSync(file, Buffer.from([0xc3]))
  expect(await tail()).toEqual([])
  appendFileSync(file, Buffer.from([0xbc, 0x6e, 0x0a]))
  expect(await tail()).toEqual(['grün'])
})
