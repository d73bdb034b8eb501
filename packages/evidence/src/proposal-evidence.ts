import { chownSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskJudgement } from '@gatehouse/core/specs/evidence'
import type { SpecFile } from '@gatehouse/core/specs/project-model'
import { materialize } from '@gatehouse/sandbox/base-layer'
import type { TestResult } from '@gatehouse/sandbox/test-report'
import { git } from '@gatehouse/sandbox/trusted-git'
import { readBlobs } from './git-blobs.ts'
import { readTree, type TreeFile } from './git-tree.ts'
import { projectEvidence } from './project-evidence.ts'
import { isSpecPath, MAX_SIZE } from './project-files.ts'
import { proposalTicks, type RemovedTask, type Tick } from './proposal-ticks.ts'
import { resultsOf } from './test-results.ts'

/** A change that is not merged: a tree on a commit of a bare repository. */
export interface ProposedChange {
  /** Git's own folder of the repository. It is only read. */
  readonly gitDir: string
  readonly baseCommit: string
  readonly resultTree: string
  /** RFC 3339, of the commit that stands for the change. */
  readonly at: string
  /** An empty folder of the caller's, who removes it. */
  readonly scratch: string
  /** What its own tests reported in a run of ours on the result tree; null where the run made no report. */
  readonly tests: readonly TestResult[] | null
}

/** A task that the change ticks, and what is to be seen of it. */
export interface JudgedTick extends TaskJudgement, Tick {
  readonly id: string | null
  readonly text: string
}

export interface ProposalEvidence {
  readonly ticked: readonly JudgedTick[]
  readonly removed: readonly RemovedTask[]
  /** Why ticks of the change could not be judged; null where all were. */
  readonly not_judged: string | null
}

const SUBJECT = 'proposal'

/**
 * Judges the tasks that a proposed change ticks, by `projectEvidence` on what the branch would be with the change as its last commit. That commit says nothing, so
 * that no words of the change's author count as a mention. Throws GitError, EvidenceGitError and what the file system throws.
 */
export async function proposalEvidence(change: ProposedChange): Promise<ProposalEvidence> {
  const own = await ownRepository(change)
  const files = await changedSpecs(own.gitDir, change)
  const { ticked, removed } = proposalTicks(files.before, files.after)
  if (ticked.length === 0) return { ticked: [], removed, not_judged: files.problem }
  const folder = await checkout(own.gitDir, change)
  if (!folder.ok) return { ticked: [], removed, not_judged: folder.detail }
  const tests = change.tests ?? []
  const found = await projectEvidence(folder.path, resultsOf(tests, new Set(tests), change.tests !== null))
  const judged = new Map(
    found.features.flatMap((feature) => feature.tasks.map((task) => [`${task.path}:${task.line}`, task] as const)),
  )
  const lost = ticked.find((tick) => !judged.has(`${tick.path}:${tick.line}`))
  return {
    ticked: ticked.flatMap((tick): JudgedTick[] => {
      const task = judged.get(`${tick.path}:${tick.line}`)
      if (!task) return []
      const { id, text, verdict, lookable } = task
      const evidence = task.evidence.map((line) => ({
        ...line,
        text: ownWords(line.text, own.commit),
        where: line.where === own.commit ? null : line.where,
      }))
      const caveats = task.caveats.map((caveat) => ownWords(caveat, own.commit))
      return [{ ...tick, id, text, verdict, lookable, evidence, caveats }]
    }),
    removed,
    not_judged: files.problem ?? (lost ? `${lost.path}:${lost.line} is ticked and was not judged` : null),
  }
}

/** A bare repository of ours that borrows the other's objects and has the change as its HEAD. */
async function ownRepository(change: ProposedChange): Promise<{ readonly gitDir: string; readonly commit: string }> {
  const own = join(change.scratch, 'own.git')
  const format = (await git(change.gitDir, ['rev-parse', '--show-object-format'])).toString('latin1').trim()
  const objects = (await git(change.gitDir, ['rev-parse', '--path-format=absolute', '--git-path', 'objects'])).toString(
    'utf8',
  )
  mkdirSync(own)
  await git(own, ['init', '--quiet', '--bare', `--object-format=${format}`])
  writeFileSync(join(own, 'objects', 'info', 'alternates'), objects)
  // Where the other's history is cut, ours is cut there too.
  const cut = join(change.gitDir, 'shallow')
  if (existsSync(cut)) copyFileSync(cut, join(own, 'shallow'))
  const stamp = `${Math.floor(Date.parse(change.at) / 1000)} +0000`
  const env = {
    GIT_AUTHOR_NAME: 'proposal',
    GIT_AUTHOR_EMAIL: 'proposal@localhost',
    GIT_AUTHOR_DATE: stamp,
    GIT_COMMITTER_NAME: 'proposal',
    GIT_COMMITTER_EMAIL: 'proposal@localhost',
    GIT_COMMITTER_DATE: stamp,
  }
  const made = await git(own, ['commit-tree', change.resultTree, '-p', change.baseCommit, '-m', SUBJECT], { env })
  const commit = made.toString('latin1').trim()
  await git(own, ['update-ref', 'HEAD', commit])
  return { gitDir: own, commit }
}

/** The commit of ours is in nobody's repository: it is the change itself. */
function ownWords(text: string, commit: string): string {
  const id = commit.slice(0, 10)
  return text.replaceAll(`${id} "${SUBJECT}"`, 'this change').replaceAll(id, 'this change')
}

/** The specifications that the change touches, as they were and as they are. */
async function changedSpecs(
  own: string,
  change: ProposedChange,
): Promise<{ before: SpecFile[]; after: SpecFile[]; problem: string | null }> {
  const [base, result] = [await readTree(own, change.baseCommit), await readTree(own, change.resultTree)]
  const paths = [...new Set([...base.keys(), ...result.keys()])].filter(
    (path) => isSpecPath(path) && base.get(path)?.blob !== result.get(path)?.blob,
  )
  const regular = (file: TreeFile | undefined) => (file?.mode.startsWith('100') === true ? [file.blob] : [])
  const texts = await readBlobs(
    own,
    paths.flatMap((path) => [...regular(base.get(path)), ...regular(result.get(path))]),
  )
  const filesOf = (tree: ReadonlyMap<string, TreeFile>) =>
    paths.flatMap((path) => {
      const [blob] = regular(tree.get(path))
      const text = blob === undefined ? undefined : texts.get(blob)
      return text === undefined ? [] : [{ path, text }]
    })
  const large = paths.find((path) => {
    const [blob] = regular(result.get(path))
    const text = blob === undefined ? '' : texts.get(blob)
    return text === undefined || Buffer.byteLength(text) > MAX_SIZE
  })
  return {
    before: filesOf(base),
    after: filesOf(result),
    problem: large === undefined ? null : `${large} is larger than ${MAX_SIZE} bytes: what it ticks was not read`,
  }
}

/** The result's files with git's view of them beside. git itself writes none of them. */
async function checkout(
  own: string,
  change: ProposedChange,
): Promise<{ ok: true; path: string } | { ok: false; detail: string }> {
  const layer = await materialize(own, change.resultTree, join(change.scratch, 'layers'))
  if (!layer.ok) return layer
  // git takes no repository around files of another user.
  if (process.getuid) chownSync(layer.folder, process.getuid(), process.getgid?.() ?? 0)
  await git(own, ['read-tree', change.resultTree])
  await git(own, ['config', 'core.bare', 'false'])
  await git(own, ['config', 'core.worktree', layer.folder])
  writeFileSync(join(layer.folder, '.git'), `gitdir: ${own}\n`)
  return { ok: true, path: layer.folder }
}
