import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProposalEvidence, ProposedChange } from './proposal-evidence.ts'

const MAIN = fileURLToPath(new URL('proposal-main.ts', import.meta.url))
const MAX_MEMORY_MB = 1024
const MAX_ANSWER = 32 * 1024 * 1024
const MAX_ERROR = 2_000

export interface JudgingLimits {
  /** Where scratch folders are made; what a process that is gone left there is removed. */
  readonly scratchFolder: string
  /** Milliseconds. */
  readonly timeout_ms: number
  readonly signal?: AbortSignal
}

/**
 * `proposalEvidence` in a process of its own with bounded memory and time: the tree is a stranger's, and what is made to stop a parser stops that
 * process alone. Never rejects but for the caller's signal: where it cannot be judged, `not_judged` says why.
 */
export async function judgeProposal(
  change: Omit<ProposedChange, 'scratch'>,
  limits: JudgingLimits,
): Promise<ProposalEvidence> {
  limits.signal?.throwIfAborted()
  const scratch = scratchIn(limits.scratchFolder)
  try {
    return await judge({ ...change, scratch }, limits)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function judge(change: ProposedChange, limits: JudgingLimits): Promise<ProposalEvidence> {
  const { PATH = '/usr/bin:/bin', HOME = '/nonexistent', TMPDIR } = process.env
  const env = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) }
  // A group of its own, so that git ends with it.
  const child = spawn(process.execPath, [`--max-old-space-size=${MAX_MEMORY_MB}`, MAIN], {
    env,
    stdio: 'pipe',
    detached: true,
  })
  let ended: string | null = null
  const end = (why: string): void => {
    ended ??= why
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
  const timer = setTimeout(() => end(`it took longer than ${limits.timeout_ms} ms`), limits.timeout_ms)
  const aborted = (): void => end('it was cancelled')
  limits.signal?.addEventListener('abort', aborted, { once: true })
  const pieces: Buffer[] = []
  let size = 0
  child.stdout.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > MAX_ANSWER) end(`what was found has more than ${MAX_ANSWER} bytes`)
    else pieces.push(piece)
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MAX_ERROR)))
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(change))
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
    child.on('error', (error) => {
      end(error.message)
      resolve(null)
    })
  })
  clearTimeout(timer)
  limits.signal?.removeEventListener('abort', aborted)
  limits.signal?.throwIfAborted()
  const why = ended ?? (code === 0 ? null : (lastWords(said) ?? `its process ended with ${code ?? 'a signal'}`))
  if (why !== null) return { ticked: [], removed: [], not_judged: why }
  return JSON.parse(Buffer.concat(pieces).toString('utf8')) as ProposalEvidence
}

/** The line of an error that says what happened. */
function lastWords(said: string): string | null {
  return /^(?:\w*Error|FATAL ERROR)\b.*$/m.exec(said)?.[0] ?? null
}

/** A new folder `claims.<pid>.<uuid>`. */
function scratchIn(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) {
    const pid = /^claims\.(\d+)\./.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true })
  }
  const scratch = join(folder, `claims.${process.pid}.${randomUUID()}`)
  mkdirSync(scratch, { mode: 0o700 })
  return scratch
}
