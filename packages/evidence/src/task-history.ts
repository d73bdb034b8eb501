import { boxState } from '@gatehouse/core/specs/draft'
import type { BoxState, SpecDocument, Task } from '@gatehouse/core/specs/model'
import { readSpec } from '@gatehouse/core/specs/read'
import { eachBlob } from './git-blobs.ts'
import type { History } from './git-history.ts'

/** What the history tells of one task. Numbers are orders of commits (see Commit.order); null: no commit shows it. */
export interface TaskPast {
  /** The commit that wrote it first; null where it was never committed. */
  readonly written: number | null
  /** The last commit that ticked it; null where none did: not committed yet, or done while a merge was made. */
  readonly ticked: number | null
  /** The tick came with the task itself. */
  readonly tickedAtCreation: boolean
  /** The last commit that took a tick away. */
  readonly unticked: number | null
  /** The last commit that changed its words after it had been written under the same id. */
  readonly reworded: number | null
}

/** One task of one version of a file. */
interface Seen {
  readonly key: string
  readonly words: string
  readonly state: BoxState
}

/** A version as it is kept: enough to take over the next one where only boxes differ. */
interface Version {
  readonly lines: readonly string[]
  readonly seen: readonly Seen[]
  /** Index in `seen` and the column (from 0) and length of the mark, by line (from 0). */
  readonly boxes: ReadonlyMap<number, { readonly at: number; readonly column: number; readonly length: number }>
}

/** Words as they are compared: case, blanks and decoration do not count. */
export function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[*_`~]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/**
 * What names each task in its file, in the order of `tasks`: its id, else its words. What is there twice gets a running number, so that no two
 * tasks share a history.
 */
export function taskKeys(tasks: readonly Task[]): string[] {
  const counted = new Map<string, number>()
  return tasks.map((task) => {
    const key = task.id ? `#${task.id.id}` : plainWords(task.text)
    const count = (counted.get(key) ?? 0) + 1
    counted.set(key, count)
    return count === 1 ? key : `${key}\n${count}`
  })
}

function versionOf(document: SpecDocument, text: string): Version {
  const keys = taskKeys(document.tasks)
  const boxes = new Map<number, { at: number; column: number; length: number }>()
  const seen = document.tasks.map((task, at): Seen => {
    if (task.box) {
      const { line, column, endColumn } = task.box.place
      boxes.set(line - 1, { at, column: column - 1, length: endColumn - column })
    }
    return { key: keys[at] ?? '', words: plainWords(task.text), state: task.state }
  })
  return { lines: text.split('\n'), seen, boxes }
}

/** The version that differs from `before` only in the marks of tasks' boxes; null where more differs. Spares reading the file again. */
function tickedFrom(before: Version, text: string): Version | null {
  const lines = text.split('\n')
  if (lines.length !== before.lines.length) return null
  const seen = [...before.seen]
  for (const [i, line] of lines.entries()) {
    const old = before.lines[i] ?? ''
    if (line === old) continue
    const box = before.boxes.get(i)
    const task = box && seen[box.at]
    if (!box || !task || box.length !== 1 || line.length !== old.length) return null
    const mark = line.slice(box.column, box.column + 1)
    if (!/^[ xX~/-]$/.test(mark)) return null
    if (line.slice(0, box.column) !== old.slice(0, box.column)) return null
    if (line.slice(box.column + 1) !== old.slice(box.column + 1)) return null
    seen[box.at] = { ...task, state: boxState(mark) }
  }
  return { lines, seen, boxes: before.boxes }
}

/** A change of the file that holds the tasks: its blobs before and after; '' where there is none. */
interface Step {
  readonly order: number
  readonly before: string
  readonly after: string
}

const NONE = /^0+$/
/** As many of a file's task lines must be found again for a moved file to count as the same. */
const SAME_SHARE = 0.6

/** Which file a file was before the commit that added it, by the same blob or, in `byTasks`, the candidates of the same name. */
function movedFrom(
  history: History,
  order: number,
  path: string,
  blob: string,
): { exact: string | null; named: string[] } {
  const gone = (history.commits[order]?.changes ?? []).filter((change) => change.kind === 'D' && change.path !== path)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const exact = gone.filter((change) => change.before === blob)
  const best = exact.find((change) => change.path.endsWith(`/${name}`)) ?? exact[0]
  const named = gone.filter((change) => change.path.slice(change.path.lastIndexOf('/') + 1) === name)
  return { exact: best?.path ?? null, named: named.slice(0, 20).map((change) => change.path) }
}

/** Every change of a path, oldest first, without following it further back. */
function stepsOf(history: History, path: string): Step[] {
  const id = (blob: string) => (NONE.test(blob) ? '' : blob)
  return (history.byPath.get(path) ?? []).flatMap((order) =>
    (history.commits[order]?.changes ?? [])
      .filter((change) => change.path === path)
      .map((change) => ({ order, before: id(change.before), after: id(change.after) })),
  )
}

export interface TaskFile {
  /** From the repository's top. */
  readonly path: string
  readonly document: SpecDocument
}

/**
 * The past of each task of each file, in the order of the document's tasks. A file that was moved is followed: where one commit takes the same
 * bytes away elsewhere, or a file of the same name with most of the same task lines. Every version is read once, by its blob.
 * Merges carry no changes of their own: what was only done while merging shows in no commit. Throws EvidenceGitError.
 */
export async function readTaskPasts(
  root: string,
  history: History,
  files: readonly TaskFile[],
): Promise<Map<string, readonly TaskPast[]>> {
  // Of a version its tasks are kept; its lines only until the next one was compared with them.
  const versions = new Map<string, readonly Seen[]>()
  const read = async (paths: readonly { readonly path: string; readonly steps: readonly Step[] }[]) => {
    // File by file, so that a version mostly comes after the one it was made from.
    const wanted = paths.flatMap(({ path, steps }) =>
      steps.flatMap((s) => [s.before, s.after].filter((id) => id !== '').map((id) => [id, path] as const)),
    )
    const as = new Map(wanted.map(([id, path]) => [id, path]))
    let last: Version | null = null
    await eachBlob(
      root,
      [...as.keys()].filter((id) => !versions.has(id)),
      (id, text) => {
        const version: Version = (last && tickedFrom(last, text)) ?? versionOf(readSpec(as.get(id) ?? '', text), text)
        versions.set(id, version.seen)
        last = version
      },
    )
  }
  const trails = files.map(({ path, document }) => ({ path, document, steps: stepsOf(history, path), from: path }))
  let open = trails
  for (let round = 0; open.length > 0 && round < 20; round += 1) {
    await read(open.map(({ from, steps }) => ({ path: from, steps })))
    const next: typeof trails = []
    for (const trail of open) {
      const first = trail.steps.find((step) => step.before === '' && step.after !== '')
      if (!first) continue
      const moved = movedFrom(history, first.order, trail.from, first.after)
      const candidates = moved.exact === null ? moved.named : [moved.exact]
      const earlier = candidates.map((path) => ({
        path,
        steps: stepsOf(history, path).filter((s) => s.order <= first.order),
      }))
      await read(earlier.map(({ path, steps }) => ({ path, steps: steps.slice(-1) })))
      const from = earlier.find(
        ({ steps }) =>
          moved.exact !== null ||
          share(versions.get(steps.at(-1)?.before ?? ''), versions.get(first.after)) >= SAME_SHARE,
      )
      if (!from) continue
      // The move is one step: from the old file's last version to the new one's first.
      const was = from.steps.at(-1)?.before ?? ''
      trail.steps = [
        ...from.steps.slice(0, -1),
        { ...first, before: was },
        ...trail.steps.filter((step) => step.order > first.order),
      ]
      trail.from = from.path
      next.push(trail)
    }
    open = next
  }
  return new Map(trails.map(({ path, document, steps }) => [path, pastsOf(document, steps, versions)]))
}

/** How much of the tasks of the one is found in the other, 0 to 1. */
function share(a: readonly Seen[] | undefined, b: readonly Seen[] | undefined): number {
  if (!a || !b || a.length === 0 || b.length === 0) return 0
  const words = new Set(b.map((task) => task.words))
  return a.filter((task) => words.has(task.words)).length / Math.max(a.length, b.length)
}

interface Found {
  written: number | null
  ticked: number | null
  tickedAtCreation: boolean
  unticked: number | null
  reworded: number | null
}

function pastsOf(
  document: SpecDocument,
  steps: readonly Step[],
  versions: ReadonlyMap<string, readonly Seen[]>,
): TaskPast[] {
  const pasts = new Map<string, Found>()
  for (const { order, before, after } of steps) {
    const now = versions.get(after)
    if (!now) continue
    const old = new Map(versions.get(before)?.map((task) => [task.key, task]))
    // What was before is not here (a partial clone): nobody can tell what this commit did to the task.
    const blind = before !== '' && !versions.has(before)
    for (const task of now) {
      const was = old.get(task.key)
      const past = pasts.get(task.key) ?? blank()
      pasts.set(task.key, past)
      past.written ??= order
      if (blind) continue
      const done = task.state === 'done'
      if (done && was?.state !== 'done') {
        past.ticked = order
        past.tickedAtCreation = !was && past.written === order
      }
      if (!done && was?.state === 'done') past.unticked = order
      if (was && was.words !== task.words) past.reworded = order
    }
  }
  return taskKeys(document.tasks).map((key) => pasts.get(key) ?? blank())
}

function blank(): Found {
  return { written: null, ticked: null, tickedAtCreation: false, unticked: null, reworded: null }
}
