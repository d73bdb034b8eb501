import type { StoryState, TaskState } from '@gatehouse/core/delivery/states'
import type { Proposal, Run, Story, Task } from '@gatehouse/client/operations.gen'
import type { Risk } from '../../api/types.ts'
import { paths } from '../../paths.ts'
import { listText } from '../shell/session.ts'

/** The columns of the flow, in its order. */
export const COLUMNS = ['story', 'runbook', 'run', 'proposal', 'validation', 'approval', 'merged'] as const
export type ColumnName = (typeof COLUMNS)[number]

export interface Card {
  readonly key: string
  readonly column: ColumnName
  readonly title: string
  readonly to: string
  readonly reference: string
  readonly state: StoryState | TaskState
  readonly risk: Risk | null
  readonly priority: number | null
  /** What it waits for, and who can give it; null where a machine is at it or nothing is due. */
  readonly waits: string | null
  /** What happens or happened, in a few words. */
  readonly now: string | null
  readonly updated_at: string
}

export interface BoardInput {
  readonly stories: readonly Story[]
  readonly tasks: readonly Task[]
  /** Details of live proposals, by id, as far as they are known. */
  readonly proposals: ReadonlyMap<string, Proposal>
  readonly runs: ReadonlyMap<string, Run>
}

const TASK_COLUMN: Readonly<Record<TaskState, ColumnName | null>> = {
  created: 'story',
  triaged: 'story',
  ready: 'run',
  running: 'run',
  needs_revision: 'run',
  failed: 'run',
  proposed: 'proposal',
  validating: 'validation',
  awaiting_approval: 'approval',
  approved: 'approval',
  merged: 'merged',
  deploying: 'merged',
  deployed: 'merged',
  verified: 'merged',
  rolled_back: 'merged',
  cancelled: null,
}

/** Every piece of work as one card in the column where it stands; a story gives way to its task once its runbook is accepted. Pure. */
export function cardsOf(input: BoardInput): Card[] {
  const tasks = new Map(input.tasks.map((task) => [task.id, task]))
  const stories = new Map(input.stories.map((story) => [story.id, story]))
  const early = input.stories.flatMap((story) => storyCard(story, tasks) ?? [])
  const covered = new Set(early.map((card) => card.key))
  const late = input.tasks
    .filter((task) => task.story_id === null || !covered.has(task.story_id))
    .flatMap((task) => taskCard(task, stories.get(task.story_id ?? ''), input) ?? [])
  return [...early, ...late].toSorted(
    (a, b) => (a.priority ?? 9) - (b.priority ?? 9) || b.updated_at.localeCompare(a.updated_at),
  )
}

function storyCard(story: Story, tasks: ReadonlyMap<string, Task>): Card | null {
  const task = story.task_id === null ? undefined : tasks.get(story.task_id)
  const base = {
    key: story.id,
    title: story.title,
    to: paths.story(story.id),
    reference: story.feature_request_id,
    state: story.state,
    risk: story.risk,
    priority: story.priority,
    updated_at: story.updated_at,
    now: null,
  }
  switch (story.state) {
    case 'new':
      return { ...base, column: 'story', waits: null, now: 'being triaged' }
    case 'triaged':
      return { ...base, column: 'story', waits: null, now: 'runbook being drafted' }
    case 'runbook_drafted':
      return { ...base, column: 'runbook', waits: 'a maintainer to accept the runbook' }
    case 'accepted':
    case 'in_progress':
    case 'delivered':
      return task ? null : { ...base, column: 'runbook', waits: null, now: 'its task is not known here' }
    case 'rejected':
      break
  }
  return null
}

function taskCard(task: Task, story: Story | undefined, input: BoardInput): Card | null {
  const column = TASK_COLUMN[task.state]
  if (column === null) return null
  const proposalId = task.live_proposal_id ?? task.last_proposal_id
  const proposal = task.live_proposal_id === null ? undefined : input.proposals.get(task.live_proposal_id)
  const run = task.live_run_id === null ? undefined : input.runs.get(task.live_run_id)
  const atProposal = column !== 'run' && column !== 'story' && proposalId !== null
  return {
    key: task.id,
    column,
    title: task.title,
    to: atProposal ? paths.proposal(proposalId) : paths.task(task.id),
    reference: story?.feature_request_id ?? task.repository_name ?? task.kind,
    state: task.state,
    risk: task.risk,
    priority: task.priority,
    updated_at: task.updated_at,
    ...taskWords(task, proposal, run),
  }
}

function taskWords(task: Task, proposal: Proposal | undefined, run: Run | undefined): Pick<Card, 'waits' | 'now'> {
  switch (task.state) {
    case 'ready':
      return task.repository_id === null
        ? { waits: 'a repository: none is named', now: null }
        : { waits: 'a developer to start a run', now: null }
    case 'running':
      return { waits: null, now: run ? runWords(run) : 'an agent is at work' }
    case 'needs_revision':
      return { waits: 'another attempt', now: feedbackWords(task) }
    case 'failed':
      return { waits: 'a developer to look and run it again', now: null }
    case 'proposed':
      return { waits: null, now: 'about to be validated' }
    case 'validating':
      return { waits: null, now: 'its recipe runs in the sandbox' }
    case 'awaiting_approval':
    case 'approved':
      return proposal
        ? approvalWords(proposal)
        : { waits: task.state === 'approved' ? 'the merge' : 'an approval', now: null }
    case 'merged':
      return { waits: null, now: 'merged as approved' }
    case 'created':
    case 'triaged':
    case 'deploying':
    case 'deployed':
    case 'verified':
    case 'rolled_back':
    case 'cancelled':
      break
  }
  return { waits: null, now: null }
}

function runWords(run: Run): string {
  const step = run.steps.findLast((each) => each.finished_at === null) ?? run.steps.at(-1)
  const words = run.state === 'queued' ? 'queued' : step ? `step ${step.name}` : 'starting'
  return `${run.agent.name}: ${words}`
}

function feedbackWords(task: Task): string | null {
  const { feedback } = task
  if (!feedback) return null
  const parts = [
    counted(feedback.failing_tests.length, 'failing test'),
    counted(feedback.violations.length, 'policy violation'),
    counted(feedback.comments.length, 'comment'),
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : `last attempt: ${parts.join(', ')}`
}

function counted(count: number, noun: string): string | null {
  return count === 0 ? null : `${count} ${noun}${count === 1 ? '' : 's'}`
}

function approvalWords(proposal: Proposal): Pick<Card, 'waits' | 'now'> {
  const { approval, effect } = proposal
  if (effect && (effect.state === 'granted' || effect.state === 'unknown'))
    return { waits: null, now: effect.state === 'granted' ? 'granted, merging' : 'merge being reconciled' }
  const open = approval?.requirements.filter((requirement) => requirement.remaining > 0) ?? []
  if (open.length > 0) return { waits: open.map(requirementWords).join('; '), now: null }
  if (proposal.missing.length > 0)
    return { waits: proposal.missing.map((missing) => missing.what).join('; '), now: null }
  return { waits: 'a developer to merge', now: 'approved' }
}

/** `1 approval by a maintainer or owner`. */
export function requirementWords(requirement: {
  readonly remaining: number
  readonly roles: readonly string[]
}): string {
  const { remaining, roles } = requirement
  const who = listText(roles, 'or')
  return `${remaining} approval${remaining === 1 ? '' : 's'} by ${/^[aeiou]/.test(who) ? 'an' : 'a'} ${who}`
}

export interface Duty {
  readonly key: string
  readonly what: 'approve' | 'merge' | 'accept'
  readonly title: string
  readonly to: string
  readonly since: string
}

/** What the signed-in person could do now, by what the server said they may. Pure. */
export function dutiesOf(input: BoardInput, may: readonly string[]): Duty[] {
  const runbooks = may.includes('runbook.accept')
    ? input.stories
        .filter((story) => story.state === 'runbook_drafted')
        .map((story) => ({
          key: story.id,
          what: 'accept' as const,
          title: story.title,
          to: paths.story(story.id),
          since: story.updated_at,
        }))
    : []
  const proposals = [...input.proposals.values()].flatMap((proposal) => {
    const what = proposal.can.merge.ok ? 'merge' : proposal.can.approve.ok ? 'approve' : null
    return what === null
      ? []
      : [
          {
            key: proposal.id,
            what,
            title: proposal.title,
            to: paths.proposal(proposal.id),
            since: proposal.updated_at,
          } as const,
        ]
  })
  return [...proposals, ...runbooks].toSorted((a, b) => a.since.localeCompare(b.since))
}
