import { KeySet, Pile, Records } from './records.ts'
import type { DeltaOperation, DocumentKind, ItemKind, Place, SpecFormat, Status } from '../model.ts'

// What rules about several features, changes or stories need of each: small, so that a project of any size is linted part by part.

/** A reference that its own feature does not resolve. Whether it is unknown is decided once everything was read. */
export interface Candidate {
  readonly place: Place
  readonly root: string
  readonly id: string
  readonly written: string
  readonly kinds: readonly ItemKind[]
  /** Such identifiers are defined in its own scope. */
  readonly isExpected: boolean
  readonly isMention: boolean
  /** A link or a mention: weaker. */
  readonly isWeak: boolean
  /** Of a dependency: who waits, and how. */
  readonly waits: { readonly from: string | null; readonly kind: 'depends' | 'blocks' } | null
  /** One of several made from `T001-T009`. */
  readonly isRanged: boolean
}

/** A definition whose identifier must be unique in its root. */
export interface RootDefinition {
  readonly id: string
  readonly kind: ItemKind
  readonly root: string
  readonly documentKind: DocumentKind
  readonly format: SpecFormat
  /** On one line. */
  readonly place: Place
  readonly shown: string
  readonly name: string
  /** Two of one document with equal marks are one thing said twice; null never is. */
  readonly same: string | null
}

export interface DeltaEntry {
  readonly change: string
  readonly root: string
  readonly capability: string
  readonly operation: DeltaOperation
  readonly title: string
  /** In the form of `comparedTitle`. */
  readonly name: string
  readonly renamedTo: string | null
  readonly place: Place
  /** Its own document renames another to this name. */
  readonly isRenamedHere: boolean
}

export interface DeltaName extends Pick<DeltaEntry, 'change' | 'root' | 'capability' | 'title' | 'name' | 'place'> {}

export function deltaKey({ root, capability, name }: Pick<DeltaEntry, 'root' | 'capability' | 'name'>): string {
  return `${root}\n${capability}\n${name}`
}

/** A file or symbol that a piece of open work names: an OpenSpec change, or a feature that is under way. */
export interface Touch {
  readonly work: string
  readonly root: string
  readonly kind: 'file' | 'symbol'
  readonly name: string
  readonly place: Place
}

export interface StoryEntry {
  readonly path: string
  readonly isLive: boolean
  readonly status: Status | null
  /** The impact section that names files: its title and the files' names without folders. */
  readonly impact: { readonly title: string; readonly names: readonly string[] } | null
}

export interface RunbookEntry {
  readonly place: Place
  readonly status: Status | null
  readonly isOpen: boolean
  readonly source: readonly { readonly target: string; readonly place: Place }[]
  readonly hasChangelogStep: boolean
  readonly saysChangelog: boolean
}

export interface StoryGroup {
  readonly id: string
  readonly scope: string
  readonly root: string
  readonly stories: readonly StoryEntry[]
  /** Live ones only. */
  readonly runbooks: readonly RunbookEntry[]
}

interface StoryPart extends Pick<StoryGroup, 'id' | 'scope' | 'root'> {
  readonly story: StoryEntry | null
  readonly runbook: RunbookEntry | null
}

function storyKey({ root, id }: Pick<StoryGroup, 'root' | 'id'>): string {
  return `${root}\n${id}`
}

/** The key of a definition among those of its root. */
export function definitionKey({ root, kind, id, documentKind }: RootDefinition): string {
  return `${root}\n${kind}\n${id}\n${kind === 'requirement' ? documentKind : ''}`
}

/** The key of what a piece of work touches. */
export function touchKey({ root, kind, name }: Touch): string {
  return `${root}\n${kind}\n${name}`
}

/** Filled by the rules, part by part, and asked at the end. What grows with the project lies in records, and is a few bytes here. */
export class LintIndex {
  /** All identifiers that are defined anywhere. */
  readonly defined = new KeySet()
  /** `root id kind` and `root ~id-without-zeros kind`. */
  readonly inRoot = new KeySet()
  /** `root kind prefix`: such identifiers are defined there. */
  readonly counted = new Set<string>()
  readonly candidates: Pile<Candidate>
  /** By `definitionKey`. */
  readonly rootDefinitions: Pile<RootDefinition>
  /** `root id` of those that a story defines. */
  readonly storyIds = new KeySet()
  readonly deltas: Pile<DeltaEntry>
  /** The same under each name that a delta touches, by `deltaKey`. */
  readonly deltaNames: Pile<DeltaName>
  /** The file of each capability, by `root capability`. */
  readonly capabilities = new Map<string, string>()
  /** `root capability requirement`, the requirement in the form of `comparedTitle`. */
  readonly capabilityNames = new KeySet()
  /** By `touchKey`. */
  readonly changes: Pile<Touch>
  readonly features: Pile<Touch>
  readonly #stories: Pile<StoryPart>
  readonly #storyKeys = new KeySet()
  hasChangelogStep = false

  constructor(records: Records = new Records()) {
    this.candidates = new Pile(records)
    this.rootDefinitions = new Pile(records)
    this.deltas = new Pile(records)
    this.deltaNames = new Pile(records)
    this.changes = new Pile(records)
    this.features = new Pile(records)
    this.#stories = new Pile(records)
  }

  addStory(part: StoryPart): void {
    this.#stories.add(part, storyKey(part))
    this.#storyKeys.add(storyKey(part))
  }

  /** Whether a story or a runbook carries the id. */
  hasStory(root: string, id: string): boolean {
    return this.#storyKeys.has(storyKey({ root, id }))
  }

  /** Stories with their runbooks; of some there is only one of the two. */
  *stories(): Generator<StoryGroup> {
    for (const parts of this.#stories.groups(1, storyKey)) {
      const [first] = parts
      if (!first) continue
      yield {
        id: first.id,
        scope: first.scope,
        root: first.root,
        stories: parts.flatMap(({ story }) => (story ? [story] : [])),
        runbooks: parts.flatMap(({ runbook }) => (runbook ? [runbook] : [])),
      }
    }
  }
}
