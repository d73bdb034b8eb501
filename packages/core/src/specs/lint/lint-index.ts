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

export interface Capability {
  readonly path: string
  readonly names: ReadonlySet<string>
}

/** A piece of open work: an OpenSpec change, or a feature that is under way. */
export interface Work {
  readonly name: string
  readonly root: string
  readonly touches: readonly { readonly key: string; readonly place: Place }[]
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
  readonly stories: StoryEntry[]
  /** Live ones only. */
  readonly runbooks: RunbookEntry[]
}

/** A copy whose words do not hold on to the text they were cut from. For plain values only. */
export function detached<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** Filled by the rules, part by part, and asked at the end. */
export class LintIndex {
  /** All identifiers that are defined anywhere. */
  readonly defined = new Set<string>()
  /** `root id` and `root ~id-without-zeros`, with the kinds that define it. */
  readonly inRoot = new Map<string, Set<ItemKind>>()
  /** `root kind prefix`: such identifiers are defined there. */
  readonly counted = new Set<string>()
  readonly candidates: Candidate[] = []
  readonly rootDefinitions: RootDefinition[] = []
  readonly deltas: DeltaEntry[] = []
  readonly capabilities = new Map<string, Capability>()
  readonly changes: Work[] = []
  readonly features: Work[] = []
  readonly stories = new Map<string, StoryGroup>()
  hasChangelogStep = false
}
