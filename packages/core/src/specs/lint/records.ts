// Records that wait until everything was read: as bytes, which a caller may put on a disk, and a few numbers each.

/** Where full blocks go. Blocks are counted from 0 in the order they were given, and are asked for again by that number. */
export interface Shelf {
  /** The bytes are written over after the call. */
  readonly keep: (block: Uint8Array) => void
  /** Good until the next call. */
  readonly block: (no: number) => Uint8Array
}

/** Keeps blocks in memory. */
export function memoryShelf(): Shelf {
  const blocks: Uint8Array[] = []
  return {
    keep: (block) => void blocks.push(block.slice()),
    block: (no) => blocks[no] ?? new Uint8Array(),
  }
}

const BLOCK_BYTES = 64 * 1024
/** An address is the block's number times this, and the place in the block. */
const REACH = 2 ** 32
const LENGTH_BYTES = 4

/** Values as JSON, appended to blocks, each in one block. An address stays good for ever. */
export class Records {
  readonly #shelf: Shelf
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder()
  #block = new Uint8Array()
  #used = 0
  #kept = 0

  constructor(shelf: Shelf = memoryShelf()) {
    this.#shelf = shelf
  }

  /** For plain values only. */
  put(value: unknown): number {
    const text = JSON.stringify(value)
    // A UTF-16 unit takes three bytes at most.
    const most = LENGTH_BYTES + text.length * 3
    if (this.#used > 0 && this.#used + most > this.#block.length) this.#flush()
    if (most > this.#block.length) this.#block = new Uint8Array(Math.max(most, BLOCK_BYTES))
    const at = this.#used
    const { written } = this.#encoder.encodeInto(text, this.#block.subarray(at + LENGTH_BYTES))
    new DataView(this.#block.buffer).setUint32(at, written)
    this.#used = at + LENGTH_BYTES + written
    return this.#kept * REACH + at
  }

  get(address: number): unknown {
    const no = Math.floor(address / REACH)
    const at = address - no * REACH
    const block = no === this.#kept ? this.#block : this.#shelf.block(no)
    const length = new DataView(block.buffer, block.byteOffset).getUint32(at)
    return JSON.parse(this.#decoder.decode(block.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length)))
  }

  #flush(): void {
    this.#shelf.keep(this.#block.subarray(0, this.#used))
    this.#kept += 1
    // One of a very long record is not held on to.
    if (this.#block.length > BLOCK_BYTES) this.#block = new Uint8Array()
    this.#used = 0
  }
}

/** Numbers that grow in number: 8 bytes each, exact up to 2^53. */
export class Column {
  #numbers = new Float64Array(64)
  length = 0

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const grown = new Float64Array(this.length * 2)
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers[this.length] = value
    this.length += 1
  }

  at(index: number): number {
    return this.#numbers[index] ?? 0
  }
}

/** Values of one kind, each under a key. Of the key a number of 53 bits is kept: what comes out as one group is asked for its key again. */
export class Pile<T> {
  readonly #records: Records
  readonly #addresses = new Column()
  readonly #keys = new Column()

  constructor(records: Records) {
    this.#records = records
  }

  get length(): number {
    return this.#addresses.length
  }

  add(value: T, key = ''): void {
    this.#addresses.push(this.#records.put(value))
    this.#keys.push(keyNumber(key))
  }

  /** In the order they were added. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.length; i += 1) yield this.#at(i)
  }

  /** Values with one key, in the order of the first of each; only where there are at least `least` of them. */
  *groups(least: number, keyOf: (value: T) => string): Generator<T[]> {
    const order = this.#order((a, b) => this.#keys.at(a) - this.#keys.at(b) || a - b)
    const starts: number[] = []
    for (let i = 0; i < order.length;) {
      const end = this.#runEnd(order, i)
      if (end - i >= least) starts.push(i)
      i = end
    }
    starts.sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0))
    for (const start of starts) {
      const values = Array.from(order.subarray(start, this.#runEnd(order, start)), (i) => this.#at(i))
      for (const same of Map.groupBy(values, keyOf).values()) if (same.length >= least) yield same
    }
  }

  /** By path, what is of one path in the order it was added. */
  *byPath(pathOf: (value: T) => string): Generator<T> {
    const numbers = new Map<string, number>()
    const ofValue = new Uint32Array(this.length)
    let at = 0
    for (const value of this) {
      const path = pathOf(value)
      const no = numbers.get(path) ?? numbers.size
      numbers.set(path, no)
      ofValue[at] = no
      at += 1
    }
    const ranks = ranksOf(numbers)
    const rank = (i: number) => ranks[ofValue[i] ?? 0] ?? 0
    for (const i of this.#order((a, b) => rank(a) - rank(b) || a - b)) yield this.#at(i)
  }

  #at(index: number): T {
    return this.#records.get(this.#addresses.at(index)) as T
  }

  #order(compare: (a: number, b: number) => number): Uint32Array {
    return Uint32Array.from({ length: this.length }, (_, i) => i).sort(compare)
  }

  #runEnd(order: Uint32Array, start: number): number {
    const key = this.#keys.at(order[start] ?? 0)
    let end = start + 1
    while (end < order.length && this.#keys.at(order[end] ?? 0) === key) end += 1
    return end
  }
}

/** The place of each path among all of them, by its number. */
export function ranksOf(numbers: ReadonlyMap<string, number>): Uint32Array {
  const ranks = new Uint32Array(numbers.size)
  for (const [rank, [, no]] of [...numbers].sort(([a], [b]) => (a < b ? -1 : 1)).entries()) ranks[no] = rank
  return ranks
}

/** Whether a text is among many: 53 bits of each are kept, and of a hundred thousand texts one in 10^11 others is taken for one of them. */
export class KeySet {
  /** 0 is an empty place. */
  #places = new Float64Array(64)
  #size = 0

  add(text: string): void {
    if ((this.#size + 1) * 2 > this.#places.length) {
      const before = this.#places
      this.#places = new Float64Array(before.length * 2)
      for (const key of before) if (key !== 0) this.#places[this.#find(key)] = key
    }
    const key = keyNumber(text) || 1
    const at = this.#find(key)
    if (this.#places[at] === 0) this.#size += 1
    this.#places[at] = key
  }

  has(text: string): boolean {
    return this.#places[this.#find(keyNumber(text) || 1)] !== 0
  }

  /** Where a key is, or would be. */
  #find(key: number): number {
    const mask = this.#places.length - 1
    let at = Math.floor(key / 2 ** 21) & mask
    while (this.#places[at] !== 0 && this.#places[at] !== key) at = (at + 1) & mask
    return at
  }
}

/** 53 bits of a text (two FNV-1a of 32 bits with different starts): not for secrets. */
export function keyNumber(text: string): number {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit ^ (a >>> 16), 0x85ebca6b)
  }
  return (a >>> 0) * 2 ** 21 + ((b >>> 0) & 0x1fffff)
}
