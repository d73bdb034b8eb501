/** A project in four languages with an honest and a dishonest past: what became of each task is known, and held against the verdict. */
import { afterEach, expect, test } from 'vitest'
import { projectEvidence, type TaskEvidence } from './project-evidence.ts'
import { readReports } from './test-results.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

afterEach(closeRepositories)

const TASKS = 'specs/001-shop/tasks.md'

interface Told {
  readonly id: string
  readonly task: string
  readonly verdict: TaskEvidence['verdict']
  /** Words that a line of evidence has. */
  readonly says: string
  /** Words that a caveat has. */
  readonly doubt?: string
}

const TOLD: readonly Told[] = [
  { id: 'T001', task: 'Create `src/cart.ts` with `addItem()`', verdict: 'shown', says: 'addItem is defined' },
  { id: 'T002', task: 'Create `src/price.js` with `formatPrice()`', verdict: 'shown', says: 'formatPrice is defined' },
  {
    id: 'T003',
    task: 'Create `pricing/tax.py` with `compute_tax()`',
    verdict: 'shown',
    says: 'compute_tax is defined',
  },
  { id: 'T004', task: 'Create `cmd/api/server.go` with `ServeCart()`', verdict: 'shown', says: 'ServeCart is defined' },
  {
    id: 'T005',
    task: 'Create `src/never.ts`',
    verdict: 'contradicted',
    says: 'no commit has it',
    doubt: 'another name',
  },
  { id: 'T006', task: 'Create `pricing/empty.py`', verdict: 'unshown', says: 'is there and empty' },
  {
    id: 'T007',
    task: 'Create `src/stub.ts` with `checkout()`',
    verdict: 'unshown',
    says: 'does nothing yet',
    doubt: 'a stub may be all',
  },
  { id: 'T008', task: 'Create `pricing/stub.py` with `refund()`', verdict: 'unshown', says: 'does nothing yet' },
  { id: 'T009', task: 'Create `cmd/api/stub.go` with `Refund()`', verdict: 'unshown', says: 'does nothing yet' },
  { id: 'T010', task: 'Create a stub of the mailer in `src/mailer.ts`', verdict: 'shown', says: 'was changed since' },
  {
    id: 'T011',
    task: 'Update `src/old.ts`',
    verdict: 'unshown',
    says: 'was not changed since the task was written',
    doubt: 'may have had before',
  },
  { id: 'T012', task: 'Create `src/comment.ts` with `applyCoupon()`', verdict: 'partly', says: 'in a comment only' },
  { id: 'T013', task: 'Create `src/string.js` with `applyCoupon()`', verdict: 'partly', says: 'in a string only' },
  {
    id: 'T014',
    task: 'Create `pricing/renamed.py` with `old_name()`',
    verdict: 'partly',
    says: 'old_name was not found',
  },
  { id: 'T015', task: 'Write `tests/cart.test.ts`', verdict: 'shown', says: '2 passed', doubt: 'was not checked' },
  { id: 'T016', task: 'Write `tests/skipped.test.ts`', verdict: 'partly', says: 'skipped' },
  { id: 'T017', task: 'Write `tests/test_tax.py`', verdict: 'contradicted', says: '1 failed: test_tax' },
  { id: 'T018', task: 'Write `tests/cart-total.test.ts`', verdict: 'contradicted', says: 'no commit has it' },
  { id: 'T019', task: 'Create `src/moved.ts`', verdict: 'shown', says: 'lib/moved.ts', doubt: 'by its name only' },
  { id: 'T020', task: 'Create `cmd/api/gone.go`', verdict: 'partly', says: 'was deleted after the tick' },
  { id: 'T021', task: 'Create `src/squashed.ts`', verdict: 'shown', says: 'was changed since' },
  {
    id: 'T022',
    task: 'Create `src/late.ts`',
    verdict: 'shown',
    says: 'was changed since',
    doubt: 'only after the box was ticked',
  },
  {
    id: 'T023',
    task: 'Create `src/reworded.ts` for everybody',
    verdict: 'shown',
    says: 'was changed since',
    doubt: 'words were changed after the tick',
  },
  { id: 'T024', task: 'Create `src/my file.ts` and `src/größe.ts`', verdict: 'shown', says: 'src/größe.ts is there' },
  { id: 'T025', task: 'Write `cmd/api/server_test.go`', verdict: 'shown', says: '1 passed' },
  { id: 'T026', task: 'Update `src/formatted.js`', verdict: 'unshown', says: 'blanks and comments only' },
  { id: 'T027', task: 'Talk to the shop', verdict: 'unshown', says: '', doubt: 'names no file' },
  { id: 'T028', task: 'Delete `src/legacy.js`', verdict: 'shown', says: 'was deleted by' },
  { id: 'T029', task: 'Write `tests/hollow.test.ts`', verdict: 'partly', says: 'empty or switched off' },
]

function list(done: ReadonlySet<string>, words: (told: Told) => string): string {
  const lines = TOLD.map((told) => `- [${done.has(told.id) ? 'x' : ' '}] ${told.id} ${words(told)}`)
  return `# Tasks: Shop\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
}

function shop(): TestRepository {
  const repo = testRepository()
  const plain = ({ id, task }: Told) => (id === 'T023' ? 'Create `src/reworded.ts`' : task)
  repo.commit('import', {
    'src/old.ts': 'export const old = 1\n',
    'src/legacy.js': 'exports.legacy = 1\n',
    'src/formatted.js': "exports.a = {b: 1, c: 'd'}\n",
  })
  repo.commit('plan', { [TASKS]: list(new Set(), plain) })
  repo.commit('cart and price', {
    'src/cart.ts': 'export function addItem(cart: string[], item: string): string[] {\n  return [...cart, item]\n}\n',
    'src/price.js':
      'function formatPrice(cents) {\n  return (cents / 100).toFixed(2)\n}\nmodule.exports = { formatPrice }\n',
    'tests/cart.test.ts':
      "test('adds', () => check(addItem([], 'a')))\ntest('keeps', () => check(addItem(['a'], 'b')))\n",
    'src/my file.ts': 'export const mine = 1\n',
    'src/größe.ts': 'export const größe = 1\n',
  })
  repo.commit('python and go', {
    'pricing/tax.py': 'def compute_tax(cents):\n    return cents // 5\n',
    'pricing/empty.py': '',
    'pricing/stub.py': '"""Refunds."""\n\n\ndef refund(order):\n    """Pays back."""\n    pass\n',
    'pricing/renamed.py': 'def old_name():\n    return 1\n',
    'cmd/api/server.go': 'package main\n\nfunc ServeCart() error {\n\treturn nil\n}\n',
    'cmd/api/server_test.go':
      'package main\n\nfunc TestServeCart(t *testing.T) {\n\tif ServeCart() != nil {\n\t\tt.Fatal()\n\t}\n}\n',
    'cmd/api/stub.go': 'package main\n\nfunc Refund() error {\n\tpanic("not implemented")\n}\n',
    'cmd/api/gone.go': 'package main\n\nvar Gone = 1\n',
    'tests/test_tax.py': 'def test_tax():\n    assert compute_tax(5) == 2\n',
  })
  repo.commit('the rest', {
    'src/stub.ts':
      "import { addItem } from './cart.ts'\n\nexport function checkout(): void {\n  throw new Error('not implemented')\n}\n",
    'src/mailer.ts': 'export function sendMail(): void {}\n',
    'src/comment.ts': '// applyCoupon() takes something off\nexport const coupons = []\n',
    'src/string.js': "module.exports = ['applyCoupon']\n",
    'src/moved.ts': 'export const moved = 1\n',
    'src/reworded.ts': 'export const reworded = 1\n',
    'src/legacy.js': null,
    'src/formatted.js': "// T026 done\nexports.a = {\n  b: 1,\n  c: 'd',\n}\n",
    'tests/skipped.test.ts': "test.skip('later', () => check(1))\n",
    'tests/cart-totals.test.ts': "test('totals', () => check(1))\n",
    'tests/hollow.test.ts': "test('nothing', () => {})\n",
  })
  const all = new Set(TOLD.map(({ id }) => id))
  // Code and tick in one commit, as a squash makes it.
  repo.commit('shop (#12)', { 'src/squashed.ts': 'export const squashed = 1\n', [TASKS]: list(all, plain) })
  repo.commit('late', { 'src/late.ts': 'export const late = 1\n' })
  repo.commit('reword', { [TASKS]: list(all, ({ task }) => task) })
  repo.commit('tidy up', {
    'src/moved.ts': null,
    'lib/moved.ts': 'export const moved = 1\n',
    'cmd/api/gone.go': null,
    'pricing/renamed.py': 'def new_name():\n    return 1\n',
  })
  return repo
}

const REPORT = `<testsuites>
<testsuite name="tests/cart.test.ts"><testcase classname="tests/cart.test.ts" name="adds"/><testcase classname="tests/cart.test.ts" name="keeps"/></testsuite>
<testsuite name="tests/skipped.test.ts"><testcase classname="tests/skipped.test.ts" name="later"><skipped/></testcase></testsuite>
<testsuite name="tests/cart-totals.test.ts"><testcase classname="tests/cart-totals.test.ts" name="totals"/></testsuite>
<testsuite name="tests/hollow.test.ts"><testcase classname="tests/hollow.test.ts" name="nothing"/></testsuite>
<testsuite name="pytest"><testcase classname="tests.test_tax" name="test_tax"><failure message="assert 1 == 2"/></testcase></testsuite>
<testsuite name="shop/cmd/api"><testcase classname="shop/cmd/api" name="TestServeCart"/></testsuite>
</testsuites>`

test('each task of a project in four languages gets the verdict that its past deserves, and says where it would be wrong', async () => {
  const read = readReports([{ name: 'report.xml', bytes: Buffer.from(REPORT) }])
  if (!read.ok) throw new Error(read.detail)
  const { features } = await projectEvidence(shop().root, read.results)
  const tasks = new Map(features.flatMap((f) => f.tasks).map((task) => [task.id, task]))
  const found = TOLD.map(({ id, says, doubt = '' }) => {
    const task = tasks.get(id)
    const lines = task?.evidence.map(({ text }) => text).join(' | ') ?? ''
    const caveats = task?.caveats.join(' | ') ?? ''
    return [
      id,
      task?.verdict,
      lines.includes(says) ? says : lines,
      caveats.includes(doubt) ? doubt : caveats,
      caveats !== '',
    ]
  })
  expect(found).toEqual(TOLD.map(({ id, verdict, says, doubt = '' }) => [id, verdict, says, doubt, true]))
})
