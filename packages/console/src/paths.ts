/** Every address of the console. Nothing else spells one. */
export const paths = {
  flow: () => '/',
  signIn: (next?: string) => withQuery('/sign-in', { next: next === '/' ? undefined : next }),
  story: (id: string) => `/stories/${encodeURIComponent(id)}`,
  task: (id: string) => `/tasks/${encodeURIComponent(id)}`,
  run: (id: string) => `/runs/${encodeURIComponent(id)}`,
  proposals: (query: { readonly state?: string } = {}) => withQuery('/proposals', query),
  proposal: (id: string, view?: ProposalTab) =>
    withQuery(`/proposals/${encodeURIComponent(id)}`, { view: view === 'overview' ? undefined : view }),
  decision: (id: string) => `/decisions/${encodeURIComponent(id)}`,
  ledger: (query: LedgerPlace = {}) => withQuery('/ledger', { ...query }),
  agents: () => '/agents',
  repositories: () => '/repositories',
  people: () => '/people',
  deadJobs: () => '/jobs',
}

export const PROPOSAL_TABS = ['overview', 'changes', 'validation', 'policy', 'history'] as const
export type ProposalTab = (typeof PROPOSAL_TABS)[number]

export interface LedgerPlace {
  readonly act?: string | undefined
  readonly subject?: string | undefined
  readonly correlation?: string | undefined
  readonly event?: number | undefined
}

function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}

/** The page of a thing named by its id, or null where it has none. The prefix of an id says its kind (core, kernel/ids). */
export function pathOf(id: string): string | null {
  const kind = id.split('_')[0]
  if (kind === 'sto') return paths.story(id)
  if (kind === 'tsk') return paths.task(id)
  if (kind === 'run') return paths.run(id)
  if (kind === 'prp') return paths.proposal(id)
  if (kind === 'dec') return paths.decision(id)
  if (kind === 'agt') return paths.agents()
  if (kind === 'rep') return paths.repositories()
  if (kind === 'per') return paths.people()
  return null
}

/** Where to go after signing in: a place of ours, never another site. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])[\x20-\x7e]*$/.test(next) ? next : paths.flow()
}
