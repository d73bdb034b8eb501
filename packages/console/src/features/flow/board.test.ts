import { describe, expect, test } from 'vitest'
import type { Proposal, Run, Story, Task } from '@gatehouse/client/operations.gen'
import { STATES } from '@gatehouse/core/delivery/states'
import { cardsOf, COLUMNS, dutiesOf, requirementWords, type BoardInput } from './board.ts'

const story = (over: Partial<Story> = {}): Story => ({
  id: 'sto_1',
  feature_request_id: 'WEB-1',
  title: 'A story',
  state: 'in_progress',
  risk: 'low',
  priority: 2,
  planner_notes: [],
  problem: '',
  user_story: '',
  criteria: [],
  repository_id: 'rep_1',
  submitted_by: { id: 'per_1', login: 'ana' },
  runbook: null,
  task_id: 'tsk_1',
  version: 1,
  created_at: '2026-11-21T12:00:00.000Z',
  updated_at: '2026-11-21T12:00:00.000Z',
  ...over,
})
const task = (over: Partial<Task> = {}): Task => ({
  id: 'tsk_1',
  title: 'A task',
  description: '',
  kind: 'coding',
  state: 'ready',
  risk: 'low',
  priority: 2,
  attempt: 1,
  feedback: null,
  story_id: 'sto_1',
  repository_id: 'rep_1',
  repository_name: 'shop',
  target_branch: 'main',
  environment: 'sandbox',
  requested_by: { id: 'per_1', login: 'ana' },
  live_run_id: null,
  last_run_id: null,
  live_proposal_id: null,
  last_proposal_id: null,
  version: 1,
  created_at: '2026-11-21T12:00:00.000Z',
  updated_at: '2026-11-21T12:00:00.000Z',
  ...over,
})
const input = (over: Partial<BoardInput>): BoardInput => ({
  stories: [],
  tasks: [],
  proposals: new Map<string, Proposal>(),
  runs: new Map<string, Run>(),
  ...over,
})

describe('the board', () => {
  test('every state of a story and of a task has a place, or is closed', () => {
    const hidden = ['rejected', 'cancelled']
    for (const state of STATES.story) {
      const cards = cardsOf(input({ stories: [story({ state, task_id: null })] }))
      expect([state, cards.length]).toEqual([state, hidden.includes(state) ? 0 : 1])
    }
    for (const state of STATES.task) {
      const cards = cardsOf(input({ tasks: [task({ state, story_id: null })] }))
      expect([state, cards.length]).toEqual([state, hidden.includes(state) ? 0 : 1])
      for (const card of cards) expect(COLUMNS).toContain(card.column)
    }
  })
  test('a story and its task are one card: the story before its runbook is accepted, the task after', () => {
    const before = cardsOf(
      input({ stories: [story({ state: 'runbook_drafted' })], tasks: [task({ state: 'triaged' })] }),
    )
    expect(before.map((card) => [card.column, card.key])).toEqual([['runbook', 'sto_1']])
    const after = cardsOf(input({ stories: [story({ state: 'accepted' })], tasks: [task()] }))
    expect(after.map((card) => [card.column, card.key, card.reference])).toEqual([['run', 'tsk_1', 'WEB-1']])
  })
  test('what needs a person says whom it waits for', () => {
    const waits = (over: Partial<Task>) => cardsOf(input({ tasks: [task({ story_id: null, ...over })] }))[0]?.waits
    expect(waits({ state: 'ready' })).toBe('a developer to start a run')
    expect(waits({ state: 'ready', repository_id: null })).toBe('a repository: none is named')
    expect(waits({ state: 'needs_revision' })).toBe('another attempt')
    expect(waits({ state: 'validating' })).toBeNull()
  })
  test('higher priority stands above, then what changed last', () => {
    const cards = cardsOf(
      input({
        tasks: [
          task({ id: 'tsk_1', story_id: null }),
          task({ id: 'tsk_2', story_id: null, priority: 1 }),
          task({ id: 'tsk_3', story_id: null, updated_at: '2026-11-21T13:00:00.000Z' }),
        ],
      }),
    )
    expect(cards.map((card) => card.key)).toEqual(['tsk_2', 'tsk_3', 'tsk_1'])
  })
  test('a requirement in words', () => {
    expect(requirementWords({ remaining: 1, roles: ['maintainer', 'owner'] })).toBe(
      '1 approval by a maintainer or owner',
    )
    expect(requirementWords({ remaining: 2, roles: ['owner'] })).toBe('2 approvals by an owner')
  })
  test('a runbook waits for you only where your role may accept it', () => {
    const stories = [story({ state: 'runbook_drafted' })]
    expect(dutiesOf(input({ stories }), [])).toEqual([])
    expect(dutiesOf(input({ stories }), ['runbook.accept']).map((duty) => duty.what)).toEqual(['accept'])
  })
})
