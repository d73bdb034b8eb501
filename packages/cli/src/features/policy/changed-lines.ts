import { execFile } from 'node:child_process'
import { Problem } from '@gatehouse/core/kernel/problems'
import { readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'

const MAX_OUTPUT = 64 * 1024 * 1024

/**
 * Lines of the folder's policies that differ from a commit, as git tells: by file, relative to the folder. Files that git does not
 * know count as changed throughout. The commit is never taken for an option.
 */
export async function changedLines(
  folder: PolicyFolder,
  since: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  if (since.startsWith('-')) throw new Problem('usage', `--since ${since}: a commit is needed`)
  const git = (args: readonly string[]) => runGit(folder.root, args, signal)
  const commit = (await git(['rev-parse', '--verify', '--end-of-options', `${since}^{commit}`])).trim()
  const diff = await git([
    'diff',
    '--unified=0',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--relative',
    commit,
    '--',
    ...folder.policies,
  ])
  const lines = new Map<string, Set<number>>()
  let file = ''
  for (const line of diff.split('\n')) {
    const name = /^\+\+\+ (?:b\/)?(.*)$/.exec(line)?.[1]
    if (name !== undefined) file = name
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (hunk === null || !folder.policies.includes(file)) continue
    const first = Number(hunk[1])
    const set = lines.get(file) ?? new Set<number>()
    lines.set(file, set)
    for (let i = 0; i < Number(hunk[2] ?? 1); i++) set.add(first + i)
  }
  const unknown = await git(['ls-files', '--others', '--exclude-standard', '-z', '--', ...folder.policies])
  for (const name of unknown.split('\0')) {
    if (name === '') continue
    const count = readPolicyFile(folder, name).split('\n').length
    lines.set(name, new Set(Array.from({ length: count }, (_, index) => index + 1)))
  }
  return lines
}

function runGit(cwd: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const options = { cwd, signal, timeout: 60_000, maxBuffer: MAX_OUTPUT, encoding: 'utf8' as const }
  return new Promise((done, fail) => {
    execFile('git', ['-c', 'core.fsmonitor=false', ...args], options, (error, stdout, stderr) => {
      if (error === null) done(stdout)
      else fail(new Problem('usage', `--since: git says ${stderr.trim().split('\n')[0] || error.message}`))
    })
  })
}
