import { spawn } from 'node:child_process'
import path from 'node:path'
import { PassThrough, Transform, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { gitEnvironment, killGroup } from './git-command.ts'
import { PUSH_ACTOR, PUSH_ALLOWED } from './push-hook.ts'
import { HOOKS } from './repository-folder.ts'
import { branchRegExp, isBranchPattern } from './ref-names.ts'

export interface PushActor {
  /** Shown to the client when a push is refused. */
  name: string
  /** `task/*`; `*` stays in one segment, `**` crosses. Protected branches are refused whatever stands here. */
  may_push_branches: readonly string[]
}

export interface GitHttpRequest {
  method: string
  /** What follows the repository: `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  path: string
  /** As received, without `?`. */
  query: string
  headers: { content_type: string | null; content_encoding: string | null }
  body: NodeJS.ReadableStream
  /** The caller has authenticated them: nobody unknown reaches this. */
  actor: PushActor
  limits?: { max_request_bytes: number; timeout_ms: number } | undefined
  signal?: AbortSignal | undefined
}

export interface GitHttpResponse {
  status: number
  headers: Record<string, string>
  body: Readable
}

const DEFAULT_LIMITS = { max_request_bytes: 512 * 1024 * 1024, timeout_ms: 10 * 60_000 }
const MAX_HEADER = 16_384

/** The three requests of git's smart protocol (gitprotocol-http); the dumb one is not spoken. */
const SERVICES: readonly { method: string; path: string; query: RegExp; type: RegExp | null }[] = [
  { method: 'GET', path: '/info/refs', query: /^service=git-(upload|receive)-pack$/, type: null },
  { method: 'POST', path: '/git-upload-pack', query: /^$/, type: /^application\/x-git-upload-pack-request$/ },
  { method: 'POST', path: '/git-receive-pack', query: /^$/, type: /^application\/x-git-receive-pack-request$/ },
]

/**
 * Serves one bare repository of ours by `git http-backend`, streaming both ways. Git-Protocol is not handed on: protocol
 * 2 would serve any object whose name is known, protocol 0 only what the branches reach.
 */
export async function serveGit(gitDir: string, request: GitHttpRequest, program = 'git'): Promise<GitHttpResponse> {
  const service = SERVICES.find(
    (s) => s.method === request.method && s.path === request.path && s.query.test(request.query),
  )
  if (service === undefined) return answer(404, 'there is nothing here but a git repository')
  if (service.type !== null && !service.type.test(request.headers.content_type ?? '')) {
    return answer(415, 'this is not a request of git')
  }
  const encoding = request.headers.content_encoding ?? 'identity'
  if (!['gzip', 'x-gzip', 'identity', ''].includes(encoding))
    return answer(415, `the encoding "${encoding}" is not understood: use gzip or none`)
  return runBackend(gitDir, request, program, encoding.endsWith('gzip'))
}

function answer(status: number, text: string): GitHttpResponse {
  const body = new PassThrough()
  body.end(`${text}\n`)
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }, body }
}

function backendEnvironment(gitDir: string, request: GitHttpRequest, limit: number): Record<string, string> {
  const patterns = request.actor.may_push_branches.filter(isBranchPattern)
  const env = gitEnvironment({
    gitDir,
    // These two are the repository's own: exactly our hook runs, and hidden refs stay hidden.
    config: { 'receive.maxInputSize': String(limit), 'core.hooksPath': path.join(gitDir, HOOKS) },
    env: {
      GIT_PROJECT_ROOT: path.dirname(gitDir),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${path.basename(gitDir)}${request.path}`,
      REQUEST_METHOD: request.method,
      QUERY_STRING: request.query,
      CONTENT_TYPE: request.headers.content_type ?? '',
      REMOTE_USER: 'gatehouse',
      [PUSH_ACTOR]: printable(request.actor.name) || 'unknown',
      [PUSH_ALLOWED]: patterns.map(branchRegExp).join('\n'),
    },
  })
  // The backend finds the repository itself, from the two variables above.
  delete env['GIT_DIR']
  return env
}

function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- a name must not write to the client's terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, 200)
}

function runBackend(gitDir: string, request: GitHttpRequest, program: string, gzip: boolean): Promise<GitHttpResponse> {
  const limits = request.limits ?? DEFAULT_LIMITS
  const child = spawn(program, ['http-backend'], {
    cwd: '/',
    env: backendEnvironment(gitDir, request, limits.max_request_bytes),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = (): void => killGroup(child.pid)
  const timer = setTimeout(kill, limits.timeout_ms)
  request.signal?.addEventListener('abort', kill, { once: true })
  child.on('close', () => {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', kill)
  })
  child.stdin.on('error', () => undefined)
  child.stderr.resume()

  return new Promise((resolve) => {
    let settled = false
    let fed = false
    let held: GitHttpResponse | null = null
    const settle = (response: GitHttpResponse): void => {
      if (!settled) resolve(response)
      settled = true
    }
    child.on('error', () => settle(answer(502, 'git could not be started')))
    feed(request, child.stdin, limits.max_request_bytes, gzip, {
      done: () => {
        fed = true
        if (held !== null) settle(held)
      },
      fail: (status, text) => {
        settle(answer(status, text))
        kill()
      },
    })
    // Git answers 200 before it has read a byte. Its answer is held until the request was found whole, or until it has
    // said so much that holding on could block it.
    readHead(child.stdout, {
      none: () => settle(answer(502, 'git gave no answer')),
      head: (response) => {
        // A client that goes away must not leave git running.
        response.body.on('close', () => {
          if (child.exitCode === null) kill()
        })
        held = response
        if (fed) settle(response)
      },
      much: () => {
        if (held !== null) settle(held)
      },
    })
  })
}

/** The request's body, unpacked and counted, into git. */
function feed(
  request: GitHttpRequest,
  into: NodeJS.WritableStream,
  limit: number,
  gzip: boolean,
  tell: { done: () => void; fail: (status: number, text: string) => void },
): void {
  if (request.method === 'GET') {
    into.end()
    tell.done()
    return
  }
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(new Error('too large'))
      else done(null, chunk)
    },
  })
  counter.on('error', () => tell.fail(413, `the request has more than ${limit} bytes, which is all this server takes`))
  counter.on('end', tell.done)
  // Git may end before it has read all; then nothing is left to wait for.
  into.on('close', tell.done)
  request.body.on('error', () => tell.fail(400, 'the request broke off'))
  if (gzip) {
    const unzip = createGunzip()
    unzip.on('error', () => tell.fail(400, 'the request says it is gzip and is not'))
    request.body.pipe(unzip).pipe(counter).pipe(into)
  } else request.body.pipe(counter).pipe(into)
}

/** CGI's head (RFC 3875, section 6), then the rest as the body. */
function readHead(
  stdout: Readable,
  tell: { none: () => void; head: (response: GitHttpResponse) => void; much: () => void },
): void {
  let buffered = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    buffered = Buffer.concat([buffered, chunk])
    const at = buffered.indexOf('\r\n\r\n')
    if (at < 0 && buffered.length <= MAX_HEADER) return
    stdout.off('data', onData)
    stdout.off('end', onEnd)
    if (at < 0) {
      tell.none()
      return
    }
    stdout.pause()
    const headers: Record<string, string> = {}
    let status = 200
    for (const line of buffered.subarray(0, at).toString('latin1').split('\r\n')) {
      const colon = line.indexOf(':')
      const [key, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      if (key === 'status') status = Number(value.slice(0, 3))
      else if (['content-type', 'cache-control', 'expires', 'pragma'].includes(key)) headers[key] = value
    }
    const body = new PassThrough({ highWaterMark: 1024 * 1024 })
    let bytes = 0
    body.write(buffered.subarray(at + 4))
    tell.head({ status, headers, body })
    stdout.on('data', (more: Buffer) => {
      bytes += more.length
      if (bytes > 32_768) tell.much()
    })
    stdout.pipe(body)
  }
  const onEnd = (): void => tell.none()
  stdout.on('data', onData)
  stdout.on('end', onEnd)
}
