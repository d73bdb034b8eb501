import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SPEC_KIT } from './fixtures/spec-kit.ts'
import { AGENT, KIRO, OPENSPEC, OTHERS } from './fixtures/other-formats.ts'
import type { SpecDocument } from './model.ts'
import { readProject } from './project.ts'
import { readSpec } from './read.ts'
import { byteOffset } from './source.ts'

const FILES = [...SPEC_KIT, ...OPENSPEC, ...AGENT, ...OTHERS, ...KIRO]
const PATHS = [
  ...FILES.map((f) => f.path),
  'notes.md',
  'x.yaml',
  'x.json',
  'specs/a/research.md',
  '.agent/x.md',
  'a.txt',
]

/** Pieces that mean something to a reader, in any order: more telling than random letters. */
const piece = fc.constantFrom(
  '- [ ] ',
  '- [x] ',
  '* [',
  ']',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '    ',
  '# ',
  '## ',
  '### ',
  '#### Scenario: ',
  '### Requirement: ',
  '```',
  '~~~',
  '<!--',
  '-->',
  '---\n',
  '===\n',
  '|',
  '| --- |\n',
  '> ',
  '**',
  '`',
  '[',
  '](',
  ')',
  'T001',
  'T001-T9',
  'FR–001',
  'US1/AC2',
  '[P]',
  '[US1]',
  '(depends on ',
  'Given ',
  '**When** ',
  'THEN ',
  'Status: ',
  '## State\n',
  '[NEEDS CLARIFICATION: ',
  '## ADDED Requirements\n',
  '- FROM: ',
  '<<<SEARCH\n',
  '>>>\n',
  '#### [MODIFY] ',
  'src/a.ts',
  '\u0000',
  '\uD800',
  '\uFEFF',
  '\u2028',
  'é',
  '😀',
  '需求',
  'a: b\n',
  '- a: [',
  '{',
  '"',
  "'",
  '&a ',
  '*a',
  '!!x ',
  ':',
  '1. ',
  '10) ',
  'x',
  ' ',
  'word ',
)
const text = fc.oneof(
  fc.array(piece, { maxLength: 120 }).map((p) => p.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 300 }),
)

/** Lines as an editor counts them; a final line end begins none. */
function lineCount(source: string): number {
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  return lines.at(-1) === '' ? lines.length - 1 : lines.length
}

function check(d: SpecDocument, source: string): void {
  expect(d.lines).toHaveLength(lineCount(source))
  expect(
    d.lines.every((l) => l.confidence === 'strict' || l.confidence === 'tolerant' || l.confidence === 'unread'),
  ).toBe(true)
  const unread = d.lines.flatMap((l, i) => (l.confidence === 'unread' ? [i + 1] : []))
  expect(d.unread.map((u) => u.place.line)).toEqual(unread)
  const boxes = d.checkboxes.map((c) => c.line)
  expect(new Set(boxes).size).toBe(boxes.length)
  const places = [
    ...d.tasks,
    ...d.requirements,
    ...d.criteria,
    ...d.scenarios,
    ...d.references,
    ...d.files,
    ...d.symbols,
    ...d.sections,
    ...d.clarifications,
    ...d.dependencies,
    ...d.fields,
    ...d.stories,
    ...d.principles,
    ...d.tables,
  ].map((i) => i.place)
  const wrong = places.filter(
    (p) =>
      !(
        p.start >= 0 &&
        p.end >= p.start &&
        p.end <= source.length &&
        p.line >= 1 &&
        p.endLine >= p.line &&
        p.column >= 1
      ),
  )
  expect(wrong).toEqual([])
  const items = [...d.tasks, ...d.requirements, ...d.criteria]
  expect(items.filter(({ id }) => id && source.slice(id.place.start, id.place.end) !== id.written)).toEqual([])
  expect(
    items.filter((i) => 'box' in i && i.box && source.slice(i.box.place.start, i.box.place.end) !== i.box.mark),
  ).toEqual([])
}

test('any text at any path is read: no crash, every line classified once, unread ones reported, places inside the text', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), text, (path, source) => check(readSpec(path, source), source)),
    { numRuns: 1000 },
  )
})

test('a real file broken at any place is still read', () => {
  fc.assert(
    fc.property(fc.constantFrom(...FILES), fc.nat(), fc.nat(60), text, (file, at, cut, insert) => {
      const from = at % (file.text.length + 1)
      const source = file.text.slice(0, from) + insert + file.text.slice(from + cut)
      check(readSpec(file.path, source), source)
    }),
    { numRuns: 600 },
  )
})

test('any set of files makes a project', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ path: fc.oneof(fc.constantFrom(...PATHS), fc.string({ maxLength: 30 })), text }), {
        maxLength: 6,
      }),
      (files) => {
        const project = readProject(files)
        const paths = new Set(project.documents.map((d) => d.path))
        expect(paths.size).toBe(project.documents.length)
        for (const link of project.links) expect(link.to.every((i) => project.definitions[i] !== undefined)).toBe(true)
      },
    ),
    { numRuns: 150 },
  )
})

const MEGA = 1_000_000
const LONG = 90_000

test.each([
  ['brackets', '['.repeat(LONG)],
  ['closing brackets', '- [ ] T001 ' + ']('.repeat(LONG / 2)],
  ['backticks', '- [ ] ' + '` '.repeat(LONG / 2)],
  ['asterisks', '**'.repeat(LONG / 2)],
  ['spaces', `- [ ]${' '.repeat(LONG)}x`],
  ['tabs', '\t'.repeat(LONG)],
  ['bars', '|'.repeat(LONG)],
  ['dashes', '- '.repeat(LONG / 2)],
  ['hashes', '#'.repeat(LONG)],
  ['comments', '<!-- -->'.repeat(LONG / 8)],
  ['open comments', '- x <!--'.repeat(LONG / 8)],
  ['code and comments', '`<!--` '.repeat(LONG / 7)],
  ['ids', 'T001, '.repeat(LONG / 6)],
  ['ranges', '- [ ] T001 depends on ' + 'T001-T999 '.repeat(LONG / 10)],
  ['waits', '- [ ] T001 ' + 'depends on T002 '.repeat(LONG / 16)],
  ['paths', 'src/a.ts '.repeat(LONG / 9)],
  ['deep path', `${'a/'.repeat(LONG / 2)}b.ts`],
  ['parens', '('.repeat(LONG)],
  ['dots', 'a.'.repeat(LONG / 2)],
  ['keywords', 'Given when then '.repeat(LONG / 16)],
  ['bold keywords', '**When** '.repeat(LONG / 9)],
  ['markers', '[NEEDS CLARIFICATION: '.repeat(LONG / 22)],
  ['links', '[a](b.md) '.repeat(LONG / 10)],
  ['bold fields', '**a**: '.repeat(LONG / 7)],
  ['letters', 'a'.repeat(LONG)],
  ['dollars', '$+'.repeat(LONG / 2)],
  ['dashes of a row', `|${'-'.repeat(LONG)}`],
  ['a line of a million', 'x'.repeat(MEGA)],
])('one long line of %s is read in linear time', (_name, line) => {
  for (const path of [
    'specs/001-x/tasks.md',
    'specs/001-x/spec.md',
    'openspec/changes/a/specs/b/spec.md',
    '.agent/cache/stories/WEB/WEB-1.md',
  ]) {
    const source = `# T\n\n## Acceptance Criteria\n\n${line}\n- ${line}\n`
    check(readSpec(path, source), source)
  }
})

test.each([
  ['tasks', (i: number) => `- [ ] T${String(i).padStart(6, '0')} [P] [US1] Write src/f${i}.ts (depends on T000001)`],
  ['open comments', () => 'x <!-- y'],
  ['fences', () => '```'],
  ['tables', () => '| a | b |'],
  ['headings', (i: number) => `## Heading ${i}`],
  ['scenarios', () => '1. **Given** a, **When** b, **Then** c'],
  ['steps', () => '- and then'],
  ['blank', () => ''],
  ['labels', () => '**Acceptance Scenarios**:'],
  ['fields', () => 'Status: x'],
  ['prose', () => 'words of prose'],
  ['requirements', (i: number) => `- **FR-${i}**: MUST`],
  ['stories', (i: number) => `### User Story ${i} - a (Priority: P1)`],
  ['quotes', () => '> q'],
  ['rules', () => '---'],
  ['front matter', (i: number) => (i === 0 ? '---' : 'a: b')],
])('many lines of %s are read in linear time', (_name, line) => {
  const source = Array.from({ length: 12_000 }, (_, i) => line(i)).join('\n')
  for (const path of ['specs/001-x/tasks.md', 'specs/001-x/spec.md']) {
    const d = readSpec(path, source)
    expect(d.lines).toHaveLength(lineCount(source))
  }
})

test('a hundred thousand lines are read', () => {
  const source = Array.from({ length: 100_000 }, (_, i) =>
    i % 4 === 0 ? `- [ ] T${i} Write a` : i % 4 === 1 ? '  more' : i % 4 === 2 ? '' : 'words',
  ).join('\n')
  expect(readSpec('specs/001-x/tasks.md', source).lines).toHaveLength(100_000)
}, 120_000)

test('YAML that nests without end or refers to itself is unread, not a crash', () => {
  for (const source of [
    '['.repeat(50_000),
    '{a: '.repeat(20_000),
    'a: &a [*a, *a]\nb: &b [*a, *a]\n',
    '- '.repeat(50_000),
    'a: *b\n',
    '%YAML 9\n---\na\n',
    'a: 1\n---\nb: 2\n',
  ])
    for (const path of ['specs/a.yaml', '.agent/etc/agents.yaml']) check(readSpec(path, source), source)
})

test('byte offsets are those of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(60), (source, at) => {
      const cut = source.slice(0, Math.min(at, source.length))
      fc.pre(cut.isWellFormed())
      expect(byteOffset(source, cut.length)).toBe(Buffer.byteLength(cut))
    }),
  )
})
