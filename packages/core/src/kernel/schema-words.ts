import { z } from 'zod'

/** An issue as zod hands it to whoever words it. */
export type RawIssue = z.core.$ZodRawIssue

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object of named fields',
  record: 'an object of named fields',
  null: 'null',
  date: 'a date',
  undefined: 'nothing',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time like 2026-01-31T12:00:00Z',
  date: 'a date like 2026-01-31',
  url: 'a URL',
  email: 'an e-mail address',
  uuid: 'a UUID',
  json_string: 'JSON',
}

const UNITS: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  set: ['item', 'items'],
  map: ['entry', 'entries'],
}

/**
 * What is wanted of a field, in plain words: they follow the field's name and a colon (`settings.isolation: must be one of "required", "none"`).
 * Undefined for issues that the schema words itself. Pure.
 */
export function issueWords(issue: RawIssue): string | undefined {
  const wanted = wantedOf(issue)
  if (wanted !== null) return issue.input === undefined ? `is missing: ${wanted} is wanted` : `must be ${wanted}`
  switch (issue.code) {
    case 'too_small':
      return sizeWords(issue.origin, issue.minimum, 'at least', issue.inclusive !== false, issue.input)
    case 'too_big':
      return sizeWords(issue.origin, issue.maximum, 'at most', issue.inclusive !== false, issue.input)
    case 'unrecognized_keys':
      return `has ${issue.keys.length === 1 ? 'a field' : 'fields'} that no one reads: ${issue.keys.map(quoted).join(', ')}; check the spelling, or leave ${issue.keys.length === 1 ? 'it' : 'them'} out`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_key':
      return 'has a name in it that is not allowed'
    case 'invalid_element':
      return 'has an item in it that is not allowed'
    case 'invalid_union':
      return unionWords(issue)
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_format':
    case 'custom':
    default:
      return undefined
  }
}

/** The kind, the choice or the form that is wanted; null for other issues. */
function wantedOf(issue: RawIssue): string | null {
  if (issue.code === 'invalid_type') return KINDS[String(issue.expected)] ?? `of the kind ${String(issue.expected)}`
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(quoted)
    return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`
  }
  if (issue.code === 'invalid_format') {
    const { format } = issue
    if (format === 'starts_with' && 'prefix' in issue) return `text that begins with ${quoted(issue['prefix'])}`
    if (format === 'ends_with' && 'suffix' in issue) return `text that ends in ${quoted(issue['suffix'])}`
    if (format === 'regex') return patternWords(issue.pattern ?? '')
    return FORMATS[format] ?? `text in the form of ${format}`
  }
  return null
}

/** A digest is met so often that its pattern has words of its own. */
function patternWords(pattern: string): string {
  const hex = /^\/\^\[0-9a-f\]\{(\d+)\}\$\/$/.exec(pattern)
  return hex ? `${hex[1]} hexadecimal characters (0-9, a-f)` : `text that fits the pattern ${pattern}`
}

function sizeWords(
  origin: string,
  bound: number | bigint | undefined,
  how: string,
  inclusive: boolean,
  input: unknown,
): string {
  const limit = String(bound)
  const unit = UNITS[origin]
  if (unit === undefined)
    return inclusive ? `must be ${how} ${limit}` : `must be ${how === 'at least' ? 'more' : 'less'} than ${limit}`
  if (how === 'at least' && limit === '1' && (input === '' || (Array.isArray(input) && input.length === 0)))
    return 'must not be empty'
  const has = typeof input === 'string' || Array.isArray(input) ? `, not ${input.length}` : ''
  return `must have ${how} ${limit} ${limit === '1' ? unit[0] : unit[1]}${has}`
}

function unionWords(issue: RawIssue & { code: 'invalid_union' }): string {
  const alternatives = (issue.errors ?? []).map((issues) => issues[0])
  const wanted = alternatives.map((one) =>
    one && one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_value')
      ? wantedOf(one as RawIssue)
      : null,
  )
  const known = [...new Set(wanted.filter((word) => word !== null))]
  if (known.length > 0 && known.length === new Set(wanted).size)
    return `${issue.input === undefined ? 'is missing: ' : 'must be '}${known.join(' or ')}${issue.input === undefined ? ' is wanted' : ''}`
  return issue.input === undefined ? 'is missing' : 'has none of the forms that are allowed here'
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value)
}

/** From now on whatever zod refuses in this process is said in our words, unless the schema has its own. */
export function speakSchemaWords(): void {
  z.config({ customError: issueWords })
}
