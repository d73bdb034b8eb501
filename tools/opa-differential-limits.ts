/** OPA in bounded time and memory: a generated policy may ask for more than the machine has. */
import { spawnSync } from 'node:child_process'

export interface OpaLimits {
  /** Address space of one OPA process, in megabytes; it needs about 1000 to start. */
  readonly memoryMb: number
  /** Of one command, and of one answer of the server. */
  readonly seconds: number
}

export const OPA_LIMITS: OpaLimits = { memoryMb: 6000, seconds: 60 }

/** What OPA said. `isOver` where it was stopped by a limit. */
export interface LimitedRun {
  readonly status: number | null
  readonly isOver: boolean
  readonly stdout: string
  readonly stderr: string
}

/** A program with its arguments as a command whose memory is bounded; and the environment it wants. */
export function limitedCommand(
  program: string,
  args: readonly string[],
  limits: OpaLimits,
): { readonly file: string; readonly args: string[]; readonly env: NodeJS.ProcessEnv } {
  // Where the shell cannot bound it, Go's own limit still holds the heap down.
  const script = 'ulimit -v "$0" 2>/dev/null; exec "$@"'
  const env = { ...process.env, GOMEMLIMIT: `${Math.floor(limits.memoryMb / 2)}MiB` }
  return { file: '/bin/sh', args: ['-c', script, String(limits.memoryMb * 1024), program, ...args], env }
}

/** Runs a command to its end, or to its limit. Throws where it cannot be started. */
export function runLimited(
  program: string,
  args: readonly string[],
  folder: string,
  limits: OpaLimits = OPA_LIMITS,
  input = '',
): LimitedRun {
  const command = limitedCommand(program, args, limits)
  const said = spawnSync(command.file, command.args, {
    cwd: folder,
    encoding: 'utf8',
    env: command.env,
    input,
    killSignal: 'SIGKILL',
    maxBuffer: 1e9,
    timeout: limits.seconds * 1000,
  })
  const isLate = said.error !== undefined && 'code' in said.error && said.error.code === 'ETIMEDOUT'
  if (said.error !== undefined && !isLate) throw said.error
  // Go ends with status 2 where it gets no memory.
  const isOver = isLate || said.status === null || /out of memory|cannot allocate memory/.test(said.stderr)
  return { status: said.status, isOver, stdout: said.stdout, stderr: said.stderr }
}
