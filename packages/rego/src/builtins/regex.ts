import { RE2JS, RE2JSException } from 're2js'
import { BuiltinError, type Machine } from '../machine.ts'
import { integerAt, stringAt, type Builtin, type Builtins } from './operand.ts'
import { groupsByName, shareNames, withOwnNames } from './regex-names.ts'

const MAX_PATTERN = 10_000

/** Compiled patterns of all evaluations: they hold no state. The oldest go first. */
const REGEXES = new Map<string, RE2JS>()
const MAX_KEPT = 1000

/**
 * RE2 semantics in linear time by `re2js`; JavaScript's RegExp never sees a pattern or a text of a policy.
 * What a pattern costs is charged once in each evaluation, also where it was kept, so fuel does not depend on what ran
 * before. Throws BuiltinError for a pattern RE2 refuses.
 */
export function compiled(m: Machine, pattern: string): RE2JS {
  return once(
    m,
    keep(REGEXES, pattern, () => parsed(pattern, 0)),
  )
}

/** Throws BuiltinError for a pattern RE2 refuses. */
export function parsed(pattern: string, flags: number): RE2JS {
  if (!pattern.isWellFormed()) throw new BuiltinError('error parsing regexp: invalid UTF-8')
  if (pattern.length > MAX_PATTERN) {
    throw new BuiltinError(`error parsing regexp: longer than ${MAX_PATTERN} characters`)
  }
  try {
    return RE2JS.compile(pattern, flags)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const own = /duplicate/i.test(error.message) ? withOwnNames(pattern) : undefined
    if (own === undefined) throw new BuiltinError(error.message)
    const re = parsed(own.pattern, flags)
    shareNames(re, own.names)
    return re
  }
}

export function keep<T>(kept: Map<string, T>, key: string, make: () => T): T {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  const [oldest] = kept.keys()
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest)
  kept.set(key, made)
  return made
}

/** Charges for compiling the first time an evaluation uses a pattern. */
export function once(m: Machine, re: RE2JS): RE2JS {
  if (m.seen.has(re)) return re
  m.seen.add(re)
  m.spend(16 + re.pattern().length)
  return re
}

/** Linear work: pattern times text. */
export function chargeMatch(m: Machine, pattern: string, text: string): void {
  m.spend(1 + (((pattern.length + 16) * (text.length + 16)) >> 10))
}

interface Match {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | null)[]
}

/** All matches from the left, as Go's FindAll: an empty match right after another match is passed over. */
function* matches(m: Machine, re: RE2JS, text: string): Generator<Match> {
  const matcher = re.matcher(text)
  let from = 0
  let lastEnd = -1
  while (from <= text.length && matcher.find(from)) {
    m.spend(1)
    const start = matcher.start()
    const end = matcher.end()
    if (end === start) {
      const point = text.codePointAt(end) ?? 0
      from = end + (point > 0xffff ? 2 : 1)
      if (start === lastEnd) continue
    } else from = end
    lastEnd = end
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i))
    yield { start, end, groups }
  }
}

function take(m: Machine, re: RE2JS, text: string, limit: number): Match[] {
  const out: Match[] = []
  if (limit === 0) return out
  for (const match of matches(m, re, text)) {
    out.push(match)
    if (limit > 0 && out.length >= limit) break
  }
  return out
}

/** Go's template: `$name`, `${name}`, `$1`, `$$`; a name is as long as it can be. */
function expand(template: string, match: Match, names: ReadonlyMap<string, readonly number[]>): string {
  let out = ''
  let at = 0
  while (at < template.length) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) return out + template.slice(at)
    out += template.slice(at, dollar)
    const rest = template.slice(dollar + 1)
    if (rest.startsWith('$')) {
      out += '$'
      at = dollar + 2
      continue
    }
    const braced = /^\{(\w+)\}/.exec(rest)
    const name = braced?.[1] ?? /^\w+/.exec(rest)?.[0]
    if (name === undefined) {
      out += '$'
      at = dollar + 1
      continue
    }
    at = dollar + 1 + (braced?.[0].length ?? name.length)
    const indexes = /^\d+$/.test(name) ? [Number(name)] : (names.get(name) ?? [])
    out += indexes.map((index) => match.groups[index]).find((group) => typeof group === 'string') ?? ''
  }
  return out
}

const META = new Set('\\.+*?()|[]{}^$')

/** A character that stands for itself. */
export function literal(char: string): string {
  return META.has(char) ? `\\${char}` : char
}

/** Text outside the delimiters is literal, inside it is a pattern; nested delimiters count. */
function templatePattern(template: string, start: string, end: string): string {
  let out = '^'
  let level = 0
  let from = 0
  for (let i = 0; i < template.length; i++) {
    const char = template.charAt(i)
    if (char === start) {
      if (level++ === 0) {
        out += Array.from(template.slice(from, i)).map(literal).join('')
        from = i + 1
      }
    } else if (char === end) {
      if (level-- === 0) throw new BuiltinError(`unbalanced braces in "${template}"`)
      if (level === 0) {
        out += `(${template.slice(from, i)})`
        from = i + 1
      }
    }
  }
  if (level !== 0) throw new BuiltinError(`unbalanced braces in "${template}"`)
  return `${out}${Array.from(template.slice(from)).map(literal).join('')}$`
}

const match: Builtin = (m, a, b) => {
  const pattern = stringAt(a, 1)
  const text = stringAt(b, 2)
  chargeMatch(m, pattern, text)
  return compiled(m, pattern).matcher(text).find()
}

export const REGEX: Builtins = {
  'regex.is_valid': (m, a) => {
    if (typeof a !== 'string') return false
    try {
      compiled(m, a)
      return true
    } catch (error) {
      if (error instanceof BuiltinError) return false
      throw error
    }
  },
  'regex.match': match,
  re_match: match,
  'regex.split': (m, a, b) => {
    const pattern = stringAt(a, 1)
    const text = stringAt(b, 2)
    chargeMatch(m, pattern, text)
    const out: string[] = []
    let from = 0
    let end = 0
    const re = compiled(m, pattern)
    if (text === '') return pattern === '' ? [] : ['']
    for (const match of matches(m, re, text)) {
      if (match.end === 0) continue
      end = match.start
      if (match.start === text.length && match.end === match.start) {
        end = text.length
        continue
      }
      out.push(text.slice(from, match.start))
      from = match.end
    }
    if (end !== text.length || from <= text.length) out.push(text.slice(from))
    return out
  },
  'regex.find_n': (m, a, b, c) => {
    const pattern = stringAt(a, 1)
    const text = stringAt(b, 2)
    chargeMatch(m, pattern, text)
    return take(m, compiled(m, pattern), text, integerAt(c, 3)).map((match) => match.groups[0] ?? '')
  },
  'regex.find_all_string_submatch_n': (m, a, b, c) => {
    const pattern = stringAt(a, 1)
    const text = stringAt(b, 2)
    chargeMatch(m, pattern, text)
    return take(m, compiled(m, pattern), text, integerAt(c, 3)).map((match) => match.groups.map((group) => group ?? ''))
  },
  'regex.replace': (m, a, b, c) => {
    const text = stringAt(a, 1)
    const pattern = stringAt(b, 2)
    const template = stringAt(c, 3)
    chargeMatch(m, pattern, text)
    const re = compiled(m, pattern)
    const names = groupsByName(re)
    let out = ''
    let from = 0
    for (const match of matches(m, re, text)) {
      out += text.slice(from, match.start) + expand(template, match, names)
      m.spendText(out.length)
      from = match.end
    }
    return out + text.slice(from)
  },
  'regex.template_match': (m, a, b, c, d) => {
    const template = stringAt(a, 1)
    const text = stringAt(b, 2)
    const start = stringAt(c, 3)
    const end = stringAt(d, 4)
    if (start.length !== 1)
      throw new BuiltinError(`start delimiter has to be exactly one character long but is ${start.length} long`)
    if (end.length !== 1)
      throw new BuiltinError(`end delimiter has to be exactly one character long but is ${start.length} long`)
    const pattern = templatePattern(template, start, end)
    chargeMatch(m, pattern, text)
    return compiled(m, pattern).matcher(text).find()
  },
}
