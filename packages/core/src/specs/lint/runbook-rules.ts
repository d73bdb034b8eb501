import type { FileReference, Place, SpecDocument } from '../model.ts'
import { firstLine, listed, top, type LintContext } from './lint-context.ts'
import type { LintIndex, RunbookEntry, StoryEntry } from './lint-index.ts'

export function runbookRules(context: LintContext, index: LintIndex): void {
  const { project } = context
  for (const document of context.live) if (document.kind === 'runbook') searchBlocks(context, document)
  for (const found of project.agentStories) {
    const { id, scope, root } = found
    for (const at of found.stories) {
      const story = project.documents[at]
      if (story && context.own.has(story))
        index.addStory({ id, scope, root, story: storyEntry(context, story), runbook: null })
    }
    for (const at of found.runbooks) {
      const runbook = context.ownAt(at)
      if (!runbook) continue
      const touched = runbook.files.filter((f) => f.action !== 'mention')
      const open = isOpen(runbook)
      const hasChangelogStep = touched.some((f) => CHANGELOG.test(f.target))
      if (hasChangelogStep) index.hasChangelogStep = true
      if (open) tests(context, touched)
      index.addStory({
        id,
        scope,
        root,
        story: null,
        runbook: {
          place: top(runbook),
          status: runbook.status,
          isOpen: open,
          source: open ? sourceOf(touched) : [],
          hasChangelogStep,
          saysChangelog: /\bchangelog\b/i.test(context.textOf(runbook)),
        },
      })
    }
  }
}

/** What a runbook owes to its story and to the others. */
export function runbooksAtEnd(context: LintContext, index: LintIndex): void {
  for (const { stories, runbooks } of index.stories())
    for (const runbook of runbooks) {
      if (!runbook.isOpen || runbook.source.length === 0) continue
      // A project without a changelog is asked for none.
      if (index.hasChangelogStep && !runbook.hasChangelogStep && !runbook.saysChangelog) changelog(context, runbook)
      const [story] = stories
      if (story && stories.length === 1) impact(context, runbook, story)
    }
}

/** Bodies that a machine would apply. */
function searchBlocks(context: LintContext, document: SpecDocument): void {
  for (const file of document.files)
    for (const edit of file.edits) {
      if (edit.complete && edit.search.trim() !== '') continue
      context.report(
        'search-block-incomplete',
        firstLine(edit.place, context.textOf(document)),
        edit.complete
          ? `The SEARCH block for ${file.target} looks for nothing: it would match anywhere.`
          : `The SEARCH block for ${file.target} lacks "===" or ">>>": it cannot be applied.`,
        'Write "<<<SEARCH", the text as it stands, "===", the new text, ">>>", each mark on its own line.',
        { key: `${file.target}\n${edit.search.slice(0, 200)}` },
      )
    }
}

/** What was built is past asking. */
function isOpen({ status }: SpecDocument): boolean {
  return status === null || /^(?:PROPOSED|DRAFT|OPEN|REVIEW_NEEDED|ACCEPTED)/.test(status.normal)
}

const SOURCE = /\.(?:py|[cm]?[jt]sx?|go|rs|java|kt|rb|cs|swift|php|scala|ex|dart)$/i
const TEST = /(?:^|[/_.-])(?:tests?|specs?|__tests__|testing|e2e|conftest|fixtures?)(?:[/_.-]|$)|[a-z]Tests?\.[a-z]+$/i
/** Source that nothing can be asked of: indexes, declarations, settings, scripts of one use. */
const PLAIN =
  /(?:^|\/)(?:__init__\.py|index\.[a-z]+|mod\.rs|main\.[a-z]+|setup\.py|[^/]*\.config\.[a-z]+|[^/]*\.d\.ts|types?\.[a-z]+|constants?\.[a-z]+|models?\.[a-z]+|interfaces?\.[a-z]+|exceptions?\.py|(?:verify|check)_[^/]*\.py)$|(?:^|\/)(?:migrations?|scripts?|docs?|examples?|templates?|rollback[^/]*)\//i

function isSource({ target }: FileReference): boolean {
  return SOURCE.test(target) && !TEST.test(target) && !PLAIN.test(target) && !/rollback/i.test(target)
}

/** `test_healer.py`, `healer.test.ts` and `HealerTest.java` all test `healer`. */
function stemOf(target: string): string {
  return (target.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '').toLowerCase()
}

function tests(context: LintContext, touched: readonly FileReference[]): void {
  const held = touched.filter((f) => TEST.test(f.target))
  const said = held
    .flatMap((f) => [f.target, f.content?.text ?? '', ...f.edits.map((e) => e.replace)])
    .join('\n')
    .toLowerCase()
  const bare = [...new Map(touched.filter((f) => f.action === 'new' && isSource(f)).map((f) => [f.target, f])).values()]
  const without = bare.filter((f) => !said.includes(stemOf(f.target)))
  const [first] = without
  if (!first) return
  const names = listed(
    without.map((f) => f.target),
    3,
  )
  context.report(
    'runbook-test-missing',
    first.place,
    held.length === 0
      ? `The runbook adds ${names} and touches no test: nothing would show that ${without.length === 1 ? 'it works' : 'they work'}.`
      : `No test of the runbook names ${names}: nothing would show that ${without.length === 1 ? 'it works' : 'they work'}.`,
    `Add a step with a test, such as "#### [NEW] tests/${first.target.endsWith('.py') ? `test_${stemOf(first.target)}.py` : `${stemOf(first.target)}.test${/\.[^.]*$/.exec(first.target)?.[0] ?? ''}`}".`,
    { key: without.map((f) => f.target).join(' '), ...(held.length === 0 ? {} : { severity: 'note' as const }) },
  )
}

const CHANGELOG = /(?:^|\/)(?:changelog|changes|history|release[-_]?notes)\b[^/]*$/i

function sourceOf(touched: readonly FileReference[]): RunbookEntry['source'] {
  const found = new Map<string, Place>()
  for (const file of touched) if (isSource(file) && !found.has(file.target)) found.set(file.target, file.place)
  return [...found].map(([target, place]) => ({ target, place }))
}

function nameOf(target: string): string {
  return target.split('/').at(-1) ?? ''
}

/** A story whose impact section names files is held to it. */
function storyEntry(context: LintContext, story: SpecDocument): StoryEntry {
  const section = story.sections.find((s) => s.key === 'impact')
  const named = section
    ? story.files.filter((f) => f.place.line > section.place.line && f.place.line <= section.lastLine)
    : []
  return {
    path: story.path,
    isLive: context.isLive(story),
    status: story.status,
    impact:
      section && named.length > 0
        ? { title: section.title, names: [...new Set(named.map((f) => nameOf(f.target)))] }
        : null,
  }
}

function changelog(context: LintContext, { place, source }: RunbookEntry): void {
  context.report(
    'runbook-changelog-missing',
    place,
    `The runbook changes ${source.length === 1 ? 'a source file' : `${source.length} source files`} and not the changelog, which others here do.`,
    'Add a step "#### [MODIFY] CHANGELOG.md", or say in a line why nobody needs to know.',
    { key: 'changelog' },
  )
}

function impact(context: LintContext, { source }: RunbookEntry, story: StoryEntry): void {
  if (!story.impact) return
  const { names, title } = story.impact
  const missing = source.filter((f) => !names.includes(nameOf(f.target)))
  const [first] = missing
  if (!first) return
  const targets = missing.map((f) => f.target)
  context.report(
    'runbook-impact-incomplete',
    first.place,
    `${listed(targets, 3)} ${targets.length === 1 ? 'is' : 'are'} touched here and not named under "${title}" of ${story.path}: who agreed to the story did not see ${targets.length === 1 ? 'it' : 'them'}.`,
    'Add what is missing to the impact section, or leave the file alone.',
    { key: targets.join(' ') },
  )
}
