import { expect, test } from 'vitest'
import type { Task } from '@gatehouse/client/operations.gen'
import { cancelRefusal, runRefusal } from './task-can.ts'

const task = (over: Partial<Task>) =>
  ({ state: 'ready', live_run_id: null, live_proposal_id: null, repository_id: 'rep_1', ...over }) as Task

test('a ready task can run and be cancelled', () => {
  expect(runRefusal(task({}))).toBeNull()
  expect(cancelRefusal(task({}))).toBeNull()
})
test('what stands in the way of a run is named', () => {
  expect(runRefusal(task({ live_run_id: 'run_1' }))).toContain('live')
  expect(runRefusal(task({ repository_id: null }))).toContain('no repository')
  expect(runRefusal(task({ state: 'merged' }))).toContain('It is merged')
})
test('a merged task is not cancelled', () => expect(cancelRefusal(task({ state: 'merged' }))).toContain('It is merged'))
