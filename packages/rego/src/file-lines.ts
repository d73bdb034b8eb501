import { readSync } from 'node:fs'

const NEWLINE = 10
const CHUNK = 1024 * 1024

/**
 * The lines of a file that begin at or after the byte `from` and before the byte `to`, without their ends: ranges that
 * touch give each line once. Null is a line of more than `most` bytes, which is passed over. The bytes of a line hold
 * until the next one is asked for. Throws what reading throws.
 */
export function* linesBetween(
  descriptor: number,
  from: number,
  to: number,
  most: number,
): Generator<Buffer | null, void> {
  const reader = new Reader(descriptor, most)
  // From the byte before: what comes up to the first end of a line began in the range before this one.
  let at = from
  if (from > 0) {
    at = reader.passLine(from - 1, to)
    if (at < 0) return
  }
  while (at < to) {
    const { line, next } = reader.line(at)
    if (next === at) return
    yield line
    at = next
  }
}

class Reader {
  private readonly descriptor: number
  private readonly most: number
  private bytes = Buffer.allocUnsafe(CHUNK)
  /** Where in the file the bytes are from, and how many of them. */
  private start = 0
  private held = 0

  constructor(descriptor: number, most: number) {
    this.descriptor = descriptor
    this.most = most
  }

  /** The line at a position, and where the next one begins: at the same place where the file has ended. */
  line(at: number): { readonly line: Buffer | null; readonly next: number } {
    for (;;) {
      const offset = at - this.start
      const isHeld = offset >= 0 && offset < this.held
      const end = isHeld ? this.bytes.subarray(0, this.held).indexOf(NEWLINE, offset) : -1
      if (end >= 0 && end - offset <= this.most)
        return { line: this.bytes.subarray(offset, end), next: this.start + end + 1 }
      if (end >= 0) return { line: null, next: this.start + end + 1 }
      const known = isHeld ? this.held - offset : 0
      if (known > this.most) {
        const next = this.passLine(at + known, Infinity)
        return { line: null, next: next < 0 ? this.start + this.held : next }
      }
      if (known === this.bytes.length) this.grow()
      if (this.fill(at) === known) {
        const last = this.bytes.subarray(0, this.held)
        return { line: last, next: at + this.held }
      }
    }
  }

  /** The position after the first end of a line at or after `at`; -1 where there is none before `to`. */
  passLine(at: number, to: number): number {
    for (let position = at; position < to; position += this.held) {
      if (this.fill(position) === 0) return -1
      const end = this.bytes.subarray(0, this.held).indexOf(NEWLINE)
      if (end >= 0) return position + end + 1
    }
    return -1
  }

  private grow(): void {
    this.bytes = Buffer.allocUnsafe(this.bytes.length * 2)
    this.held = 0
  }

  /** Reads as much as there is room for, from a position on. */
  private fill(at: number): number {
    this.start = at
    this.held = 0
    while (this.held < this.bytes.length) {
      const read = readSync(this.descriptor, this.bytes, this.held, this.bytes.length - this.held, at + this.held)
      if (read === 0) break
      this.held += read
    }
    return this.held
  }
}
