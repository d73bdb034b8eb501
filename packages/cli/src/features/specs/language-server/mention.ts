import { findIds, normalId } from '@gatehouse/core/specs/identifiers'
import type { Definition } from '@gatehouse/core/specs/project-model'
import type { SpecIndex } from './spec-index.ts'

/** A word that means something with an identifier. Offsets are UTF-16. */
export interface Mention {
  readonly start: number
  readonly end: number
  /** What it may mean; never empty. */
  readonly to: readonly Definition[]
}

/** What stands at an offset of a document of the index; null for nothing that is known. */
export function mentionIn(index: SpecIndex, path: string, offset: number): Mention | null {
  const text = index.text(path)
  if (text === null) return null
  const found: Mention[] = []
  const add = (start: number, end: number, to: readonly Definition[]) => {
    if (start <= offset && offset <= end && to.length > 0) found.push({ start, end, to })
  }
  for (const definition of index.definitionsIn(path)) {
    const { start, end } = nameOf(definition, text)
    add(start, end, [definition])
  }
  for (const { place, to } of index.linksIn(path)) add(place.start, place.end, to)
  const least = Math.min(...found.map(({ start, end }) => end - start))
  const [best, ...same] = found.filter(({ start, end }) => end - start === least)
  // A range of identifiers has one place and means all of them.
  if (best) return { ...best, to: [...new Set([...best.to, ...same.flatMap(({ to }) => to)])] }
  return mentionInText(index, path, text, offset)
}

/** An identifier in any text: a plan's prose, a comment of a source file. `path` is where the text lies, below the root. */
export function mentionInText(index: SpecIndex, path: string, text: string, offset: number): Mention | null {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
  const rest = text.slice(offset).search(/[\r\n]/)
  const end = rest < 0 ? text.length : offset + rest
  // A minified file is one line: what is far away says nothing.
  const from = Math.max(start, offset - 1000)
  const line = text.slice(from, Math.min(end, offset + 1000))
  const held = mentionsInLine(index, path, line).filter((m) => from + m.start <= offset && offset <= from + m.end)
  const [best] = held
  return best
    ? {
        start: from + best.start,
        end: from + best.end,
        to: [...new Set(held.filter((m) => m.start === best.start).flatMap(({ to }) => to))],
      }
    : null
}

/** All identifiers of a line that are defined; offsets into the line. */
export function mentionsInLine(index: SpecIndex, path: string, line: string): Mention[] {
  return findIds(line, 'any').flatMap(({ id, from, to }) => {
    const meant = resolveId(index, path, line, id)
    return meant.length > 0 ? [{ start: from, end: to, to: meant }] : []
  })
}

/**
 * What an identifier means where it is written: in a feature its own; elsewhere that of a feature which the line names, or whose documents name the file;
 * else all that have it.
 */
export function resolveId(index: SpecIndex, path: string, line: string, id: string): Definition[] {
  const all = index.definitionsOfId(id)
  if (all.length < 2) return all
  const folder = index.folderOf(path)
  const narrowed = [
    folder === null ? [] : all.filter((d) => folderOfScope(d) === folder),
    all.filter((d) => namedIn(line, folderOfScope(d))),
    claimants(index, path, all),
  ]
  return narrowed.find((some) => some.length > 0) ?? all
}

/** Definitions whose feature names a file. */
function claimants(index: SpecIndex, path: string, all: readonly Definition[]): Definition[] {
  const folders = index.foldersNaming(path)
  return all.filter((d) => folders.has(folderOfScope(d)))
}

function folderOfScope({ scope }: Definition): string {
  return scope.split('#')[0] ?? ''
}

function namedIn(line: string, folder: string): boolean {
  const slug = folder.split('/').at(-1) ?? ''
  if (slug.length < 3) return false
  return new RegExp(`(?<![\\w-])${slug.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`).test(line)
}

/** Where the name of a definition stands: the first line, of an item that has no name of its own. */
export function nameOf({ place }: Definition, text: string): { readonly start: number; readonly end: number } {
  const cut = text.slice(place.start, place.end).search(/[\r\n]/)
  return { start: place.start, end: cut < 0 ? place.end : place.start + cut }
}

/** OpenSpec: the requirement of a capability and what open changes make of it are one by their name. Without the definition itself. */
export function twinsOf(index: SpecIndex, definition: Definition): Definition[] {
  const [, capability] = definition.scope.split('#')
  if (capability === undefined || definition.kind !== 'requirement') return []
  return index
    .definitionsOfId(definition.id)
    .filter((d) => d !== definition && d.kind === 'requirement' && d.scope.endsWith(`#${capability}`))
}

/** Whether a text is the identifier itself, in whatever case and dashes. */
export function isWrittenId(written: string, id: string): boolean {
  return normalId(written) === normalId(id)
}
