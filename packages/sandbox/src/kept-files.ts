import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import type { KeptFile } from './envelope.ts'

export interface KeptContent {
  readonly path: string
  readonly content: Buffer
}

export type SafeRead =
  | { readonly ok: true; readonly content: Buffer }
  | { readonly ok: false; readonly problem: 'missing' | 'not-a-regular-file' | 'too-large' | 'unreadable' }

/**
 * Reads a regular file below a folder that an agent wrote: no part of the way may be a symlink, nothing else than a
 * regular file is opened, never more than `maxBytes` are read. Nothing of the run may be alive when this is called.
 */
export function readRegularFile(folder: string, path: string, maxBytes: number): SafeRead {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  let at = folder
  for (const [index, part] of parts.entries()) {
    at = `${at}/${part}`
    const last = index === parts.length - 1
    try {
      const stat = lstatSync(at, { throwIfNoEntry: false })
      if (stat === undefined) return { ok: false, problem: 'missing' }
      if (last ? !stat.isFile() : !stat.isDirectory()) return { ok: false, problem: 'not-a-regular-file' }
    } catch {
      return { ok: false, problem: 'unreadable' }
    }
  }
  return readOpened(at, maxBytes)
}

/** Opens without following a symlink and without waiting for a pipe's other end, then looks again at what was opened. */
export function readOpened(path: string | Buffer, maxBytes: number): SafeRead {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return { ok: false, problem: 'unreadable' }
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return { ok: false, problem: 'not-a-regular-file' }
    if (stat.size > maxBytes) return { ok: false, problem: 'too-large' }
    const content = Buffer.alloc(stat.size)
    let read = 0
    while (read < content.length) {
      const count = readSync(fd, content, read, content.length - read, read)
      if (count === 0) break
      read += count
    }
    return { ok: true, content: content.subarray(0, read) }
  } catch {
    return { ok: false, problem: 'unreadable' }
  } finally {
    closeSync(fd)
  }
}

/** The envelope's line and, where it could be read, the content of each wanted path. */
export function keepFiles(
  folder: string,
  wanted: readonly { readonly path: string; readonly max_bytes: number }[],
): { files: KeptFile[]; contents: KeptContent[] } {
  const files: KeptFile[] = []
  const contents: KeptContent[] = []
  for (const { path, max_bytes } of wanted) {
    const read = readRegularFile(folder, path, max_bytes)
    if (!read.ok) {
      files.push({ path, problem: read.problem })
      continue
    }
    files.push({ path, sha256: createHash('sha256').update(read.content).digest('hex'), size: read.content.length })
    contents.push({ path, content: read.content })
  }
  return { files, contents }
}
