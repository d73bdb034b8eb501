import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type YAMLMap } from 'yaml'
import { DocumentDraft } from './draft.ts'
import { findIds } from './identifiers.ts'
import { isNegative } from './gherkin.ts'
import { pathOf, readInline } from './inline.ts'
import type * as m from './model.ts'
import type { Source } from './source.ts'

/** Larger data files are kept as text: none of the formats comes near. */
const DATA_MAX = 2_000_000

const TASK_SPEC_KEYS = new Set(
  'id title owner kind description priority inputs outputs acceptance tests deploy deployment related_task related_check resource_requirements tags related_tasks expected_artifacts retry_policy repo status created_at updated_at state'.split(
    ' ',
  ),
)

/** Reads YAML and JSON: task specs, checks, journeys, agents.yaml and settings. Total: what does not parse is unread. */
export function readData(source: Source, format: m.SpecFormat, kind: m.DocumentKind): DocumentDraft {
  const draft = new DocumentDraft(source, format, kind)
  for (const { no } of source.lines)
    if (/^\s*(?:[-*+]|\d{1,9}[.)])\s+\[[^\]\n]?\](?:\s|$)/u.test(source.raw(no).slice(0, 200)))
      draft.checkboxes.push({ line: no, as: 'data', confidence: 'strict' })
  if (/\.json$/i.test(source.path) && isPlainJson(source.text)) {
    for (const { no } of source.lines) draft.line(no, 'strict', source.raw(no).trim() === '' ? 'blank' : 'data')
    return draft
  }
  const parsed = parse(source, draft)
  if (!parsed) {
    for (const { no } of source.lines) draft.lost(no, 'invalid-data', 'data')
    return draft
  }
  const data = new DataReader(draft, parsed)
  const { contents } = parsed
  if (kind === 'task-spec' && isMap(contents)) readTaskSpec(data, contents)
  else if (kind === 'checks' && contents) readChecks(data, contents)
  else if (kind === 'journey' && isMap(contents)) readJourney(data, contents)
  else if (kind === 'agents' && isMap(contents)) readTeam(data, contents)
  else if (isMap(contents)) data.fields(contents)
  for (const { no } of source.lines) {
    const raw = source.raw(no).trim()
    draft.line(
      no,
      'strict',
      raw === '' ? 'blank' : raw.startsWith('#') ? 'comment' : raw === '---' || raw === '...' ? 'separator' : 'data',
    )
  }
  return draft
}

/** Valid JSON that holds no fields we ask for: records of a tool, schemas. The YAML parser would take ten times as long over it. */
function isPlainJson(text: string): boolean {
  if (text.length < 4000) return false
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return true
  } catch {
    return false
  }
}

function parse(source: Source, draft: DocumentDraft): Document.Parsed | null {
  const json = /\.jsonc?$/i.test(source.path)
  const code = json ? 'invalid-json' : 'invalid-yaml'
  const whole = source.whole(1)
  if (source.text.length > DATA_MAX) {
    draft.note(code, `the file is longer than ${DATA_MAX} characters and was not read`, whole)
    return null
  }
  const document = parseDocument(source.text, {
    lineCounter: new LineCounter(),
    prettyErrors: false,
    strict: false,
    keepSourceTokens: false,
  })
  const error = document.errors[0]
  if (!error) return document
  // The parser tells its own exhaustion as an error of the file.
  if (/call stack/i.test(error.message)) draft.note(code, 'the file is nested too deeply and was not read', whole)
  else {
    const line = lineAt(source, error.pos[0])
    draft.note(code, `line ${line}: ${error.message.slice(0, 300)}`, source.whole(line))
  }
  return null
}

function lineAt(source: Source, offset: number): number {
  let low = 0
  let high = source.lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((source.lines[middle]?.start ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return source.lines[low]?.no ?? 1
}

class DataReader {
  readonly draft: DocumentDraft
  readonly document: Document.Parsed

  constructor(draft: DocumentDraft, document: Document.Parsed) {
    this.draft = draft
    this.document = document
  }

  place(node: unknown): m.Place {
    const range = (node as Node | null)?.range
    const { source } = this.draft
    if (!range) return source.whole(1)
    const first = lineAt(source, range[0])
    const last = lineAt(source, Math.max(range[0], range[1] - 1))
    return source.span(
      first,
      range[0] - (source.lines[first - 1]?.start ?? 0),
      last,
      range[1] - (source.lines[last - 1]?.start ?? 0),
    )
  }

  text(node: unknown): string {
    if (!isScalar(node) || node.value === null || node.value === undefined) return ''
    const { value, source } = node
    if (typeof value === 'string') return value
    return (
      source ??
      (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '')
    )
  }

  get(map: unknown, key: string): unknown {
    return isMap(map) ? map.get(key, true) : undefined
  }

  list(node: unknown): unknown[] {
    if (isSeq(node)) return node.items
    return isScalar(node) && this.text(node) !== '' ? [node] : []
  }

  /** Top-level scalars are fields; title, id and status the document's own. */
  fields(map: YAMLMap): void {
    const { draft } = this
    for (const { key, value } of map.items) {
      const name = this.text(key).toLowerCase()
      if (name === '' || !isScalar(value)) continue
      const text = this.text(value)
      const place = this.place(value)
      draft.fields.push({
        key: name,
        value: text,
        place: this.place(key),
        valuePlace: place,
        confidence: 'strict',
        source: 'data',
      })
      if (name === 'title' && draft.title === '') {
        draft.title = text
        draft.titlePlace = place
      } else if (name === 'id' && text !== '') draft.id = { id: text.toUpperCase(), written: text, place }
      else if (name === 'status' || name === 'state') draft.setStatus(text, place, 'strict')
    }
  }

  item(node: unknown): Pick<m.Item, 'place' | 'confidence' | 'deviations' | 'section'> & { deviations: string[] } {
    return { place: this.place(node), confidence: 'strict', deviations: [], section: -1 }
  }

  /** Identifiers and files in a text; their place is the value's. */
  scan(node: unknown, from: m.ItemRef): void {
    const text = this.text(node)
    const place = this.place(node)
    for (const id of findIds(text, 'any'))
      this.draft.references.push({ kind: id.kind, id: id.id, written: id.written, place, from, relation: 'mentions' })
    for (const file of readInline(text).files) this.file(file.target, file.line, 'mention', place, from)
  }

  file(target: string, targetLine: number | null, action: m.FileAction, place: m.Place, from: m.ItemRef): void {
    this.draft.files.push({ target, targetLine, action, place, from, confidence: 'strict', edits: [], content: null })
  }

  paths(node: unknown, action: m.FileAction): void {
    for (const entry of this.list(node)) {
      const value = isMap(entry) ? (this.get(entry, 'path') ?? this.get(entry, 'name')) : entry
      const path = pathOf(this.text(value))
      if (path) this.file(path.target, path.line, action, this.place(value), { kind: 'document', index: 0 })
    }
  }

  link(node: unknown, kind: m.ReferenceKind, relation: m.Reference['relation']): void {
    for (const entry of this.list(node)) {
      const written = this.text(entry)
      const id = findIds(written, 'any')[0]
      if (written !== '')
        this.draft.references.push({
          kind: id?.kind ?? kind,
          id: id?.id ?? written.toUpperCase(),
          written,
          place: this.place(entry),
          from: { kind: 'document', index: 0 },
          relation,
        })
    }
  }

  task(node: unknown, kind: m.TaskKind, text: string, id: m.WrittenId | null): m.ItemRef {
    this.draft.tasks.push({
      ...this.item(node),
      id,
      kind,
      box: null,
      state: 'unknown',
      text,
      parallel: false,
      story: null,
      tags: [],
      indent: 0,
      parent: null,
      phase: -1,
      optional: false,
    })
    return { kind: 'task', index: this.draft.tasks.length - 1 }
  }

  criterion(node: unknown, text: string): m.ItemRef {
    this.draft.criteria.push({
      ...this.item(node),
      id: null,
      title: '',
      text,
      box: null,
      steps: [],
      negative: isNegative(text),
      story: null,
    })
    return { kind: 'criterion', index: this.draft.criteria.length - 1 }
  }
}

function readTaskSpec(data: DataReader, map: YAMLMap): void {
  const { draft } = data
  data.fields(map)
  for (const { key, value } of map.items) {
    const name = data.text(key)
    if (TASK_SPEC_KEYS.has(name)) continue
    const place = data.place(key)
    const end = isScalar(value) || isMap(value) || isSeq(value) ? data.place(value).endLine : place.line
    for (let no = place.line; no <= end; no += 1)
      if (draft.source.raw(no).trim() !== '') draft.lost(no, 'unknown-key', 'data')
  }
  for (const entry of data.list(data.get(map, 'acceptance'))) {
    const url = data.text(data.get(entry, 'url'))
    const respond = data.text(data.get(entry, 'should_respond'))
    const text = isScalar(entry) ? data.text(entry) : `${url} should respond ${respond}`.trim()
    data.criterion(entry, text)
  }
  for (const entry of data.list(data.get(map, 'tests'))) {
    const run = data.get(entry, 'run') ?? entry
    const ref = data.task(entry, 'verification', data.text(run), null)
    data.scan(run, ref)
  }
  data.paths(data.get(map, 'inputs'), 'mention')
  data.paths(data.get(map, 'outputs'), 'new')
  data.paths(data.get(map, 'expected_artifacts'), 'new')
  data.link(data.get(map, 'related_task'), 'task', 'links')
  data.link(data.get(map, 'related_tasks'), 'task', 'links')
  data.link(data.get(map, 'related_check'), 'check', 'links')
  data.scan(data.get(map, 'description'), { kind: 'document', index: 0 })
}

function readChecks(data: DataReader, contents: unknown): void {
  const list = isMap(contents) ? (data.get(contents, 'checks') ?? contents) : contents
  for (const entry of data.list(list)) {
    const name = data.get(entry, 'name')
    const written = data.text(name)
    const words = ['type', 'url', 'status', 'interval', 'threshold'].map((key) => data.text(data.get(entry, key)))
    data.task(
      entry,
      'verification',
      words.filter((w) => w !== '').join(' '),
      written === '' ? null : { id: written.toUpperCase(), written, place: data.place(name) },
    )
  }
}

function readJourney(data: DataReader, map: YAMLMap): void {
  const { draft } = data
  data.fields(map)
  for (const [i, step] of data.list(data.get(map, 'steps')).entries()) {
    const action = data.get(step, 'action')
    const response = data.get(step, 'system_response')
    const steps: m.ScenarioStep[] = []
    if (data.text(action) !== '') steps.push({ keyword: 'when', text: data.text(action), place: data.place(action) })
    if (data.text(response) !== '')
      steps.push({ keyword: 'then', text: data.text(response), place: data.place(response) })
    draft.scenarios.push({
      ...data.item(step),
      id: null,
      number: i + 1,
      title: '',
      text: data.text(action),
      steps,
      requirement: null,
      story: null,
    })
    const ref: m.ItemRef = { kind: 'scenario', index: draft.scenarios.length - 1 }
    data.scan(action, ref)
    data.scan(response, ref)
    for (const assertion of data.list(data.get(step, 'assertions')))
      data.scan(assertion, data.criterion(assertion, data.text(assertion)))
  }
  for (const entry of data.list(data.get(map, 'acceptance_criteria')))
    data.scan(entry, data.criterion(entry, data.text(entry)))
  const implementation = data.get(map, 'implementation')
  data.paths(data.get(implementation, 'files'), 'modify')
  data.paths(data.get(implementation, 'tests'), 'new')
  data.link(data.get(map, 'linked_stories'), 'agent-story', 'links')
  data.link(data.get(map, 'linked_adrs'), 'adr', 'links')
  data.link(data.get(map, 'depends_on'), 'journey', 'depends')
}

function readTeam(data: DataReader, map: YAMLMap): void {
  for (const entry of data.list(data.get(map, 'team'))) {
    const text = (key: string) => data.text(data.get(entry, key))
    const list = (key: string) => data.list(data.get(entry, key)).map((node) => data.text(node))
    data.draft.team.push({
      role: text('role'),
      name: text('name'),
      description: text('description'),
      responsibilities: list('responsibilities'),
      governanceChecks: list('governance_checks'),
      instruction: text('instruction'),
      place: data.place(entry),
    })
  }
}
