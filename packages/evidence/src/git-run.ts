import { spawn } from 'node:child_process'

/** git is missing, the folder is no repository, or a command failed: the message holds git's own words. */
export class EvidenceGitError extends Error {
  override readonly name = 'EvidenceGitError'
  readonly code: 'git-missing' | 'git-not-a-repository' | 'git-failed'

  constructor(code: EvidenceGitError['code'], message: string) {
    super(message)
    this.code = code
  }
}

// What a repository's own settings could have git start, or change in what it prints, is switched off.
const SETTINGS = {
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'log.showSignature': 'false',
  'i18n.logOutputEncoding': 'UTF-8',
  'diff.relative': 'false',
  'diff.orderFile': '/dev/null',
  'protocol.allow': 'never',
  // A note about it would stand in every error.
  'advice.graftFileDeprecated': 'false',
  'gc.auto': '0',
}

const ENV = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  // Replacement objects and grafts would show another history than the one that was committed.
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  LC_ALL: 'C',
}

const MAX_ERROR = 2_000

/**
 * Runs git in the folder `root` and hands each piece of its output to `take`, so that a long history is never held whole.
 * `input` is written to it. Reads only: no hook, monitor, external diff or network is started. Throws EvidenceGitError.
 */
export async function runGit(
  root: string,
  args: readonly string[],
  take: (piece: Buffer) => void,
  input = '',
): Promise<void> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { PATH = '/usr/bin:/bin', HOME = '/nonexistent' } = process.env
  const child = spawn('git', [...settings, ...args], { cwd: root, env: { PATH, HOME, ...ENV }, stdio: 'pipe' })
  let said = ''
  let thrown: { readonly error: unknown } | null = null
  child.stdout.on('data', (piece: Buffer) => {
    if (thrown) return
    try {
      take(piece)
    } catch (error) {
      // Thrown out of an event it would end the whole process.
      thrown = { error }
      child.kill('SIGKILL')
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MAX_ERROR)))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve)
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new EvidenceGitError('git-missing', `git is not on the PATH, or ${root} is not there`)
          : error,
      ),
    )
  })
  const failure = thrown as { readonly error: unknown } | null
  if (failure) throw failure.error
  if (code === 0) return
  const words = said.trim() || `exit code ${code}`
  if (/not a git repository/i.test(words))
    throw new EvidenceGitError('git-not-a-repository', `${root} is not in a git repository`)
  throw new EvidenceGitError('git-failed', `git ${args[0] ?? ''} failed: ${words}`)
}

/** All of git's output as text; for answers that are short. */
export async function gitText(root: string, args: readonly string[], input = ''): Promise<string> {
  const pieces: Buffer[] = []
  await runGit(root, args, (piece) => void pieces.push(piece), input)
  return Buffer.concat(pieces).toString('utf8')
}
