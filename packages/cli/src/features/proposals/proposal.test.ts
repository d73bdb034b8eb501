import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, testApi, testHost, type TestApi, type TestHost } from '../../test-host.ts'
import { PROPOSAL_ID, sampleProposal, TASK_ID } from '../../test-samples.ts'

afterEach(closeAll)

const DIFF = Buffer.from('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+\u001b[8mb\xff\n', 'latin1')

function hostOf(api: TestApi, tty = false): TestHost {
  return testHost({ tty, env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'gh_test', NO_COLOR: '1' } })
}

test('a patch is sent byte for byte, from a file or standard input', async () => {
  const api = await testApi({ proposalSubmit: () => ({ status: 201, json: sampleProposal() }) })
  const host = hostOf(api)
  writeFileSync(join(host.cwd, 'fix.patch'), DIFF)
  expect(await runProgram(['proposal', 'submit', 'fix.patch', '--repo', 'ledger', '--title', 'T'], host)).toBe(0)
  expect((await run(['proposal', 'submit', '-'], api, { input: DIFF })).code).toBe(0)
  const bodies = api.calls.map((c) => c.body as { patch: string; repository?: string; title?: string })
  expect(bodies.map((b) => Buffer.from(b.patch, 'base64'))).toEqual([DIFF, DIFF])
  expect(bodies[0]).toMatchObject({ repository: 'ledger', title: 'T' })
})

test.each([
  ['an empty patch', '', 'patch-empty', 2],
  ['a patch that is too large', 'x'.repeat(10_485_761), 'patch-too-large', 2],
])('%s is refused before it is sent', async (_, input, slug, exit) => {
  const api = await testApi({})
  const { code, stderr } = await run(['proposal', 'submit', '-'], api, { input })
  expect(code).toBe(exit)
  expect(stderr()).toContain(`(${slug})`)
  expect(api.calls).toEqual([])
})

test('a patch file that is not there is a usage problem that names it', async () => {
  const { code, stderr } = await run(['proposal', 'submit', 'none.patch'], await testApi({}))
  expect(code).toBe(2)
  expect(stderr()).toContain('none.patch cannot be read')
})

test('a diff goes out as its exact bytes, and its digest is computed here', async () => {
  const api = await testApi({
    proposalShow: () => ({ json: sampleProposal({ diff_digest: sha256(DIFF) }) }),
    proposalDiff: () => ({ raw: DIFF }),
  })
  const { code, outBytes, stderr } = await run(['proposal', 'diff', PROPOSAL_ID], api)
  expect(code).toBe(0)
  expect(outBytes()).toEqual(DIFF)
  expect(stderr()).toContain(sha256(DIFF))
})

test('on a terminal a diff hides nothing', async () => {
  const api = await testApi({
    proposalShow: () => ({ json: sampleProposal({ diff_digest: sha256(DIFF) }) }),
    proposalDiff: () => ({ raw: DIFF }),
  })
  const host = hostOf(api, true)
  expect(await runProgram(['proposal', 'diff', PROPOSAL_ID], host)).toBe(0)
  expect(host.stdout()).toContain('+<U+001B>[8mb\ufffd')
})

test('a diff that is not the one of the digest is not shown', async () => {
  const api = await testApi({ proposalShow: () => ({ json: sampleProposal() }), proposalDiff: () => ({ raw: DIFF }) })
  const { code, stdout, stderr } = await run(['proposal', 'diff', PROPOSAL_ID], api)
  expect(code).toBe(1)
  expect(stdout()).toBe('')
  expect(stderr()).toContain('(blob-corrupt)')
})

test('--json prints the very document of the server', async () => {
  const document = sampleProposal({ title: 'C1 \u009b and \u202e are escaped' })
  const api = await testApi({ proposalShow: () => ({ json: document }) })
  const { code, stdout, stderr } = await run(['proposal', 'show', PROPOSAL_ID, '--json'], api)
  expect([code, stderr()]).toEqual([0, ''])
  expect(JSON.parse(stdout())).toEqual(document)
  expect(stdout()).not.toMatch(/[\u009b\u202e]/)
})

test('the page of a proposal tells what is measured from what is told', async () => {
  const facts = {
    host_measured: {
      commands: [{ name: 'test', exit_code: 1, timed_out: false, duration_ms: 12 }],
      test_files_deleted: ['test/a.js'],
      test_files_changed: [],
    },
    candidate_reported: {
      total: 3,
      passed: 2,
      failed: 1,
      skipped: 0,
      removed_tests: ['a > b'],
      newly_skipped_tests: [],
      newly_failing_tests: [{ id: 'c > d', message: 'no' }],
      problems: [],
    },
    ticked_tasks: {
      judged: [
        {
          id: 'T012',
          path: 'specs/001-a/tasks.md',
          line: 7,
          text: 'Create `src/a.ts`',
          verdict: 'contradicted' as const,
          lookable: true,
          dropped: ['src/b.ts'],
          evidence: [{ about: 'file' as const, found: 'against' as const, text: 'src/a.ts is not there', where: null }],
          caveats: ['the task may mean another file'],
        },
      ],
      removed: [{ id: null, path: 'specs/001-a/tasks.md', line: 8, text: 'Measure it' }],
      total: 3,
      not_judged: null,
    },
  }
  const validation = {
    id: 'val_1',
    proposal_id: PROPOSAL_ID,
    state: 'failed' as const,
    reason: 'validation-failed',
    base_commit: 'b',
    result_tree: 'e',
    recipe_digest: 'f',
    recipe_source: 'base',
    recipe: { version: 1 as const, validations: [], test_paths: [] },
    facts,
    isolation: { driver: 'none', network: 'host', notes: ['no namespaces here'] },
    envelope_digest: null,
    digest: null,
    created_at: '2026-11-21T15:00:00Z',
    finished_at: null,
  }
  const api = await testApi({ proposalShow: () => ({ json: sampleProposal({ validation }) }) })
  const { stdout } = await run(['proposal', 'show', PROPOSAL_ID], api)
  for (const part of [
    /measured by us +test exit 1 in 12 ms/,
    /test files deleted +test\/a\.js/,
    /told by its tests +2 of 3 passed, 1 failed/,
    /removed tests +a > b/,
    /newly failing +c > d/,
    /Ticked tasks \(3\), judged by files, history and tests, not by their ticks\n  contradicted  T012 Create `src\/a\.ts`\n    specs\/001-a\/tasks\.md:7/,
    /! src\/a\.ts is not there\n    \? the task may mean another file\n    ! the change takes out of the task: src\/b\.ts\n  and 2 more/,
    /taken away, open  Measure it\n    specs\/001-a\/tasks\.md:8 of the base/,
    /isolation +NONE: plain limited processes; no namespaces here/,
    /approve +yes/,
    /merge +no: not now/,
    /an approval of a maintainer \(anna\)/,
  ])
    expect(stdout()).toMatch(part)
})

test('the beginning of an id is enough where it is of one proposal', async () => {
  const other = sampleProposal({ id: `prp_${'0193aaaa'.padEnd(32, '7')}` })
  const api = await testApi({
    proposalList: () => ({ json: { items: [sampleProposal(), other], next_cursor: null } }),
    proposalShow: () => ({ json: sampleProposal() }),
  })
  expect((await run(['proposal', 'show', PROPOSAL_ID.slice(0, 20)], api)).code).toBe(0)
  expect(api.calls.at(-1)?.id).toBe(PROPOSAL_ID)
  const both = await run(['proposal', 'show', 'prp_0193aaaa'], api)
  expect(both.code).toBe(2)
  expect(both.stderr()).toContain('begins 2 of them')
  expect((await run(['proposal', 'show', 'prp_ffffffff'], api)).code).toBe(5)
})

test('a list fits 80 columns and says how to see more', async () => {
  const api = await testApi({
    proposalList: () => ({ json: { items: [sampleProposal({ title: 'x'.repeat(200) })], next_cursor: 'c1' } }),
  })
  const host = hostOf(api, true)
  expect(await runProgram(['proposal', 'list', '--state', 'validated', '--limit', '5', '--task', TASK_ID], host)).toBe(
    0,
  )
  for (const line of host.stdout().split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(host.stdout()).toContain('--cursor c1')
  expect(api.calls[0]?.query).toEqual({ limit: '5', state: 'validated', task: TASK_ID })
})

test('a gate that is closed lists everything that is missing', async () => {
  const missing = [
    { code: 'approval', what: 'one approval', who: 'anna' },
    { code: 'freeze', what: 'the freeze of Friday', who: '' },
  ]
  const api = await testApi({
    proposalMerge: () => ({ problem: new Problem('gate-closed', 'the gate is closed', { missing }) }),
  })
  const { code, stderr } = await run(['merge', PROPOSAL_ID], api)
  expect(code).toBe(4)
  expect(stderr()).toContain('missing  one approval (anna)\n')
  expect(stderr()).toContain('missing  the freeze of Friday\n')
  const json = await run(['merge', PROPOSAL_ID, '--json'], api)
  expect(JSON.parse(json.stderr())).toMatchObject({ code: 'gate-closed', missing, instance: 'req_test' })
})

test('an export goes to a file once, or to standard output', async () => {
  const document = { schema: 'gatehouse.proposal-export/v1', proposal: {} }
  const api = await testApi({ proposalExport: () => ({ json: document }) })
  const host = hostOf(api)
  const argv = ['proposal', 'export', PROPOSAL_ID, 'e.json']
  expect(await runProgram(argv, host)).toBe(0)
  expect(JSON.parse(readFileSync(join(host.cwd, 'e.json'), 'utf8'))).toEqual(document)
  expect(await runProgram(argv, host)).toBe(2)
  expect(await runProgram([...argv, '--force'], host)).toBe(0)
  const piped = await run(['proposal', 'export', PROPOSAL_ID], api)
  expect(JSON.parse(piped.stdout())).toEqual(document)
  expect(existsSync(join(piped.cwd, 'e.json'))).toBe(false)
})
