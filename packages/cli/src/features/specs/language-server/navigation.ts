import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findIds } from '@gatehouse/core/specs/identifiers'
import type { Definition } from '@gatehouse/core/specs/project-model'
import type { Location, LocationLink, Position } from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { MAX_FILE_BYTES } from '../spec-files.ts'
import { pathOfUri, realPath } from './document-uris.ts'
import { isWrittenId, mentionIn, mentionInText, nameOf, twinsOf, type Mention } from './mention.ts'
import { offsetAt, rangeAt } from './position-encoding.ts'
import { scanSources } from './source-scan.ts'
import type { SpecIndex } from './spec-index.ts'
import type { Workspace } from './workspace.ts'

/** What stands under the cursor, and where it was looked up. */
export interface Found {
  readonly index: SpecIndex
  /** Below the index' root. */
  readonly path: string
  readonly document: TextDocument
  readonly offset: number
  readonly mention: Mention
}

/** A file of any kind with its root; null for what is no file, or of no root. */
export function fileAt(
  workspace: Workspace,
  uri: string,
): { readonly index: SpecIndex; readonly path: string; readonly document: TextDocument } | null {
  const found = workspace.openAt(uri)?.path ?? pathOfUri(uri)
  const path = found === null ? null : realPath(found)
  const owner = path === null ? null : workspace.indexOf(path)
  if (path === null || !owner) return null
  const { index, path: below } = owner
  const document = workspace.openAt(uri)?.document ?? index.lines(below) ?? fromDisk(path)
  return document ? { index, path: below, document } : null
}

function fromDisk(path: string): TextDocument | null {
  try {
    if (!statSync(path).isFile() || statSync(path).size > MAX_FILE_BYTES) return null
    return TextDocument.create(path, 'text', 0, readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
}

export function findAt(workspace: Workspace, uri: string, position: Position): Found | null {
  const file = fileAt(workspace, uri)
  if (!file) return null
  const { index, path, document } = file
  const offset = offsetAt(document, position, workspace.encoding)
  const mention =
    index.text(path) === null ? mentionInText(index, path, document.getText(), offset) : mentionIn(index, path, offset)
  return mention ? { ...file, offset, mention } : null
}

/** Where a definition's name stands. */
export function locationOf(workspace: Workspace, index: SpecIndex, definition: Definition): Location | null {
  const { path } = definition.place
  const lines = index.lines(path)
  if (!lines) return null
  const { start, end } = nameOf(definition, lines.getText())
  return { uri: workspace.uriOf(join(index.root, path)), range: rangeAt(lines, start, end, workspace.encoding) }
}

/** To what the word under the cursor means. On a requirement of an open OpenSpec change: to the one that it changes, and back. */
export function definitionAt(
  workspace: Workspace,
  uri: string,
  position: Position,
  asLinks: boolean,
): Location[] | LocationLink[] | null {
  const found = findAt(workspace, uri, position)
  if (!found) return null
  const { index, mention, document } = found
  const targets = mention.to.flatMap((definition) => {
    const isSelf = definition.place.path === found.path && definition.place.start === mention.start
    const twins = isSelf ? twinsOf(index, definition) : []
    return twins.length > 0 ? twins : [definition]
  })
  const places = targets.flatMap((definition) => locationOf(workspace, index, definition) ?? [])
  if (!asLinks) return places
  const origin = rangeAt(document, mention.start, mention.end, workspace.encoding)
  return places.map(({ uri: target, range }) => ({
    targetUri: target,
    targetRange: range,
    targetSelectionRange: range,
    originSelectionRange: origin,
  }))
}

/** A place that names a definition. `exact`: what stands there is the identifier and nothing else. */
export interface Naming {
  readonly location: Location
  /** Absolute. */
  readonly path: string
  readonly written: string
  readonly exact: boolean
}

/** Whether a range of identifiers begins at an index of a line: `T001-T005` names what lies between as well. */
export function beginsRange(line: string, start: number): boolean {
  return findIds(line, 'any').some(({ ranged, from }) => ranged && from === start)
}

/** Every place that names one of some definitions: specifications first, then source code and tests. */
export async function namings(
  workspace: Workspace,
  index: SpecIndex,
  definitions: readonly Definition[],
  stopped: () => boolean,
): Promise<Naming[]> {
  const found: Naming[] = []
  const seen = new Set<string>()
  const add = (path: string, location: Location, written: string, id: string, isRange: boolean) => {
    const key = `${path}\n${location.range.start.line}\n${location.range.start.character}`
    if (seen.has(key)) return
    seen.add(key)
    found.push({ path: join(index.root, path), location, written, exact: !isRange && isWrittenId(written, id) })
  }
  for (const definition of definitions)
    for (const { path, place } of index.mentionsOf(definition)) {
      const lines = index.lines(path)
      if (!lines) continue
      const range = rangeAt(lines, place.start, place.end, workspace.encoding)
      const uri = workspace.uriOf(join(index.root, path))
      const text = lines.getText()
      const line = text.slice(place.start - place.column + 1, place.end + 40)
      add(path, { uri, range }, text.slice(place.start, place.end), definition.id, beginsRange(line, place.column - 1))
    }
  const bufferOf = (path: string) => workspace.bufferOf(join(index.root, path))?.document.getText() ?? null
  for (const { path, line, start, end, written, text } of await scanSources(index, definitions, bufferOf, stopped)) {
    const lines = TextDocument.create(path, 'text', 0, text)
    const range = rangeAt(lines, start, end, workspace.encoding)
    const shown = { start: { ...range.start, line }, end: { ...range.end, line } }
    const uri = workspace.uriOf(join(index.root, path))
    add(path, { uri, range: shown }, written, definitions[0]?.id ?? '', beginsRange(text, start))
  }
  return found
}

/** All that names what stands under the cursor: tasks, other documents, source code and tests. */
export async function referencesAt(
  workspace: Workspace,
  uri: string,
  position: Position,
  withDeclaration: boolean,
  stopped: () => boolean,
): Promise<Location[] | null> {
  const found = findAt(workspace, uri, position)
  if (!found) return null
  const { index, mention } = found
  const all = [...new Set(mention.to.flatMap((d) => [d, ...twinsOf(index, d)]))]
  const own = all.flatMap((definition) => locationOf(workspace, index, definition) ?? [])
  const isOwn = (location: Location) =>
    own.some(
      (o) =>
        o.uri === location.uri &&
        o.range.start.line === location.range.start.line &&
        o.range.start.character === location.range.start.character,
    )
  const named = await namings(workspace, index, all, stopped)
  const others = named.map(({ location }) => location).filter((location) => !isOwn(location))
  return [...(withDeclaration ? own : []), ...others]
}
