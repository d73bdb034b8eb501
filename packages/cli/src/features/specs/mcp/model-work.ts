import { join, posix } from 'node:path'
import type { SpecDocument } from '@gatehouse/core/specs/model'
import { changeDocuments, featureDocuments } from '@gatehouse/core/specs/project-documents'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { openSpecFolder } from '../spec-files.ts'
import { modelLine, modelValue, NOTICE } from './model-text.ts'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkAnswer } from './work-order.ts'
import { isAtOrBelow } from './work-scope.ts'

/** Folders that are listed, and characters of the entries of one model: what a model can hold beside its work. */
const MAX_FOLDERS = 200
const MAX_MODEL = 100_000
const MAX_TEXT = 500

export interface ModelInput {
  /** As it was listed. */
  readonly folder: string
}

interface ModelFolder {
  readonly folder: string
  readonly kind: 'feature' | 'change' | 'capability'
  readonly documents: readonly SpecDocument[]
}

/** The folders of specifications that have a model, in their order: `document.folders`. */
export function modelsWork(root: string, scope: readonly string[]): Promise<WorkAnswer> {
  const folders = foldersIn(root, scope).map(({ folder, kind }) => ({ folder, kind }))
  const document = { folders: folders.slice(0, MAX_FOLDERS), left_out: Math.max(0, folders.length - MAX_FOLDERS) }
  return Promise.resolve({ ok: true, document, text: '' })
}

/** The model of one folder: what its documents say, an entry each, with file, line and column. `not-found` for what is not listed. */
export function modelWork(root: string, scope: readonly string[], { folder }: ModelInput): Promise<WorkAnswer> {
  const found = foldersIn(root, scope).find((one) => one.folder === folder)
  if (!found) throw new ToolRefusal('not-found', 'no folder of specifications that may be told has this name')
  const entries: object[] = []
  let size = 0
  let leftOut = 0
  for (const entry of found.documents.flatMap(entriesOf)) {
    size += JSON.stringify(entry).length
    if (size > MAX_MODEL) leftOut += 1
    else entries.push(entry)
  }
  const documents = found.documents.map(({ path, kind, title, status }) => ({
    path,
    kind,
    title,
    status: status?.value ?? null,
  }))
  const document = {
    folder,
    kind: found.kind,
    documents: documents.slice(0, MAX_FOLDERS).map((one) => modelValue(one, () => undefined)),
    entries,
    left_out: leftOut,
    notice: NOTICE,
  }
  return Promise.resolve({ ok: true, document, text: JSON.stringify(document) })
}

/** Nothing above the served folder is read, and of it only what the client's roots leave. */
function foldersIn(root: string, scope: readonly string[]): ModelFolder[] {
  const { project, root: top } = openSpecFolder(root, join(root, '..'), [root])
  if (top !== root)
    throw new ToolRefusal('path-outside', 'the specifications belong to a project around the served folder')
  const found = [...byFolder(project)]
    .filter(([folder]) => scope.some((within) => isAtOrBelow(folder, within)))
    .map(([folder, { kind, documents }]) => ({
      folder,
      kind,
      documents: [...documents].flatMap((i) => project.documents[i] ?? []),
    }))
  return found.sort((a, b) => (a.folder < b.folder ? -1 : 1))
}

type Kinds = Map<string, { readonly kind: ModelFolder['kind']; readonly documents: Set<number> }>

function byFolder({ features, changes, capabilities, documents }: SpecProject): Kinds {
  const found: Kinds = new Map()
  const add = (folder: string, kind: ModelFolder['kind'], indices: readonly number[]) => {
    const known = found.get(folder) ?? { kind, documents: new Set() }
    found.set(folder, known)
    for (const i of indices) known.documents.add(i)
  }
  for (const feature of features) add(feature.folder, 'feature', featureDocuments(feature))
  for (const change of changes) add(change.folder, 'change', changeDocuments(change))
  for (const { document } of capabilities) add(posix.dirname(documents[document]?.path ?? ''), 'capability', [document])
  found.delete('.')
  return found
}

/** What a document says, one after the other as it stands there. */
function entriesOf(document: SpecDocument): object[] {
  const covers = new Map<string, string[]>()
  for (const { from, id } of document.references) {
    const key = `${from.kind} ${from.index}`
    covers.set(key, [...(covers.get(key) ?? []), id].slice(0, 20))
  }
  const waits = new Map<string, string[]>()
  for (const { from, to } of document.dependencies) {
    const key = `${from.kind} ${from.index}`
    waits.set(key, [...(waits.get(key) ?? []), to].slice(0, 20))
  }
  const entry = (
    kind: 'requirement' | 'scenario' | 'criterion' | 'story' | 'task' | 'clarification',
    index: number,
    place: { readonly line: number; readonly column: number },
    id: string | null,
    text: string,
    more: object = {},
  ) => ({
    kind,
    id: id === null ? null : modelLine(id).slice(0, 100),
    text: modelLine(text).slice(0, MAX_TEXT).toWellFormed(),
    path: document.path,
    line: place.line,
    column: place.column,
    ...more,
    refers_to: covers.get(`${kind} ${index}`) ?? [],
  })
  const all = [
    ...document.stories.map((s, i) => entry('story', i, s.place, s.id, s.title)),
    ...document.requirements.map((r, i) =>
      entry('requirement', i, r.place, r.id?.written ?? null, r.title === '' ? r.text : `${r.title}: ${r.text}`),
    ),
    ...document.scenarios.map((s, i) => entry('scenario', i, s.place, s.id?.written ?? null, s.text)),
    ...document.criteria.map((c, i) => entry('criterion', i, c.place, c.id?.written ?? null, c.text)),
    ...document.tasks.map((t, i) =>
      entry('task', i, t.place, t.id?.written ?? null, t.text, {
        state: t.state,
        waits_for: waits.get(`task ${i}`) ?? [],
      }),
    ),
    ...document.clarifications.map((c, i) => entry('clarification', i, c.place, null, c.question, { open: c.open })),
  ]
  return all.sort((a, b) => a.line - b.line || a.column - b.column)
}
