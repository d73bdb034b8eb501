import fc from 'fast-check'
import { expect, test } from 'vitest'
import { claimsOf, isTestPath } from './claims.ts'
import { judgeTask, VERDICTS, type CommitRef, type MentionFact, type TaskFacts } from './evidence.ts'
import type { FileFact, SymbolFact, TestFact } from './evidence-grades.ts'
import { readSpec } from './read.ts'

const commit = (order: number): CommitRef => ({
  id: String(order).repeat(40).slice(0, 40),
  order,
  subject: `commit ${order}`,
})
const FILE: FileFact = {
  path: 'src/a.ts',
  action: 'change',
  atHead: true,
  onDisk: true,
  uncommitted: false,
  folder: false,
  content: 'code',
  change: 'since',
  changedBy: commit(3),
  onlyAfterTick: false,
  deletedBy: null,
  deletedAfterTick: false,
  existed: true,
  elsewhere: [],
  byName: false,
  ignored: false,
  unfinished: null,
}
const GONE: FileFact = {
  ...FILE,
  atHead: false,
  onDisk: false,
  content: null,
  change: 'none',
  changedBy: null,
  existed: false,
}
const SYMBOL: SymbolFact = {
  name: 'go',
  found: 'defined',
  where: 'src/a.ts:1',
  lookedIn: ['src/a.ts'],
  uncommitted: false,
}
const TEST: TestFact = {
  name: 'a.test.ts',
  outcome: 'passed',
  passed: 1,
  skipped: 0,
  failed: [],
  written: { tests: 1, off: 0 },
}
const FACTS: TaskFacts = {
  ground: { history: 'whole' },
  tick: { done: true, written: commit(1), ticked: commit(4), tickedAtCreation: false, reworded: null, unticked: null },
  files: [],
  symbols: [],
  tests: [],
  mentions: [],
  unlookable: [],
}
const MENTION: MentionFact = { commit: commit(3), by: 'feature-folder', changed: 2 }

const CASES: readonly (readonly [string, Partial<TaskFacts>, string])[] = [
  ['nothing named', {}, 'unshown'],
  ['nothing named, and a commit of its own with work', { mentions: [MENTION] }, 'partly'],
  ['nothing named, and a commit that only says so', { mentions: [{ ...MENTION, changed: 0 }] }, 'unshown'],
  ['nothing named, and a commit that may mean another task', { mentions: [{ ...MENTION, by: null }] }, 'unshown'],
  ['nothing named, and a commit from before the task', { mentions: [{ ...MENTION, commit: commit(0) }] }, 'unshown'],
  ['a file that changed since', { files: [FILE] }, 'shown'],
  ['a file that did not change', { files: [{ ...FILE, change: 'before' }] }, 'unshown'],
  [
    'a file that did not change, and a commit of its own with work',
    { files: [{ ...FILE, change: 'before' }], mentions: [MENTION] },
    'unshown',
  ],
  ['a file that was formatted', { files: [{ ...FILE, change: 'formatting' }] }, 'unshown'],
  ['an empty file', { files: [{ ...FILE, content: 'empty' }] }, 'unshown'],
  ['a file that may be empty', { files: [{ ...FILE, path: 'a/__init__.py', content: 'empty' }] }, 'shown'],
  ['a file of comments', { files: [{ ...FILE, content: 'comments' }] }, 'unshown'],
  ['a file that came with the task', { files: [{ ...FILE, change: 'with' }] }, 'shown'],
  ['a file that came with the first commit', { files: [{ ...FILE, change: 'import' }] }, 'partly'],
  ['a file that nobody committed', { files: [{ ...FILE, atHead: false }] }, 'partly'],
  ['a file without a repository', { ground: { history: 'none' }, files: [{ ...FILE, atHead: null }] }, 'partly'],
  ['a file that the working tree takes away', { files: [{ ...FILE, onDisk: false }] }, 'partly'],
  ['a new file that never was', { files: [{ ...GONE, action: 'create' }] }, 'contradicted'],
  [
    'a new file that never was, in a cut history',
    { ground: { history: 'cut' }, files: [{ ...GONE, action: 'create' }] },
    'unshown',
  ],
  ['a new file that git ignores', { files: [{ ...GONE, action: 'create', ignored: true }] }, 'unshown'],
  [
    'a new file of a name that is elsewhere',
    { files: [{ ...GONE, action: 'create', elsewhere: ['b/a.ts'] }] },
    'unshown',
  ],
  ['a file to change that never was', { files: [GONE] }, 'unshown'],
  ['one new file of two', { files: [FILE, { ...GONE, action: 'create' }] }, 'partly'],
  [
    'a file that was deleted after the tick',
    { files: [{ ...GONE, existed: true, deletedBy: commit(5), deletedAfterTick: true }] },
    'partly',
  ],
  ['a file that was deleted before the tick', { files: [{ ...GONE, existed: true, deletedBy: commit(2) }] }, 'unshown'],
  [
    'a file to delete that is gone',
    { files: [{ ...GONE, action: 'delete', existed: true, deletedBy: commit(2) }] },
    'shown',
  ],
  ['a file to delete that is there', { files: [{ ...FILE, action: 'delete' }] }, 'contradicted'],
  ['a file to delete that never was', { files: [{ ...GONE, action: 'delete' }] }, 'unshown'],
  ['a symbol that is defined', { files: [FILE], symbols: [SYMBOL] }, 'shown'],
  ['a symbol in a comment', { files: [FILE], symbols: [{ ...SYMBOL, found: 'comment' }] }, 'partly'],
  ['a symbol in a string', { files: [FILE], symbols: [{ ...SYMBOL, found: 'string' }] }, 'partly'],
  [
    'a symbol nowhere, in a file that did not change',
    { files: [{ ...FILE, change: 'before' }], symbols: [{ ...SYMBOL, found: null }] },
    'unshown',
  ],
  ['a test that passes', { files: [FILE], tests: [TEST] }, 'shown'],
  [
    'a test that fails',
    { files: [FILE], symbols: [SYMBOL], tests: [{ ...TEST, outcome: 'failed', failed: ['a'] }] },
    'contradicted',
  ],
  [
    'a test that was skipped',
    { files: [FILE], tests: [{ ...TEST, outcome: 'skipped', passed: 0, skipped: 1 }] },
    'partly',
  ],
  ['a test that nobody ran', { files: [FILE], tests: [{ ...TEST, outcome: 'not-run', passed: 0 }] }, 'partly'],
  [
    'only a test that is switched off',
    { tests: [{ ...TEST, outcome: 'not-run', passed: 0, written: { tests: 2, off: 2 } }] },
    'unshown',
  ],
  ['a file that does nothing yet', { files: [{ ...FILE, stub: true }] }, 'unshown'],
  ['a stub that was asked for', { files: [{ ...FILE, stub: true }], stubAsked: true }, 'shown'],
  ['a symbol that does nothing yet', { files: [FILE], symbols: [{ ...SYMBOL, found: 'hollow' }] }, 'partly'],
  ['a symbol that is to do nothing', { symbols: [{ ...SYMBOL, found: 'hollow' }], stubAsked: true }, 'shown'],
  ['a new folder', { files: [{ ...FILE, folder: true, action: 'create' }] }, 'shown'],
  [
    'a new folder that was there before',
    { files: [{ ...FILE, folder: true, action: 'create', older: true }] },
    'partly',
  ],
  ['tests that pass and are empty', { files: [FILE], tests: [{ ...TEST, written: { tests: 2, off: 2 } }] }, 'partly'],
]

test.each(CASES)('%s', (_name, facts, verdict) => {
  const judged = judgeTask({ ...FACTS, ...facts })
  expect(judged.verdict).toBe(verdict)
  if (verdict !== 'shown')
    expect(judged.evidence.every((line) => line.found === 'yes') && judged.evidence.length > 0).toBe(false)
})

const file = fc.record({
  ...Object.fromEntries(Object.entries(FILE).map(([key, value]) => [key, fc.constant(value)])),
  action: fc.constantFrom('create', 'change', 'delete'),
  atHead: fc.boolean(),
  onDisk: fc.boolean(),
  uncommitted: fc.boolean(),
  content: fc.constantFrom('code', 'comments', 'empty', 'unread'),
  change: fc.constantFrom('since', 'with', 'import', 'formatting', 'before', 'none'),
  deletedBy: fc.constantFrom(null, commit(0), commit(5)),
  deletedAfterTick: fc.boolean(),
  existed: fc.boolean(),
  ignored: fc.boolean(),
  folder: fc.boolean(),
  older: fc.boolean(),
  stub: fc.boolean(),
}) as unknown as fc.Arbitrary<FileFact>
const symbol = fc.record({
  name: fc.constant('go'),
  found: fc.constantFrom('defined', 'hollow', 'used', 'text', 'string', 'comment', null),
  where: fc.constant(null),
  lookedIn: fc.constant([]),
  uncommitted: fc.boolean(),
}) as fc.Arbitrary<SymbolFact>
const outcome = fc.record({
  name: fc.constant('a.test.ts'),
  outcome: fc.constantFrom('passed', 'failed', 'skipped', 'not-in-report', 'not-run'),
  passed: fc.nat(2),
  skipped: fc.nat(2),
  failed: fc.constant(['x']),
  written: fc.constantFrom(null, { tests: 0, off: 0 }, { tests: 2, off: 2 }, { tests: 2, off: 1 }),
}) as fc.Arbitrary<TestFact>
const mention = fc.record({
  commit: fc.nat(6).map(commit),
  by: fc.constantFrom('feature-named', 'feature-folder', 'named-file', 'only-one', null),
  changed: fc.nat(2),
}) as fc.Arbitrary<MentionFact>
const facts: fc.Arbitrary<TaskFacts> = fc.record({
  ground: fc.constantFrom({ history: 'whole' as const }, { history: 'cut' as const }, { history: 'none' as const }),
  tick: fc.constant(FACTS.tick),
  files: fc.array(file, { maxLength: 3 }),
  symbols: fc.array(symbol, { maxLength: 2 }),
  tests: fc.array(outcome, { maxLength: 2 }),
  mentions: fc.array(mention, { maxLength: 2 }),
  unlookable: fc.constant([]),
})
test('every verdict says where it would be wrong', () => {
  fc.assert(
    fc.property(facts, (given) => {
      expect(judgeTask(given).caveats).not.toEqual([])
    }),
  )
  const caveats = (more: Partial<TaskFacts>) => judgeTask({ ...FACTS, files: [FILE], ...more }).caveats.join()
  expect(caveats({})).toContain('whether it does what the task asks was not looked at')
  expect(caveats({ tests: [TEST] })).toContain('the report was given')
  expect(caveats({ tests: [{ ...TEST, by: 'run' }] })).toContain('in a run on HEAD')
  expect(caveats({ tick: { ...FACTS.tick, tickedAtRoot: true } })).toContain('what was before it is not seen')
})

const rank = (given: TaskFacts) => VERDICTS.indexOf(judgeTask(given).verdict)

test('a further claim that is not found never gives a better verdict', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom('file', 'new', 'symbol', 'test'), (given, more) => {
      fc.pre(given.files.length + given.symbols.length + given.tests.length > 0)
      const added: TaskFacts = {
        ...given,
        files: [
          ...given.files,
          ...(more === 'file' ? [GONE] : more === 'new' ? [{ ...GONE, action: 'create' as const }] : []),
        ],
        symbols: [...given.symbols, ...(more === 'symbol' ? [{ ...SYMBOL, found: null }] : [])],
        tests: [
          ...given.tests,
          ...(more === 'test' ? [{ ...TEST, outcome: 'not-in-report' as const, passed: 0 }] : []),
        ],
      }
      // All that was to be made is missing: another miss leaves that as it is.
      expect(rank(added)).toBeLessThanOrEqual(rank(given))
    }),
  )
})

test('a further commit that only says so never gives a better verdict', () => {
  fc.assert(
    fc.property(facts, mention, (given, said) => {
      expect(rank({ ...given, mentions: [...given.mentions, { ...said, changed: 0 }] })).toBe(rank(given))
    }),
  )
})

test('a finding less never gives a better verdict', () => {
  fc.assert(
    fc.property(facts, fc.nat(), (given, at) => {
      const lesser: TaskFacts[] = [
        ...given.files.flatMap((fact, i) => {
          if (fact.action === 'delete') return []
          const without = (less: Partial<FileFact>) => ({ ...given, files: given.files.with(i, { ...fact, ...less }) })
          return [
            without({ change: 'before', changedBy: null }),
            without({ content: 'empty' }),
            without({ ...GONE, action: fact.action, deletedBy: null, deletedAfterTick: false, existed: fact.existed }),
          ]
        }),
        ...given.symbols.map((fact, i) => ({ ...given, symbols: given.symbols.with(i, { ...fact, found: null }) })),
        ...given.tests.flatMap((fact, i) =>
          fact.outcome === 'passed'
            ? [{ ...given, tests: given.tests.with(i, { ...fact, outcome: 'not-in-report' as const }) }]
            : [],
        ),
        ...given.mentions.map((_, i) => ({ ...given, mentions: given.mentions.toSpliced(i, 1) })),
      ]
      const less = lesser[at % Math.max(1, lesser.length)]
      if (less) expect(rank(less)).toBeLessThanOrEqual(rank(given))
    }),
    { numRuns: 1000 },
  )
})

function claims(line: string): string[] {
  const text = `# Tasks: X\n\n## Phase 1: Setup\n\n- [x] T001 ${line}\n`
  const [task] = claimsOf(readSpec('specs/001-x/tasks.md', text), text)
  return (task?.files ?? []).map((claim) => `${claim.action} ${claim.path}`)
}

test.each([
  ['Create `src/a.ts` and `src/b.ts`', ['create src/a.ts', 'create src/b.ts']],
  ['Update `src/a.ts` per `contracts/api.md` and `data-model.md`', ['change src/a.ts']],
  ['Add parsing to src/a.ts following src/b.ts', ['change src/a.ts']],
  ['Delete `src/a.ts` and `src/b.ts`', ['delete src/a.ts', 'delete src/b.ts']],
  ['Remove the cache from `src/a.ts`', ['change src/a.ts']],
  ['Remove the `src/a.ts` import from `src/b.ts`', ['change src/a.ts', 'change src/b.ts']],
  ['Move `src/a.ts` → `lib/a.ts`', ['delete src/a.ts', 'create lib/a.ts']],
  ['Run `tests/a.test.ts` and confirm it passes', []],
  ['Write `~/.config/x.json` and `path/to/file.ts`', []],
  ['Update the "should create files" test in `test/a.test.ts`', ['change test/a.test.ts']],
  ['Write the template to `docs/README.md` on start', ['change docs/README.md']],
  ['Allow links without a local `src/`', []],
  ['Remove legacy logic in `src/old/`', ['change src/old/']],
  ['Put the parser in a new file `src/p.ts`', ['create src/p.ts']],
  ['Update `quickstart.md` with the new command', ['change quickstart.md']],
] as const)('claims of: %s', (line, expected) => {
  expect(claims(line)).toEqual(expected)
})

test('a folder of another specification is what a task reads, and a bracket before a path is none of it', () => {
  expect(claims('Add the checks over `specs/509-timing` to `ci.yml`')).toEqual(['change ci.yml'])
  expect(claims('Create the guide (openspec/GUIDE.md)')).toEqual(['create openspec/GUIDE.md'])
})

test('files of tests are known by their names', () => {
  const yes = [
    'a.test.ts',
    'src/a_test.go',
    'tests/test_a.py',
    'src/__tests__/a.ts',
    'x/FooTest.java',
    'spec/a_spec.rb',
    'tests/a.rs',
  ]
  const no = [
    'src/a.ts',
    'tests/fixtures/a.ts',
    'nodes/load-living-specs.md',
    'tests/__init__.py',
    'latest.ts',
    'specs/001/spec.md',
  ]
  expect(yes.filter((path) => !isTestPath(path))).toEqual([])
  expect(no.filter((path) => isTestPath(path))).toEqual([])
})

test('words made to slow the reading of claims down stay linear', () => {
  const words = [
    '*'.repeat(50_000),
    '((('.repeat(20_000),
    'A a: '.repeat(10_000),
    'the '.repeat(20_000),
    '— '.repeat(20_000),
    '\u00e9\u2014'.repeat(20_000),
  ]
  for (const word of words) expect(claims(`${word} \`src/a.ts\``).length).toBeLessThanOrEqual(1)
})
