import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, testApi, testHost } from '../../test-host.ts'
import { sampleRunbook, sampleStory, STORY_ID } from '../../test-samples.ts'

afterEach(closeAll)

const STORY = '# Round half to even\n\nfeature_request_id: LED-1\n\n## Acceptance Criteria\n\n- Given 2.5, then 2\n'

test('a story is submitted as it stands, and a known one says so', async () => {
  const api = await testApi({ storySubmit: () => ({ status: 201, json: { ...sampleStory(), deduplicated: true } }) })
  const host = testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'x' } })
  writeFileSync(join(host.cwd, 's.md'), STORY)
  expect(await runProgram(['story', 'submit', 's.md', '--repo', 'ledger'], host)).toBe(0)
  expect(api.calls[0]?.body).toEqual({ markdown: STORY, repository: 'ledger' })
  expect(host.stdout()).toContain('this feature_request_id was known')
})

test.each([
  ['no criteria', '# T\nfeature_request_id: A-1\n', 'no acceptance criteria'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x41]), 'is not UTF-8 text'],
  ['nothing', '', 'no title'],
])('a story with %s is refused here, before it is sent', async (_, input, said) => {
  const api = await testApi({})
  const { code, stderr } = await run(['story', 'submit', '-'], api, { input })
  expect(code).toBe(2)
  expect(stderr()).toContain('(story-invalid)')
  expect(stderr()).toContain(said)
  expect(api.calls).toEqual([])
})

test('a runbook is accepted by the digest that was shown', async () => {
  const runbook = sampleRunbook({ body: '# Runbook\n\u001b[2Jdo it\n' })
  const api = await testApi({
    storyShow: () => ({ json: sampleStory({ runbook }) }),
    runbookAccept: () => ({ json: { ...runbook, state: 'ACCEPTED' } }),
  })
  const { code, stderr, stdout } = await run(['runbook', 'accept', STORY_ID], api, { answers: ['y'] })
  expect(code).toBe(0)
  expect(stderr()).toContain('# Runbook\ndo it')
  expect(stderr()).toContain(runbook.digest)
  expect(api.calls.find((c) => c.operation === 'runbookAccept')).toMatchObject({
    id: runbook.id,
    body: { digest: runbook.digest },
  })
  expect(stdout()).toContain('gatehouse task run')
})

test('a digest that was given is sent as it is; where nobody can be asked one is needed', async () => {
  const api = await testApi({
    runbookShow: () => ({ json: sampleRunbook() }),
    storyShow: () => ({ json: sampleStory() }),
    runbookAccept: () => ({ json: sampleRunbook() }),
  })
  expect((await run(['runbook', 'accept', 'rbk_1'], api)).code).toBe(2)
  expect((await run(['runbook', 'accept', 'rbk_1', '--digest', 'short'], api)).code).toBe(2)
  expect(api.calls.some((c) => c.operation === 'runbookAccept')).toBe(false)
  expect((await run(['runbook', 'accept', 'rbk_1', '--digest', 'e'.repeat(64)], api)).code).toBe(0)
  expect(api.calls.find((c) => c.operation === 'runbookAccept')?.body).toEqual({ digest: 'e'.repeat(64) })
})

test('a story without a runbook yet says so', async () => {
  const api = await testApi({ storyShow: () => ({ json: sampleStory({ runbook: null, state: 'new' }) }) })
  const { code, stderr } = await run(['runbook', 'show', STORY_ID], api)
  expect(code).toBe(5)
  expect(stderr()).toContain('not drafted yet')
})
