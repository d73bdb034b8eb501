import { realpathSync } from 'node:fs'
import { posix, relative, sep } from 'node:path'
import { claimsOf, isWork, type TaskClaims } from '@gatehouse/core/specs/claims'
import { judgeTask, type CommitRef, type TaskFacts, type TaskJudgement } from '@gatehouse/core/specs/evidence'
import type { SymbolFact, TestFact } from '@gatehouse/core/specs/evidence-grades'
import type { SpecDocument, Task } from '@gatehouse/core/specs/model'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { readProject } from '@gatehouse/core/specs/project'
import { commitRef, fileFact, neededOf, SourceTexts, type PlacedClaim } from './file-facts.ts'
import { readHistory, topFolder, type History } from './git-history.ts'
import { EvidenceGitError } from './git-run.ts'
import { ignoredPaths, readTree, sparsePaths, type TreeFile } from './git-tree.ts'
import { Mentions, type NamedFeature } from './mentions.ts'
import { PathFinder } from './path-finder.ts'
import { readSpecFiles } from './project-files.ts'
import { readSymbols, type FileSymbols } from './symbols.ts'
import { readTaskPasts, type TaskPast } from './task-history.ts'
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

interface Owned {
  readonly document: SpecDocument
  readonly feature: NamedFeature & { readonly root: string; readonly archived: boolean }
  readonly claims: readonly TaskClaims[]
}

const UNKNOWN: TaskPast = { written: null, ticked: null, tickedAtCreation: false, unticked: null, reworded: null }
/** Files of a feature that a symbol is looked for in where its task names none. */
const FEATURE_FILES = 200
/** A task that asks for no more than a frame. */
const STUB =
  /\b(?:stubs?|stubbed|skeletons?|scaffold\w*|placeholders?|boilerplate|no-?ops?)\b|\bempty (?:files?|modules?|class(?:es)?|functions?|methods?|components?|packages?)\b/i
/** Names in a task's words: `src/stub.ts` asks for no stub. */
const NAMES = /`[^`]*`|\S*[./]\S+/g

/**
 * What the files and the history of a folder show of each task in it, ticked or not. Reads only, and needs no network. Throws
 * EvidenceGitError where git fails; a folder that is in no repository is judged by its files.
 */
export async function projectEvidence(folder: string, results: TestResults): Promise<ProjectEvidence> {
  const repository = await openRepository(folder)
  const real = realpathSync(folder)
  const top = repository?.top ?? real
  // All of the repository is read: an id is unambiguous, and a feature whole, only there.
  const within = relative(top, real).replaceAll(sep, '/')
  const { files, notes } = readSpecFiles(top)
  const project = readProject(files)
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const history = repository?.history ?? null
  const finder = new PathFinder(top, repository?.tree ?? null, history, repository?.sparse)
  const owned = ownedDocuments(project, texts)
  const pasts = history
    ? await readTaskPasts(
        top,
        history,
        owned.map(({ document }) => ({ path: document.path, document })),
      )
    : new Map<string, readonly TaskPast[]>()
  const work = owned.flatMap((owner) =>
    owner.document.tasks.flatMap((task, index) => (isWork(task) ? [{ owner, task, index }] : [])),
  )
  const placed = work.map(({ owner, index }) => {
    const past = pasts.get(owner.document.path)?.[index] ?? UNKNOWN
    const bases = basesOf(owner, within)
    const own = owner.claims[index]?.files ?? []
    return {
      past,
      files: own.flatMap((claim): PlacedClaim[] => {
        const found = finder.find(claim.path, bases)
        // What lies beside the task says what is wanted, and is not the work, unless the task is to write it.
        const beside = found?.path.startsWith(`${owner.feature.folder}/`) === true && claim.action === 'change'
        return found && !beside ? [{ claim, found, past }] : []
      }),
      outside: own.filter((claim) => finder.find(claim.path, bases) === null).map(({ path }) => path),
    }
  })
  const sources = new SourceTexts(finder)
  if (repository) {
    const needed = placed.flatMap((p) => p.files.map((claim) => neededOf(claim, finder, history)))
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
  const lookup = await symbolLookup(work, placed, sources)
  const counts = new Map<string, number>()
  for (const { task } of work) if (task.id) counts.set(task.id.id, (counts.get(task.id.id) ?? 0) + 1)
  const mentions = new Mentions(
    history,
    new Set(counts.keys()),
    owned.map(({ feature }) => feature),
  )
  const ground = { history: history === null ? ('none' as const) : history.cut ? ('cut' as const) : ('whole' as const) }
  const commit = (order: number | null) => {
    const known = order === null ? undefined : history?.commits[order]
    return known ? commitRef(known) : null
  }
  const judged = work.map(({ owner, task, index }, i): TaskEvidence & { owner: Owned } => {
    const { past = UNKNOWN, files: claimed = [], outside = [] } = placed[i] ?? {}
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
      })),
      symbols: (claims?.symbols ?? []).map(({ name }) => lookup.symbol(i, name)),
      tests: testFacts(claimed, claims, results, lookup.file),
      mentions: task.id
        ? mentions.of(
            task.id.id,
            owner.feature,
            new Set(claimed.map(({ found }) => found.path)),
            counts.get(task.id.id) === 1,
          )
        : [],
      stubAsked: STUB.test(task.text.replaceAll(NAMES, ' ')),
      unlookable: [...(claims?.unlookable ?? []), ...outside],
    }
    const { line } = task.box?.place ?? task.place
    const commits = [
      ...facts.files.flatMap(({ changedBy, change }) =>
        changedBy && (change === 'since' || change === 'with') ? [changedBy] : [],
      ),
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
  return {
    project,
    top,
    within,
    features: byFeature(judged.filter(({ path }) => isBelow(path, within))),
    repository: history && { head: history.head, commits: history.commits.length, cut: history.cut },
    notes: [
      ...notes,
      ...(history === null ? [`${folder} is in no git repository: tasks were judged by the files only`] : []),
      ...(history?.head === null ? ['the repository has no commit yet'] : []),
      ...(repository && repository.sparse.size > 0
        ? ['the checkout is sparse: specifications that are not on the disk were not read']
        : []),
      ...(history?.cut === true
        ? ['the history is cut (shallow or partial clone): fetch all of it to see what was before']
        : []),
    ],
  }
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

function ownedDocuments(project: SpecProject, texts: ReadonlyMap<string, string>): Owned[] {
  const owners = new Map<number, Owned['feature']>()
  for (const f of project.features)
    for (const i of [f.spec, f.plan, f.tasks, ...f.checklists, ...f.contracts, ...f.others])
      if (i !== null) owners.set(i, { slug: f.slug, folder: f.folder, root: f.root, archived: false })
  for (const c of project.changes)
    for (const i of [c.proposal, c.design, c.tasks, ...c.deltas.map((d) => d.document)])
      if (i !== null) owners.set(i, { slug: c.id, folder: c.folder, root: c.root, archived: c.archived })
  return project.documents.flatMap((document, i) => {
    if (document.template || !document.tasks.some(isWork)) return []
    const { path, archived } = document
    const own = { slug: document.id?.written ?? path, folder: path, root: '', archived }
    return [{ document, feature: owners.get(i) ?? own, claims: claimsOf(document, texts.get(path) ?? '') }]
  })
}

/** Where a task's paths may begin: its root, the folder that was asked about, the repository's top, beside the document. */
function basesOf({ document, feature }: Owned, within: string): string[] {
  return [feature.root, within, '', posix.dirname(document.path), feature.folder].map((base) =>
    base === '.' ? '' : base,
  )
}

interface Lookup {
  readonly symbol: (task: number, name: string) => SymbolFact
  readonly file: (path: string) => FileSymbols | null
}

/** Parses the files in which symbols and tests are looked for: those that the task names, else those of its feature. */
async function symbolLookup(
  work: readonly { readonly owner: Owned; readonly task: Task; readonly index: number }[],
  placed: readonly { readonly files: readonly PlacedClaim[] }[],
  sources: SourceTexts,
): Promise<Lookup> {
  const ofFeature = new Map<string, Set<string>>()
  const own = placed.map(({ files }) => files.filter(({ found }) => !found.folder).map(({ found }) => found.path))
  for (const [i, { owner }] of work.entries()) {
    const set = ofFeature.get(owner.feature.folder) ?? new Set()
    ofFeature.set(owner.feature.folder, set)
    for (const path of own[i] ?? []) if (set.size < FEATURE_FILES) set.add(path)
  }
  const placesOf = (i: number): string[] => {
    const mine = own[i] ?? []
    return mine.length > 0 ? mine : [...(ofFeature.get(work[i]?.owner.feature.folder ?? '') ?? [])]
  }
  const wanted = new Set<string>()
  for (const [i, { owner, index }] of work.entries()) {
    if ((owner.claims[index]?.symbols.length ?? 0) > 0) for (const path of placesOf(i)) wanted.add(path)
    for (const { found } of placed[i]?.files ?? []) if (!found.folder) wanted.add(found.path)
  }
  const read = await readSymbols(
    [...wanted].flatMap((path) => {
      const text = sources.of(path)
      return text === null ? [] : [{ path, text }]
    }),
  )
  // What is used in one file and hollow where it is defined is hollow.
  const rank = ['comment', 'string', 'text', 'used', 'hollow', 'defined']
  return {
    file: (path) => read.get(path) ?? null,
    symbol: (i, name) => {
      const places = placesOf(i)
      const found = places.flatMap((path) => {
        const place = read.get(path)?.find(name)
        return place ? [{ path, ...place }] : []
      })
      const best = found.reduce<(typeof found)[number] | null>(
        (a, b) => (a && rank.indexOf(a.how) >= rank.indexOf(b.how) ? a : b),
        null,
      )
      return {
        name,
        found: best?.how ?? null,
        where: best ? `${best.path}:${best.line}` : null,
        lookedIn: places.slice(0, 10),
        uncommitted: best !== null && sources.isOnDiskOnly(best.path),
      }
    },
  }
}

function testFacts(
  claimed: readonly PlacedClaim[],
  claims: TaskClaims | undefined,
  results: TestResults,
  file: Lookup['file'],
): TestFact[] {
  const files = claimed
    .filter(
      ({ claim, found }) =>
        claim.isTest && !found.folder && claim.action !== 'delete' && (found.atHead === true || found.onDisk),
    )
    .map(({ found }): TestFact => {
      const symbols = file(found.path)
      return {
        name: found.path,
        written: symbols?.tests ?? null,
        ...results.ofFile(found.path, symbols?.testNames ?? []),
      }
    })
  const named = (claims?.symbols ?? []).filter(({ name }) => /^(?:test_\w+|Test[A-Z]\w+)$/.test(name))
  return [...files, ...named.map(({ name }): TestFact => ({ name, written: null, ...results.ofName(name) }))]
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
