import { readData } from './data-reader.ts'
import type { DocumentDraft } from './draft.ts'
import type { DocumentKind, SpecDocument, SpecFormat } from './model.ts'
import { readMarkdown } from './markdown-reader.ts'
import { placeOfPath, type PathPlace } from './project-layout.ts'
import { Source } from './source.ts'

/** What a caller knows better than the path: an issue's body has none. */
export interface ReadAs {
  readonly format: SpecFormat
  readonly kind: DocumentKind
  readonly template?: boolean
  readonly archived?: boolean
}

/**
 * Reads one file of any format. Total: every text gives a document, every line is strict, tolerant or unread, in time linear in the text.
 * The text is taken as it is: decode bytes as UTF-8 with the BOM kept. Format and kind come from the path, else from the text.
 */
export function readSpec(path: string, text: string, as?: ReadAs): SpecDocument {
  const place = placeOfPath(path)
  const source = new Source(path, text)
  const sure = as ?? (place.kind === null ? null : { format: place.format, kind: place.kind })
  const known = sure ?? guess(text, place)
  const draft = isData(path, known.kind, text)
    ? readData(source, known.format, known.kind)
    : readMarkdown(source, known.format, known.kind)
  draft.template = as?.template ?? place.template
  draft.archived = as?.archived ?? place.archived
  if (!sure) draft.confidence = 'tolerant'
  if (known.format === 'unknown')
    draft.note(
      'unknown-kind',
      `${path}: neither its path nor its headings say what it is; only headings and checkboxes were read`,
      source.whole(1),
    )
  settleId(draft, path)
  return draft.finish()
}

/** Reads the body of a forge's issue. `path` names it in places: `issue 12`. */
export function readIssue(path: string, title: string, body: string): SpecDocument {
  const document = readSpec(path, body, { format: 'issue', kind: 'issue' })
  return {
    ...document,
    title: title === '' ? document.title : title,
    notes: document.notes.filter((n) => n.code !== 'no-title'),
  }
}

const DATA_KINDS = new Set<DocumentKind>(['task-spec', 'checks', 'journey', 'agents', 'settings'])

function isData(path: string, kind: DocumentKind, text: string): boolean {
  if (/\.(?:md|mdc|mdx|markdown)$/i.test(path)) return false
  if (/\.(?:ya?ml|json|jsonc)$/i.test(path)) return true
  return DATA_KINDS.has(kind) && !/^#{1,6} /m.test(text.slice(0, 2000))
}

/** By what the first part of the text says. */
function guess(text: string, place: PathPlace): ReadAs {
  const head = text.slice(0, 20_000)
  if (/\.(?:ya?ml|json|jsonc)$/i.test(place.path)) {
    if (/^owner:/m.test(head) && /^kind:\s*(?:coding|testing|deployment|monitoring|manager)\b/m.test(head))
      return { format: 'task-spec', kind: 'task-spec' }
    return { format: 'unknown', kind: 'settings' }
  }
  const has = (pattern: RegExp) => pattern.test(head)
  if (has(/^## (?:ADDED|MODIFIED|REMOVED|RENAMED) Requirements/m)) return { format: 'openspec', kind: 'delta' }
  if (has(/^#{2,4} Requirement: /m) && has(/^#{3,5} Scenario: /m)) return { format: 'openspec', kind: 'capability' }
  if (has(/^# Feature Specification/im) || (has(/^\s*- \*\*FR-\d/m) && has(/^#{2,3} /m)))
    return { format: 'spec-kit', kind: 'spec' }
  if (has(/^# Implementation Plan/im) && has(/^## Constitution Check|^## Technical Context/m))
    return { format: 'spec-kit', kind: 'plan' }
  if (has(/^\s*[-*] \[[ xX]\] \**T\d{3}/m)) return { format: 'spec-kit', kind: 'tasks' }
  if (has(/^\s*[-*] \[[ xX]\] \**CHK\d{3}/m)) return { format: 'spec-kit', kind: 'checklist' }
  if (has(/^## (?:Core )?Principles/m) && has(/\*\*Version\*\*/)) return { format: 'spec-kit', kind: 'constitution' }
  if (has(/^#{3,4} \[(?:MODIFY|NEW|DELETE)\]/m)) return { format: 'agent', kind: 'runbook' }
  if (has(/^_No response_\s*$/m)) return { format: 'issue', kind: 'issue' }
  if (has(/^\s*(?:[-*]\s*)?\**feature_request_id\**\s*:/m)) return { format: 'story', kind: 'story' }
  if (has(/^(?:#{1,6} |\*\*)?\s*acceptance criteria/im) || has(/^#{1,4} User Story/m))
    return { format: 'story', kind: 'story' }
  return { format: 'unknown', kind: 'other' }
}

/** Agent documents and decisions carry their id in the file's name where the title has none. */
function settleId(draft: DocumentDraft, path: string): void {
  if (draft.id) return
  const file = path.split('/').at(-1) ?? ''
  const field = draft.fields.find((f) => f.key === 'feature_request_id' || (draft.kind === 'story' && f.key === 'id'))
  if (field && field.value !== '') {
    draft.id = { id: field.value.toUpperCase(), written: field.value, place: field.valuePlace }
    return
  }
  const named = draft.format === 'agent' ? /^([A-Z][A-Z0-9]{1,15}-\d{1,6})/.exec(file)?.[1] : undefined
  if (named !== undefined && draft.source.lines.length > 0)
    draft.id = { id: named, written: named, place: draft.titlePlace ?? draft.source.at(1, 0, 0) }
}
