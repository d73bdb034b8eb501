import type { CompletionItem, CompletionItemKind, CompletionList, Position } from 'vscode-languageserver/node'
import { fileAt } from './navigation.ts'
import { offsetAt, rangeAt } from './position-encoding.ts'
import { summaryOf } from './symbols.ts'
import type { Workspace } from './workspace.ts'

/** LSP 3.17, "CompletionItemKind": 18 is Reference. */
const REFERENCE: CompletionItemKind = 18
const MOST_ITEMS = 1_000

/**
 * Known identifiers for the word that is being written. In a specification all of its feature and of what lies above the features; in any other file all of
 * the root that begin with what was typed.
 */
export function completionsAt(workspace: Workspace, uri: string, position: Position): CompletionList | null {
  const file = fileAt(workspace, uri)
  if (!file) return null
  const { index, path, document } = file
  const offset = offsetAt(document, position, workspace.encoding)
  const before = document.getText().slice(Math.max(0, offset - 80), offset)
  const typed = /(?<![\p{L}\p{N}_/.-])[A-Za-z][A-Za-z0-9]{0,20}(?:-[A-Za-z0-9]{0,12}){0,3}$/u.exec(before)?.[0] ?? ''
  const isSpec = index.document(path) !== null
  if (typed === '' && !isSpec) return null
  const folder = index.folderOf(path)
  const range = rangeAt(document, offset - typed.length, offset, workspace.encoding)
  const items = new Map<string, CompletionItem>()
  let cut = false
  for (const definition of index.definitions()) {
    const { id, scope, kind } = definition
    if (!/\d/.test(id) || !id.toLowerCase().startsWith(typed.toLowerCase())) continue
    // In a feature the ids of other features mean nothing.
    const own = scope.split('#')[0] ?? ''
    if (isSpec && folder !== null && own !== folder && kind !== 'document') continue
    const words = summaryOf(index, definition)
    const known = items.get(id)
    if (known) {
      known.documentation = `${typeof known.documentation === 'string' ? known.documentation : ''}\n${own}: ${words}`
      continue
    }
    if (items.size >= MOST_ITEMS) {
      cut = true
      break
    }
    items.set(id, {
      label: id,
      kind: REFERENCE,
      detail: words.length > 100 ? `${words.slice(0, 99)}…` : words,
      documentation: `${own}: ${words}`,
      filterText: id,
      sortText: `${isSpec && definition.place.path === path ? 1 : 0}${id}`,
      textEdit: { range, newText: id },
    })
  }
  return { isIncomplete: cut, items: [...items.values()] }
}
