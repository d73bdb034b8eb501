import { createGunzip } from 'node:zlib'
import { Problem } from '@gatehouse/core/kernel/problems'
import { overLimits, type BundleLimits } from './bundle-limits.ts'

const BLOCK = 512
const MAX_PATH_BYTES = 1024

/**
 * The files of a gzipped tar by path, held in memory and never written anywhere. Unpacking stops at the first byte over
 * `maxUnpackedBytes`, so that a small archive cannot fill the memory (`bundle-over-limits`). Refused as `bundle-malformed`: what is no
 * gzipped ustar, links, devices and every other kind of entry, an absolute path or one with `..`, a path named twice.
 */
export async function readTarGz(bytes: Uint8Array, limits: BundleLimits): Promise<Map<string, Buffer>> {
  return readTar(await unpack(bytes, limits), limits)
}

async function unpack(bytes: Uint8Array, limits: BundleLimits): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const gunzip = createGunzip()
  gunzip.end(bytes)
  try {
    for await (const chunk of gunzip) {
      size += (chunk as Buffer).length
      if (size > limits.maxUnpackedBytes) {
        throw overLimits(
          `The bundle unpacks to more than ${limits.maxUnpackedBytes} bytes (the limit of unpacked content).`,
        )
      }
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw malformed(`it cannot be unpacked (${error instanceof Error ? error.message : 'unknown error'})`)
  } finally {
    gunzip.destroy()
  }
  return Buffer.concat(chunks)
}

function malformed(why: string): Problem {
  return new Problem('bundle-malformed', `The bundle is no archive that can be read: ${why}. Build it again.`)
}

function readTar(tar: Buffer, limits: BundleLimits): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  const seen = new Set<string>()
  let at = 0
  let longPath: string | null = null
  let entries = 0
  while (at + BLOCK <= tar.length) {
    const header = tar.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return files
    if (!checksumHolds(header)) throw malformed('an entry’s checksum is wrong')
    if (++entries > limits.maxFiles) {
      throw overLimits(`The bundle has more than ${limits.maxFiles} entries.`)
    }
    const size = octal(header, 124, 12)
    const end = at + BLOCK + size
    if (end > tar.length) throw malformed('it is cut off')
    const content = tar.subarray(at + BLOCK, end)
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'x') {
      longPath = paxPath(content)
    } else {
      const path = safePath(longPath ?? ustarPath(header))
      longPath = null
      if (type !== '5') {
        if (type !== '0' && type !== '\0') {
          throw malformed(`${JSON.stringify(path)} is no plain file (tar entry type ${JSON.stringify(type)})`)
        }
        if (seen.has(path)) throw malformed(`${JSON.stringify(path)} is in it twice`)
        files.set(path, content)
      }
      seen.add(path)
    }
    at = end + ((BLOCK - (size % BLOCK)) % BLOCK)
  }
  throw malformed('it is cut off')
}

function checksumHolds(header: Buffer): boolean {
  const told = octal(header, 148, 8)
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte
  return sum === told
}

function octal(header: Buffer, start: number, length: number): number {
  const digits = header
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trim()
  if (!/^[0-7]{1,11}$/.test(digits)) throw malformed('a number of an entry’s header is not octal')
  return Number.parseInt(digits, 8)
}

function field(header: Buffer, start: number, length: number): string {
  const bytes = header.subarray(start, start + length)
  const end = bytes.indexOf(0)
  return utf8(bytes.subarray(0, end < 0 ? length : end))
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed('a path is not UTF-8')
  }
}

function ustarPath(header: Buffer): string {
  const name = field(header, 0, 100)
  const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** `path` of a PAX extended header (POSIX.1-2001): records of the form `<length> <key>=<value>\n`. Sizes there are refused. */
function paxPath(content: Buffer): string | null {
  let at = 0
  let path: string | null = null
  while (at < content.length) {
    const digits = /^\d{1,9} /.exec(content.toString('latin1', at, at + 10))?.[0]
    const length = Number(digits)
    if (digits === undefined || length <= digits.length || at + length > content.length)
      throw malformed('an extended header is broken')
    const record = utf8(content.subarray(at + digits.length, at + length))
    const equals = record.indexOf('=')
    const key = record.slice(0, equals)
    if (equals < 1 || !record.endsWith('\n')) throw malformed('an extended header is broken')
    if (key === 'path') path = record.slice(equals + 1, -1)
    if (key === 'size' || key === 'linkpath') throw malformed(`an extended header sets ${key}`)
    at += length
  }
  return path
}

/** OPA writes paths with a leading `/`, tar with `./`: both mean the archive's root. Anything else that is not plain is refused. */
function safePath(path: string): string {
  const plain = path.replace(/^(?:\.\/|\/)/, '').replace(/\/$/, '')
  const parts = plain.split('/')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const odd = /[\u0000-\u001f\u007f\\]/.test(plain) || Buffer.byteLength(plain) > MAX_PATH_BYTES
  if (plain !== '' && plain !== '.' && (odd || parts.some((part) => part === '' || part === '.' || part === '..'))) {
    throw malformed(`the path ${JSON.stringify(path.slice(0, 200))} is not safe`)
  }
  return plain
}
