import { exitCode, isProblemSlug, Problem, PROBLEMS, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import { afterEach, expect, test } from 'vitest'
import { EXIT_CODES } from './command.ts'
import { endedBadly, refusedDocument, refusedOf, refusedText } from './problem-text.ts'
import { makeStyle } from './style.ts'
import { closeAll, run, testApi } from './test-host.ts'

afterEach(closeAll)

const slugs = Object.keys(PROBLEMS).filter(isProblemSlug)
const plain = makeStyle(false)

test.each(slugs)(
  'the problem %s of the server gives its exit code, slug, detail and correlation id',
  async (slug: ProblemSlug) => {
    // 503 is tried again before it is told: a PATCH never is.
    const api = await testApi({
      repositoryShow: () => ({ json: { id: 'rep_1', version: 1, settings: {} } }),
      repositoryConfigure: () => ({ problem: new Problem(slug, 'because of this') }),
    })
    const { code, stderr, stdout } = await run(['repo', 'set', 'ledger', '--environment', 'x'], api)
    expect(code).toBe(exitCode(slug))
    expect(EXIT_CODES.map(([known]) => known as number)).toContain(code)
    expect(stdout()).toBe('')
    for (const part of [
      slug === 'usage' ? 'Error' : PROBLEMS[slug].title,
      `(${slug})`,
      'because of this',
      'correlation id req_test',
    ])
      expect(stderr()).toContain(part)
  },
)

test('what is missing is listed, with who can give it', () => {
  const problem = new Problem('gate-closed', 'two things are missing', {
    missing: [{ code: 'approval', what: 'one approval', who: 'anna or ben' }, 'evidence', { code: 'x' }],
  })
  const text = refusedText(refusedOf(problem), plain)
  expect(text).toContain('missing  one approval (anna or ben)')
  expect(text).toContain('missing  evidence')
  expect(text).toContain('missing  x')
})

test('the words of others in a problem cannot command the terminal', () => {
  const problem = new Problem('gate-closed', 'a\u001b[2Jb\u009b31mc\u202ed', {
    missing: [{ what: '\u001b]0;title\u0007e', who: '' }],
  })
  const text = refusedText(refusedOf(problem), plain)
  expect(text).toContain('abcd')
  expect(text).toContain('missing  e\n')
})

test('the document has the members of the problem, and its own are not replaced', () => {
  const document = refusedDocument(refusedOf(new Problem('gate-closed', 'd', { missing: [1], code: 'mine' })))
  expect(document).toMatchObject({ code: 'gate-closed', status: 409, detail: 'd', missing: [1], retryable: false })
})

test('a fault of ours is internal-error with its words', () => {
  expect(refusedOf(new Error('ouch'))).toMatchObject({ slug: 'internal-error', detail: 'ouch' })
  expect(refusedOf('ouch')).toMatchObject({ slug: 'internal-error', detail: 'ouch' })
})

test('an end that the server gave a slug for is told as that problem', () => {
  expect(endedBadly('policy-denied', 'validation-failed', 'no', {}).slug).toBe('policy-denied')
  expect(endedBadly('tests_failed', 'validation-failed', 'no', {})).toMatchObject({
    slug: 'validation-failed',
    message: 'no (tests_failed)',
  })
  expect(endedBadly(null, 'validation-failed', 'no', {}).message).toBe('no')
})
