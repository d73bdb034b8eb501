import type { Change, Feature } from './project-model.ts'

/** Indices of all documents that belong to a feature. */
export function featureDocuments({ spec, plan, tasks, checklists, contracts, others }: Feature): number[] {
  return [spec, plan, tasks, ...checklists, ...contracts, ...others].filter((i) => i !== null)
}

/** Indices of all documents that belong to a change, its deltas among them. */
export function changeDocuments({ proposal, design, tasks, deltas }: Change): number[] {
  return [proposal, design, tasks, ...deltas.map(({ document }) => document)].filter((i) => i !== null)
}
