import { writeSync } from 'node:fs'

interface Trigger {
  name: string
  /** Which time of passing: 1 is the first. */
  time: number
}

function trigger(text: string | undefined): Trigger | undefined {
  if (text === undefined || text === '') return undefined
  const [name = '', time = '1'] = text.split('#')
  return { name, time: Number(time) }
}

const CRASH = trigger(process.env['GATEHOUSE_CRASH_AT'])
const FREEZE = trigger(process.env['GATEHOUSE_FREEZE_AT'])
const passed = new Map<string, number>()

/**
 * A place where a test can end or freeze this process: a test aid, without effect unless the environment names it.
 * `GATEHOUSE_CRASH_AT=name` kills the process here with SIGKILL, `GATEHOUSE_FREEZE_AT=name` stops it with SIGSTOP until
 * SIGCONT; `name#2` means the second time the place is passed. Both are read once, when the process starts.
 */
export function crashPoint(name: string): void {
  if (CRASH === undefined && FREEZE === undefined) return
  const time = (passed.get(name) ?? 0) + 1
  passed.set(name, time)
  for (const [wanted, signal] of [
    [CRASH, 'SIGKILL'],
    [FREEZE, 'SIGSTOP'],
  ] as const) {
    if (wanted?.name !== name || wanted.time !== time) continue
    writeSync(2, `crash point ${name}#${time}: ${signal}\n`)
    process.kill(process.pid, signal)
  }
}
