import { findIds, normalId } from '@gatehouse/core/specs/identifiers'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import type { SpecDocument } from '@gatehouse/core/specs/model'
import type { Definition, SpecProject } from '@gatehouse/core/specs/project-model'

/** Another place that a finding speaks of. */
export interface RelatedPlace {
  readonly path: string
  /** UTF-16 offsets into the text that was linted. */
  readonly start: number
  readonly end: number
  readonly message: string
}

/** A finding tells of a few places; more would be a page. */
const MOST = 10

/** Rules whose finding stands on a requirement of OpenSpec that is elsewhere as well: in its capability, or in another change. */
const MEETS = new Set<Finding['rule']>(['overlapping-changes', 'delta-requirement-exists', 'duplicate-id'])

/** Finds the places that the words of findings name: identifiers, lines, documents. Built once for a project. */
export class FindingRelations {
  readonly #byId = new Map<string, Definition[]>()
  /** By document, and by folder with the id. */
  readonly #inPath = new Map<string, Definition[]>()
  readonly #inFolder = new Map<string, Definition[]>()
  readonly #byPath = new Map<string, SpecDocument>()
  readonly #texts: ReadonlyMap<string, string>

  constructor(project: SpecProject, texts: ReadonlyMap<string, string>) {
    this.#texts = texts
    for (const definition of project.definitions) {
      push(this.#byId, definition.id, definition)
      push(this.#inPath, definition.place.path, definition)
      push(this.#inFolder, `${folderOf(definition.scope)}\n${definition.id}`, definition)
    }
    for (const document of project.documents) this.#byPath.set(document.path, document)
  }

  of(finding: Finding): RelatedPlace[] {
    const { place, message, fix, rule } = finding
    const found: RelatedPlace[] = []
    const add = (path: string, start: number, end: number, words: string) => {
      if (path === place.path && start <= place.end && place.start <= end) return
      if (found.some((other) => other.path === path && start <= other.end && other.start <= end)) return
      if (found.length < MOST) found.push({ path, start, end, message: words })
    }
    const definition = (d: Definition) => {
      const [start, end] = firstLine(this.#texts.get(d.place.path) ?? '', d.place.start, d.place.end)
      add(d.place.path, start, end, `${d.id} is here`)
    }
    if (MEETS.has(rule))
      for (const own of this.#inPath.get(place.path) ?? [])
        if (place.start <= own.place.start && own.place.start <= place.end)
          for (const other of this.#byId.get(own.id) ?? []) if (isSame(own, other)) definition(other)
    for (const id of new Set(findIds(message, 'any').map((f) => normalId(f.id))))
      for (const near of this.#near(id, place.path)) definition(near)
    for (const path of paths(`${message} ${fix}`)) {
      const document = this.#byPath.get(path)
      if (document && path !== place.path)
        add(path, document.titlePlace?.start ?? 0, document.titlePlace?.end ?? 0, `${path} is here`)
    }
    for (const [, named, lines = ''] of message.matchAll(
      /(?:(\S+\.\w{1,8})[, ]{1,2})?\bline (\d+(?:(?:, | and )\d+)*)/g,
    )) {
      const path = named !== undefined && this.#texts.has(named) ? named : place.path
      for (const line of lines.split(/, | and /)) {
        const span = lineSpan(this.#texts.get(path) ?? '', Number(line))
        if (span) add(path, ...span, `line ${line} is here`)
      }
    }
    return found
  }

  /** Definitions of an id: in the document itself, else in its feature, else the only one there is. */
  #near(id: string, path: string): Definition[] {
    const all = this.#byId.get(id) ?? []
    if (all.length < 2) return all
    const own = (this.#inPath.get(path) ?? []).filter((d) => d.id === id)
    if (own.length > 0) return own
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const found = this.#inFolder.get(`${path.slice(0, at)}\n${id}`)
      if (found) return found
    }
    return []
  }
}

function push<K>(into: Map<K, Definition[]>, key: K, definition: Definition): void {
  const list = into.get(key)
  if (list) list.push(definition)
  else into.set(key, [definition])
}

function folderOf(scope: string): string {
  return scope.split('#')[0] ?? ''
}

/** Whether two definitions meet: in one scope, or in what changes make of one capability. */
function isSame(a: Definition, b: Definition): boolean {
  if (a === b || a.kind !== b.kind) return false
  const [, capability] = a.scope.split('#')
  return a.scope === b.scope || (capability !== undefined && b.scope.endsWith(`#${capability}`))
}

function paths(text: string): string[] {
  return [...text.matchAll(/[^\s"'`(),]+\.(?:md|markdown|ya?ml|json)\b/g)].map((match) => match[0])
}

function firstLine(text: string, start: number, end: number): [start: number, end: number] {
  const cut = text.slice(start, end).search(/[\r\n]/)
  return [start, cut < 0 ? end : start + cut]
}

/** Offsets of a line, from 1, without blanks before it; null where there is no such line. */
function lineSpan(text: string, line: number): [start: number, end: number] | null {
  const ends = /\r\n|\r|\n/g
  let start = 0
  for (let no = 1; no < line; no += 1) {
    if (!ends.exec(text)) return null
    start = ends.lastIndex
  }
  const rest = text.slice(start, start + 10_000)
  const cut = rest.search(/[\r\n]/)
  const shown = cut < 0 ? rest : rest.slice(0, cut)
  return [start + (shown.length - shown.trimStart().length), start + shown.trimEnd().length]
}
