import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(main: string, env: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL(main, import.meta.url))],
    // No server is reached: the check comes first.
    { env: { ...process.env, GATEHOUSE_DATA: join(folder, 'data'), ...env }, encoding: 'utf8' },
  )
  return { status, said: stdout + stderr }
}

test.each(['main-up.ts', 'main-worker.ts'])(
  '%s starts nothing where git is too old, and says what is needed',
  (main) => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'git'), '#!/bin/sh\necho git version 2.30.2\n', { mode: 0o755 })
    const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
    const { status, said } = start(main, { PATH: path, DATABASE_URL: 'postgres://127.0.0.1:1/x' })
    expect(status).toBe(1)
    expect(said).toContain('git-too-old')
    expect(said).toContain('git 2.38 or newer is needed')
    expect(existsSync(join(folder, 'data', 'postgres'))).toBe(false)
  },
)

test('an address that is none is said once, and what it may hold is not repeated', () => {
  const { status, said } = start('main-up.ts', { DATABASE_URL: 'mysql://app:hunter2@db/x' })
  expect(status).toBe(1)
  const line = said.split('\n').find((text) => text.includes('DATABASE_URL is no address')) ?? '{}'
  const { msg, err } = JSON.parse(line) as { msg: string; err: { message: string; code: string } }
  expect(msg).toBe(err.message)
  expect(err.code).toBe('database-unreachable')
  expect(said).not.toContain('hunter2')
})
