import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Shelf } from '@gatehouse/core/specs/lint/records'

/** So many blocks stay in memory: most projects never touch the disk. */
const MEMORY_BLOCKS = 16
/** Blocks of the file that were read last, and are likely to be asked for again. */
const READ_BLOCKS = 8

export interface SpillShelf extends Shelf {
  /** Gives the file's room back. */
  readonly close: () => void
}

interface Spill {
  readonly file: number
  end: number
}

/**
 * Keeps the first blocks in memory and the others in a file of the folder for temporary files, which has no name that anybody could open, and is gone with `close` or the process.
 * Where it cannot be written, memory takes them. `memoryBlocks` and `folder` are for tests.
 */
export function spillShelf(memoryBlocks = MEMORY_BLOCKS, folder = tmpdir()): SpillShelf {
  // Each block, or where it is in the file.
  const blocks: (Uint8Array | { readonly at: number; readonly length: number })[] = []
  const recent = new Map<number, Uint8Array>()
  let spill: Spill | null = null
  let isTried = false
  const written = (block: Uint8Array): number | null => {
    if (!isTried) spill = openSpill(folder)
    isTried = true
    if (!spill) return null
    const at = spill.end
    try {
      for (let done = 0; done < block.length;)
        done += writeSync(spill.file, block, done, block.length - done, at + done)
    } catch {
      // A full disk, say.
      return null
    }
    spill.end = at + block.length
    return at
  }
  return {
    keep: (block) => {
      const at = blocks.length < memoryBlocks ? null : written(block)
      blocks.push(at === null ? block.slice() : { at, length: block.length })
    },
    block: (no) => {
      const held = blocks[no]
      if (held === undefined) return new Uint8Array()
      if (held instanceof Uint8Array) return held
      const known = recent.get(no)
      let room = known
      if (!known && recent.size >= READ_BLOCKS) {
        const [oldest = no] = recent.keys()
        room = recent.get(oldest)
        recent.delete(oldest)
      }
      if (!room || room.length < held.length) room = new Uint8Array(held.length)
      if (!known) readBack(spill, room, held.at, held.length)
      // What was asked for last is the last to go.
      recent.delete(no)
      recent.set(no, room)
      return room
    },
    close: () => {
      if (!spill) return
      closeSync(spill.file)
      spill = null
    },
  }
}

function openSpill(parent: string): Spill | null {
  try {
    const folder = mkdtempSync(join(parent, 'gatehouse-lint-'))
    try {
      return { file: openSync(join(folder, 'records'), 'wx+', 0o600), end: 0 }
    } finally {
      // Open, it needs no name: nothing is left of it, whatever ends this process.
      rmSync(folder, { recursive: true, force: true })
    }
  } catch {
    return null
  }
}

/** What was written and cannot be read back would be findings lost: it throws. */
function readBack(spill: Spill | null, block: Uint8Array, at: number, length: number): void {
  for (let done = 0; done < length;) {
    const read = spill === null ? 0 : readSync(spill.file, block, done, length - done, at + done)
    if (read === 0) throw new Error('the file for temporary records was cut short or closed')
    done += read
  }
}
