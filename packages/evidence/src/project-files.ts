import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SpecFile } from '@gatehouse/core/specs/project-model'

const SKIPPED = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.cache',
  '.next',
  '.turbo',
  'dist',
  'build',
  'vendor',
  'target',
  '.venv',
  'venv',
  '__pycache__',
  'coverage',
])
const SPEC_NAME = /\.(?:md|mdc|mdx|markdown|ya?ml)$/i
const MAX_FILES = 200_000
/** Bytes above which a file is not read. */
export const MAX_SIZE = 2 * 1024 * 1024

/** Whether a path, from the top, is one that `readSpecFiles` reads. */
export function isSpecPath(path: string): boolean {
  return (
    SPEC_NAME.test(path) &&
    !path
      .split('/')
      .slice(0, -1)
      .some((folder) => SKIPPED.has(folder))
  )
}

export interface ReadFiles {
  readonly files: readonly SpecFile[]
  /** What was left out, and why: a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Every Markdown and YAML file below a folder, by its path with forward slashes from there. Links are not followed, and folders of
 * dependencies, build products and other repositories not entered. Throws what the file system throws for the folder itself.
 */
export function readSpecFiles(folder: string): ReadFiles {
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`)
  const files: SpecFile[] = []
  const notes: string[] = []
  const open = ['']
  let seen = 0
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const entries = (() => {
      try {
        return readdirSync(join(folder, at), { withFileTypes: true })
      } catch (error) {
        notes.push(`${at === '' ? '.' : at} was not read: ${error instanceof Error ? error.message : String(error)}`)
        return []
      }
    })()
    // A repository inside (a submodule, a worktree) has a history of its own.
    if (at !== '' && entries.some(({ name }) => name === '.git')) continue
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) open.push(path)
      if (!entry.isFile() || !SPEC_NAME.test(entry.name)) continue
      seen += 1
      if (seen > MAX_FILES) return { files, notes: [...notes, `more than ${MAX_FILES} files: the rest was not read`] }
      const file = join(folder, path)
      try {
        if (statSync(file).size > MAX_SIZE) notes.push(`${path} is larger than ${MAX_SIZE} bytes and was not read`)
        else files.push({ path, text: readFileSync(file, 'utf8') })
      } catch (error) {
        notes.push(`${path} was not read: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return { files, notes }
}
