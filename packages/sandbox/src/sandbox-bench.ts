import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DRIVERS } from './isolation-plan.ts'
import { probeIsolation } from './probe.ts'
import { runCommands } from './sandbox.ts'
import { sandboxUser } from './sandbox-user.ts'

/** Latency of a sandboxed command against a plain spawn of the same one: one JSON line for each, medians in milliseconds. */
const ROUNDS = 21
const LIMITS = { memory_mb: 512, pids: 128, disk_mb: 64, output_bytes: 10_000 }

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

async function floor(): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    await new Promise((resolve) => spawn('/bin/true', { stdio: ['ignore', 'pipe', 'pipe'] }).on('close', resolve))
    times.push(performance.now() - began)
  }
  return median(times)
}

const base = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
chmodSync(base, 0o755)
writeFileSync(join(base, 'file'), 'x')
const user = sandboxUser()
if (user.own) for (const path of [base, join(base, 'file')]) chownSync(path, user.uid, user.gid)
const report = await probeIsolation()
const plain = await floor()
for (const driver of [...DRIVERS, 'none'] as const) {
  if (driver !== 'none' && report.plans[driver] === null) continue
  const timeOf = async (count: number): Promise<number> => {
    const commands = Array.from({ length: count }, (_, index) => ({
      name: String(index),
      argv: ['true'],
      timeout_ms: 10_000,
    }))
    const began = performance.now()
    const result = await runCommands({
      workspace: { base },
      commands,
      limits: LIMITS,
      driver,
      isolation: 'none-allowed',
    })
    if (!result.ok || !result.passed) throw new Error(`the bench command did not pass with ${driver}`)
    return performance.now() - began
  }
  const one: number[] = []
  const more: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    one.push(await timeOf(1))
    more.push(await timeOf(6))
  }
  print(`${driver}: a run of one command`, median(one))
  print(`${driver}: each further command`, (median(more) - median(one)) / 5)
}
rmSync(base, { recursive: true })

function print(name: string, ours: number): void {
  const round = (value: number): number => Math.round(value * 100) / 100
  process.stdout.write(
    `${JSON.stringify({ name, ours_ms: round(ours), floor_ms: round(plain), ratio: round(ours / plain) })}\n`,
  )
}
