import { chmodSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../architecture/tree.ts'
import { commit, git, scratchFolder, write } from './sample-project.ts'

export interface Published {
  readonly url: string
  readonly commit: string
  /** A folder with an npm that links the packages which are installed here: no test asks a registry. */
  readonly bin: string
}

const NOT_TRACKED = /(^|\/)(node_modules|\.git|\.cache|dist)(\/|$)/
const PARTS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  '.gitignore',
  '.pre-commit-hooks.yaml',
  'deploy',
  'packages',
]

/** This tree, as it is now, as a repository of git that others clone. */
export function published(): Published {
  const url = join(scratchFolder(), 'gatehouse')
  const filter = (from: string) => !NOT_TRACKED.test(from.slice(ROOT.length))
  for (const name of PARTS) cpSync(join(ROOT, name), join(url, name), { recursive: true, filter })
  git(url, 'init', '-q', '-b', 'main')
  commit(url, 'all', {})
  const bin = scratchFolder()
  const npm = `#!/bin/sh
set -e
mkdir node_modules
ln -s '${ROOT}'/node_modules/* node_modules
rm node_modules/@gatehouse
mkdir node_modules/@gatehouse
cd node_modules/@gatehouse
ln -s ../../packages/* .
`
  write(bin, { npm })
  chmodSync(join(bin, 'npm'), 0o755)
  return { url, commit: git(url, 'rev-parse', 'HEAD').trim(), bin }
}
