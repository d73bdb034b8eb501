import { afterEach, expect, test } from 'vitest'
import type { ValidationDetail } from '@gatehouse/client/operations.gen'
import { closeAll, run, testApi } from '../../test-host.ts'
import { PROPOSAL_ID, sampleEvent, sampleProposal, TIME } from '../../test-samples.ts'

afterEach(closeAll)

const ID = `val_${'0193eeee'.padEnd(32, '5')}`
const OTHER = `val_${'0193eeee'.padEnd(32, '6')}`

function sample(reports: number, told: Partial<{ total: number; passed: number }> = {}): ValidationDetail {
  return {
    id: ID,
    proposal_id: PROPOSAL_ID,
    state: 'passed',
    reason: null,
    base_commit: 'b'.repeat(40),
    result_tree: 'e'.repeat(40),
    recipe_digest: 'f'.repeat(64),
    recipe_source: 'settings',
    recipe: { version: 1, validations: [], test_paths: [] },
    applied: [{ name: 'unit', reports }],
    facts: {
      host_measured: {
        commands: [{ name: 'test', exit_code: 0, timed_out: false, duration_ms: 5 }],
        test_files_deleted: [],
        test_files_changed: [],
      },
      candidate_reported: {
        total: 0,
        passed: 0,
        failed: 0,
        skipped: 0,
        removed_tests: [],
        newly_skipped_tests: [],
        newly_failing_tests: [],
        problems: reports > 0 ? ['out.xml: the report counts 0 tests'] : [],
        ...told,
      },
      ticked_tasks: { judged: [], removed: [], total: 0, not_judged: null },
    },
    isolation: null,
    envelope_digest: null,
    digest: null,
    created_at: TIME,
    finished_at: TIME,
    commands: [],
  }
}

test.each([
  ['without a report', 0, /no report: only the exit code counts/],
  ['whose report counts none', 1, /0 TESTS COUNTED.*\n(.*\n)*.*out\.xml: the report counts 0 tests/],
])('a validation %s never looks like tests that passed', async (_, reports, said) => {
  const validation = sample(reports)
  const api = await testApi({
    validationShow: () => ({ json: validation }),
    proposalShow: () => ({ json: sampleProposal({ validation }) }),
  })
  expect((await run(['validation', 'show', ID], api)).stdout()).toMatch(said)
  expect((await run(['proposal', 'show', PROPOSAL_ID], api)).stdout()).toMatch(said)
})

test('tests that were counted are told as counts', async () => {
  const api = await testApi({ validationShow: () => ({ json: sample(1, { total: 2, passed: 2 }) }) })
  const { stdout } = await run(['validation', 'show', ID], api)
  expect(stdout()).toMatch(/tests +2 of 2 passed, 0 failed, 0 skipped\n/)
})

test('the beginning of an id is enough where it is of one validation, looked for in pages', async () => {
  const started = (seq: number, id: string) =>
    sampleEvent({ seq, act: 'validation.start', subject: { kind: 'validation', id } })
  const newest = Array.from({ length: 200 }, (_, i) => started(500 - i, `val_${i.toString(16).padStart(32, 'a')}`))
  const api = await testApi({
    ledgerShow: ({ query }) => {
      const items = query['before'] === undefined ? newest : [started(30, ID), started(29, OTHER)]
      return { json: { items, head: { seq: 500, hash: 'a'.repeat(64) } } }
    },
    validationShow: () => ({ json: sample(1) }),
  })
  expect((await run(['validation', 'show', ID.slice(0, 20)], api)).code).toBe(0)
  expect(api.calls.at(-1)?.id).toBe(ID)
  expect(api.calls.map((call) => call.query)).toContainEqual({ act: 'validation.start', limit: '200', before: '301' })
  const both = await run(['validation', 'show', 'val_0193eeee'], api)
  expect([both.code, both.stderr().includes('begins 2 of them')]).toEqual([2, true])
  expect((await run(['validation', 'show', 'val_ffffffff'], api)).code).toBe(5)
})
