import { placeOfPath } from '@gatehouse/core/specs/project-layout'
import { dirname, join, sep } from 'node:path'
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { CONFIG_FILES } from '../spec-config.ts'
import { MAX_FILE_BYTES } from '../spec-files.ts'
import { pathBelow, pathOfUri, realPath, uriOfPath } from './document-uris.ts'
import type { JobFolder, LintResult } from './lint-run.ts'
import { offsetAt, type PositionEncoding } from './position-encoding.ts'
import { SpecIndex } from './spec-index.ts'

/** A buffer of the editor. */
export interface OpenDocument {
  /** As the client writes it. */
  readonly uri: string
  /** Absolute, links resolved; null for what is no file. */
  readonly path: string | null
  /** Positions of it count UTF-16. */
  readonly document: TextDocument
}

interface Folder {
  readonly given: string
  readonly real: string
}

interface Root {
  readonly index: SpecIndex
  /** False for files that were opened from outside of the workspace. */
  whole: boolean
  /** What the disk holds, by path below the root. */
  texts: ReadonlyMap<string, string>
}

/** Folders, buffers and the index of every root, kept together. */
export class Workspace {
  encoding: PositionEncoding = 'utf-16'
  readonly #open = new Map<string, OpenDocument>()
  readonly #byPath = new Map<string, string>()
  readonly #folders = new Map<string, Folder>()
  #roots = new Map<string, Root>()

  addFolder(uri: string): void {
    const given = pathOfUri(uri)
    if (given !== null) this.#folders.set(uri, { given: trimmed(given), real: trimmed(realPath(given)) })
  }

  removeFolder(uri: string): void {
    this.#folders.delete(uri)
  }

  open(uri: string, language: string, version: number, text: string): void {
    // A broken client must not break the next run.
    if (typeof text !== 'string' || typeof uri !== 'string') throw new TypeError('a document needs a URI and a text')
    const found = pathOfUri(uri)
    const path = found === null ? null : realPath(found)
    this.#open.set(uri, { uri, path, document: TextDocument.create(uri, language, version, text) })
    if (path === null) return
    this.#byPath.set(path, uri)
    this.#show(path, text)
  }

  /** Applies changes in their order; ranges count as was agreed with the client. */
  change(uri: string, version: number, changes: readonly TextDocumentContentChangeEvent[]): void {
    const held = this.#open.get(uri)
    if (!held) return
    for (const change of changes) {
      if (typeof change.text !== 'string') throw new TypeError('a change needs a text')
      const full = 'range' in change && change.range ? null : [{ text: change.text }]
      TextDocument.update(held.document, full ?? [this.#counted(held.document, change)], version)
    }
    if (held.path !== null) this.#show(held.path, held.document.getText())
  }

  close(uri: string): void {
    const held = this.#open.get(uri)
    this.#open.delete(uri)
    if (!held || held.path === null || this.#byPath.get(held.path) !== uri) return
    this.#byPath.delete(held.path)
    for (const root of this.#roots.values()) {
      const below = pathBelow(root.index.root, held.path)
      if (below !== null) root.index.set(below, root.texts.get(below) ?? null)
    }
  }

  openDocuments(): OpenDocument[] {
    return [...this.#open.values()]
  }

  openAt(uri: string): OpenDocument | null {
    return this.#open.get(uri) ?? null
  }

  /** The buffer of a file, if it is open. */
  bufferOf(path: string): OpenDocument | null {
    const uri = this.#byPath.get(path)
    return uri === undefined ? null : (this.#open.get(uri) ?? null)
  }

  /** Texts of buffers that can hold specifications, by absolute path. */
  overlays(): Map<string, string> {
    const found = new Map<string, string>()
    for (const path of this.#byPath.keys()) {
      const document = this.bufferOf(path)?.document
      if (document && isCandidate(path)) found.set(path, document.getText())
    }
    return found
  }

  /** What to lint: the workspace, and folders of specifications that are open from outside of it. */
  jobFolders(): JobFolder[] {
    const wholes = [...new Set([...this.#folders.values()].map(({ real }) => real))]
    const covers = [...wholes, ...[...this.#roots.values()].flatMap((r) => (r.whole ? [r.index.root] : []))]
    const outside = [...this.#byPath.keys()].filter(
      (path) => isCandidate(path) && !covers.some((folder) => pathBelow(folder, path) !== null),
    )
    return [
      ...wholes.toSorted().map((folder) => ({ folder, whole: true })),
      ...[...new Set(outside.map((path) => dirname(path)))].toSorted().map((folder) => ({ folder, whole: false })),
    ]
  }

  /** Takes over what a run read from the disk. */
  take(result: LintResult): void {
    const roots = new Map<string, Root>()
    for (const { root, whole, texts } of result.roots) {
      const held = this.#roots.get(root) ?? { index: new SpecIndex(root), whole, texts: new Map<string, string>() }
      held.whole = whole
      if (texts) {
        held.texts = texts
        for (const path of held.index.paths()) if (!texts.has(path)) held.index.set(path, null)
        for (const [path, text] of texts) held.index.set(path, text)
      }
      roots.set(root, held)
    }
    this.#roots = roots
    for (const path of this.#byPath.keys()) this.#show(path, this.bufferOf(path)?.document.getText() ?? '')
  }

  /** The text that a run saw: the buffer it was given, else the file. */
  lintedText(root: string, path: string, overlays: ReadonlyMap<string, string> | undefined): string | null {
    return overlays?.get(join(root, path)) ?? this.#roots.get(root)?.texts.get(path) ?? null
  }

  indexes(): SpecIndex[] {
    return [...this.#roots.values()].map(({ index }) => index)
  }

  /** The root that a file belongs to, the workspace's before others, the innermost first; with its path below it. */
  indexOf(path: string): { readonly index: SpecIndex; readonly path: string; readonly whole: boolean } | null {
    let best: { index: SpecIndex; path: string; whole: boolean } | null = null
    for (const { index, whole } of this.#roots.values()) {
      const below = pathBelow(index.root, path)
      if (below === null) continue
      const better = !best || (whole && !best.whole) || (whole === best.whole && below.length < best.path.length)
      if (better) best = { index, path: below, whole }
    }
    return best
  }

  /** As the client wrote it where the file is open, else below the folder as the client names it. */
  uriOf(path: string): string {
    const open = this.#byPath.get(path)
    if (open !== undefined) return open
    for (const { given, real } of this.#folders.values()) {
      const below = given === real ? null : pathBelow(real, path)
      if (below !== null) return uriOfPath(join(given, below))
    }
    return uriOfPath(path)
  }

  #show(path: string, text: string): void {
    if (!isCandidate(path)) return
    for (const { index } of this.#roots.values()) {
      const below = pathBelow(index.root, path)
      if (below !== null && below !== '') index.set(below, text.length > MAX_FILE_BYTES ? null : text)
    }
  }

  #counted(document: TextDocument, change: TextDocumentContentChangeEvent): TextDocumentContentChangeEvent {
    if (!('range' in change) || this.encoding === 'utf-16') return change
    const [start, end] = [change.range.start, change.range.end].map((p) =>
      document.positionAt(offsetAt(document, p, this.encoding)),
    )
    return start && end ? { range: { start, end }, text: change.text } : change
  }
}

/** Whether a file can hold specifications, or says how they are linted. */
export function isCandidate(path: string): boolean {
  const shown = path.split(sep).join('/')
  if (/\.(?:md|mdc|mdx|markdown)$/i.test(shown)) return true
  if (!/\.(?:ya?ml|json)$/i.test(shown)) return false
  return placeOfPath(shown).kind !== null || CONFIG_FILES.some((name) => path.endsWith(`${sep}${name}`))
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path
}
