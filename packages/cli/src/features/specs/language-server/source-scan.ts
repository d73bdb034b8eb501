import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpecIndex } from './spec-index.ts'
import { mentionsInLine } from './mention.ts'
import type { Definition } from '@gatehouse/core/specs/project-model'

/** A line of source code that names a definition. `line` counts from 0, offsets are UTF-16 in that line. */
export interface SourceMention {
  /** Below the root. */
  readonly path: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly written: string
  readonly text: string
}

const SKIPPED = new Set(
  'node_modules .git .hg .svn dist build out vendor target .venv venv __pycache__ coverage .next .turbo .cache'.split(
    ' ',
  ),
)
const MAX_FILES = 50_000
const MAX_BYTES = 512 * 1024
const MAX_FOUND = 2_000
const BUDGET_MS = 20_000
const AT_ONCE = 16

/**
 * Finds definitions in the files of a root that are no specifications: comments of code, names of tests. `buffer` gives the text of an open one. Links are not
 * followed; what is binary, above 512 KiB or made by tools is left out. It stops early when `stopped` says so.
 */
export async function scanSources(
  index: SpecIndex,
  wanted: readonly Definition[],
  buffer: (path: string) => string | null,
  stopped: () => boolean,
): Promise<SourceMention[]> {
  const ids = [...new Set(wanted.map(({ id }) => id))].filter((id) => /\d/.test(id) && /[A-Za-z]/.test(id))
  if (ids.length === 0) return []
  const pattern = new RegExp(ids.map(loose).join('|'), 'i')
  const found: SourceMention[] = []
  const end = Date.now() + BUDGET_MS
  const files: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (stopped() || files.length > MAX_FILES || Date.now() > end) break
    const entries = await readdir(join(index.root, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) folders.push(path)
      } else if (entry.isFile() && index.document(path) === null) files.push(path)
    }
  }
  for (let at = 0; at < files.length; at += AT_ONCE) {
    if (stopped() || found.length >= MAX_FOUND || Date.now() > end) break
    const some = files.slice(at, at + AT_ONCE)
    const texts = await Promise.all(some.map(async (path) => buffer(path) ?? (await readText(join(index.root, path)))))
    for (const [i, text] of texts.entries()) {
      const path = some[i]
      if (path !== undefined && text !== null && pattern.test(text)) look(index, path, text, pattern, wanted, found)
    }
  }
  return found.slice(0, MAX_FOUND).toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
}

function look(
  index: SpecIndex,
  path: string,
  text: string,
  pattern: RegExp,
  wanted: readonly Definition[],
  found: SourceMention[],
): void {
  for (const [line, words] of text.split(/\r\n|\r|\n/).entries()) {
    if (words.length > 10_000 || !pattern.test(words)) continue
    for (const { start, end, to } of mentionsInLine(index, path, words))
      if (to.some((definition) => wanted.includes(definition)))
        found.push({ path, line, start, end, written: words.slice(start, end), text: words })
  }
}

/** Finds the number of an identifier with and without zeros in front. */
function loose(id: string): string {
  return id
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('-', '[-\\u2010-\\u2015]')
    .replaceAll(/(?<!\d)0*(?=\d)/g, '0*')
}

async function readText(file: string): Promise<string | null> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      if (size > MAX_BYTES) return null
      const bytes = await handle.readFile()
      return bytes.includes(0) ? null : bytes.toString('utf8')
    } finally {
      await handle.close()
    }
  } catch {
    return null
  }
}
