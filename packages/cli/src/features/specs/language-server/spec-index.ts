import { normalId } from '@gatehouse/core/specs/identifiers'
import type { ItemRef, Place, SpecDocument } from '@gatehouse/core/specs/model'
import type { Placed } from '@gatehouse/core/specs/project'
import { definitionsOf, linkAll } from '@gatehouse/core/specs/project-links'
import type { Definition, Link } from '@gatehouse/core/specs/project-model'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { PlacedReader } from './placed-reader.ts'

/** A mention that was looked up: where it is, and what it is in. */
export interface LinkedPlace {
  readonly path: string
  readonly place: Place
  readonly from: ItemRef
}

/** What the last texts say, put together. */
interface Linked {
  readonly placed: readonly Placed[]
  readonly byPath: ReadonlyMap<string, number>
  readonly definitions: readonly Definition[]
  /** Indices of definitions by document. */
  readonly own: ReadonlyMap<number, readonly number[]>
  readonly links: ReadonlyMap<number, readonly Link[]>
  readonly mentions: ReadonlyMap<number, readonly LinkedPlace[]>
  readonly byId: ReadonlyMap<string, readonly number[]>
  /** Paths that documents of a feature name, by their last part. */
  readonly named: ReadonlyMap<string, readonly { readonly target: string; readonly folder: string }[]>
}

/**
 * Identifiers of one root and who names them, for jumping about while somebody types: a document is read again only when its text changed, and all is
 * linked again when it is asked for. Paths are relative to the root, with forward slashes.
 */
export class SpecIndex {
  readonly root: string
  readonly #texts = new Map<string, string>()
  readonly #reader = new PlacedReader()
  readonly #documents = new Map<string, { text: string; document: TextDocument }>()
  #linked: Linked | null = null

  constructor(root: string) {
    this.root = root
  }

  /** Sets a text, or takes it away with null. */
  set(path: string, text: string | null): void {
    if (this.#texts.get(path) === (text ?? undefined)) return
    if (text === null) {
      this.#texts.delete(path)
      this.#documents.delete(path)
    } else this.#texts.set(path, text)
    this.#linked = null
  }

  paths(): string[] {
    return [...this.#texts.keys()]
  }

  text(path: string): string | null {
    return this.#texts.get(path) ?? null
  }

  /** The text with its lines, for positions. */
  lines(path: string): TextDocument | null {
    const text = this.#texts.get(path)
    if (text === undefined) return null
    const known = this.#documents.get(path)
    if (known && known.text === text) return known.document
    const document = TextDocument.create(path, 'markdown', 0, text)
    this.#documents.set(path, { text, document })
    return document
  }

  /** The document as it was read; null where the file belongs to no format. */
  document(path: string): SpecDocument | null {
    const { byPath, placed } = this.#all()
    const at = byPath.get(path)
    return at === undefined ? null : (placed[at]?.document ?? null)
  }

  documents(): SpecDocument[] {
    return this.#all().placed.map(({ document }) => document)
  }

  /** The folder in which a document's identifiers are its own; null for what belongs to the whole root. */
  folderOf(path: string): string | null {
    const { byPath, placed } = this.#all()
    const at = byPath.get(path)
    return at === undefined ? null : (placed[at]?.place.folder ?? null)
  }

  definitions(): readonly Definition[] {
    return this.#all().definitions
  }

  documentOf(definition: Definition): SpecDocument | null {
    return this.#all().placed[definition.document]?.document ?? null
  }

  definitionsIn(path: string): Definition[] {
    const { byPath, own, definitions } = this.#all()
    const at = byPath.get(path)
    return picked(definitions, at === undefined ? undefined : own.get(at))
  }

  /** By identifier, whatever its case, dashes and zeros in front. Exact ones where there are any. */
  definitionsOfId(id: string): Definition[] {
    const { byId, definitions } = this.#all()
    const normal = normalId(id)
    return picked(definitions, byId.get(normal) ?? byId.get(`~${unpadded(normal)}`))
  }

  /** What a document names at a place, with the definitions that are meant. */
  linksIn(path: string): { readonly place: Place; readonly to: Definition[] }[] {
    const { byPath, links, placed, definitions } = this.#all()
    const at = byPath.get(path)
    if (at === undefined) return []
    const document = placed[at]?.document
    return (links.get(at) ?? []).flatMap((link) => {
      const place = document && sourceOf(document, link)?.place
      return place ? [{ place, to: picked(definitions, link.to) }] : []
    })
  }

  /** Every place in a document that names a definition. */
  mentionsOf(definition: Definition): readonly LinkedPlace[] {
    const { definitions, mentions } = this.#all()
    return mentions.get(definitions.indexOf(definition)) ?? []
  }

  /** Folders of features whose documents name a file. A document may name a path from the middle on. */
  foldersNaming(path: string): ReadonlySet<string> {
    const last = path.split('/').at(-1) ?? ''
    const named = this.#all().named.get(last) ?? []
    return new Set(
      named.flatMap(({ target, folder }) => (path === target || path.endsWith(`/${target}`) ? [folder] : [])),
    )
  }

  /** Reads documents that nobody has asked for yet, for about so many milliseconds; true when all are read. */
  warm(milliseconds: number): boolean {
    return this.#reader.warm(this.#texts, milliseconds)
  }

  #all(): Linked {
    this.#linked ??= this.#link()
    return this.#linked
  }

  #link(): Linked {
    const placed = this.#reader.placed(this.#texts).sort((a, b) => (a.place.path < b.place.path ? -1 : 1))
    const definitions = definitionsOf(placed)
    const own = new Map<number, number[]>()
    const byId = new Map<string, number[]>()
    for (const [i, definition] of definitions.entries()) {
      push(own, definition.document, i)
      const id = normalId(definition.id)
      push(byId, id, i)
      push(byId, `~${unpadded(id)}`, i)
    }
    const links = new Map<number, Link[]>()
    const mentions = new Map<number, LinkedPlace[]>()
    for (const link of linkAll(placed, definitions)) {
      push(links, link.document, link)
      const document = placed[link.document]?.document
      const source = document && sourceOf(document, link)
      if (source)
        for (const to of link.to) push(mentions, to, { path: document.path, place: source.place, from: source.from })
    }
    const named = new Map<string, { target: string; folder: string }[]>()
    for (const { place, document } of placed)
      for (const file of document.files) {
        const target = file.target.replace(/^\.?\//, '')
        if (place.folder !== null) push(named, target.split('/').at(-1) ?? '', { target, folder: place.folder })
      }
    const byPath = new Map(placed.map(({ place }, i) => [place.path, i]))
    return { placed, byPath, definitions, own, links, mentions, byId, named }
  }
}

function sourceOf(document: SpecDocument, link: Link): { place: Place; from: ItemRef } | undefined {
  return link.of === 'reference' ? document.references[link.index] : document.dependencies[link.index]
}

function unpadded(id: string): string {
  return id.replaceAll(/(?<!\d)0+(?=\d)/g, '')
}

function picked(definitions: readonly Definition[], indices: readonly number[] | undefined): Definition[] {
  return (indices ?? []).flatMap((i) => definitions[i] ?? [])
}

function push<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key)
  if (list) list.push(value)
  else into.set(key, [value])
}
