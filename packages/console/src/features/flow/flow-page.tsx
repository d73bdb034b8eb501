import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { Link } from 'react-router'
import { queries } from '../../api/queries.ts'
import { Badge } from '../../ui/badge.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { cx } from '../../ui/class-names.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.ts'
import { cardsOf, COLUMNS, dutiesOf, type BoardInput, type Card, type ColumnName, type Duty } from './board.ts'
import { FlowCard } from './flow-card.tsx'

const NAMES: Readonly<Record<ColumnName, string>> = {
  story: 'Story',
  runbook: 'Runbook',
  run: 'Run',
  proposal: 'Proposal',
  validation: 'Validation',
  approval: 'Approval',
  merged: 'Merged',
}
const EMPTY: Readonly<Record<ColumnName, string>> = {
  story: 'No story is waiting.',
  runbook: 'No runbook to accept.',
  run: 'Nothing runs.',
  proposal: 'No new proposal.',
  validation: 'Nothing validates.',
  approval: 'Nothing waits.',
  merged: 'Nothing merged yet.',
}
/** Details are asked for this many cards; beyond it a card says less. */
const DETAILS = 30
const MERGED_SHOWN = 8

/** The flow as a live board: what stands where, and who waits for whom. */
export function FlowPage() {
  const stories = useQuery(queries.stories())
  const tasks = useQuery(queries.tasks())
  const live = tasks.data?.items ?? []
  const proposalIds = live.flatMap((task) => task.live_proposal_id ?? []).slice(0, DETAILS)
  const runIds = live.flatMap((task) => task.live_run_id ?? []).slice(0, DETAILS)
  const proposals = byId(useQueries({ queries: proposalIds.map(queries.proposal) }))
  const runs = byId(useQueries({ queries: runIds.map(queries.run) }))
  return (
    <Page title="Flow" lead="Every piece of work, where it stands, and what it waits for.">
      <QueryView query={stories} skeleton={<BoardSkeleton />}>
        {(storyPage) => (
          <QueryView query={tasks} skeleton={<BoardSkeleton />}>
            {(taskPage) => <Board input={{ stories: storyPage.items, tasks: taskPage.items, proposals, runs }} />}
          </QueryView>
        )}
      </QueryView>
    </Page>
  )
}

function byId<T extends { readonly id: string }>(results: readonly UseQueryResult<T>[]): ReadonlyMap<string, T> {
  return new Map(results.flatMap(({ data }) => (data ? [[data.id, data] as const] : [])))
}

function Board({ input }: { input: BoardInput }) {
  const session = useSession()
  const cards = cardsOf(input)
  const duties = dutiesOf(input, session?.may ?? [])
  if (cards.length === 0) return <FirstSteps />
  const columns = COLUMNS.map((name) => ({ name, cards: cards.filter((card) => card.column === name) }))
  return (
    <div className="space-y-4">
      {duties.length > 0 && <Duties duties={duties} />}
      <div role="group" aria-label="Board" className="-mx-4 px-4 pb-2 md:-mx-6 md:px-6 lg:overflow-x-auto">
        <ol
          className="gap-2 max-lg:space-y-4 lg:grid lg:min-h-[60dvh]"
          style={{
            gridTemplateColumns: columns
              .map((column) => (column.cards.length > 0 ? 'minmax(166px, 1fr)' : 'minmax(108px, 0.4fr)'))
              .join(' '),
          }}
        >
          {columns.map((column, index) => (
            <Column key={column.name} name={column.name} cards={column.cards} last={index === columns.length - 1} />
          ))}
        </ol>
      </div>
    </div>
  )
}

function Column({ name, cards, last }: { name: ColumnName; cards: readonly Card[]; last: boolean }) {
  const shown = name === 'merged' ? cards.slice(0, MERGED_SHOWN) : cards
  const heading = `column-${name}`
  return (
    <li className={cx('flex min-w-0 flex-col rounded-lg lg:bg-sunken lg:p-2', cards.length === 0 && 'max-lg:hidden')}>
      <h2 id={heading} className="flex items-center gap-1.5 px-1 pb-2 text-xs font-semibold">
        {NAMES[name]}
        <span className="font-normal text-muted tabular-nums">
          {cards.length}
          <span className="sr-only"> {cards.length === 1 ? 'card' : 'cards'}</span>
        </span>
        {!last && <Icon name="right" size={12} className="ml-auto shrink-0 text-faint max-lg:hidden" />}
      </h2>
      {cards.length === 0 ? (
        <p className="px-1 text-xs text-faint">{EMPTY[name]}</p>
      ) : (
        <ul aria-labelledby={heading} className="space-y-2">
          {shown.map((card) => (
            <li key={card.key}>
              <FlowCard card={card} />
            </li>
          ))}
        </ul>
      )}
      {shown.length < cards.length && (
        <p className="px-1 pt-2 text-xs text-muted">and {cards.length - shown.length} earlier ones</p>
      )}
    </li>
  )
}

const VERBS: Readonly<Record<Duty['what'], string>> = {
  approve: 'Approve or reject',
  merge: 'Merge',
  accept: 'Read and accept the runbook of',
}

/** What waits for the person who looks. */
function Duties({ duties }: { duties: readonly Duty[] }) {
  return (
    <section aria-labelledby="duties" className="rounded-lg border border-line bg-surface shadow-card">
      <h2 id="duties" className="flex items-center gap-2 border-b border-line px-4 py-2 text-[13px] font-semibold">
        Waits for you{' '}
        <Badge tone="warn" icon={null}>
          {duties.length}
        </Badge>
      </h2>
      <ul className="divide-y divide-line">
        {duties.slice(0, 6).map((duty) => (
          <li key={duty.key} className="relative flex items-center gap-3 px-4 py-2 text-[13px] hover:bg-hover">
            <Link to={duty.to} className="min-w-0 flex-1 after:absolute md:truncate after:inset-0">
              <span className="text-muted">{VERBS[duty.what]}</span> <span className="font-medium">{duty.title}</span>
            </Link>
            <span className="relative z-10 shrink-0 text-xs text-muted">
              <Time at={duty.since} quiet />
            </span>
            <Icon name="right" size={13} className="text-faint" />
          </li>
        ))}
      </ul>
      {duties.length > 6 && <p className="px-4 pb-2 text-xs text-muted">and {duties.length - 6} more on the board</p>}
    </section>
  )
}

function FirstSteps() {
  return (
    <EmptyState icon="flow" title="Nothing is in the flow yet">
      <p>Bring a repository under the gate, then say what is wanted. Each step appears here as it happens.</p>
      <div className="mx-auto max-w-md space-y-2 text-left">
        <CommandLine command="gatehouse repo add ../my-repository" label="command to add a repository" />
        <CommandLine command="gatehouse story submit story.md" label="command to submit a story" />
        <CommandLine command="gatehouse proposal submit change.patch" label="command to submit a patch" />
      </div>
    </EmptyState>
  )
}

function BoardSkeleton() {
  return (
    <div role="status" aria-label="Loading the board" className="grid gap-2 lg:grid-cols-7">
      {COLUMNS.map((name) => (
        <div key={name} className="space-y-2 rounded-lg p-2 lg:min-h-[26rem] lg:bg-sunken">
          <Skeleton className="h-4 w-20" />
          <Skeleton className="h-24 w-full" />
        </div>
      ))}
    </div>
  )
}
