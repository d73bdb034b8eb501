import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { git, startFixture, writeFiles, type Body, type Fixture, type Someone } from './features-fixture.ts'

// Law 5 for tasks: a ticked box is a claim. What the code of `gatehouse spec evidence` sees of it decides, here as there.

const TASKS = 'specs/001-cart/tasks.md'
const list = (...lines: string[]) => `# Tasks: Cart\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
const OPEN = '- [ ] T001 Create `src/cart.js` with `total()`, and tests in `test/cart.test.js`'
const DONE = OPEN.replace('[ ]', '[x]')
const CODE = 'export function total(items) {\n  return items.reduce((a, b) => a + b, 0)\n}\n'
const TEST =
  "import test from 'node:test'\nimport { total } from '../src/cart.js'\ntest('adds', () => {\n  if (total([1]) !== 1) throw new Error('no')\n})\n"
const REPORT =
  '<testsuites><testsuite name="cart"><testcase name="adds" file="test/cart.test.js"/></testsuite></testsuites>'
const RECIPE = JSON.stringify({
  version: 1,
  validations: [
    {
      name: 'unit',
      commands: [{ name: 'test', run: ['cp', 'report.xml', 'out.xml'] }],
      reports: [{ format: 'junit', path: 'out.xml' }],
    },
  ],
})

let f: Fixture
let ada: Someone
beforeAll(async () => {
  f = await startFixture({ name: 'law-five' })
  ada = await f.person('ada', 'maintainer')
  await f.repository('shop', { [TASKS]: list(OPEN), 'report.xml': REPORT, '.gatehouse/recipe.yaml': RECIPE })
})
afterAll(() => f.close())

/** Sends what these files make of the repository as somebody's patch, and waits until it is judged. */
async function proposed(title: string, files: Readonly<Record<string, string>>): Promise<Body> {
  const source = join(f.folder, 'sources', 'shop')
  writeFiles(source, files)
  await git(source, 'add', '-A')
  const patch = Buffer.from(await git(source, 'diff', '--cached', '--binary', 'HEAD')).toString('base64')
  await git(source, 'reset', '-q', '--hard', 'HEAD')
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch, repository: 'shop', title })
  expect(answer.status, answer.text).toBe(201)
  await f.work()
  return (await f.call(ada.token, 'GET', `/api/proposals/${answer.body.id}`)).body
}

test('a change that only ticks a task is refused, whatever it calls itself, and says what was not found', async () => {
  const proposal = await proposed('T001: cart done and tested', { [TASKS]: list(DONE) })
  expect([proposal.state, proposal.validation.state]).toEqual(['failed', 'passed'])
  expect(proposal.reason).toBe(`Ticked, and what the task names shows no work: T001 (${TASKS}:5) contradicted.`)
  const { judged, not_judged, total } = proposal.validation.facts.ticked_tasks
  expect({ total, not_judged }).toEqual({ total: 1, not_judged: null })
  expect(judged[0]).toMatchObject({ id: 'T001', path: TASKS, line: 5, verdict: 'contradicted', lookable: true })
  expect(judged[0].evidence[0]).toMatchObject({ about: 'file', found: 'against' })
  const task = (await f.call(ada.token, 'GET', `/api/tasks/${proposal.task_id}`)).body
  expect(task.state).toBe('needs_revision')
  expect(task.feedback.violations).toEqual([{ policy_id: 'ticked_tasks', message: proposal.reason }])
})

test('a change that does what it ticks waits for approval, with what was found', async () => {
  const proposal = await proposed('Cart', { [TASKS]: list(DONE), 'src/cart.js': CODE, 'test/cart.test.js': TEST })
  expect([proposal.state, proposal.reason]).toEqual(['validated', null])
  const { judged } = proposal.validation.facts.ticked_tasks
  expect(judged.map(({ id, verdict }: Body) => [id, verdict])).toEqual([['T001', 'shown']])
  const decision = (await f.call(ada.token, 'GET', `/api/decisions/${proposal.decisions.at(-1).id}`)).body
  expect(decision.input.validation.ticked_tasks).toEqual({
    judged: [{ id: 'T001', path: TASKS, line: 5, verdict: 'shown', lookable: true, dropped: [] }],
    removed: [],
    not_judged: null,
  })
})

test('a change that takes out of a task what it would have to show is refused by name', async () => {
  const proposal = await proposed('Cart', { [TASKS]: list('- [x] T001 Talk about the cart') })
  expect(proposal.state).toBe('failed')
  expect(proposal.reason).toContain(
    `Taken out of a task together with its tick: T001 (${TASKS}:5) no longer names src/cart.js, test/cart.test.js, total.`,
  )
})

test('ticks that could not be judged are refused, and say why', async () => {
  const proposal = await proposed('Cart', { [TASKS]: `${list(DONE)}${'x'.repeat(2 * 1024 * 1024)}\n` })
  expect(proposal.state).toBe('failed')
  expect(proposal.reason).toContain(`Ticked tasks could not be judged: ${TASKS} is larger than`)
})

test('a change that touches no specification ticks nothing', async () => {
  const proposal = await proposed('Cart', { 'src/cart.js': CODE })
  expect(proposal.state).toBe('validated')
  expect(proposal.validation.facts.ticked_tasks).toEqual({ judged: [], removed: [], total: 0, not_judged: null })
})
