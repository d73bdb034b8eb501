import { spawn } from 'node:child_process'

export type GitErrorCode =
  | 'git-failed'
  | 'git-timeout'
  | 'git-output-too-large'
  | 'git-missing'
  | 'git-too-old'
  | 'git-aborted'

/** Git itself could not do it: we broke, or the machine did. Never used for what a stranger's input can cause. */
export class GitError extends Error {
  readonly code: GitErrorCode
  readonly exitCode: number | null
  /** The signal that ended it, where one did: SIGABRT is git's own assertion. */
  readonly signal: NodeJS.Signals | null
  /** The last 4 KiB of what git said on stderr, as UTF-8. */
  readonly stderr: string

  constructor(
    code: GitErrorCode,
    message: string,
    ended: { exitCode?: number | null; signal?: NodeJS.Signals | null; stderr?: string; cause?: unknown } = {},
  ) {
    super(message, ended.cause === undefined ? undefined : { cause: ended.cause })
    this.name = 'GitError'
    this.code = code
    this.exitCode = ended.exitCode ?? null
    this.signal = ended.signal ?? null
    this.stderr = ended.stderr ?? ''
  }
}

/** What surrounds one git process: everything it may know of the host is said here. */
export interface GitSurroundings {
  /** A bare repository of ours. `null` for commands that need none. */
  gitDir: string | null
  /** Our own index file, never the one of a working tree. */
  indexFile?: string | undefined
  /** Where new objects go instead of the repository: a quarantine. The repository's own objects stay readable. */
  objectFolder?: string | undefined
  workTree?: string | undefined
  /** Transports allowed for this call; none by default. `ext` can not be named. */
  protocols?: readonly ('file' | 'https' | 'ssh' | 'http')[] | undefined
  /** More configuration of ours, stronger than the repository's. */
  config?: Readonly<Record<string, string>> | undefined
  env?: Readonly<Record<string, string>> | undefined
}

export interface GitCall extends GitSurroundings {
  args: readonly string[]
  stdin?: Uint8Array | undefined
  /** Bytes of stdout; 64 MiB by default. More ends the process with `git-output-too-large`. */
  maxOutput?: number | undefined
  /** 120 seconds by default. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Exit codes that are answers, not failures; [0] by default. */
  okCodes?: readonly number[] | undefined
}

export interface GitOutput {
  code: number
  stdout: Buffer
  stderr: string
}

export interface GitRunner {
  readonly program: string
  /** Throws GitError for any exit code that is not in `okCodes`. */
  run(call: GitCall): Promise<GitOutput>
}

const STDERR_TAIL = 4096

/** Configuration that pins behaviour against repository files, versions and the host. Given as environment, so children have it too. */
const PINNED: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.attributesFile': '/dev/null',
  // Git 2.43 to 2.45 read a bare repository's attributes from HEAD; the empty tree has none.
  'attr.tree': '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  'core.excludesFile': '/dev/null',
  'core.pager': 'cat',
  'core.editor': 'false',
  'core.askPass': 'true',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'core.quotePath': 'true',
  'core.autocrlf': 'false',
  'core.safecrlf': 'false',
  'core.symlinks': 'true',
  'core.fileMode': 'true',
  'core.bigFileThreshold': '512m',
  'credential.helper': '',
  'commit.gpgSign': 'false',
  'diff.algorithm': 'myers',
  'diff.context': '3',
  'diff.interHunkContext': '0',
  'diff.indentHeuristic': 'true',
  'diff.mnemonicPrefix': 'false',
  'diff.noPrefix': 'false',
  'diff.orderFile': '/dev/null',
  'diff.renames': 'false',
  'diff.suppressBlankEmpty': 'false',
  'diff.submodule': 'short',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'merge.renames': 'false',
  'merge.directoryRenames': 'false',
  'merge.conflictStyle': 'merge',
  'http.followRedirects': 'false',
  'submodule.recurse': 'false',
}

/** The whole environment of a git process. Nothing of ours is inherited but PATH: no token, no agent socket, no HOME. */
export function gitEnvironment(at: GitSurroundings): Record<string, string> {
  const config = { ...PINNED, ...at.config }
  if (at.gitDir !== null) config['safe.directory'] = at.gitDir
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_SSH_COMMAND: 'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    // An empty list allows no transport at all, whatever a repository's configuration says.
    GIT_ALLOW_PROTOCOL: (at.protocols ?? []).join(':'),
    ...at.env,
  }
  if (at.gitDir !== null) env['GIT_DIR'] = at.gitDir
  if (at.indexFile !== undefined) env['GIT_INDEX_FILE'] = at.indexFile
  if (at.workTree !== undefined) env['GIT_WORK_TREE'] = at.workTree
  if (at.objectFolder !== undefined) {
    env['GIT_OBJECT_DIRECTORY'] = at.objectFolder
    if (at.gitDir !== null) env['GIT_ALTERNATE_OBJECT_DIRECTORIES'] = `${at.gitDir}/objects`
  }
  const pairs = Object.entries(config)
  env['GIT_CONFIG_COUNT'] = String(pairs.length)
  for (const [i, [key, value]] of pairs.entries()) {
    env[`GIT_CONFIG_KEY_${i}`] = key
    env[`GIT_CONFIG_VALUE_${i}`] = value
  }
  return env
}

/** Ends a process started with `detached` and everything it started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

/**
 * The one way git runs on the host: spawned without a shell, in its own process group, with the surroundings above.
 * The working directory is `/`, so no repository is ever discovered from where we stand.
 */
export function makeGit(options: { program?: string } = {}): GitRunner {
  const program = options.program ?? 'git'
  return { program, run: (call) => runGit(program, call) }
}

function runGit(program: string, call: GitCall): Promise<GitOutput> {
  const maxOutput = call.maxOutput ?? 64 * 1024 * 1024
  const timeoutMs = call.timeoutMs ?? 120_000
  const okCodes = call.okCodes ?? [0]
  const what = `git ${call.args[0] ?? ''}`
  return new Promise((resolve, reject) => {
    if (call.signal?.aborted === true) {
      reject(new GitError('git-aborted', `${what} was not started: it was cancelled`))
      return
    }
    const child = spawn(program, [...call.args], {
      cwd: call.workTree ?? '/',
      env: gitEnvironment(call),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    })
    const out: Buffer[] = []
    let outBytes = 0
    let errTail = Buffer.alloc(0)
    let ended: GitError | null = null

    const end = (code: GitErrorCode, message: string): void => {
      ended ??= new GitError(code, message, { stderr: errTail.toString('utf8') })
      killGroup(child.pid)
    }
    const timer = setTimeout(() => end('git-timeout', `${what} took longer than ${timeoutMs} ms`), timeoutMs)
    const onAbort = (): void => end('git-aborted', `${what} was cancelled`)
    call.signal?.addEventListener('abort', onAbort, { once: true })

    child.stdout.on('data', (chunk: Buffer) => {
      outBytes += chunk.length
      if (outBytes > maxOutput) end('git-output-too-large', `${what} printed more than ${maxOutput} bytes`)
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errTail = Buffer.concat([errTail, chunk]).subarray(-STDERR_TAIL)
    })
    // Git may end before it has read all: EPIPE is then its answer's business, not ours.
    child.stdin.on('error', () => undefined)
    child.on('error', (cause) => {
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', onAbort)
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
      const message = missing
        ? `no program "${program}" found: install git 2.38 or newer`
        : `${what} could not be started`
      reject(new GitError(missing ? 'git-missing' : 'git-failed', message, { cause }))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', onAbort)
      const stderr = errTail.toString('utf8')
      if (ended !== null) reject(ended)
      else if (code === null || !okCodes.includes(code)) {
        const how = code === null ? `was killed by ${signal ?? 'a signal'}` : `failed with exit code ${code}`
        reject(
          new GitError('git-failed', `${what} ${how}: ${stderr.trim().slice(-500)}`, {
            exitCode: code,
            signal,
            stderr,
          }),
        )
      } else resolve({ code, stdout: Buffer.concat(out), stderr })
    })
    child.stdin.end(call.stdin ?? Buffer.alloc(0))
  })
}
