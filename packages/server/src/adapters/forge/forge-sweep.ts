import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { SCRATCH_FOLDER } from './repository-folder.ts'

/** Longer than any piece of work may take: a fetch ends after 30 minutes. */
const LEFT_BEHIND_MS = 2 * 3_600_000

/** Repositories half made, or half removed. */
const AT_THE_TOP = /^\.(import|removed)-[0-9a-f]+$/
/** Where git itself keeps what is being pushed until the push is taken. */
const IN_OBJECTS = /^tmp_objdir-/

/**
 * Removes what killed processes left in a forge's folder: quarantines of patches and pushes, imports and removals half done. Nothing younger than
 * two hours, which may be somebody's work. `at`: milliseconds since the epoch. Returns the folders removed; throws an AggregateError where some
 * could not be, after the others were.
 */
export async function sweepForge(folder: string, at: number): Promise<string[]> {
  const removed: string[] = []
  const failures: unknown[] = []
  const sweep = async (parent: string, mine: (name: string) => boolean) => {
    for (const name of (await namesIn(parent)).filter(mine)) {
      const left = path.join(parent, name)
      try {
        const facts = await stat(left).catch(() => null)
        if (facts === null || at - facts.mtimeMs <= LEFT_BEHIND_MS) continue
        await rm(left, { recursive: true, force: true })
        removed.push(left)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await sweep(folder, (name) => AT_THE_TOP.test(name))
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.git')) continue
    await sweep(path.join(folder, name, SCRATCH_FOLDER), () => true)
    await sweep(path.join(folder, name, 'objects'), (entry) => IN_OBJECTS.test(entry))
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} left-over folders could not be removed`)
  return removed
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}
