import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { TRUSTED_ENV } from './host-tools.ts'
import { measure, type InForce } from './in-force.ts'
import { SandboxSetupError } from './isolation-plan.ts'
import { BoundedOutput, type BoundedText } from './output-bounded.ts'
import { kill, onlyLineage, statField } from './process-tree.ts'

export interface CommandEnd {
  readonly exit_code: number | null
  readonly signal: NodeJS.Signals | null
  readonly timed_out: boolean
  readonly aborted: boolean
  /** From "go" to the end of its whole tree, by the host's monotonic clock, in milliseconds. */
  readonly duration_ms: number
  readonly stdout: BoundedText
  readonly stderr: BoundedText
  readonly in_force: InForce
}

export interface CommandStart {
  readonly file: string
  readonly argv: readonly string[]
  readonly cwd: string
  /** An open descriptor with the seccomp program, passed as fd 4. */
  readonly seccomp_fd: number | null
  readonly timeout_ms: number
  readonly output_bytes: number
  readonly signal?: AbortSignal | undefined
  /** Called with the host's pid of the process that becomes the command, before it is let go. Throws to refuse. */
  readonly admit: (pid: number, seen: InForce) => void
  /** Ends the whole tree now; the pid is that of the init of the command's pid namespace (or the command's own without one). */
  readonly stop: (init: number) => void
  /** After the command itself ended: resolves when nothing of its tree is left. */
  readonly settle: (init: number) => Promise<void>
}

/** Starts a command through its trusted steps, measures it, lets it go, and waits until its tree is gone. */
export async function runProcess(start: CommandStart): Promise<CommandEnd> {
  const extra = start.seccomp_fd === null ? [] : [start.seccomp_fd]
  const child = spawn(start.file, [...start.argv], {
    cwd: start.cwd,
    env: TRUSTED_ENV,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...extra],
  })
  const stdout = new BoundedOutput(start.output_bytes)
  const stderr = new BoundedOutput(start.output_bytes)
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  let failure: Error | undefined
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('error', (error) => {
      failure = error
      resolve({ code: null, signal: null })
    })
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()).on('error', () => resolve()))
  let timedOut = false
  let aborted = start.signal?.aborted === true
  let init = child.pid ?? 0
  const stop = (): void => {
    const known = init !== child.pid
    // Before the namespace's init is known every trusted step is ended by itself: a parent's end does not end them.
    const line = known || child.pid === undefined ? [] : onlyLineage(child.pid).toReversed()
    if (init !== 0) start.stop(init)
    for (const pid of line) kill(pid)
    kill(child.pid ?? 0)
  }
  const abort = (): void => {
    aborted = true
    stop()
  }
  start.signal?.addEventListener('abort', abort, { once: true })
  const setupTimer = setTimeout(stop, 15_000)
  let timer: NodeJS.Timeout | undefined
  try {
    const ready = await Promise.race([readyOf(child), exited.then(() => false)])
    clearTimeout(setupTimer)
    if (!ready) {
      await closeWithin(child, closed, 100)
      throw new SandboxSetupError(
        aborted
          ? 'stopped before it began'
          : `the command's sandbox could not be set up: ${failure?.message ?? stderr.end().text.trim()}`,
      )
    }
    const line = onlyLineage(child.pid ?? 0)
    const leaf = line.at(-1) ?? 0
    const seen = measure(leaf)
    init = initOf(line, leaf)
    try {
      start.admit(leaf, seen)
    } catch (error) {
      stop()
      await closeWithin(child, closed, 100)
      throw error
    }
    if (aborted) stop()
    const began = performance.now()
    timer = setTimeout(() => {
      timedOut = true
      stop()
    }, start.timeout_ms)
    ;(child.stdio[3] as Duplex).write('go\n')
    const end = await exited
    await start.settle(init)
    const duration = performance.now() - began
    await closeWithin(child, closed, 2_000)
    const byStatus = signalOf(end.code)
    return {
      exit_code: end.code,
      signal: end.signal ?? byStatus,
      timed_out: timedOut,
      aborted,
      duration_ms: Math.round(duration * 1000) / 1000,
      stdout: stdout.end(),
      stderr: stderr.end(),
      in_force: seen,
    }
  } finally {
    clearTimeout(setupTimer)
    clearTimeout(timer)
    start.signal?.removeEventListener('abort', abort)
  }
}

function readyOf(child: ChildProcess): Promise<boolean> {
  const channel = child.stdio[3] as Duplex | undefined
  return new Promise((resolve) => {
    channel?.on('error', () => resolve(false))
    channel?.once('data', () => resolve(true))
  })
}

/** A leftover that holds the pipe open must not keep us waiting: its tree was killed, the rest is cut off. */
async function closeWithin(child: ChildProcess, closed: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve()
    }, milliseconds)
  })
  await Promise.race([closed, late])
  clearTimeout(timer)
}

/** The first of the line that is in the last one's pid namespace: as many numbers in NSpid (proc_pid_status(5)). */
function initOf(line: readonly number[], leaf: number): number {
  const depth = (pid: number): number => statField(pid, 'NSpid')?.split(/\s+/).length ?? 0
  const target = depth(leaf)
  return line.find((pid) => depth(pid) === target) ?? leaf
}

const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
}

/** The init of a sandbox reports a killed command as 128 + n, as shells do. */
export function signalOf(code: number | null): NodeJS.Signals | null {
  return code !== null && code > 128 ? (SIGNALS[code - 128] ?? null) : null
}
