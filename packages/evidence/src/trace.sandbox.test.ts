import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { coveragePage } from './coverage-page.ts'
import { coverageOf } from './coverage.ts'
import { projectEvidence, type ProjectEvidence } from './project-evidence.ts'
import { closeRepositories, testRepository } from './test-repository.ts'
import { readReports } from './test-results.ts'
import { traceQuery } from './trace.ts'

afterEach(closeRepositories)

const FOLDER = 'specs/001-login'
const SPEC = `# Feature Specification: Login

## User Scenarios & Testing

### User Story 1 - Sign in (Priority: P1)

**Acceptance Scenarios**:

1. **Given** a user, **When** they sign in, **Then** they are in

## Requirements

### Functional Requirements

- **FR-001**: The system MUST let users <b onclick="x">sign in</b>
- **FR-002**: The system MUST let users sign out
`
const LINES = [
  'T001 [US1] Create `src/login.ts` with `signIn()` (FR-001)',
  'T002 [US1] Write `tests/login.test.ts` for FR-001',
  'T003 Tidy up',
]
const tasks = (box: string) =>
  `# Tasks: Login\n\n## Phase 1: Setup\n\n${LINES.map((line) => `- [${box}] ${line}`).join('\n')}\n`

async function sample(): Promise<ProjectEvidence> {
  const repo = testRepository()
  repo.commit('Plan 001-login', { [`${FOLDER}/spec.md`]: SPEC, [`${FOLDER}/tasks.md`]: tasks(' ') })
  repo.commit('T001 of 001-login', { 'src/login.ts': 'export function signIn() {\n  return 1\n}\n' })
  repo.commit('Tests', { 'tests/login.test.ts': "test('signs in', () => {})\n" })
  repo.commit('Another feature', {
    'specs/002-logout/spec.md':
      '# Feature Specification: Logout\n\n## Requirements\n\n### Functional Requirements\n\n- **FR-001**: The system MUST log out\n',
  })
  repo.commit('Tick', { [`${FOLDER}/tasks.md`]: tasks('x') })
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  return projectEvidence(repo.root, read.results)
}

test('a requirement leads to its tasks, their commits, files and tests', async () => {
  const trace = await traceQuery(await sample(), 'FR-001', '001-login')
  expect(trace?.tasks.map((task) => task.id)).toEqual(['T001', 'T002'])
  expect(trace?.files).toEqual(['src/login.ts'])
  expect(trace?.tests).toEqual(['tests/login.test.ts'])
  expect(trace?.commits.map((c) => c.subject)).toEqual(['T001 of 001-login', 'Tick', 'Tests'])
})

test('an id that several features have is not guessed', async () => {
  const trace = await traceQuery(await sample(), 'fr-1', null)
  expect(trace?.ambiguous).toBe(true)
  expect(trace?.found.map((item) => item.scope)).toEqual([FOLDER, 'specs/002-logout'])
  expect(trace?.tasks).toEqual([])
})

test('a task leads up to requirement and story, a scenario to the tasks of its story', async () => {
  const evidence = await sample()
  const task = await traceQuery(evidence, 'T1', null)
  expect(task?.requirements.map((item) => item.id).sort()).toEqual(['FR-001', 'US1'])
  const scenario = await traceQuery(evidence, 'US1/AC1', null)
  expect(scenario?.tasks.map((t) => t.id)).toEqual(['T001', 'T002'])
})

test('a line of code leads to the commit that wrote it, its task and the requirement', async () => {
  const trace = await traceQuery(await sample(), 'src/login.ts:2', null)
  expect(trace?.commit?.subject).toBe('T001 of 001-login')
  expect(trace?.tasks.map((task) => task.id)).toEqual(['T001'])
  expect(trace?.requirements.map((item) => item.id)).toContain('FR-001')
})

test('a file of tests, also with a test behind it, leads to its task; a line of a specification to what stands there', async () => {
  const evidence = await sample()
  for (const query of ['tests/login.test.ts', 'tests/login.test.ts > signs in'])
    expect((await traceQuery(evidence, query, null))?.tasks.map((task) => task.id)).toEqual(['T002'])
  const line = SPEC.split('\n').findIndex((text) => text.includes('FR-002')) + 1
  expect((await traceQuery(evidence, `${FOLDER}/spec.md:${line}`, null))?.found.map((item) => item.id)).toEqual([
    'FR-002',
  ])
})

test('what nothing knows is null', async () => {
  const evidence = await sample()
  for (const query of ['FR-999', 'no/such.ts:3', '--output=/tmp/x', '', ':', 'a'.repeat(5000)])
    expect(await traceQuery(evidence, query, null)).toBeNull()
})

test('coverage tells requirements without a task, and how far the others are', async () => {
  const [login] = coverageOf(await sample())
  expect(login?.requirements.map(({ item, cover }) => `${item.id} ${cover}`).sort()).toEqual([
    'FR-001 partly',
    'FR-002 no-task',
    'US1 partly',
  ])
  expect(login?.loose.map((task) => task.id)).toEqual(['T003'])
})

test('coverage of one folder says nothing of the others', async () => {
  const repo = testRepository()
  const spec = (name: string) =>
    `# Feature Specification: ${name}\n\n## Requirements\n\n### Functional Requirements\n\n- **FR-001**: The system MUST go\n`
  repo.commit('plan', { 'specs/001-a/spec.md': spec('A'), 'specs/002-b/spec.md': spec('B') })
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const scopes = async (folder: string) =>
    coverageOf(await projectEvidence(join(repo.root, folder), read.results)).map(({ scope }) => scope)
  expect([await scopes('specs/002-b'), await scopes('specs')]).toEqual([
    ['specs/002-b'],
    ['specs/001-a', 'specs/002-b'],
  ])
})

test('the page is one file without scripts, and nothing of what others wrote is markup', async () => {
  const page = coveragePage('<img src=x>', coverageOf(await sample()), ['a & "note" \u202e'])
  expect(page).not.toMatch(/<script|<img|<b |javascript:|https?:/i)
  expect(page).not.toMatch(/\son\w+=["']/)
  expect(page).toContain('&#60;b onclick=&#34;x&#34;&#62;')
  expect(page).not.toContain('\u202e')
  expect(page).toContain("default-src 'none'")
})

test('a task that names its work by a symbol leads to the commit and file that brought it, and back', async () => {
  const repo = testRepository()
  const list = (box: string) =>
    `# Tasks: Login\n\n## Phase 1: Setup\n\n- [${box}] T001 Write test \`testSignIn()\` for FR-001\n`
  repo.commit('plan', { [`${FOLDER}/spec.md`]: SPEC, [`${FOLDER}/tasks.md`]: list(' ') })
  repo.commit('the test', { 'src/SignInTest.kt': 'class SignInTest {\n    fun testSignIn() {}\n}\n' })
  repo.commit('tick', { [`${FOLDER}/tasks.md`]: list('x') })
  repo.commit('later', { 'src/SignInTest.kt': 'class SignInTest {\n    fun testSignIn() { go() }\n}\n' })
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const evidence = await projectEvidence(repo.root, read.results)
  expect((await traceQuery(evidence, 'T001', null))?.commits.map(({ subject }) => subject)).toEqual([
    'the test',
    'tick',
  ])
  const back = await traceQuery(evidence, 'src/SignInTest.kt:1', null)
  expect([back?.tasks.map(({ id }) => id), back?.requirements.map(({ id }) => id)]).toEqual([['T001'], ['FR-001']])
})
