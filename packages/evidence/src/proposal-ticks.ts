import { posix } from 'node:path'
import { isWork, type TaskClaims } from '@gatehouse/core/specs/claims'
import { readProject } from '@gatehouse/core/specs/project'
import type { SpecFile } from '@gatehouse/core/specs/project-model'
import { namedClaims } from './named-folders.ts'
import { plainWords } from './task-history.ts'

/** A task's box as one version of a file has it. */
interface Box {
  readonly path: string
  readonly line: number
  readonly id: string | null
  readonly text: string
  readonly key: string
  readonly words: string
  readonly done: boolean
  readonly names: ReadonlySet<string>
}

/** A task that a change ticks. */
export interface Tick {
  readonly path: string
  readonly line: number
  /** Files and symbols that the task named before the change and does not name any more: what is asked may not shrink with the tick. */
  readonly dropped: readonly string[]
}

/** An open task that a change takes away. */
export interface RemovedTask {
  readonly path: string
  readonly line: number
  readonly id: string | null
  readonly text: string
}

export interface ProposalTicks {
  readonly ticked: readonly Tick[]
  readonly removed: readonly RemovedTask[]
}

/**
 * Which tasks a change ticks, and which open ones it takes away, by the changed files before and after it. A task is the same one by its id, else
 * by its words: in its own file first, then in one of the same name that the change moved, then in any. Pure.
 */
export function proposalTicks(before: readonly SpecFile[], after: readonly SpecFile[]): ProposalTicks {
  const old = boxesOf(before)
  const now = boxesOf(after)
  const left = new Set(old)
  const found = new Map<Box, Box>()
  const take = (fits: (was: Box, is: Box) => boolean): void => {
    const byKey = Map.groupBy(left, (box) => box.key)
    for (const box of now) {
      if (found.has(box)) continue
      const was = byKey.get(box.key)?.find((b) => left.has(b) && fits(b, box))
      if (!was) continue
      found.set(box, was)
      left.delete(was)
    }
  }
  take((was, is) => was.path === is.path)
  take((was, is) => posix.basename(was.path) === posix.basename(is.path) && was.words === is.words)
  take((was, is) => was.words === is.words)
  const kept = new Set(after.map(({ path }) => path))
  take((was, is) => !kept.has(was.path) && posix.basename(was.path) === posix.basename(is.path))
  return {
    ticked: now.flatMap((box) => {
      const was = found.get(box)
      if (!box.done || was?.done === true) return []
      const dropped = was ? [...was.names].filter((name) => !box.names.has(name)) : []
      return [{ path: box.path, line: box.line, dropped }]
    }),
    removed: [...left].filter((box) => !box.done).map(({ path, line, id, text }) => ({ path, line, id, text })),
  }
}

function boxesOf(files: readonly SpecFile[]): Box[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  return readProject(files).documents.flatMap((document) => {
    if (document.template || !document.tasks.some(isWork)) return []
    // Whatever reads as a path is one: the words are compared, and nothing is looked for.
    const claims = namedClaims(document, texts.get(document.path) ?? '', () => true)
    return document.tasks.flatMap((task, i): Box[] => {
      if (!isWork(task)) return []
      const words = plainWords(task.text)
      return [
        {
          path: document.path,
          line: (task.box?.place ?? task.place).line,
          id: task.id?.written ?? null,
          text: task.text,
          key: task.id ? `#${task.id.id}` : words,
          words,
          done: task.state === 'done',
          names: namesOf(claims[i]),
        },
      ]
    })
  })
}

function namesOf(claims: TaskClaims | undefined): Set<string> {
  return new Set([...(claims?.files ?? []).map(({ path }) => path), ...(claims?.symbols ?? []).map(({ name }) => name)])
}
