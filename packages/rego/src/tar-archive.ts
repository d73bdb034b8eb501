import { gunzipSync } from 'node:zlib'

/** The archive is no tar that we read, or larger than it may be. */
export class ArchiveError extends Error {}

const BLOCK = 512

/**
 * The files of a gzipped tar (POSIX ustar, as OPA writes bundles), by path without a leading `/` or `./`. Never written
 * anywhere: paths are only keys. Throws ArchiveError on other forms, links, or more than `maxBytes` of content.
 */
export function readTarGz(bytes: Uint8Array, maxBytes = 256 * 1024 * 1024): Map<string, Buffer> {
  let tar: Buffer
  try {
    tar = gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    throw new ArchiveError(`it cannot be unpacked: ${error instanceof Error ? error.message : 'unknown error'}`, {
      cause: error,
    })
  }
  const files = new Map<string, Buffer>()
  let at = 0
  let longName: string | null = null
  while (at + BLOCK <= tar.length) {
    const header = tar.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) break
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8)
    const end = at + BLOCK + size
    if (!Number.isSafeInteger(size) || size < 0 || end > tar.length) throw new ArchiveError('it is cut off')
    const content = tar.subarray(at + BLOCK, end)
    const type = String.fromCharCode(header[156] ?? 0)
    const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : ''
    const name: string = longName ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`)
    longName = null
    if (type === 'x') longName = paxPath(content)
    else if (type === 'L') longName = content.toString('utf8').replace(/\0+$/, '')
    else if (type === '0' || type === '\0') files.set(name.replace(/^(?:\.?\/)+/, ''), content)
    else if (type !== '5' && type !== 'g') throw new ArchiveError(`${JSON.stringify(name)} is no plain file`)
    at = end + ((BLOCK - (size % BLOCK)) % BLOCK)
  }
  return files
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString('utf8')
}

/** `path` of a PAX extended header: records of the form `<length> <key>=<value>\n`. */
function paxPath(content: Buffer): string | null {
  let at = 0
  while (at < content.length) {
    const length = Number.parseInt(content.subarray(at, at + 20).toString('latin1'), 10)
    if (!(length > 0)) return null
    const record = content.subarray(at, at + length).toString('utf8')
    const found = /^\d+ path=([^]*)\n$/.exec(record)
    if (found?.[1] !== undefined) return found[1]
    at += length
  }
  return null
}
