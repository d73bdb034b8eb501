import { projectLayout, type PathPlace, type ProjectLayout } from '@gatehouse/core/specs/project-layout'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { assembleProject, readOther, readPlaced, type Placed } from '@gatehouse/core/specs/project'

interface Held {
  readonly text: string
  readonly as: string
  readonly placed: Placed | null
}

/** Reads the documents of a project again and again, each only when its text changed or it counts for something else. Gives what `readProject` gives. */
export class PlacedReader {
  readonly #held = new Map<string, Held>()
  #paths = ''
  #layout: ProjectLayout | null = null

  /** Everything that belongs to a format. Lets go of paths that are not among the texts. */
  placed(texts: ReadonlyMap<string, string>): Placed[] {
    const { places, others } = this.#layoutOf(texts)
    for (const path of this.#held.keys()) if (!texts.has(path)) this.#held.delete(path)
    return [
      ...places.flatMap((place) => this.#read(place.path, place, texts) ?? []),
      ...others.flatMap((path) => this.#read(path, null, texts) ?? []),
    ]
  }

  project(texts: ReadonlyMap<string, string>): SpecProject {
    const placed = this.placed(texts)
    const found = new Set(placed.map(({ place }) => place.path))
    const ignored = [...texts.keys()].filter((path) => !found.has(path))
    return assembleProject(placed, this.#layoutOf(texts).features, ignored)
  }

  /** Reads what was not read yet, for about so many milliseconds; true when all is read. */
  warm(texts: ReadonlyMap<string, string>, milliseconds: number): boolean {
    const end = performance.now() + milliseconds
    const { places, others } = this.#layoutOf(texts)
    for (const place of places) {
      this.#read(place.path, place, texts)
      if (performance.now() > end) return false
    }
    for (const path of others) {
      this.#read(path, null, texts)
      if (performance.now() > end) return false
    }
    return true
  }

  #layoutOf(texts: ReadonlyMap<string, string>): ProjectLayout {
    const paths = [...texts.keys()]
    const shown = paths.join('\n')
    if (!this.#layout || this.#paths !== shown) this.#layout = projectLayout(paths)
    this.#paths = shown
    return this.#layout
  }

  #read(path: string, place: PathPlace | null, texts: ReadonlyMap<string, string>): Placed | null {
    const text = texts.get(path) ?? ''
    const as = place ? JSON.stringify(place) : ''
    const known = this.#held.get(path)
    if (known && known.text === text && known.as === as) return known.placed
    const placed = place ? readPlaced(place, text) : readOther(path, text)
    this.#held.set(path, { text, as, placed })
    return placed
  }
}
