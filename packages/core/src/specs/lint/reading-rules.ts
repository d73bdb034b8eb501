import type { SpecDocument, UnreadLine } from '../model.ts'
import { top, type LintContext } from './lint-context.ts'

const BLOCKS = {
  'unclosed-fence': ['A code fence', 'Close it with the same marks on a line of their own.'],
  'unclosed-comment': ['A comment', 'Close it with "-->".'],
  'unclosed-front-matter': ['The front matter', 'Close it with "---" on a line of its own.'],
} as const

const WHY: Readonly<Partial<Record<UnreadLine['reason'], string>>> = {
  'not-text': 'it is not text',
  'line-too-long': 'it is too long for a line',
  'outside-of-requirement': 'it belongs to no requirement, and the archive drops it',
  'unknown-key': 'the format has no such key',
}

/** Files whose content nobody promised: their unread lines are no finding. */
const QUIET = new Set(['settings', 'other', 'template', 'instruction', 'project-notes'])

export function readingRules(context: LintContext): void {
  for (const document of context.live) {
    for (const note of document.notes) {
      const block = BLOCKS[note.code as keyof typeof BLOCKS]
      if (block)
        context.report(
          'unclosed-block',
          note.place,
          `${block[0]} opens in line ${note.place.line} and is never closed: everything below it is not read as specification.`,
          block[1],
          { key: note.code },
        )
      else if ((note.code === 'invalid-yaml' || note.code === 'invalid-json') && document.kind !== 'settings')
        context.report(
          'invalid-data',
          note.place,
          `${document.kind === 'task-spec' ? 'The task spec' : 'The file'} cannot be parsed: ${(note.detail.replace(`${document.path}: `, '').split('\n')[0] ?? '').replace(/[.:\s]*$/, '')}.`,
          'Mend the line that is named.',
          { key: note.code },
        )
    }
    if (!QUIET.has(document.kind)) unread(context, document)
    if (document.kind === 'task-spec') fields(context, document)
  }
}

/** Neighbouring lines that were lost for one reason are one finding. */
function unread(context: LintContext, document: SpecDocument): void {
  let last: UnreadLine | null = null
  let run: UnreadLine[] = []
  const flush = () => {
    const [first] = run
    const why = first ? WHY[first.reason] : undefined
    if (first && why !== undefined)
      context.report(
        'unread-line',
        first.place,
        `${run.length === 1 ? 'This line was' : `These ${run.length} lines were`} not read: ${why}.`,
        first.reason === 'outside-of-requirement'
          ? 'Put it below a "### Requirement:" heading, or into the proposal.'
          : 'Write it as the format says, or take it out.',
        { key: first.text },
      )
    run = []
  }
  for (const line of document.unread) {
    if (last && (line.place.line !== last.place.line + 1 || line.reason !== last.reason)) flush()
    run.push(line)
    last = line
  }
  flush()
}

const REQUIRED = ['id', 'title', 'owner', 'kind'] as const
const KINDS = new Set(['coding', 'testing', 'deployment', 'monitoring', 'manager'])

function fields(context: LintContext, document: SpecDocument): void {
  if (document.notes.some((n) => n.code === 'invalid-yaml' || n.code === 'invalid-json')) return
  const value = (key: string) => document.fields.find((f) => f.key === key)
  // A file in `specs/` with none of them is somebody else's YAML.
  const held = REQUIRED.filter((key) => (value(key)?.value ?? '') !== '')
  if (held.length < 2) return
  for (const key of REQUIRED)
    if (!held.includes(key))
      context.report(
        'missing-field',
        top(document),
        `The task spec has no "${key}": nobody can ${key === 'owner' ? 'be asked about it' : key === 'kind' ? 'say what runs it' : 'refer to it'}.`,
        key === 'kind'
          ? 'Add "kind: coding" (or testing, deployment, monitoring, manager).'
          : `Add "${key}: ..." at the top.`,
        { key },
      )
  const kind = value('kind')
  if (kind && kind.value !== '' && !KINDS.has(kind.value))
    context.report(
      'missing-field',
      kind.valuePlace,
      `"${kind.value}" is no kind of task: nothing would run it.`,
      'Write coding, testing, deployment, monitoring or manager.',
      { key: 'kind' },
    )
}
