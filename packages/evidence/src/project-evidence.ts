import { realpathSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { isWork } from '@gatehouse/core/specs/claims'
import { judgeTask, type CommitRef, type TaskFacts, type TaskJudgement } from '@gatehouse/core/specs/evidence'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { readProject } from '@gatehouse/core/specs/project'
import { commitRef, fileFact, neededOf, ownFiles, SourceTexts } from './file-facts.ts'
import { readHistory, topFolder, type History } from './git-history.ts'
import { EvidenceGitError } from './git-run.ts'
import { ignoredPaths, readTree, sparsePaths, type TreeFile } from './git-tree.ts'
import { testFacts } from './named-tests.ts'
import { PathFinder } from './path-finder.ts'
import { readSpecFiles } from './project-files.ts'
import { symbolLookup, windowFiles } from './symbol-lookup.ts'
import { firstChange } from './symbol-since.ts'
import { readTaskPasts, type TaskPast } from './task-history.ts'
import { ownedDocuments, type Owned } from './task-owners.ts'
import { placeTasks, UNKNOWN_PAST, type WorkTask } from './task-places.ts'
import type { TestResults } from './test-results.ts'

export interface TaskEvidence extends TaskJudgement {
  /** As written; null without one. */
  readonly id: string | null
  readonly text: string
  /** Of the box, from the repository's top; where there is none, from the folder. */
  readonly path: string
  readonly line: number
  readonly done: boolean
  /** In its document's list of tasks. */
  readonly index: number
  /** Files that it names and that were found, now or in the past; tests among them. */
  readonly files: readonly string[]
  /** Files and names of tests. */
  readonly tests: readonly string[]
  readonly symbols: readonly string[]
  /** Commits that changed its files since, or are surely its own; the one that ticked it is last. */
  readonly commits: readonly CommitRef[]
}

export interface FeatureEvidence {
  /** `001-login`, a change's id, else the document's path. */
  readonly name: string
  readonly folder: string
  readonly archived: boolean
  readonly tasks: readonly TaskEvidence[]
}

export interface ProjectEvidence {
  readonly project: SpecProject
  /** The repository's top folder; the folder itself where there is none. Every path is from there. */
  readonly top: string
  /** The folder that was asked about, from the top; '' for the top itself. The features are those of it. */
  readonly within: string
  readonly features: readonly FeatureEvidence[]
  /** Null where the folder is in no git repository. */
  readonly repository: { readonly head: string | null; readonly commits: number; readonly cut: boolean } | null
  readonly notes: readonly string[]
}

interface Repository {
  readonly top: string
  readonly history: History
  readonly tree: ReadonlyMap<string, TreeFile>
  readonly sparse: ReadonlySet<string>
}

/** A task that asks for no more than a frame. */
const STUB =
  /\b(?:stubs?|stubbed|skeletons?|scaffold\w*|placeholders?|boilerplate|no-?ops?)\b|\bempty (?:files?|modules?|class(?:es)?|functions?|methods?|components?|packages?)\b/i
/** Names in a task's words: `src/stub.ts` asks for no stub. */
const NAMES = /`[^`]*`|\S*[./]\S+/g

/** What is done one after the other; each takes longer with more files, commits or tasks. */
const STEPS = [
  'reading the history',
  'reading specifications',
  'reading what became of the tasks',
  'reading sources',
  'parsing sources',
  'judging the tasks',
] as const

/** How far the work is: `done` of `total` steps, and the one that is at work. */
export interface EvidenceProgress {
  readonly done: number
  readonly total: number
  readonly step: (typeof STEPS)[number]
}

/**
 * What the files and the history of a folder show of each task in it, ticked or not. Reads only, and needs no network. `progress` is told before each
 * step. Throws EvidenceGitError where git fails; a folder that is in no repository is judged by its files.
 */
export async function projectEvidence(
  folder: string,
  results: TestResults,
  progress: (at: EvidenceProgress) => void = () => {},
): Promise<ProjectEvidence> {
  const begin = (step: EvidenceProgress['step']) => progress({ done: STEPS.indexOf(step), total: STEPS.length, step })
  begin('reading the history')
  const repository = await openRepository(folder)
  const real = realpathSync(folder)
  const top = repository?.top ?? real
  // All of the repository is read: an id is unambiguous, and a feature whole, only there.
  const within = relative(top, real).replaceAll(sep, '/')
  begin('reading specifications')
  const { files, notes } = readSpecFiles(top)
  const project = readProject(files)
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const history = repository?.history ?? null
  const finder = new PathFinder(top, repository?.tree ?? null, history, repository?.sparse)
  const owned = ownedDocuments(project, texts, finder, within)
  begin('reading what became of the tasks')
  const pasts = history
    ? await readTaskPasts(
        top,
        history,
        owned.map(({ document }) => ({ path: document.path, document })),
      )
    : new Map<string, readonly TaskPast[]>()
  const work = owned.flatMap((owner) =>
    owner.document.tasks.flatMap((task, index): WorkTask[] => (isWork(task) ? [{ owner, task, index }] : [])),
  )
  const placed = placeTasks(work, owned, pasts, history, finder)
  begin('reading sources')
  const sources = new SourceTexts(finder)
  const inWindow = new Map<string, string[]>()
  const windows = work.map(({ owner, index }, i) => {
    const { past = UNKNOWN_PAST, files: own = [] } = placed[i] ?? {}
    const isAlone = (owner.claims[index]?.symbols.length ?? 0) > 0 && own.every(({ found }) => found.folder)
    return isAlone ? windowFiles(past, history, finder, inWindow) : []
  })
  if (repository) {
    const needed = [
      ...placed.flatMap((p) => p.files.map((claim) => neededOf(claim, finder, history))),
      ...windows.map((paths, i) => ({
        paths,
        blobs: paths.flatMap(
          (path) => firstChange(path, placed[i]?.past ?? UNKNOWN_PAST, repository.history)?.before ?? [],
        ),
      })),
    ]
    await sources.fetch(
      top,
      needed.flatMap((n) => n.paths),
      needed.flatMap((n) => n.blobs),
    )
  }
  const absent = placed.flatMap((p) =>
    p.files.filter(({ found }) => found.atHead !== true).map(({ found }) => found.path),
  )
  const ignored = repository ? await ignoredPaths(top, [...new Set(absent)]) : new Set<string>()
  begin('parsing sources')
  const changed = placed.map(
    ({ files: own }) => new Map(own.map((claim) => [claim, ownFiles(claim, history, sources)])),
  )
  const lookup = await symbolLookup(work, placed, changed, windows, history, sources)
  begin('judging the tasks')
  const ground = { history: history === null ? ('none' as const) : history.cut ? ('cut' as const) : ('whole' as const) }
  const commit = (order: number | null) => {
    const known = order === null ? undefined : history?.commits[order]
    return known ? commitRef(known) : null
  }
  const judged = work.map(({ owner, task, index }, i): TaskEvidence & { owner: Owned } => {
    const { past = UNKNOWN_PAST, files: claimed = [], outside = [], said = [] } = placed[i] ?? {}
    const claims = owner.claims[index]
    const done = task.state === 'done'
    const facts: TaskFacts = {
      ground,
      tick: {
        done,
        written: commit(past.written),
        ticked: commit(past.ticked),
        tickedAtCreation: past.tickedAtCreation,
        tickedAtRoot: past.ticked !== null && history?.commits[past.ticked]?.parents === 0 && !history.cut,
        reworded: commit(past.reworded),
        unticked: commit(past.unticked),
      },
      files: claimed.map((claim) => ({
        ...fileFact(claim, finder, history, sources, ignored),
        stub: lookup.file(claim.found.path)?.stub === true,
        ...(claim.own === null ? {} : { below: changed[i]?.get(claim) ?? [] }),
      })),
      symbols: (claims?.symbols ?? []).map(({ name }) => lookup.symbol(i, name)),
      tests: testFacts(claimed, claims, results, lookup.file),
      mentions: said,
      stubAsked: STUB.test(task.text.replaceAll(NAMES, ' ')),
      unlookable: [...(claims?.unlookable ?? []), ...outside],
    }
    const { line } = task.box?.place ?? task.place
    const commits = [
      ...facts.files.flatMap(({ changedBy, change }) =>
        changedBy && (change === 'since' || change === 'with') ? [changedBy] : [],
      ),
      ...lookup.commits(i).flatMap((order) => commit(order) ?? []),
      ...facts.mentions.flatMap((mention) => (mention.by === null ? [] : [mention.commit])),
      ...(facts.tick.ticked ? [facts.tick.ticked] : []),
    ]
    return {
      owner,
      id: task.id?.written ?? null,
      text: task.text,
      path: owner.document.path,
      line,
      done,
      index,
      files: facts.files.map(({ path }) => path),
      tests: facts.tests.map(({ name }) => name),
      symbols: facts.symbols.map(({ name }) => name),
      commits: [...new Map(commits.map((c) => [c.id, c])).values()],
      ...judgeTask(facts),
    }
  })
  const features = byFeature(judged.filter(({ path }) => isBelow(path, within)))
  return {
    project,
    top,
    within,
    features,
    repository: history && { head: history.head, commits: history.commits.length, cut: history.cut },
    notes: [...notes, ...notesOf(folder, features, repository)],
  }
}

/** What a reader has to know of the whole: a sentence each. */
function notesOf(folder: string, features: readonly FeatureEvidence[], repository: Repository | null): string[] {
  const found: string[] = []
  // Nothing found must not look like nothing wrong.
  if (features.length === 0)
    found.push(
      `${folder} holds no list of tasks: specs/ of spec-kit, openspec/, .agent/, .kiro/ and Markdown stories are looked for`,
    )
  if (repository === null) return [...found, `${folder} is in no git repository: tasks were judged by the files only`]
  const { history, sparse } = repository
  if (history.head === null) found.push('the repository has no commit yet')
  if (sparse.size > 0) found.push('the checkout is sparse: specifications that are not on the disk were not read')
  if (history.cut) found.push('the history is cut (shallow or partial clone): fetch all of it to see what was before')
  return found
}

/** Whether a path is in a folder; everything is in ''. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

async function openRepository(folder: string): Promise<Repository | null> {
  try {
    const top = realpathSync(await topFolder(folder))
    const history = await readHistory(top)
    const tree = history.head === null ? new Map<string, TreeFile>() : await readTree(top, history.head)
    return { top, history, tree, sparse: await sparsePaths(top) }
  } catch (error) {
    if (error instanceof EvidenceGitError && error.code === 'git-not-a-repository') return null
    throw error
  }
}

function byFeature(judged: readonly (TaskEvidence & { readonly owner: Owned })[]): FeatureEvidence[] {
  const features = new Map<string, { name: string; folder: string; archived: boolean; tasks: TaskEvidence[] }>()
  for (const { owner, ...task } of judged) {
    const { slug, folder, archived } = owner.feature
    const known = features.get(folder) ?? { name: slug, folder, archived, tasks: [] }
    features.set(folder, known)
    known.tasks.push(task)
  }
  return [...features.values()]
}
