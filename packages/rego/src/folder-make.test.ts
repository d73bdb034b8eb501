import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeFolder } from './folder-make.ts'

vi.setConfig({ testTimeout: 180_000 })

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-folder-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('a folder and those above it are made, and made again without a word', () => {
  for (let time = 0; time < 2; time++) makeFolder(join(root, 'a', 'b b', '..', 'c'))
  expect(statSync(join(root, 'a', 'c')).isDirectory()).toBe(true)
  expect(existsSync(join(root, 'a', 'b b'))).toBe(false)
})

test('a link to a folder is a folder', () => {
  makeFolder(join(root, 'real'))
  symlinkSync(join(root, 'real'), join(root, 'link'))
  makeFolder(join(root, 'link', 'below'))
  expect(existsSync(join(root, 'real', 'below'))).toBe(true)
})

test('below a file, and below a link that leads nowhere, none is made', () => {
  writeFileSync(join(root, 'file'), '')
  symlinkSync(join(root, 'gone'), join(root, 'dangling'))
  for (const name of ['file', 'dangling'])
    for (const path of [join(root, name), join(root, name, 'x', 'y')]) expect(() => makeFolder(path)).toThrow(name)
})

test('below /proc, where nothing can be made, it ends', (ctx) => {
  if (!existsSync('/proc/self')) ctx.skip('there is no /proc here')
  // In a process of its own: what it guards against cannot be stopped by anything milder.
  const program = `import { makeFolder } from ${JSON.stringify(import.meta.resolve('./folder-make.ts'))}\ntry { makeFolder('/proc/nope/x/y') } catch (error) { console.log('refused', error.code) }`
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  })
  expect([ran.signal, ran.stdout]).toEqual([null, expect.stringMatching(/^refused E/)])
})
