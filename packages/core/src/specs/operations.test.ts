import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyEdits, type TextEdit } from './edits.ts'
import { STORY } from './fixtures/other-formats.ts'
import { SPEC, TASKS } from './fixtures/spec-kit.ts'
import {
  addLines,
  addRequirementId,
  addSection,
  addTaskId,
  markBox,
  renameId,
  setStatus,
  tick,
  untick,
} from './operations.ts'
import { readSpec } from './read.ts'

const PATH = 'specs/001-x/tasks.md'
const read = (text: string) => readSpec(PATH, text)
function edited(
  text: string,
  edits: { ok: true; value: TextEdit[] } | { ok: false; code: string; detail: string },
): string {
  if (!edits.ok) throw new Error(edits.code)
  const result = applyEdits(text, edits.value)
  if (!result.ok) throw new Error(result.code)
  return result.value
}
/** A file with any line end, a BOM or none, blanks behind lines, with or without a final line end. */
const file = fc
  .record({
    end: fc.constantFrom('\n', '\r\n', '\r'),
    bom: fc.constantFrom('', '\uFEFF'),
    blanks: fc.constantFrom('', '  ', '\t'),
    final: fc.boolean(),
    base: fc.constantFrom(TASKS, SPEC, STORY),
  })
  .map(
    ({ end, bom, blanks, final, base }) =>
      bom +
      (final ? base : base.trimEnd())
        .split('\n')
        .map((l) => l + blanks)
        .join(end),
  )

test('no edit leaves the same bytes', () => {
  fc.assert(fc.property(file, (text) => edited(text, { ok: true, value: [] }) === text))
})

test('a tick changes exactly one character, and taking it away gives the file back', () => {
  fc.assert(
    fc.property(file, (text) => {
      for (const task of read(text).tasks.filter((t) => t.state === 'open')) {
        const ticked = edited(text, tick(task))
        expect(ticked).toHaveLength(text.length)
        const differ = Array.from({ length: text.length }, (_, i) => i).filter((i) => ticked[i] !== text[i])
        expect(differ).toEqual([task.box?.place.start])
        const again = read(ticked).tasks.find((t) => t.box?.place.start === task.box?.place.start)
        expect(again?.state).toBe('done')
        expect(edited(ticked, untick(again ?? task))).toBe(text)
      }
    }),
    { numRuns: 40 },
  )
})

test('what is ticked already is not written again, and an item without a box is refused', () => {
  const d = read('# T\n\n- [X] T001 a\n- T002 b\n- [] T003 c\n')
  expect(tick(d.tasks[0] ?? { box: null })).toEqual({ ok: true, value: [] })
  expect(tick({ box: null })).toMatchObject({ ok: false, code: 'box-missing' })
  expect(edited('# T\n\n- [] T003 c\n', tick(read('# T\n\n- [] T003 c\n').tasks[0] ?? { box: null }))).toBe(
    '# T\n\n- [x] T003 c\n',
  )
  expect(markBox(d.tasks[0]?.box ?? null, 'ab')).toMatchObject({ ok: false, code: 'line-invalid' })
})

test('the status is replaced where it stands: a field, or the line below its heading', () => {
  expect(edited(SPEC, setStatus(readSpec('specs/a/spec.md', SPEC), 'Shipped'))).toBe(
    SPEC.replace('**Status**: Draft', '**Status**: Shipped'),
  )
  const path = '.agent/cache/stories/WEB/WEB-012.md'
  const crlf = STORY.replaceAll('\n', '\r\n')
  expect(edited(crlf, setStatus(readSpec(path, crlf), 'OPEN'))).toBe(crlf.replace('\r\nCOMMITTED\r\n', '\r\nOPEN\r\n'))
  expect(setStatus(read('# T\n'), 'x')).toMatchObject({ ok: false, code: 'status-missing' })
  expect(setStatus(read(TASKS), 'a\nb')).toMatchObject({ ok: false, code: 'line-invalid' })
})

test('an identifier is added before the words, and refused where one is or the number is taken', () => {
  const text = '# T\n\n* [ ]  write it\n- [ ] T002 b\n'
  const d = read(text)
  const [first, second] = d.tasks
  if (!first || !second) throw new Error('two tasks')
  expect(edited(text, addTaskId(d, text, first, 'T001'))).toBe('# T\n\n* [ ]  T001 write it\n- [ ] T002 b\n')
  expect(addTaskId(d, text, second, 'T003')).toMatchObject({ code: 'id-taken' })
  expect(addTaskId(d, text, first, 'T002')).toMatchObject({ code: 'id-taken' })
  expect(addTaskId(d, text, first, 'no number')).toMatchObject({ code: 'id-invalid' })
  const spec = '# S\n\n## Requirements\n\n### Functional Requirements\n\n- System MUST count\n'
  expect(edited(spec, addRequirementId(readSpec('specs/a/spec.md', spec), spec, 0, 'FR-001'))).toContain(
    '- **FR-001**: System MUST count\n',
  )
})

test('a rename reaches the definition and every mention, not a longer identifier, and stops at a range', () => {
  const text = '# T\n\n- [ ] T001 a\n- [ ] T0011 b (depends on T001)\n- [ ] **T003** after T001, T002\n'
  expect(edited(text, renameId(read(text), 't001', 'T900'))).toBe(
    '# T\n\n- [ ] T900 a\n- [ ] T0011 b (depends on T900)\n- [ ] **T003** after T900, T002\n',
  )
  const range = '# T\n\n- [ ] T001 a\n- [ ] T004 b (depends on T001-T003)\n'
  expect(renameId(read(range), 'T002', 'T900')).toMatchObject({ code: 'id-taken' })
  expect(renameId(read(text), 'T777', 'T900')).toMatchObject({ code: 'id-missing' })
  expect(renameId(read(text), 'T001', 'T003')).toMatchObject({ code: 'id-taken' })
})

test("lines are added at a section's end with the file's own line ends; the rest stays", () => {
  const text = '\uFEFF# T\r\n\r\n## Phase 1: A\r\n\r\n- [ ] T001 a  \r\n\r\n---\r\n\r\n## Phase 2: B\r\n'
  const d = read(text)
  const first = d.sections.findIndex((s) => s.title === 'Phase 1: A')
  expect(edited(text, addLines(d, text, first, ['- [ ] T002 b']))).toBe(
    text.replace('a  \r\n', 'a  \r\n- [ ] T002 b\r\n'),
  )
  const second = d.sections.findIndex((s) => s.title === 'Phase 2: B')
  expect(edited(text, addLines(d, text, second, ['- [ ] T003 c']))).toBe(`${text}\r\n- [ ] T003 c\r\n`)
  expect(addLines(d, text, 99, ['x'])).toMatchObject({ code: 'section-missing' })
  expect(addLines(d, text, first, ['a\nb'])).toMatchObject({ code: 'line-invalid' })
  const open = '# T\n\n- [ ] T001 a'
  expect(edited(open, addLines(read(open), open, 0, ['- [ ] T002 b']))).toBe('# T\n\n- [ ] T001 a\n- [ ] T002 b')
})

test('a section is added behind everything, apart from it', () => {
  expect(edited('# T\n\na\n', addSection(read('# T\n\na\n'), '# T\n\na\n', 2, 'Notes', ['b']))).toBe(
    '# T\n\na\n\n## Notes\n\nb\n',
  )
  expect(edited('# T', addSection(read('# T'), '# T', 2, 'Notes', []))).toBe('# T\n\n## Notes')
})

test('added lines change nothing that was there, whatever the file', () => {
  fc.assert(
    fc.property(file, fc.nat(), (text, n) => {
      const d = read(text)
      const edits = addLines(d, text, n % d.sections.length, ['- [ ] T900 more'])
      if (!edits.ok) throw new Error(edits.code)
      const [edit] = edits.value
      const result = edited(text, edits)
      expect(result.slice(0, edit?.start) + result.slice((edit?.start ?? 0) + (edit?.text.length ?? 0))).toBe(text)
      expect(read(result).lines.length).toBeGreaterThan(d.lines.length)
    }),
    { numRuns: 60 },
  )
})

test('edits that overlap or lie outside are refused, those that touch are not', () => {
  expect(
    applyEdits('abc', [
      { start: 0, end: 2, text: '' },
      { start: 1, end: 3, text: '' },
    ]),
  ).toMatchObject({ code: 'edits-overlap' })
  expect(applyEdits('abc', [{ start: 2, end: 9, text: '' }])).toMatchObject({ code: 'edit-out-of-range' })
  expect(
    applyEdits('abc', [
      { start: 1, end: 2, text: 'X' },
      { start: 0, end: 1, text: 'Y' },
      { start: 1, end: 1, text: '-' },
    ]),
  ).toEqual({ ok: true, value: 'Y-Xc' })
})
