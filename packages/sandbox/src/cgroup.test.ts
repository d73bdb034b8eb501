import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { findCgroups, makeCgroup } from './cgroup.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function tree(files: Readonly<Record<string, string>>): string {
  const base = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  folders.push(base)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(base, path, '..'), { recursive: true })
    writeFileSync(join(base, path), text)
  }
  return base
}

test('a machine without control groups is said to have none', () => {
  const base = tree({})
  expect(findCgroups(base)).toEqual({ place: null, tried: [`no control groups at ${base}`] })
})

test('a v2 tree that offers no controller is not taken for one', () => {
  const report = findCgroups(tree({ 'unified/cgroup.controllers': '\n' }))
  expect(report.place).toBeNull()
  expect(report.tried[0]).toContain('offers none')
})

test('a limit that cannot be written is an error, not a run without it', () => {
  const base = tree({ 'memory/x': '' })
  const missing = { version: 'v1', controllers: ['memory'], folders: { memory: '/proc/no-such-place' } } as const
  expect(() => makeCgroup(missing, { memory_mb: 64, pids: 10, cpus: null })).toThrow()
  const place = {
    version: 'v2',
    controllers: ['memory', 'pids', 'cpu'],
    folders: { memory: base, pids: base, cpu: base },
  } as const
  const group = makeCgroup(place, { memory_mb: 64, pids: 10, cpus: 0.5 })
  group.join(4711)
  const run = readFileSync(join(base, runFolder(base), 'memory.max'), 'utf8')
  expect(run).toBe(String(64 * 1_048_576))
  expect(readFileSync(join(base, runFolder(base), 'cpu.max'), 'utf8')).toBe('50000 100000')
  expect(readFileSync(join(base, runFolder(base), 'cgroup.procs'), 'utf8')).toBe('4711')
})

function runFolder(base: string): string {
  return readdirSync(base).find((name) => name.startsWith('run-')) ?? ''
}
