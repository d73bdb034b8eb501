import { join } from 'node:path'
import { renameId } from '@gatehouse/core/specs/operations'
import type { Definition } from '@gatehouse/core/specs/project-model'
import type { Position, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node'
import { isWrittenId, nameOf } from './mention.ts'
import { beginsRange, findAt, locationOf, namings, type Found } from './navigation.ts'
import { rangeAt } from './position-encoding.ts'
import type { Workspace } from './workspace.ts'

/** Why an identifier cannot be renamed. */
export class RenameRefused extends Error {
  override readonly name = 'RenameRefused'
}

/** The identifier under the cursor, where it is one that can be renamed. */
export function renameRange(
  workspace: Workspace,
  uri: string,
  position: Position,
): { range: Range; placeholder: string } | null {
  const found = findAt(workspace, uri, position)
  if (!found) return null
  const { mention, document } = found
  const written = document.getText().slice(mention.start, mention.end)
  const definition = only(found)
  if (!definition || !isWrittenId(written, definition.id)) return null
  return { range: rangeAt(document, mention.start, mention.end, workspace.encoding), placeholder: written }
}

/**
 * Renames an identifier where it is defined and wherever it is named: specifications, source code, tests. Refused where that is not sure: it means several
 * things, the new one is taken, or a range of identifiers holds it.
 */
export async function renameAt(
  workspace: Workspace,
  uri: string,
  position: Position,
  to: string,
  versioned: boolean,
): Promise<WorkspaceEdit> {
  const found = findAt(workspace, uri, position)
  if (!found) throw new RenameRefused('there is no identifier here that a specification defines')
  const definition = only(found)
  if (!definition)
    throw new RenameRefused(
      found.mention.to.length > 1
        ? `it means ${found.mention.to.length} things: rename it where one of them is defined`
        : 'only identifiers that are written with their item can be renamed: requirements, tasks and criteria',
    )
  const { index } = found
  const own = index.documentOf(definition)
  if (!own) throw new RenameRefused('the document that defines it is gone')
  checkTaken(found, definition, to)
  // Says whether the new one is well-formed, and names ranges that hold the old one.
  const checked = renameId(own, definition.id, to)
  if (!checked.ok) throw new RenameRefused(checked.detail)
  const edits = new Map<string, Map<string, TextEdit>>()
  const add = (path: string, range: Range) => {
    const own = edits.get(path) ?? new Map<string, TextEdit>()
    edits.set(path, own.set(`${range.start.line}:${range.start.character}`, { range, newText: to }))
  }
  const place = locationOf(workspace, index, definition)
  if (place) add(join(index.root, definition.place.path), place.range)
  for (const naming of await namings(workspace, index, [definition], () => false)) {
    if (naming.exact) {
      add(naming.path, naming.location.range)
      continue
    }
    // `T001-T005` and `T12` for T012: only a person knows what is meant then.
    const line = naming.location.range.start.line + 1
    throw new RenameRefused(
      `${naming.path}:${line} names ${definition.id} as "${naming.written}": write the identifier out there first`,
    )
  }
  const files = [...edits].map(([path, own]) => ({ uri: workspace.uriOf(path), path, edits: [...own.values()] }))
  if (!versioned) return { changes: Object.fromEntries(files.map((file) => [file.uri, file.edits])) }
  return {
    documentChanges: files.map((file) => ({
      textDocument: { uri: file.uri, version: workspace.bufferOf(file.path)?.document.version ?? null },
      edits: file.edits,
    })),
  }
}

/** The one definition that can be renamed: its identifier is written with it. */
function only({ mention, index }: Found): Definition | null {
  const [definition, ...more] = mention.to
  if (!definition || more.length > 0) return null
  if (definition.kind !== 'requirement' && definition.kind !== 'task' && definition.kind !== 'criterion') return null
  const text = index.text(definition.place.path) ?? ''
  const { start, end } = nameOf(definition, text)
  const line = text.slice(start - definition.place.column + 1, end + 40)
  if (beginsRange(line, definition.place.column - 1)) return null
  return isWrittenId(text.slice(start, end), definition.id) ? definition : null
}

function checkTaken({ index }: Found, { scope }: Definition, to: string): void {
  const taken = index.definitionsOfId(to).find((d) => d.scope === scope && isWrittenId(d.id, to))
  if (taken) throw new RenameRefused(`${to} is taken: ${taken.place.path}:${taken.place.line} defines it`)
}
