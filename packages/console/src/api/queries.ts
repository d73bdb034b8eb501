import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { LedgerPage, Proposal } from '@gatehouse/client/operations.gen'
import { api } from './client.ts'

export interface LedgerFilter {
  readonly act?: string
  readonly subject?: string
  readonly correlation?: string
}

/** Rows that a list of the console holds; the API's largest page. */
const limit = 200
const LEDGER_PAGE = 100

/** Every read of the console: its key begins with the family that the event stream names (events.ts). */
export const queries = {
  whoami: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: ({ signal }) => api.call('personWhoami', { signal }),
      staleTime: 60_000,
    }),
  stories: () =>
    queryOptions({
      queryKey: ['stories', 'list'],
      queryFn: ({ signal }) => api.call('storyList', { query: { limit }, signal }),
    }),
  story: (id: string) =>
    queryOptions({
      queryKey: ['stories', 'one', id],
      queryFn: ({ signal }) => api.call('storyShow', { params: { id }, signal }),
    }),
  tasks: () =>
    queryOptions({
      queryKey: ['tasks', 'list'],
      queryFn: ({ signal }) => api.call('taskList', { query: { limit }, signal }),
    }),
  task: (id: string) =>
    queryOptions({
      queryKey: ['tasks', 'one', id],
      queryFn: ({ signal }) => api.call('taskShow', { params: { id }, signal }),
    }),
  runs: (task: string) =>
    queryOptions({
      queryKey: ['runs', 'list', task],
      queryFn: ({ signal }) => api.call('runList', { query: { limit, task }, signal }),
    }),
  run: (id: string) =>
    queryOptions({
      queryKey: ['runs', 'one', id],
      queryFn: ({ signal }) => api.call('runShow', { params: { id }, signal }),
    }),
  proposals: (query: { readonly state?: Proposal['state'] | undefined; readonly task?: string | undefined } = {}) =>
    queryOptions({
      queryKey: ['proposals', 'list', query],
      queryFn: ({ signal }) => api.call('proposalList', { query: { limit, ...query }, signal }),
    }),
  proposal: (id: string) =>
    queryOptions({
      queryKey: ['proposals', 'one', id],
      queryFn: ({ signal }) => api.call('proposalShow', { params: { id }, signal }),
    }),
  /** The exact bytes of a diff. Under its digest they never change, so they are fetched once. */
  diff: (id: string, digest: string) =>
    queryOptions({
      queryKey: ['diffs', id, digest],
      queryFn: async ({ signal }) => {
        const response = await api.raw('proposalDiff', { params: { id }, signal })
        return new Uint8Array(await response.arrayBuffer())
      },
      staleTime: Infinity,
    }),
  validation: (id: string) =>
    queryOptions({
      queryKey: ['validations', 'one', id],
      queryFn: ({ signal }) => api.call('validationShow', { params: { id }, signal }),
    }),
  decision: (id: string) =>
    queryOptions({
      queryKey: ['decisions', 'one', id],
      queryFn: ({ signal }) => api.call('decisionShow', { params: { id }, signal }),
    }),
  agents: () =>
    queryOptions({ queryKey: ['agents', 'list'], queryFn: ({ signal }) => api.call('agentList', { signal }) }),
  repositories: () =>
    queryOptions({
      queryKey: ['repositories', 'list'],
      queryFn: ({ signal }) => api.call('repositoryList', { signal }),
    }),
  persons: () =>
    queryOptions({ queryKey: ['persons', 'list'], queryFn: ({ signal }) => api.call('personList', { signal }) }),
  deadJobs: () =>
    queryOptions({ queryKey: ['jobs', 'list'], queryFn: ({ signal }) => api.call('jobList', { signal }) }),
  /** Newest first; further pages are older. New events are put in by the stream (live.ts). */
  ledger: (filter: LedgerFilter) =>
    infiniteQueryOptions({
      queryKey: ['ledger', 'list', filter],
      queryFn: ({ pageParam, signal }) =>
        api.call('ledgerShow', {
          query: { limit: LEDGER_PAGE, ...filter, ...(pageParam === null ? {} : { before: pageParam }) },
          signal,
        }),
      initialPageParam: null as number | null,
      getNextPageParam: (last: LedgerPage): number | null =>
        last.items.length < LEDGER_PAGE ? null : Math.min(...last.items.map((event) => event.seq)),
    }),
  /** What happened to one subject or under one correlation id, newest first, for a timeline. */
  timeline: (filter: LedgerFilter) =>
    queryOptions({
      queryKey: ['timeline', filter],
      queryFn: ({ signal }) => api.call('ledgerShow', { query: { limit: LEDGER_PAGE, ...filter }, signal }),
    }),
  /** One event by its number; null where there is none. It never changes. */
  ledgerEvent: (seq: number) =>
    queryOptions({
      queryKey: ['ledger', 'one', seq],
      queryFn: async ({ signal }) => {
        const page = await api.call('ledgerShow', { query: { after: seq - 1, limit: 1 }, signal })
        return page.items.find((event) => event.seq === seq) ?? null
      },
      staleTime: 60_000,
    }),
  /** The validations that the ledger says ran lately, for the notice about missing isolation. */
  recentValidations: () =>
    queryOptions({
      queryKey: ['ledger', 'validations'],
      queryFn: ({ signal }) => api.call('ledgerShow', { query: { act: 'validation.finish', limit: 50 }, signal }),
    }),
}
