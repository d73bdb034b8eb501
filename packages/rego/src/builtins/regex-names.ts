import type { RE2JS } from 're2js'

/** Groups by name in the order of the pattern: Go lets several have one name, re2js does not. */
const SHARED = new WeakMap<RE2JS, ReadonlyMap<string, readonly number[]>>()

/** Every part of a pattern in which a bracket opens no group, or the name of one that does. */
const PART = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:\^?\w+:\]|[^\]\\])*\]?|\(\?P?<(\w+)>/g

/** The pattern with names of which each stands once, and what they were. Undefined where none stands twice. */
export function withOwnNames(
  pattern: string,
): { readonly pattern: string; readonly names: Map<string, string> } | undefined {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  let isShared = false
  const written = pattern.replaceAll(PART, (part, name: string | undefined) => {
    if (name === undefined) return part
    let own = name
    while (taken.has(own)) own += '_'
    isShared ||= own !== name
    taken.add(own)
    names.set(own, name)
    return `(?P<${own}>`
  })
  return isShared ? { pattern: written, names } : undefined
}

/** Keeps in mind what the groups of a pattern with names of its own were called. */
export function shareNames(re: RE2JS, names: ReadonlyMap<string, string>): void {
  const groups = new Map<string, number[]>()
  for (const [own, at] of Object.entries(re.namedGroups()).sort(([, a], [, b]) => a - b)) {
    const name = names.get(own) ?? own
    groups.set(name, [...(groups.get(name) ?? []), at])
  }
  SHARED.set(re, groups)
}

/** The groups of each name, the first that took part stands for it. */
export function groupsByName(re: RE2JS): ReadonlyMap<string, readonly number[]> {
  return SHARED.get(re) ?? new Map(Object.entries(re.namedGroups()).map(([name, at]) => [name, [at]]))
}
