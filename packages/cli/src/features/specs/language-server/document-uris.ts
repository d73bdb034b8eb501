import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The absolute path of a `file:` URI; null for any other scheme, and for what is no URI. */
export function pathOfUri(uri: unknown): string | null {
  if (typeof uri !== 'string' || !/^file:/i.test(uri)) return null
  try {
    const path = fileURLToPath(uri)
    return path.includes('\u0000') ? null : path
  } catch {
    return null
  }
}

export function uriOfPath(path: string): string {
  return pathToFileURL(path).href
}

/** With links resolved as far as the path exists: a new buffer has a folder and no file. */
export function realPath(path: string): string {
  try {
    if (existsSync(path)) return realpathSync(path)
    const folder = dirname(path)
    return folder === path ? path : join(realPath(folder), basename(path))
  } catch {
    // A loop of links, or a folder that we may not read.
    return path
  }
}

/** The path below a folder with forward slashes; null where it lies outside. '' is the folder itself. */
export function pathBelow(folder: string, path: string): string | null {
  const found = relative(folder, path)
  if (found === '..' || found.startsWith(`..${sep}`) || /^[A-Za-z]:/.test(found)) return null
  return found.split(sep).join('/')
}
