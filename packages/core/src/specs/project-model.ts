import type { ItemKind, Place, SpecDocument } from './model.ts'

// Documents and the links between them. Filled by `readProject` in `project.ts`.

export interface SpecFile {
  /** With forward slashes, relative to the project's root. */
  readonly path: string
  readonly text: string
}

/** A folder of spec-kit or Kiro. Numbers are indices in `documents`. */
export interface Feature {
  readonly format: 'spec-kit' | 'kiro'
  /** The folder, relative: `specs/001-login`. */
  readonly folder: string
  /** `001-login`. */
  readonly slug: string
  /** The root of its `.specify` or `.kiro`, '' for the project's own. */
  readonly root: string
  readonly spec: number | null
  readonly plan: number | null
  readonly tasks: number | null
  readonly checklists: readonly number[]
  readonly contracts: readonly number[]
  readonly others: readonly number[]
  readonly constitution: number | null
  /** Named by `feature.json` as the one being worked on. */
  readonly current: boolean
}

export interface Change {
  readonly id: string
  readonly folder: string
  readonly root: string
  readonly archived: boolean
  readonly proposal: number | null
  readonly design: number | null
  readonly tasks: number | null
  readonly deltas: readonly { readonly capability: string; readonly document: number; readonly target: number | null }[]
}

export interface Capability {
  readonly name: string
  readonly root: string
  readonly document: number
  /** Indices in `changes` that are open and touch it. */
  readonly openChanges: readonly number[]
}

/** An agent story with what belongs to it. */
export interface AgentStory {
  readonly id: string
  /** INFRA, WEB ... from its folder or id. */
  readonly scope: string
  readonly root: string
  readonly stories: readonly number[]
  readonly runbooks: readonly number[]
  readonly plans: readonly number[]
}

/** Where an identifier is defined. */
export interface Definition {
  readonly id: string
  readonly kind: ItemKind
  readonly document: number
  readonly index: number
  readonly place: Place
  /** Identifiers are unique inside it: a feature's or change's folder, the root for agent stories and ADRs. */
  readonly scope: string
}

/** A reference or dependency, looked up. `outside`: it names what is not in the files given and need not be (an issue number). */
export interface Link {
  readonly document: number
  /** Index in that document's `references` or `dependencies`. */
  readonly index: number
  readonly of: 'reference' | 'dependency'
  readonly id: string
  readonly state: 'resolved' | 'ambiguous' | 'missing' | 'outside'
  /** Indices in `definitions`. */
  readonly to: readonly number[]
}

export interface SpecProject {
  readonly documents: readonly SpecDocument[]
  /** Of each document: the folder that holds its `.specify`, `openspec`, `.agent` or `specs`; '' for the top. */
  readonly roots: readonly string[]
  readonly features: readonly Feature[]
  readonly changes: readonly Change[]
  readonly capabilities: readonly Capability[]
  readonly agentStories: readonly AgentStory[]
  readonly definitions: readonly Definition[]
  readonly links: readonly Link[]
  /** Paths that were given and belong to no format: listed, not read. */
  readonly ignored: readonly string[]
}

/** Total and pure; the order of files does not matter. See `project.ts`. */
export type ReadProject = (files: readonly SpecFile[]) => SpecProject
