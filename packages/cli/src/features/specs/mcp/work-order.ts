/** What the server asks of the process that works for it, and what that one answers. Plain data: it goes over a pipe. */
export interface WorkOrder {
  readonly tool: WorkTool
  /** Absolute and real. */
  readonly root: string
  /** Paths from the root that the client's roots narrow the answer to; [''] for all of it. */
  readonly scope: readonly string[]
  /** Has passed the schema of the tool. */
  readonly input: unknown
}

export type WorkTool = 'spec_lint' | 'spec_evidence' | 'spec_trace' | 'spec_coverage' | 'spec_models' | 'spec_model'

export type WorkAnswer =
  | { readonly ok: true; readonly document: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** What the work is at: `done` of `total` steps; neither where nobody knows. */
export interface WorkNote {
  readonly text: string
  readonly done?: number
  readonly total?: number
}

/** From the worker, for the order with this number: `note` says what it is at. */
export type WorkMessage =
  | { readonly id: number; readonly note: WorkNote }
  | { readonly id: number; readonly answer: WorkAnswer }
