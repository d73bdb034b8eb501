import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import { parseModule } from '@gatehouse/rego/mutation/rego-module'
import { RegoSourceError } from '@gatehouse/rego/mutation/rego-tokens'

export type Change = 'added' | 'removed' | 'changed'

/** A rule of the policies: all its definitions of one name in one package. Lines are those of the first that differs. */
export interface RuleChange {
  readonly change: Change
  readonly package: string
  readonly rule: string
  readonly before: Place | null
  readonly after: Place | null
}

export interface Place {
  readonly file: string
  readonly line: number
}

export interface DataChange {
  readonly change: Change
  /** JSON pointer (RFC 6901). */
  readonly path: string
  readonly before: Json | null
  readonly after: Json | null
}

interface Definition extends Place {
  /** Its words: neither blanks nor comments. */
  readonly text: string
}

/** A rule's definitions by `package rule`. A file that is no Rego is one definition, named by its path. */
function definitions(
  sources: ReadonlyMap<string, string>,
): Map<string, { package: string; rule: string; all: Definition[] }> {
  const found = new Map<string, { package: string; rule: string; all: Definition[] }>()
  const add = (packageName: string, rule: string, definition: Definition) => {
    const key = `${packageName} ${rule}`
    const entry = found.get(key) ?? { package: packageName, rule, all: [] }
    entry.all.push(definition)
    found.set(key, entry)
  }
  for (const [file, source] of sources) {
    try {
      const { rules, tokens, packageName } = parseModule(source)
      for (const { name, span } of rules) {
        const text = tokens
          .slice(span.from, span.to)
          .map((token) => (token.afterNewline ? `\n${token.text}` : token.text))
          .join(' ')
        add(packageName, name, { file, line: tokens[span.from]?.line ?? 1, text })
      }
    } catch (error) {
      if (!(error instanceof RegoSourceError)) throw error
      add('', file, { file, line: error.line, text: source })
    }
  }
  return found
}

/** Rules that differ, in the order of their names. What is only moved or laid out otherwise does not. */
export function compareRules(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): RuleChange[] {
  const [old, now] = [definitions(before), definitions(after)]
  return [...new Set([...old.keys(), ...now.keys()])].toSorted().flatMap((key): RuleChange[] => {
    const [was, is] = [old.get(key), now.get(key)]
    const shown = { package: (is ?? was)?.package ?? '', rule: (is ?? was)?.rule ?? '' }
    if (was === undefined) return [{ change: 'added', ...shown, before: null, after: place(is?.all[0]) }]
    if (is === undefined) return [{ change: 'removed', ...shown, before: place(was.all[0]), after: null }]
    // Their order among themselves says nothing, but for what one of them holds.
    const gone = was.all.find(({ text }) => !is.all.some((other) => other.text === text))
    const come = is.all.find(({ text }) => !was.all.some((other) => other.text === text))
    if (gone === undefined && come === undefined && was.all.length === is.all.length) return []
    return [{ change: 'changed', ...shown, before: place(gone ?? was.all[0]), after: place(come ?? is.all[0]) }]
  })
}

function place(definition: Definition | undefined): Place | null {
  return definition === undefined ? null : { file: definition.file, line: definition.line }
}

/** What differs between two data documents, as deep as both are objects. Lists are compared whole. */
export function compareData(before: Json, after: Json, path = ''): DataChange[] {
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
    return keys.flatMap((key): DataChange[] => {
      const below = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      const was = Object.hasOwn(before, key) ? before[key] : undefined
      const is = Object.hasOwn(after, key) ? after[key] : undefined
      if (was === undefined) return is === undefined ? [] : [{ change: 'added', path: below, before: null, after: is }]
      if (is === undefined) return [{ change: 'removed', path: below, before: was, after: null }]
      return compareData(was, is, below)
    })
  }
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ change: 'changed', path, before, after }]
}

function isTree(value: Json): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Policies (packages) with their ids, as METADATA names them: `# custom:` and `#   id: name`. */
export function policyIds(sources: ReadonlyMap<string, string>): Map<string, string | null> {
  const ids = new Map<string, string | null>()
  for (const source of sources.values()) {
    const name = /^package[ \t]+(\S+)/m.exec(source)?.[1]
    const id = /^#[ \t]+id:[ \t]*["']?([\w.-]+)/m.exec(source)?.[1] ?? null
    if (name !== undefined) ids.set(name, ids.get(name) ?? id)
  }
  return ids
}
