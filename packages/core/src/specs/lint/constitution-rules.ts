import type { Principle, Section, SpecDocument } from '../model.ts'
import { comparedTitle } from '../section-keys.ts'
import { firstLine, listed, top, type LintContext } from './lint-context.ts'

/** What a constitution demands of plans and tasks, as far as it can be decided without understanding prose. */
export function constitutionRules(context: LintContext): void {
  for (const { feature, plan, tasks } of context.features()) {
    const constitution = context.at(feature.constitution)
    if (
      feature.format !== 'spec-kit' ||
      !constitution ||
      constitution.principles.length === 0 ||
      isUnfilled(constitution)
    )
      continue
    if (plan) planned(context, plan, tasks, constitution)
    if (tasks) testsFirst(context, tasks, constitution)
  }
}

/** The template as it was installed: nobody has decided anything yet. */
function isUnfilled(constitution: SpecDocument): boolean {
  return /\[[A-Z_\d]{4,}\]/.test(`${constitution.title} ${constitution.principles.map((p) => p.title).join(' ')}`)
}

function planned(
  context: LintContext,
  plan: SpecDocument,
  tasks: SpecDocument | null,
  constitution: SpecDocument,
): void {
  const section = plan.sections.find((s) => s.key === 'constitution-check')
  if (!section) {
    // Said in another place, under another heading: it did not pass by.
    if (!/constitution/i.test(context.textOf(plan)) && !context.isWaived(plan, ['constitution-check']))
      context.report(
        'constitution-check-missing',
        top(plan),
        `The plan has no "Constitution Check", and ${constitution.path} has ${constitution.principles.length} principles: nobody looked whether it breaks one.`,
        'Add "## Constitution Check" with a line for each principle: how the plan keeps it, or why it may not.',
        { key: 'section' },
      )
    return
  }
  if (section.empty) {
    context.report(
      'constitution-check-missing',
      section.place,
      'The Constitution Check is empty: nobody looked whether the plan breaks a principle.',
      'Write a line for each principle: how the plan keeps it, or why it may not.',
      { key: 'empty' },
    )
    return
  }
  gates(context, plan, tasks, section)
  unaddressed(context, plan, section, constitution)
}

/** Open boxes and failed rows inside of the check, once the work was split into tasks. */
function gates(context: LintContext, plan: SpecDocument, tasks: SpecDocument | null, section: Section): void {
  if (!tasks || tasks.tasks.length === 0) return
  const inside = (line: number) => line > section.place.line && line <= section.lastLine
  const boxes = plan.checkboxes.filter(
    (box) => inside(box.line) && (box.as === 'task' || box.as === 'check' || box.as === 'criterion'),
  )
  const open = plan.tasks.filter((t) => inside(t.place.line) && t.state === 'open')
  const justified = plan.sections.some((s) => s.key === 'complexity-tracking' && !s.empty)
  // All open: the boxes are a list that nobody ticks here, unless the work is under way.
  const begun = tasks.tasks.some((t) => t.state === 'done')
  if (open.length > 0 && (open.length < boxes.length || begun) && !justified)
    context.report(
      'constitution-gate-open',
      firstLine(open[0]?.place ?? section.place, context.textOf(plan)),
      `${open.length === 1 ? 'A gate of the Constitution Check is' : `${open.length} gates of the Constitution Check are`} not ticked, and the tasks were made all the same.`,
      'Tick what the plan keeps; write what it does not under "Complexity Tracking", with the reason.',
      { key: 'open' },
    )
  if (justified) return
  for (const table of plan.tables) {
    if (!inside(table.place.line)) continue
    for (const row of table.rows) {
      const failed = row.cells.find((cell) =>
        /^(?:[*_`\s]|❌|✗)*(?:fail(?:ed|s)?|violat(?:ed|ion|es)|❌|✗)[*_`\s.]*$/iu.test(cell),
      )
      if (failed === undefined || failed.trim() === '') continue
      context.report(
        'constitution-gate-open',
        firstLine(row.place, context.textOf(plan)),
        `"${row.cells[0] ?? ''}" is said to fail, and Complexity Tracking gives no reason for it.`,
        'Change the plan so that it is kept, or write the violation and its reason under "Complexity Tracking".',
      )
    }
  }
}

const BINDING = /\b(?:MUST|SHALL|NON-NEGOTIABLE|REQUIRED|MANDATORY)\b/

/** Only where the check goes through the principles one by one: then the one it leaves out was forgotten. */
function unaddressed(context: LintContext, plan: SpecDocument, section: Section, constitution: SpecDocument): void {
  const text = context.textOf(plan)
  const lines = text.split(/\r\n|\r|\n/).slice(section.place.line, section.lastLine)
  const body = lines.join('\n')
  if (
    /\ball (?:\w+ )?(?:principles|gates|articles)\b|\bevery principle\b|\bno violations?\b|\bno (?:constitutional )?conflicts?\b/i.test(
      body,
    )
  )
    return
  const said = ` ${comparedTitle(body)} `
  const isNamed = (principle: Principle) => {
    const title = comparedTitle(principle.title.replace(/\(.*?\)/g, ''))
    if (title !== '' && said.includes(` ${title} `)) return true
    // Half of its words stand in one line, or its number opens one.
    const words = title.split(' ').filter((word) => word.length > 3)
    const shared = words.filter((word) => said.includes(` ${word.slice(0, Math.max(4, word.length - 2))}`))
    if (words.length > 0 && shared.length * 2 >= words.length) return true
    return (
      principle.number !== null &&
      new RegExp(`(?:^|[|*§\\s(])(?:Principle |Article )?${principle.number}(?:[.):*\\s|,–-]|$)`, 'm').test(body)
    )
  }
  const named = constitution.principles.filter(isNamed)
  const missing = constitution.principles.filter((p) => !named.includes(p) && BINDING.test(`${p.title} ${p.text}`))
  if (missing.length === 0 || named.length < 2 || named.length * 2 < constitution.principles.length) return
  context.report(
    'constitution-principle-unaddressed',
    section.place,
    `The check goes through ${named.length} of ${constitution.principles.length} principles and leaves out ${listed(missing.map((p) => `"${p.title}"`))}, which ${missing.length === 1 ? 'binds' : 'bind'}.`,
    'Add a line for it: how the plan keeps it, or why it does not touch this feature.',
    { key: missing.map((p) => p.title).join(', ') },
  )
}

const TESTS_FIRST = /\btest[- ]?(?:first|driven)\b|\btdd\b/i

/** A constitution that binds to tests first, and a task file without the word. */
function testsFirst(context: LintContext, tasks: SpecDocument, constitution: SpecDocument): void {
  const principle = constitution.principles.find(
    (p) => TESTS_FIRST.test(p.title) && BINDING.test(`${p.title} ${p.text}`),
  )
  if (!principle || tasks.tasks.length < 3) return
  if (
    /\btests?\b|\bspecs?\/|\.spec\.|_test\b|\btdd\b|测试|テスト|테스트|prueba|testes|тест/iu.test(
      tasks.tasks.map((t) => t.text).join('\n'),
    )
  )
    return
  context.report(
    'constitution-tests-missing',
    top(tasks),
    `"${principle.title}" binds, and none of the ${tasks.tasks.length} tasks writes a test.`,
    'Add a test task before each task that writes code.',
    { key: 'tests' },
  )
}
