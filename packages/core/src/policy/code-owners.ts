import type { CodeOwnerRule } from './settings.ts'

export interface CodeOwnersLine {
  /** From 1. */
  readonly line: number
  readonly pattern: string
  /** As they are written: `@user`, `@organization/team` or an e-mail address. None takes ownership away. */
  readonly owners: readonly string[]
}

export interface CodeOwnersFault {
  readonly line: number
  readonly detail: string
}

/** Who an owner of the file is here. */
export interface OwnerNames {
  readonly [owner: string]: { readonly roles: readonly string[]; readonly persons: readonly string[] } | undefined
}

/**
 * The lines of a CODEOWNERS file as GitHub reads it: a pattern, then owners, `#` begins a comment, a backslash keeps a blank or a `#` in a
 * pattern. What GitHub does not read (negation, character ranges, owners of another form) is a fault, never dropped. Never throws.
 */
export function readCodeOwners(text: string): { lines: CodeOwnersLine[]; faults: CodeOwnersFault[] } {
  const lines: CodeOwnersLine[] = []
  const faults: CodeOwnersFault[] = []
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1
    const [pattern, ...owners] = words(raw)
    if (pattern === undefined) continue
    const detail = faultOf(pattern, owners)
    if (detail === null) lines.push({ line, pattern, owners })
    else faults.push({ line, detail })
  }
  return { lines, faults }
}

/** Words of a line up to its comment. */
function words(raw: string): string[] {
  const out: string[] = []
  for (const [word] of raw.replace(/^\uFEFF/, '').matchAll(/(?:\\[ #\\]|[^\s])+/g)) {
    if (word.startsWith('#')) break
    out.push(out.length === 0 ? word.replaceAll(/\\([ #\\])/g, '$1') : word)
  }
  return out
}

const OWNER = /^(?:@[\w.-]+(?:\/[\w.-]+)?|[^\s@]+@[^\s@]+)$/

function faultOf(pattern: string, owners: readonly string[]): string | null {
  if (pattern.startsWith('!')) return `${pattern}: CODEOWNERS has no negation`
  if (/^\^?\[/.test(pattern)) return `${pattern}: sections are GitLab's; write the owners of each pattern`
  if (/[[\]]/.test(pattern)) return `${pattern}: CODEOWNERS has no character ranges`
  if (pattern.replaceAll('/', '') === '') return `${pattern}: name what is in the root, such as /*`
  const odd = owners.find((owner) => !OWNER.test(owner))
  return odd === undefined ? null : `${odd} is no owner: @user, @organization/team or an e-mail address`
}

/**
 * Rules for `code_owners` of the settings: one approval of one of the owners each, the last rule that matches wins. Owners that `names` does not
 * have are `unknown`; a line without owners cannot be said in settings, which only tighten: it is `unowned`, and the rule before it holds.
 */
export function codeOwnerRules(
  lines: readonly CodeOwnersLine[],
  names: OwnerNames,
): { rules: CodeOwnerRule[]; unknown: { line: number; owner: string }[]; unowned: CodeOwnersLine[] } {
  const known = new Map(Object.entries(names).map(([owner, who]) => [owner.toLowerCase(), who]))
  const rules: CodeOwnerRule[] = []
  const unknown: { line: number; owner: string }[] = []
  for (const { line, pattern, owners } of lines) {
    if (owners.length === 0) continue
    const found = owners.flatMap((owner) => known.get(owner.toLowerCase()) ?? [])
    for (const owner of owners) if (!known.get(owner.toLowerCase())) unknown.push({ line, owner })
    const roles = [...new Set(found.flatMap((who) => who.roles))]
    const persons = [...new Set(found.flatMap((who) => who.persons))]
    rules.push({ pattern, roles, persons, count: 1 })
  }
  return { rules, unknown, unowned: lines.filter(({ owners }) => owners.length === 0) }
}
