import type { StreamMessage } from '@gatehouse/client/event-stream'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import type { LedgerFilter } from './queries.ts'

/** The ledger event of a stream's message, or null where it is another kind or cannot be read. */
export function ledgerEventOf(message: StreamMessage): LedgerEvent | null {
  if (message.event !== 'ledger') return null
  try {
    const event: unknown = JSON.parse(message.data)
    return typeof event === 'object' && event !== null && 'seq' in event && 'act' in event
      ? (event as LedgerEvent)
      : null
  } catch {
    return null
  }
}

const DELIVERY = ['stories', 'tasks', 'runs', 'proposals', 'validations', 'decisions', 'timeline']
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  story: DELIVERY,
  runbook: DELIVERY,
  task: DELIVERY,
  run: DELIVERY,
  proposal: DELIVERY,
  validation: DELIVERY,
  approval: DELIVERY,
  effect: [...DELIVERY, 'repositories'],
  agent: ['agents'],
  repository: ['repositories'],
  person: ['persons', 'session'],
  membership: ['persons', 'session', 'proposals'],
  token: ['persons'],
  job: ['jobs', ...DELIVERY],
}

/** Which families of queries an event may have changed; an act nobody knows here changes everything that is shown. */
export function familiesOf(act: string): readonly string[] {
  const area = act.split('.')[0] ?? ''
  return Object.hasOwn(FAMILIES, area)
    ? (FAMILIES[area] ?? [])
    : [...DELIVERY, 'agents', 'repositories', 'persons', 'jobs']
}

/** Whether an event belongs in a list under this filter, as the server filters. */
export function matchesFilter(event: LedgerEvent, filter: LedgerFilter): boolean {
  return (
    (filter.act === undefined || event.act === filter.act) &&
    (filter.correlation === undefined || event.correlation_id === filter.correlation) &&
    (filter.subject === undefined || event.subject.id === filter.subject)
  )
}

/** Puts an event before the newest page, unless it is there already. */
export function withEvent(items: readonly LedgerEvent[], event: LedgerEvent): LedgerEvent[] {
  if (items.some((known) => known.seq === event.seq)) return [...items]
  return [event, ...items].toSorted((a, b) => b.seq - a.seq)
}
