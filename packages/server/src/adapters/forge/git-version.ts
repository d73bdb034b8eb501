import { GitError, type GitRunner } from './git-command.ts'

/** The oldest git that has `merge-tree --write-tree`, by which every merge is computed. */
const OLDEST = [2, 38] as const

/**
 * Makes sure that git is there and new enough, before anything is started that would find out in the middle of its work.
 * Throws GitError `git-missing` or `git-too-old`, which say what to install. Returns the version, `2.39.5`.
 */
export async function requireGit(git: GitRunner): Promise<string> {
  const { stdout } = await git.run({ gitDir: null, args: ['version'], timeoutMs: 30_000 })
  const said = stdout.toString('utf8').trim()
  const [, major, minor, rest = ''] = /^git version (\d+)\.(\d+)(\.\d+)?/.exec(said) ?? []
  const old = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
  if (major === undefined || minor === undefined || old)
    throw new GitError(
      'git-too-old',
      `git ${OLDEST.join('.')} or newer is needed, and "${git.program} version" says "${said.slice(0, 100)}": install a newer git on this machine, or put one first on the PATH`,
    )
  return `${major}.${minor}${rest}`
}
