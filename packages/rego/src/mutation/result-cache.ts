import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { makeFolder } from '../folder-make.ts'

/** What became of one mutant. */
export interface Outcome {
  readonly end: 'killed' | 'timeout' | 'survived' | 'invalid'
  /** The test that noticed, or what OPA said. */
  readonly by: string | null
}

const ENDS = new Set(['killed', 'timeout', 'survived', 'invalid'])
/** Files of earlier states that are kept. */
const KEPT = 20

/**
 * Outcomes by mutant for one state of sources, tests and data, a line of JSON each: a run that was stopped goes on where it was.
 * Without a folder nothing is kept. A cache that cannot be read or written is none.
 */
export class ResultCache {
  private readonly path: string | null
  private readonly known = new Map<string, Outcome>()

  constructor(folder: string | null, state: string) {
    this.path = folder === null ? null : join(folder, `${state}.jsonl`)
    if (folder === null || this.path === null) return
    try {
      makeFolder(folder)
      dropOld(folder)
      for (const line of readFileSync(this.path, 'utf8').split('\n')) this.read(line)
    } catch {
      // The first run of this state.
    }
  }

  get(mutant: string): Outcome | undefined {
    return this.known.get(mutant)
  }

  set(mutant: string, { end, by }: Outcome): void {
    if (this.path === null || this.known.has(mutant)) return
    this.known.set(mutant, { end, by })
    try {
      appendFileSync(this.path, `${JSON.stringify({ mutant, end, by })}\n`)
    } catch {
      // Only slower the next time.
    }
  }

  private read(line: string): void {
    try {
      const { mutant, end, by } = JSON.parse(line) as { mutant: unknown; end: string; by: unknown }
      if (typeof mutant !== 'string' || !ENDS.has(end)) return
      this.known.set(mutant, { end: end as Outcome['end'], by: typeof by === 'string' ? by : null })
    } catch {
      // A line that was cut off when the run was stopped.
    }
  }
}

/** SHA-256 of parts, each with its length, so that no two lists of parts have one hash. */
export function stateHash(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    hash.update(`${Buffer.byteLength(part)}:`)
    hash.update(part)
  }
  return hash.digest('hex')
}

function dropOld(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.jsonl$/.test(name))
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at)
  for (const { name } of files.slice(KEPT)) rmSync(join(folder, name), { force: true })
}
