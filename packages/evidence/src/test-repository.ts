/** For tests: a repository of git in a folder of its own. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const folders: string[] = []

/** To be called after each test. */
export function closeRepositories(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export interface TestRepository {
  readonly root: string
  readonly git: (...args: string[]) => string
  /** Writes files, null removes one, without a commit. */
  readonly write: (files: Readonly<Record<string, string | null>>) => void
  /** Writes files and commits all; gives the commit's id. */
  readonly commit: (message: string, files: Readonly<Record<string, string | null>>) => string
}

export function testRepository(): TestRepository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-evidence-')))
  folders.push(root)
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'ann@example.org',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'ann@example.org',
  }
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' })
  git('init', '-q', '-b', 'main')
  const write: TestRepository['write'] = (files) => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, path)
      if (text === null) rmSync(file)
      else {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
    }
  }
  return {
    root,
    git,
    write,
    commit: (message, files) => {
      write(files)
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '--cleanup=verbatim', '-m', message)
      return git('rev-parse', 'HEAD').trim()
    },
  }
}
