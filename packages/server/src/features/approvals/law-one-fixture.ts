// What law 1 says, told once more without the gate's code: a replay of the ledger in the order of its events.
import { sql } from 'kysely'
import type { Body, Fixture } from '../features-fixture.ts'

const VOTING = ['maintainer', 'owner']

interface Request {
  readonly id: string
  readonly proposal: string
  readonly intent: string
  live: boolean
  readonly yes: Set<string>
}

interface Story {
  readonly roles: Map<string, string>
  readonly authors: Map<string, Set<string>>
  readonly diff: Map<string, string>
  /** Whether the proposal's last validation passed and it is not closed. */
  readonly valid: Map<string, boolean>
  readonly requests: Map<string, Request>
  readonly granted: Map<string, string>
  readonly faults: string[]
}

/** `needs` says by proposal how many approvals the test's own reading of policy asks for, and whether an owner is among them. */
export function replay(
  events: readonly Body[],
  needs: (proposal: string) => { count: number; owner: boolean },
): string[] {
  const story: Story = {
    roles: new Map(),
    authors: new Map(),
    diff: new Map(),
    valid: new Map(),
    requests: new Map(),
    granted: new Map(),
    faults: [],
  }
  for (const event of events) {
    if (event.act === 'effect.execute') settled(story, event)
    else if (event.outcome === 'ok' || event.act === 'validation.finish') take(story, event, needs)
  }
  return story.faults
}

function requestsOf(story: Story, proposal: string): Request[] {
  return [...story.requests.values()].filter((r) => r.proposal === proposal && r.live)
}

function close(story: Story, proposal: string): void {
  for (const request of requestsOf(story, proposal)) request.live = false
}

function take(story: Story, event: Body, needs: (proposal: string) => { count: number; owner: boolean }): void {
  const { act, subject, actor, detail, digests } = event
  const person = actor.person_id as string
  if (act === 'person.add') story.roles.set(subject.id, detail.role)
  else if (act === 'membership.change') story.roles.set(subject.id, detail.to)
  else if (act === 'proposal.submit' || act === 'proposal.supersede') {
    const before =
      act === 'proposal.supersede' ? (story.authors.get(detail.supersedes) ?? new Set()) : new Set<string>()
    story.authors.set(subject.id, new Set([...before, person]))
    story.diff.set(subject.id, digests.diff)
    story.valid.set(subject.id, false)
    if (act === 'proposal.supersede') {
      close(story, detail.supersedes)
      story.valid.set(detail.supersedes, false)
    }
  } else if (act === 'validation.start') story.valid.set(detail.proposal, false)
  else if (act === 'validation.finish') story.valid.set(detail.proposal, event.outcome === 'ok')
  else if (act === 'proposal.validate') {
    if (digests.diff !== story.diff.get(subject.id)) close(story, subject.id)
    story.diff.set(subject.id, digests.diff)
  } else if (act === 'approval.open') {
    close(story, detail.proposal)
    story.requests.set(subject.id, {
      id: subject.id,
      proposal: detail.proposal,
      intent: digests.intent,
      live: true,
      yes: new Set(),
    })
  } else if (act === 'approval.expire') close(story, story.requests.get(subject.id)?.proposal ?? '')
  else if (act === 'proposal.approve') vote(story, event, person)
  else if (act === 'proposal.revoke') for (const request of requestsOf(story, subject.id)) request.yes.delete(person)
  else if (act === 'proposal.reject' || act === 'proposal.withdraw') {
    close(story, subject.id)
    story.valid.set(subject.id, false)
  } else if (act === 'proposal.merge') grant(story, event, needs(subject.id))
  const late = [
    'proposal.supersede',
    'proposal.withdraw',
    'proposal.reject',
    'proposal.revoke',
    'proposal.approve',
    'proposal.validate',
    'approval.expire',
  ]
  const about =
    act === 'proposal.supersede'
      ? detail.supersedes
      : act === 'approval.expire'
        ? story.requests.get(subject.id)?.proposal
        : subject.id
  if (late.includes(act) && story.granted.has(`proposal:${about}`))
    story.faults.push(`${event.seq}: ${act} of ${about} took place after its grant`)
}

function vote(story: Story, event: Body, person: string): void {
  const request = story.requests.get(event.detail.request)
  if (!request?.live) story.faults.push(`${event.seq}: a vote on the closed request ${event.detail.request}`)
  else if (request.intent !== event.digests.intent)
    story.faults.push(`${event.seq}: a vote on an intent that was not asked for`)
  else if (!VOTING.concat('developer').includes(story.roles.get(person) ?? ''))
    story.faults.push(`${event.seq}: a vote by ${story.roles.get(person)}`)
  else if (story.authors.get(request.proposal)?.has(person)) story.faults.push(`${event.seq}: an author's vote`)
  else request.yes.add(person)
}

function grant(story: Story, event: Body, needs: { count: number; owner: boolean }): void {
  const proposal = event.subject.id as string
  const intent = event.digests.intent as string
  const fault = (text: string) => story.faults.push(`${event.seq}: granted ${proposal} although ${text}`)
  const [request] = requestsOf(story, proposal)
  if (!request) return void fault('it has no live request')
  if (request.intent !== intent) fault('another intent was approved')
  if (event.digests.diff !== story.diff.get(proposal)) fault('its diff is not the last one submitted')
  if (!story.valid.get(proposal)) fault('it is not validated, or closed')
  const counted = [...request.yes].filter(
    (p) => VOTING.includes(story.roles.get(p) ?? '') && !story.authors.get(proposal)?.has(p),
  )
  if (counted.length < needs.count) fault(`${counted.length} of ${needs.count} approvals stood`)
  if (needs.owner && !counted.some((p) => story.roles.get(p) === 'owner')) fault('no owner approved')
  if (story.granted.has(intent)) fault('the intent was granted before')
  story.granted.set(intent, event.detail.effect)
  story.granted.set(`proposal:${proposal}`, event.detail.effect)
}

function settled(story: Story, event: Body): void {
  const effect = event.subject.id as string
  const entry = [...story.granted].filter(([, id]) => id === effect)
  if (entry.length === 0) story.faults.push(`${event.seq}: ${effect} was settled without a grant, or twice`)
  // An effect that was refused (the base moved) frees its intent for another grant.
  if (event.reason === 'branch-moved') for (const [key] of entry) story.granted.delete(key)
  else if (event.outcome === 'ok') for (const [key] of entry) story.granted.set(key, 'done')
}

/** What database and forge must agree on, whatever happened. */
export async function rowFaults(fixture: Fixture): Promise<string[]> {
  const { db } = fixture.context
  const faults: string[] = []
  const effects = await db
    .selectFrom('effects')
    .leftJoin('grants', 'grants.effect_id', 'effects.id')
    .selectAll('effects')
    .select(['grants.id as grant_id', 'grants.spent_at'])
    .execute()
  const merges = (await fixture.events({ act: 'proposal.merge' })).filter((e) => e.outcome === 'ok')
  const done = (await fixture.events({ act: 'effect.execute' })).filter(
    (e) => e.outcome === 'ok' || e.reason === 'branch-moved',
  )
  if (merges.length !== effects.length) faults.push(`${merges.length} grants on the ledger, ${effects.length} effects`)
  for (const effect of effects) {
    const over = effect.state === 'effected' || effect.state === 'refused'
    if (effect.grant_id === null || (effect.spent_at !== null) !== over)
      faults.push(`the grant of ${effect.id} (${effect.state}) is ${effect.spent_at === null ? 'unspent' : 'spent'}`)
    const told = done.filter((e) => e.subject.id === effect.id).length
    if (told !== (over ? 1 : 0)) faults.push(`${effect.id} is ${effect.state} and has ${told} events of its end`)
  }
  const byIntent = Map.groupBy(
    effects.filter((e) => e.state === 'effected'),
    (e) => e.intent_digest,
  )
  for (const [intent, all] of byIntent)
    if (all.length > 1) faults.push(`the intent ${intent} merged ${all.length} times`)
  const standing = await db
    .selectFrom('approval_requests')
    .innerJoin('proposals', 'proposals.id', 'approval_requests.proposal_id')
    .select(['approval_requests.id', 'proposals.state'])
    .where('approval_requests.state', 'in', ['open', 'satisfied'])
    .where('proposals.state', 'in', ['superseded', 'withdrawn'])
    .execute()
  faults.push(...standing.map((r) => `the request ${r.id} is live although its proposal is ${r.state}`))
  faults.push(...(await uncovered(fixture)))
  return faults
}

export const GOVERNED = [
  'projects',
  'persons',
  'memberships',
  'tokens',
  'repositories',
  'stories',
  'runbooks',
  'agents',
  'agent_versions',
  'tasks',
  'runs',
  'proposals',
  'proposal_authors',
  'decisions',
  'validations',
  'approval_requests',
  'approvals',
  'effects',
  'grants',
] as const

async function uncovered({ context: { db } }: Fixture): Promise<string[]> {
  const faults: string[] = []
  for (const table of GOVERNED) {
    const { rows } = await sql<{
      id: string
    }>`select id from ${sql.table(table)} t where not exists (select from ledger_event_rows r where r.row_id = t.id)`.execute(
      db,
    )
    faults.push(...rows.map((row) => `${table} ${row.id} stands in no event`))
  }
  return faults
}

/** Walks a branch from its head to where the test began: only merges of effects, and commits that the test pushed itself. */
export async function branchFaults(
  fixture: Fixture,
  repository: string,
  branch: string,
  pushed: ReadonlySet<string>,
): Promise<string[]> {
  const { context } = fixture
  const faults: string[] = []
  const proposals = await context.db
    .selectFrom('proposals')
    .innerJoin('effects', 'effects.proposal_id', 'proposals.id')
    .selectAll('effects')
    .select(['proposals.state as proposal_state', 'proposals.result_tree'])
    .where('proposals.target_branch', '=', branch)
    .execute()
  const seen: string[] = []
  let at = await context.forge.readRef(repository, branch)
  while (at !== null && !pushed.has(`root:${at}`)) {
    const commit = await context.forge.resolveCommit(repository, at)
    if (!commit) return [...faults, `${at} is gone`]
    const effect = proposals.find((p) => p.result_commit === at)
    if (!pushed.has(at)) {
      const execution = effect?.execution as { base_commit: string; result_tree: string } | undefined
      if (!effect || !execution) faults.push(`${branch} took ${at}, which no effect made`)
      else if (effect.state !== 'effected' || effect.proposal_state !== 'merged')
        faults.push(`${branch} took ${at} of ${effect.id}, which is ${effect.state}`)
      else if (commit.tree !== execution.result_tree || commit.parents[0] !== execution.base_commit)
        faults.push(`${at} is not exactly what ${effect.id} was granted for`)
      if (effect) seen.push(effect.id)
    }
    at = commit.parents[0] ?? null
  }
  for (const effect of proposals)
    if (effect.state === 'effected' && seen.filter((id) => id === effect.id).length !== 1)
      faults.push(
        `${effect.id} is effected and stands ${seen.filter((id) => id === effect.id).length} times in ${branch}`,
      )
  return faults
}
