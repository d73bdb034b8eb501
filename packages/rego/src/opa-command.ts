import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { ok, refuse, type Refusal, type Result } from '@gatehouse/core/kernel/result'

/** The OPA that the shipped bundle is built and tested with. Another version may write another plan. */
export const OPA_VERSION = '1.22.2'

/** Before it, Rego v1 is not the language that OPA reads without being told. */
export const OPA_MINIMUM = '1.0.0'

export interface Opa {
  readonly path: string
  readonly version: string
}

export interface OpaRun {
  /** Null where a signal ended it. */
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface OpaRunOptions {
  /** Working folder: paths in OPA's messages are relative to it. */
  readonly cwd: string
  /** Default 120,000. */
  readonly timeoutMs?: number
  /** Of standard output and of standard error each. Default 256 MiB. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  /** Written to standard input. */
  readonly input?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const INSTALL =
  `Install it from https://www.openpolicyagent.org/docs/#1-download-opa, or with Go: ` +
  `go install github.com/open-policy-agent/opa@v${OPA_VERSION}; then put it on the PATH, or name it by --opa or GATEHOUSE_OPA`

/** Folder of the OPA that the repository's own installer builds: outside the repository, by version. */
export function opaCacheFolder(env: Environment): string {
  return join(env['GATEHOUSE_TOOLS_CACHE'] ?? join(homedir(), '.cache', 'gatehouse-tools'), `opa-${OPA_VERSION}`)
}

/** Whether a file is there that may be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** -1, 0, 1 as `a` is before, at or after `b`; both as `1.22.2`, what follows a `-` is left out. */
function compareVersions(a: string, b: string): number {
  const parts = (text: string) => (text.split('-')[0] ?? '').split('.').map(Number)
  const [x, y] = [parts(a), parts(b)]
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

/**
 * OPA: what `set` names (the option --opa, else the setting GATEHOUSE_OPA), else the PATH, else the cache folder of the
 * repository's installer. An OPA before OPA_MINIMUM is refused, and so is a program that does not say its version.
 */
export async function findOpa(
  env: Environment,
  cwd: string,
  set: string | null = null,
): Promise<Result<Opa, 'opa-not-found' | 'opa-too-old' | 'opa-failed'>> {
  const named = set ?? (env['GATEHOUSE_OPA'] || null)
  const by = set === null ? 'GATEHOUSE_OPA' : '--opa'
  const candidates =
    named === null
      ? [
          ...(env['PATH'] ?? '').split(delimiter).map((folder) => join(resolve(cwd, folder), 'opa')),
          join(opaCacheFolder(env), 'opa'),
        ]
      : [resolve(cwd, named)]
  const path = candidates.find(isProgram)
  if (path === undefined) {
    const where = named === null ? 'OPA is not on the PATH' : `${by} names ${named}, which is no program`
    return refuse('opa-not-found', `${where}. ${INSTALL}.`)
  }
  const said = await runOpa(path, ['version'], { cwd, timeoutMs: 30_000, maxBytes: 100_000 })
  if (!said.ok) return said
  const version = /^Version: v?(\d+\.\d+\.\d+\S*)/m.exec(said.value.stdout)?.[1]
  if (said.value.exit !== 0 || version === undefined)
    return refuse('opa-failed', `${path} does not say an OPA version: "opa version" must. ${INSTALL}.`)
  if (compareVersions(version, OPA_MINIMUM) < 0)
    return refuse('opa-too-old', `${path} is OPA ${version}; ${OPA_MINIMUM} or later is needed. ${INSTALL}.`)
  return ok({ path, version })
}

/** The environment that OPA sees: its own OPA_* variables would be options that nobody gave here. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SYSTEMROOT', 'LANG'] as const
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

/**
 * Runs OPA without a shell. A non-zero exit is an answer, not a failure; `opa-failed` is told where it cannot be started,
 * takes longer than `timeoutMs`, prints more than `maxBytes`, or is stopped by `signal`.
 */
export function runOpa(
  path: string,
  args: readonly string[],
  options: OpaRunOptions,
): Promise<Result<OpaRun, 'opa-failed'>> {
  const { cwd, timeoutMs = 120_000, maxBytes = 256 * 1024 * 1024, signal, input } = options
  const shown = `opa ${args[0] ?? ''}`
  return new Promise((resolved) => {
    let broken: Refusal<'opa-failed'> | null = null
    const child = spawn(path, [...args], {
      cwd,
      env: quietEnvironment(),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    const stop = (detail: string) => {
      broken ??= refuse('opa-failed', detail)
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => stop(`${shown} took longer than ${timeoutMs / 1000} s and was stopped.`), timeoutMs)
    const aborted = () => stop(`${shown} was stopped.`)
    signal?.addEventListener('abort', aborted, { once: true })
    if (signal?.aborted) aborted()
    const collect = (stream: NodeJS.ReadableStream | null): Buffer[] => {
      const chunks: Buffer[] = []
      let size = 0
      stream?.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxBytes) stop(`${shown} printed more than ${maxBytes} bytes and was stopped.`)
        else chunks.push(chunk)
      })
      return chunks
    }
    const out = collect(child.stdout)
    const err = collect(child.stderr)
    child.on('error', (error) => {
      broken ??= refuse('opa-failed', `${path} cannot be run: ${error.message}.`)
    })
    child.on('close', (exit) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      resolved(
        broken ??
          ok({ exit, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
      )
    })
    // OPA may leave before it has read everything.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
