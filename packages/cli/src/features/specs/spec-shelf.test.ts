import { existsSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { spillShelf } from './spec-shelf.ts'

afterEach(closeAll)

const block = (no: number) => new Uint8Array(1_000 + no).fill(no)

/** A shelf reuses its room: what it gives is good until the next call. */
function holds(shelf: ReturnType<typeof spillShelf>, count: number): boolean {
  const order = Array.from({ length: count }, (_, no) => (no * 7) % count)
  return order.every((no) =>
    shelf
      .block(no)
      .subarray(0, 1_000 + no)
      .every((byte) => byte === no),
  )
}

test('blocks beyond those in memory lie in a file without a name, which only its owner may read and which is gone at the end', (ctx) => {
  const folder = scratchFolder()
  const shelf = spillShelf(3, folder)
  const given = new Uint8Array(1_000)
  shelf.keep(given)
  // The caller writes over what it gave.
  given.fill(9)
  for (let no = 1; no < 60; no += 1) shelf.keep(block(no))
  expect(holds(shelf, 60)).toBe(true)
  expect(readdirSync(folder)).toEqual([])
  const isLinux = process.platform === 'linux'
  const [file] = isLinux ? openFiles(folder) : []
  if (isLinux) expect([file?.size, (file?.mode ?? 0) & 0o777]).toEqual([57 * 1_000 + ((3 + 59) * 57) / 2, 0o600])
  shelf.close()
  if (isLinux) expect(openFiles(folder)).toEqual([])
  shelf.close()
  expect(() => shelf.block(59)).toThrow('was cut short or closed')
  if (!isLinux) ctx.skip('open files are looked up in /proc')
})

/** Files below a folder that this process holds open. */
function openFiles(folder: string) {
  return readdirSync('/proc/self/fd').flatMap((no) => {
    try {
      const at = `/proc/self/fd/${no}`
      return readlinkSync(at).startsWith(`${realpathSync(folder)}/`) ? [statSync(at)] : []
    } catch {
      return []
    }
  })
}

test('without a place for the file memory takes all', () => {
  const folder = join(scratchFolder(), 'nowhere')
  const shelf = spillShelf(3, folder)
  for (let no = 0; no < 60; no += 1) shelf.keep(block(no))
  expect(existsSync(folder)).toBe(false)
  expect(holds(shelf, 60)).toBe(true)
  shelf.close()
})
