import { gzipSync } from 'node:zlib'

const BLOCK = 512

/**
 * A gzipped tar (POSIX ustar) of files, the same bytes for the same files on one release of Node: sorted by path, mode 0644, owner 0,
 * time 0, nothing of the machine in the gzip header. Paths are at most 100 bytes, or split at a `/` into 155 + 100;
 * throws RangeError for longer ones.
 */
export function writeTarGz(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const blocks: Buffer[] = []
  // By bytes, not by locale: the order must not depend on the machine.
  const paths = [...files.keys()].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (const path of paths) {
    const content = files.get(path) ?? new Uint8Array()
    blocks.push(
      header(path, content.length),
      Buffer.from(content),
      Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
    )
  }
  blocks.push(Buffer.alloc(2 * BLOCK))
  const bytes = gzipSync(Buffer.concat(blocks), { level: 9 })
  // RFC 1952: 255 is "unknown"; zlib writes the system it was built for.
  bytes[9] = 255
  return bytes
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const { prefix, name } = split(path)
  block.write(name, 0, 'utf8')
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\u000000', 257)
  block.write(prefix, 345, 'utf8')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function split(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { prefix, name }
  }
  throw new RangeError(`the path ${path} is too long for a tar`)
}
