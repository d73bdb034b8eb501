import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Session } from '../../command.ts'
import { readiness, readInstance, type Instance } from './instance.ts'
import { logTail, readLogLine, type LogLine } from './server-log.ts'

export interface StartWish {
  readonly data: string
  readonly port: number | null
  readonly foreground: boolean
  readonly limitSeconds: number
}

export interface Started {
  readonly instance: Instance
  readonly child: ChildProcess
  readonly log: string | null
}

/** The server's exit code where its data folder is in use. */
const EXIT_ALREADY_RUNNING = 3
const LOOK_EVERY_MS = 100
const LAST_LINES = 5

/**
 * Starts the server and waits until it is ready. In the background its output goes to `<data>/gatehouse.log`; in the foreground to ours.
 * Problems: what the server's log names, `already-running`, `not-ready` when the time is up; the server we started is stopped then.
 */
export async function startServer(session: Session, wish: StartWish): Promise<Started> {
  const { host } = session
  // Root's server runs PostgreSQL as another user, who has to pass through; the files in it have their own modes.
  makeFolder(wish.data, host.uid === 0 ? 0o755 : 0o700)
  const log = wish.foreground ? null : join(wish.data, 'gatehouse.log')
  const begun = log === null ? 0 : (statSync(log, { throwIfNoEntry: false })?.size ?? 0)
  const output = log === null ? ('inherit' as const) : openSync(log, 'a', 0o600)
  const child = spawn(process.execPath, [host.serverMain], {
    cwd: wish.data,
    detached: !wish.foreground,
    stdio: ['ignore', output, output],
    env: {
      ...host.env,
      GATEHOUSE_DATA: wish.data,
      ...(wish.port === null ? {} : { GATEHOUSE_PORT: String(wish.port) }),
    },
  })
  if (typeof output === 'number') closeSync(output)
  const ended = new Promise<number | null>((done) => {
    child.on('exit', (code) => done(code))
    child.on('error', () => done(null))
  })
  const lines: LogLine[] = []
  const unsaid: string[] = []
  const tail = log === null ? null : logTail(log, begun)
  const readLog = async () => {
    for (const text of (await tail?.()) ?? []) {
      const line = readLogLine(text)
      if (!line) continue
      lines.push(line)
      // What went wrong is told at the end, by the problem; here only where the start goes on all the same.
      if (line.bad) unsaid.push(line.message)
      else session.progress(line.message)
    }
  }
  try {
    const instance = await untilReady(session, wish, child, ended, readLog)
    await readLog()
    for (const message of unsaid) session.progress(message)
    return { instance, child, log }
  } catch (error) {
    await readLog().catch(() => undefined)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    if (error instanceof ServerEnded) throw startProblem(error.code, lines, wish, log)
    for (const message of unsaid) session.progress(message)
    throw error
  }
}

function makeFolder(data: string, mode: number): void {
  try {
    mkdirSync(data, { recursive: true, mode })
    accessSync(data, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Problem(
      'usage',
      `--data ${data} cannot be used: ${error instanceof Error ? error.message : String(error)}; choose a folder that you may write to`,
    )
  }
}

class ServerEnded extends Error {
  readonly code: number | null

  constructor(code: number | null) {
    super('the server ended')
    this.code = code
  }
}

async function untilReady(
  { host }: Session,
  wish: StartWish,
  child: ChildProcess,
  ended: Promise<number | null>,
  readLog: () => Promise<void>,
): Promise<Instance> {
  const until = host.now() + wish.limitSeconds * 1000
  const over = ended.then((code) => {
    throw new ServerEnded(code)
  })
  // Raced below; where the race is over before it fails, that is no unhandled rejection.
  over.catch(() => undefined)
  for (;;) {
    host.signal.throwIfAborted()
    await readLog()
    const instance = await readInstance(wish.data)
    // A note of an earlier server may still lie there.
    if (instance?.pid === child.pid && (await readiness(host, instance?.url ?? ''))?.ready && instance) return instance
    if (host.now() > until)
      throw new Problem(
        'not-ready',
        `Gatehouse is not ready after ${wish.limitSeconds} s and was stopped; its log has the reason: ${wish.data}/gatehouse.log`,
      )
    await Promise.race([pause(LOOK_EVERY_MS), over])
  }
}

function startProblem(code: number | null, lines: readonly LogLine[], wish: StartWish, log: string | null): Problem {
  const bad = lines.filter((line) => line.bad)
  if (code === EXIT_ALREADY_RUNNING)
    return new Problem(
      'already-running',
      `another Gatehouse uses ${wish.data}; see: gatehouse status --data ${wish.data}`,
      { data: wish.data },
    )
  const slug = bad.findLast((line) => line.slug !== null)?.slug ?? 'internal-error'
  const last = [...new Set((bad.length > 0 ? bad : lines).map((line) => line.message))].slice(-LAST_LINES)
  const where = log === null ? '' : `\nThe whole log: ${log}`
  return new Problem(
    slug,
    `Gatehouse ended while it started (exit code ${code ?? 'none'})${last.length > 0 ? `:\n${last.join('\n')}` : ''}${where}`,
  )
}
