import { expect, test } from 'vitest'
import { Intent } from '@gatehouse/core/approvals/intent'
import type { Approval } from '@gatehouse/client/operations.gen'
import { intentChangeWords } from './intent-change.ts'

const intent: Approval['intent'] = {
  schema: 'gatehouse.intent/v1',
  kind: 'merge',
  project_id: 'prj_1',
  repository_id: 'rep_1',
  task_id: 'tsk_1',
  target_branch: 'main',
  environment: 'sandbox',
  diff_digest: 'a'.repeat(64),
  agent_version: null,
  exceptions: [],
}

test('the same intent has no changes', () =>
  expect(intentChangeWords(intent, { ...intent, exceptions: [] })).toEqual([]))
test('each part that changed is named', () => {
  expect(
    intentChangeWords(intent, { ...intent, diff_digest: 'b'.repeat(64), target_branch: 'next', exceptions: ['x'] }),
  ).toEqual(['the target branch', 'the diff', 'the exceptions used'])
})
test('every field of the intent has its words', () => {
  const silent = Object.keys(Intent.shape).filter(
    (key) => intentChangeWords(intent, { ...intent, [key]: 'another' }).length !== 1,
  )
  expect(silent).toEqual([])
})
