import { spawn, type ChildProcess } from 'node:child_process'
import { delimiter, isAbsolute, join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { isProgram } from '@gatehouse/rego/opa-command'

type Environment = Readonly<Record<string, string | undefined>>

/** Never logged, never put into an error. An identity token is one that buys others (docker's name for OAuth2's refresh token). */
export type RegistryCredentials =
  | { readonly username: string; readonly password: string; readonly identityToken?: undefined }
  | { readonly identityToken: string; readonly username?: undefined }

export interface HelperOptions {
  /** Milliseconds until a helper that says nothing is killed. Default 30,000: some ask a keychain, and that a person. */
  readonly helperTimeoutMs?: number
  readonly signal?: AbortSignal
}

/** Of a file name, so that a configuration names nothing but a program on the PATH. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const NOT_FOUND = 'credentials not found in native keychain'
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Asks a docker credential helper (docker-credential-helpers' protocol): `docker-credential-<name> get`, the server on standard input, JSON with
 * Username and Secret on standard output. Null where it has none for that server. Anything else is `registry-refused` that names the
 * helper: a login that was meant and does not work must not become a request without one.
 */
export async function askHelper(
  name: string,
  server: string,
  env: Environment,
  options: HelperOptions = {},
): Promise<RegistryCredentials | null> {
  const program = `docker-credential-${name}`
  if (!NAME.test(name)) {
    throw new Problem(
      'registry-refused',
      `The login configuration names the credential helper ${JSON.stringify(name.slice(0, 100))}, which is no name of a program (letters, digits, . _ -). Mend credHelpers or credsStore.`,
    )
  }
  const path = onPath(program, env)
  if (path === null) throw unusable(program, 'is not on the PATH')
  const { exit, stdout, stderr } = await run(path, program, server, env, options)
  if (exit !== 0) {
    if (stdout.trim() === NOT_FOUND) return null
    throw unusable(program, `failed: ${firstLine(stdout) ?? firstLine(stderr) ?? `exit code ${exit ?? 'none'}`}`)
  }
  return credentialsIn(stdout, program)
}

/** What a helper prints may hold a secret, so that nothing of it is told. */
function credentialsIn(text: string, program: string): RegistryCredentials {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw unusable(program, 'answered with something that is no JSON')
  }
  const { Username: username, Secret: password } = (answer ?? {}) as Record<string, unknown>
  if (typeof username !== 'string' || typeof password !== 'string' || username === '' || password === '')
    throw unusable(program, 'answered without Username and Secret')
  // docker-credential-helpers' way to say that the secret is an identity token.
  return username === '<token>' ? { identityToken: password } : { username, password }
}

interface Ran {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(
  path: string,
  program: string,
  server: string,
  env: Environment,
  { helperTimeoutMs = 30_000, signal }: HelperOptions,
): Promise<Ran> {
  signal?.throwIfAborted()
  // Its own process group: a helper is often a script, and what it started must end with it.
  const child = spawn(path, ['get'], { env: { ...env }, stdio: 'pipe', detached: true })
  const stop = (why: string) => {
    killGroup(child)
    return unusable(program, why)
  }
  let timer: NodeJS.Timeout | undefined
  let aborted: (() => void) | undefined
  try {
    return await new Promise<Ran>((done, fail) => {
      timer = setTimeout(() => fail(stop(`gave no answer in ${helperTimeoutMs / 1000} seconds`)), helperTimeoutMs)
      aborted = () => fail(stop('was stopped'))
      signal?.addEventListener('abort', aborted)
      const out: Buffer[] = []
      const err: Buffer[] = []
      let size = 0
      const keep = (into: Buffer[]) => (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) fail(stop(`printed more than ${MAX_ANSWER_BYTES} bytes`))
        else into.push(chunk)
      }
      child.stdout.on('data', keep(out))
      child.stderr.on('data', keep(err))
      child.once('error', (error) => fail(unusable(program, `cannot be started: ${error.message}`)))
      child.once('close', (exit) =>
        done({ exit, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
      )
      // A helper that reads nothing closes its end; what matters is its answer.
      child.stdin.on('error', () => undefined)
      child.stdin.end(server)
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    if (aborted !== undefined) signal?.removeEventListener('abort', aborted)
    for (const stream of [child.stdout, child.stderr]) stream.destroy()
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

function onPath(program: string, env: Environment): string | null {
  const places = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  return places.map((folder) => join(folder, program)).find(isProgram) ?? null
}

function firstLine(text: string): string | null {
  const line = text
    .trim()
    .split('\n', 1)[0]
    ?.replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 200)
  return line === undefined || line === '' ? null : line
}

function unusable(program: string, why: string): Problem {
  return new Problem(
    'registry-refused',
    `The credential helper ${program} ${why}. Run "${program} get" by hand, or set GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD.`,
  )
}
