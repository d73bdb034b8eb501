import { createHash } from 'node:crypto'

export interface BoundedText {
  /** First and last part, as UTF-8 (malformed bytes as U+FFFD), with a line between that says how much is not there. */
  readonly text: string
  /** Bytes written in all. */
  readonly bytes: number
  readonly dropped: number
  /** Of all bytes, also the dropped ones. */
  readonly sha256: string
}

/** Keeps the first and the last `limit / 2` bytes of a stream, and the length and SHA-256 of all of it. */
export class BoundedOutput {
  readonly #hash = createHash('sha256')
  readonly #half: number
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0
  #bytes = 0

  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  push(chunk: Buffer): void {
    this.#hash.update(chunk)
    this.#bytes += chunk.length
    const room = this.#half - this.#headBytes
    const first = chunk.subarray(0, Math.max(0, room))
    if (first.length > 0) {
      this.#head.push(first)
      this.#headBytes += first.length
    }
    const rest = chunk.subarray(first.length)
    if (rest.length === 0) return
    this.#tail.push(rest)
    this.#tailBytes += rest.length
    // Joined only now and then: dropping chunk by chunk would keep many small ones alive.
    if (this.#tailBytes > this.#half * 2 + 65_536) this.#shorten()
  }

  #shorten(): void {
    const last = Buffer.concat(this.#tail).subarray(-this.#half)
    this.#tail = [Buffer.from(last)]
    this.#tailBytes = last.length
  }

  end(): BoundedText {
    if (this.#tailBytes > this.#half) this.#shorten()
    const dropped = this.#bytes - this.#headBytes - this.#tailBytes
    const parts = [...this.#head]
    if (dropped > 0) parts.push(Buffer.from(`\n[... ${dropped} bytes dropped ...]\n`))
    parts.push(...this.#tail)
    const text = Buffer.concat(parts).toString('utf8')
    return { text, bytes: this.#bytes, dropped, sha256: this.#hash.digest('hex') }
  }
}
