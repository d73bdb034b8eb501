import { claimsOf, type TaskClaims } from '@gatehouse/core/specs/claims'
import { codeSpans } from '@gatehouse/core/specs/code-spans'
import type { FileReference, SpecDocument } from '@gatehouse/core/specs/model'

/** What a task promises, with those of its paths that no extension and no usual folder tells to be paths: `rules/base`, `policy/`. */
export interface NamedClaims extends TaskClaims {
  /** Of `files`: paths that are claims only because something is, or was, there. */
  readonly bare: ReadonlySet<string>
}

/** Words of paths and nothing else, with a slash: `policy/governance/policies`, `src/api/`. No route, no scope of npm, no pattern. */
const PATH = /^(?:\.\/)?[\w.-][\w.+-]*(?:\/[\w.()[\]+-]+)*\/?$/

/**
 * The claims of every task, in the order of `tasks`. A path in code marks that has no extension, or ends with a slash, is one where `isThere` knows it:
 * then it is read as any other, by the words around it. Of a task that names a file as well, the file speaks.
 */
export function namedClaims(document: SpecDocument, text: string, isThere: (path: string) => boolean): NamedClaims[] {
  const plain = claimsOf(document, text)
  const wanted = document.tasks.map((task, i) => {
    if ((plain[i]?.files ?? []).length > 0) return []
    const next = document.tasks[i + 1]?.place.start ?? text.length
    return spansOf(text, task.place.start, Math.min(task.place.end, Math.max(next, task.place.start))).filter(
      ({ target }) => isThere(target),
    )
  })
  if (wanted.every((spans) => spans.length === 0))
    return plain.map((claims) => ({ ...claims, bare: new Set<string>() }))
  const more = document.tasks.flatMap((task, index) =>
    (wanted[index] ?? []).map(({ target, start }): FileReference => ({
      target,
      targetLine: null,
      action: 'mention',
      place: { ...task.place, start, end: start + target.length },
      from: { kind: 'task', index },
      confidence: 'tolerant',
      edits: [],
      content: null,
    })),
  )
  const at = new Set(more.map(({ place }) => place.start))
  const files = [...document.files.filter(({ place }) => !at.has(place.start)), ...more]
  const all = claimsOf({ ...document, files: files.sort((a, b) => a.place.start - b.place.start) }, text)
  return all.map((claims, i) => ({
    ...claims,
    bare: new Set(
      claims.files.map(({ path }) => path).filter((path) => wanted[i]?.some(({ target }) => target === path)),
    ),
  }))
}

interface Span {
  /** Without `./` before and `/` behind. */
  readonly target: string
  readonly start: number
}

function spansOf(text: string, from: number, to: number): Span[] {
  const found: Span[] = []
  let start = from
  for (const line of text.slice(from, to).split('\n')) {
    for (const { from: at, inner } of codeSpans(line)) {
      const said = inner.trim()
      if (said.length > 200 || !said.includes('/') || !PATH.test(said) || said.split('/').includes('..')) continue
      const target = said.replace(/^\.\//, '').replace(/\/$/, '')
      found.push({ target, start: start + line.indexOf(said.startsWith('./') ? said.slice(2) : said, at) })
    }
    start += line.length + 1
  }
  return found
}
