import { expect, test } from 'vitest'
import { exitCode, isProblemSlug, Problem, problemDocument, PROBLEMS, type ProblemSlug } from './problems.ts'

const slugs = Object.keys(PROBLEMS) as ProblemSlug[]

test('a slug is kebab-case, its title a sentence of its own, its status an error', () => {
  for (const slug of slugs) {
    const { title, status } = PROBLEMS[slug]
    expect(slug).toMatch(/^[a-z]+(-[a-z0-9]+)*$/)
    expect(title).toMatch(/^(git|[A-Z]).{5,80}[^.]$/)
    expect(status).toSatisfy((n: number) => n >= 400 && n < 600)
  }
  expect(new Set(slugs.map((slug) => PROBLEMS[slug].title)).size).toBe(slugs.length)
})

test('exit codes follow the problem: 1 we broke, 2 input, 3 not allowed, 4 refused, 5 not there, 6 later', () => {
  const expected: Partial<Record<ProblemSlug, number>> = {
    'internal-error': 1,
    'git-failed': 1,
    'ledger-broken': 1,
    'story-invalid': 2,
    'patch-too-large': 2,
    usage: 2,
    'token-invalid': 3,
    forbidden: 3,
    'self-approval': 3,
    'gate-closed': 4,
    'policy-denied': 4,
    'already-voted': 4,
    'bundle-unpinned': 4,
    'bundle-unsigned': 4,
    'bundle-identity-mismatch': 4,
    'bundle-tampered': 4,
    'bundle-version-older': 4,
    'bundle-over-limits': 4,
    'bundle-malformed': 2,
    'trust-root-invalid': 2,
    'not-found': 5,
    'content-purged': 5,
    'too-many-requests': 6,
    'not-ready': 6,
    'branch-moved': 6,
  }
  for (const [slug, code] of Object.entries(expected))
    expect(exitCode(slug as ProblemSlug), `exit code of ${slug}`).toBe(code)
})

test('no problem exits with 0', () => {
  for (const slug of slugs) expect([1, 2, 3, 4, 5, 6]).toContain(exitCode(slug))
})

test('the document has the members of RFC 9457, its status that of the table', () => {
  const problem = new Problem('gate-closed', 'two things are missing', { missing: ['a', 'b'] })
  expect(problemDocument(problem, 'req_1')).toEqual({
    type: 'https://gatehouse.dev/problems/gate-closed',
    title: 'The gate is closed',
    status: 409,
    detail: 'two things are missing',
    code: 'gate-closed',
    retryable: false,
    instance: 'req_1',
    missing: ['a', 'b'],
  })
})

test('an extra member replaces none of ours', () => {
  const document = problemDocument(new Problem('forbidden', 'no', { status: 200, code: 'ok', type: 'x', more: 1 }))
  expect(document).toMatchObject({ status: 403, code: 'forbidden', more: 1 })
  expect(document.type).toContain('/forbidden')
})

test('what every object has is no slug', () => {
  expect(['constructor', 'toString', '', 'gate'].some((text) => isProblemSlug(text))).toBe(false)
})
