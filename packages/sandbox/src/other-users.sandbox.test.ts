import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { materialize, type BaseLayer } from './base-layer.ts'
import { findHostTools } from './host-tools.ts'
import { openPlainWorkspace } from './plain-workspace.ts'
import { probeIsolation } from './probe.ts'
import { runCommands } from './sandbox.ts'
import { isMapped } from './sandbox-user.ts'

const NOBODY = 65_534
const SECRET = 'what a private repository holds'
let place = ''
let layer: BaseLayer

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'gatehouse-others-'))
  // Like the data folder of a server: others may pass, to what is theirs.
  chmodSync(place, 0o711)
  const work = join(place, 'work')
  mkdirSync(work, { mode: 0o700 })
  writeFileSync(join(work, 'secret.txt'), SECRET)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', work, ...args], {
      stdio: 'ignore',
    })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'base')
  const cache = join(place, 'cache')
  mkdirSync(cache, { mode: 0o755 })
  layer = await made(work, cache)
  layer.release()
  // A folder that an older version left open is closed too.
  chmodSync(dirname(layer.folder), 0o755)
  layer = await made(work, cache)
})
afterAll(() => {
  layer.release()
  rmSync(place, { recursive: true, force: true })
})

async function made(work: string, cache: string): Promise<BaseLayer> {
  const found = await materialize(join(work, '.git'), 'HEAD', cache)
  if (!found.ok) throw new Error(found.detail)
  return found
}

/** Can another user of this machine read the file? As an ordinary user nobody else can be asked: then by the modes on the way, from `from` down. */
function othersRead(file: string, from: string): boolean {
  const root = process.getuid?.() === 0 && isMapped(readFileSync('/proc/self/uid_map', 'utf8'), NOBODY)
  if (root) return spawnSync('/bin/cat', [file], { uid: NOBODY, gid: NOBODY }).stdout?.toString() === SECRET
  for (let at = dirname(file); at.startsWith(from); at = dirname(at))
    if ((statSync(at).mode & 0o001) === 0) return false
  return (statSync(file).mode & 0o004) !== 0
}

test('no other user of the machine reads a base layer, and a command in a sandbox over it does', async () => {
  expect(othersRead(join(layer.folder, 'secret.txt'), place)).toBe(false)
  const { plans } = await probeIsolation()
  for (const driver of ['bubblewrap', 'util-linux', 'none'] as const) {
    if (driver !== 'none' && plans[driver] === null) continue
    const result = await runCommands({
      workspace: { base: layer.folder },
      commands: [
        { name: 'inside', argv: ['cat', 'secret.txt'], timeout_ms: 60_000 },
        { name: 'writing', argv: ['sh', '-c', 'echo more >> secret.txt && cat secret.txt'], timeout_ms: 60_000 },
        // The layer itself is closed to the run too: it sees what is mounted or copied for it.
        {
          name: 'outside',
          argv: ['sh', '-c', `cat ${join(layer.folder, 'secret.txt')} 2>/dev/null || echo no`],
          timeout_ms: 60_000,
        },
      ],
      limits: { memory_mb: 256, pids: 64, disk_mb: 32, output_bytes: 10_000 },
      driver,
      isolation: 'none-allowed',
    })
    if (!result.ok) throw new Error(`${driver}: ${result.detail}`)
    const texts = result.envelope.commands.map((c) => c.stdout.text)
    expect([driver, texts.length, texts[0]]).toEqual([driver, 3, SECRET])
    expect(texts[1], driver).toBe(`${SECRET}more\n`)
    if (driver !== 'none' || process.getuid?.() === 0) expect([driver, texts[2]]).toEqual([driver, 'no\n'])
  }
})

test('no other user of the machine reads the copy that a run without isolation works in, and the run does', async () => {
  const plain = openPlainWorkspace({ layers: [layer.folder], placed: [], tools: [], host: findHostTools() })
  try {
    const file = join(plain.folder, 'secret.txt')
    expect(othersRead(file, dirname(plain.folder))).toBe(false)
    if (plain.user.own) {
      const { uid, gid } = plain.user
      expect(spawnSync('/bin/cat', [file], { uid, gid }).stdout?.toString()).toBe(SECRET)
    }
  } finally {
    await plain.close()
  }
})
