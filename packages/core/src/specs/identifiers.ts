import type { ReferenceKind } from './model.ts'

/** Hyphens and dashes that editors and models write for `-`. */
const DASHES = /[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/g
/** At most this many identifiers come out of one range: `T001-T999999` is a slip of the pen. */
const RANGE_MAX = 500
/** And at most this many from all ranges of one line; the ranges' first ones always. */
const RANGED_MAX = 2000

/** The form identifiers are compared in: upper case, ASCII dashes, no blanks. */
export function normalId(written: string): string {
  return written.replace(DASHES, '-').replaceAll(/\s+/g, '').toUpperCase()
}

const DASH = '[-\\u2010-\\u2015\\u2212\\uFF0D]'
/** Names that look like identifiers and are not: standards, algorithms, versions, sizes. */
const NOT_AN_ID =
  /^(?:UTF|SHA|SHA\d|MD|HTTP|IPV?|ISO|IEC|RFC|CVE|CWE|ES|EC|ECMA|WCAG|AES|RSA?|HS|ED|P-?|BASE|INT|UINT|FLOAT|ARM|AMD|X|OAUTH|TLS|SSL|H|V|S|EC2|GPT|CLAUDE|GEMINI|LLAMA|NODE|PYTHON|PY|JAVA|VUE|REACT|WEB|CSS|HTML|NIST|SOC|PCI|KB|MB|GB|MS|COVID|TOP|LOG|UTC|GMT|USB|VT|WIN|MP|H26|OPUS|SONNET|HAIKU|CP|LATIN|WINDOWS|KEY|STEP|PHASE|LINE|LEVEL|PAGE|PART|MODE|DAY|WEEK|NOTE|V0|COL|ROW|PORT|EXIT|TEST)$/

/** Prefixes of requirements, and what they count. */
const REQUIREMENT = /^(?:FR|NFR|REQ|RQ|R|IR|SR|UR|BR|TR|DR|PR|CR|QR|SEC|PERF|UX|OBS|EC|CON|GR|RN|RF|RNF)$/
const SUCCESS = /^(?:SC|KPI|MO|CS)$/
const TASK = /^(?:T|TASK|TK)$/
const STORY = /^(?:US|STORY)$/
const CRITERION = /^(?:AC|SCENARIO|SCN)$/

/** What a prefix counts; null when it is not one of ours. `agent` knows scopes such as INFRA and counts them as stories. */
export function prefixKind(prefix: string): ReferenceKind | null {
  const upper = prefix.replace(/[-\s]+$/, '').toUpperCase()
  const [first = upper] = upper.split('-')
  const last = upper.split('-').at(-1) ?? upper
  if (SUCCESS.test(upper)) return 'success'
  if (TASK.test(upper)) return 'task'
  if (STORY.test(upper)) return 'story'
  if (CRITERION.test(upper)) return 'scenario'
  if (upper === 'CHK') return 'check'
  if (upper === 'ADR') return 'adr'
  if (upper === 'EXC') return 'exception'
  if (upper === 'JRN') return 'journey'
  // `REQ-AUDIT-001` and `NFR-SEC-2`: the area stands behind or before what is counted.
  if (REQUIREMENT.test(upper) || REQUIREMENT.test(last) || /^(?:FR|NFR|REQ|RF|RNF)$/.test(first)) return 'requirement'
  return null
}

export interface FoundId {
  readonly id: string
  readonly written: string
  readonly kind: ReferenceKind
  /** Indices in the text. */
  readonly from: number
  readonly to: number
  /** One of several made from a range. */
  readonly ranged: boolean
}

/** Behind `T080/` the same letters begin another identifier; any other slash is a path's. */
const START = `(?:(?<![\\p{L}\\p{N}_/.#@-])|(?<=(?<![\\p{L}\\p{N}_])(?<same>[A-Z]{1,4})${DASH}?\\d{1,6}[a-z]?/)(?=\\k<same>${DASH}?\\d))`
/** `FR-001`, `FR-011-002`, `T049.D01`, `T-1`, `US1/AC2`, `NFR-SEC-2`, `INFRA-180`. Bounded in every part. */
const ID = new RegExp(
  `${START}([A-Za-z]{1,10}(?:${DASH}[A-Za-z]{1,10}){0,2})(${DASH} ?)?(\\d{1,6})((?:(?<=-\\d{1,6})-\\d{1,5}(?!\\d))?(?:\\.[A-Za-z]?\\d{1,5}){0,4}[a-z]?)(?:/((?:AC|SCENARIO)-?\\d{1,4}))?(?![\\p{L}\\p{N}_])`,
  'giu',
)
const RANGE = new RegExp(
  `^(?:\\s{0,2}(?:${DASH}|\\.\\.\\.?|…|to|through|thru|bis|à|至|～|~)\\s{0,2})\\*{0,2}([A-Za-z]{1,10}(?:${DASH}[A-Za-z]{1,10}){0,2})?(${DASH})?(\\d{1,6})(?![\\p{L}\\p{N}_.]\\d|[\\p{L}\\p{N}_])`,
  'iu',
)
const USER_STORY = /(?<![\p{L}\p{N}])(?:user\s{1,3})?story\s{1,3}#?(\d{1,4})(?![\p{L}\p{N}])/giu

/**
 * All identifiers in a text, ranges written out. `scopes`: prefixes that the project uses for its stories (`INFRA`), upper case; `any` takes every
 * prefix of two or more capitals for a scope.
 */
export function findIds(text: string, scopes: 'none' | 'any' = 'none'): FoundId[] {
  if (!/\d/.test(text)) return []
  const found: FoundId[] = []
  let written = 0
  ID.lastIndex = 0
  for (let match = ID.exec(text); match; match = ID.exec(text)) {
    const [whole, , prefix = '', dash, digits = '', suffix = '', criterion] = match
    const kind = kindOf(prefix, dash !== undefined, digits, suffix, scopes)
    if (!kind) continue
    const to = match.index + whole.length
    found.push({
      id: normalId(whole),
      written: whole,
      kind: criterion ? 'scenario' : kind,
      from: match.index,
      to,
      ranged: false,
    })
    if (suffix !== '' || criterion) continue
    const range = RANGE.exec(text.slice(to, to + 40))
    if (!range || !isSamePrefix(range, prefix, dash, digits)) continue
    const end = to + range[0].length
    const between = written < RANGED_MAX ? idsBetween(prefix, dash ? '-' : '', digits, String(range[3])) : []
    written += between.length
    for (const id of between)
      found.push({ id, written: text.slice(match.index, end), kind, from: match.index, to: end, ranged: true })
    ID.lastIndex = end
  }
  USER_STORY.lastIndex = 0
  for (let match = USER_STORY.exec(text); match; match = USER_STORY.exec(text)) {
    const from = match.index
    found.push({
      id: `US${match[1]}`,
      written: match[0],
      kind: 'story',
      from,
      to: from + match[0].length,
      ranged: false,
    })
  }
  return found.sort((a, b) => a.from - b.from)
}

function kindOf(
  prefix: string,
  dashed: boolean,
  digits: string,
  suffix: string,
  scopes: 'none' | 'any',
): ReferenceKind | null {
  const kind = prefixKind(prefix)
  const upper = prefix.toUpperCase()
  const capital = prefix === upper
  if (kind === 'task') {
    // `t1` in prose is a variable; `T1` alone could be one, with a dash or more digits it is a task.
    if (upper !== 'T') return dashed || digits.length > 1 ? kind : null
    return (capital || digits.length >= 3) && (dashed || digits.length >= 2 || suffix !== '') ? kind : null
  }
  if (kind === 'story') return upper === 'STORY' && !dashed ? null : kind
  if (kind === 'requirement' && upper.length === 1) return dashed || digits.length >= 2 ? (capital ? kind : null) : null
  if (kind === 'requirement' && NOT_AN_ID.test(upper) && !dashed) return null
  if (kind) return dashed || digits.length >= 2 || capital ? kind : null
  if (scopes === 'none' || !dashed || !capital || prefix.length < 2 || NOT_AN_ID.test(upper)) return null
  return 'agent-story'
}

function isSamePrefix(range: RegExpExecArray, prefix: string, dash: string | undefined, digits: string): boolean {
  const second = range[1]
  if (second !== undefined) return normalId(second) === normalId(prefix)
  // `T001-005`: the second number alone. `FR-001-2` or `T1-2` is too short to be sure of.
  if (range[2] !== undefined && dash !== undefined) return false
  return String(range[3]).length === digits.length && digits.length >= 2
}

function idsBetween(prefix: string, dash: string, first: string, last: string): string[] {
  const ids: string[] = []
  const width = first.length
  const end = Number(last)
  for (let n = Number(first) + 1; n <= end && ids.length < RANGE_MAX; n += 1)
    ids.push(normalId(`${prefix}${dash}${String(n).padStart(width, '0')}`))
  return ids
}

export interface LeadingId {
  readonly written: string
  readonly id: string
  /** Indices of the bare id in the text. */
  readonly from: number
  readonly to: number
  /** Index of what follows: colon, asterisks and blanks left out. */
  readonly after: number
  readonly deviations: readonly string[]
  readonly prefix: string
}

const LEAD = new RegExp(
  `^(~~)?([*_\`]{0,3})(\\[|\\(|#)?((?:[A-Za-z]{1,10}(?:${DASH}[A-Za-z]{1,10}){0,2}(?:${DASH} ?|\\.)?)?\\d{1,6}(?:[.-](?:[A-Za-z]{1,4}[.-])?[A-Za-z]{0,2}\\d{1,5}){0,5}[A-Za-z]?(?:${DASH}[A-Z])?|[A-Z]{1,4}\\d?${DASH}[A-Z]{1,6}\\d{0,4})(\\]|\\))?([*_\`]{0,3})([ \\t]?[:.)]|(?=[ \\t]|$)|[ \\t][-\\u2010-\\u2015](?=[ \\t]))?([*_\`]{0,3})(?=[ \\t]|$|[:(\\[*~_])`,
)

/**
 * The identifier a list item begins with: `T001`, `**FR-001**:`, `1.2`, `[T-1]`. Plain numbers count only as `1.2` or `1.`; a word such as
 * `SHA256` or `H1` does not, unless `known` names its prefix.
 */
export function leadingId(text: string, at: number, known: ReadonlySet<string>): LeadingId | null {
  const head = text.slice(at, at + 80)
  const match = LEAD.exec(head)
  if (!match) return null
  const [whole, struck, open = '', bracket = '', written = '', close, shut = '', separator, tail = ''] = match
  // `1) ...`: the bracket that closes nothing is a mark.
  const mark = close !== undefined && bracket === '' ? close : separator
  const from = at + (struck?.length ?? 0) + open.length + bracket.length
  const bare = /^[\d.]+$/.test(written)
  const prefix = prefixOf(written)
  const decorated =
    (open !== '' && shut + tail !== '') || (bracket !== '' && close !== undefined) || Boolean(mark?.trim())
  if (bare) {
    if (!written.includes('.') && mark?.trim() !== '.' && mark?.trim() !== ')' && !decorated) return null
    if (/^\d+$/.test(written) && mark === undefined) return null
  } else if (isSeveral(written) || !isOurs(prefix, written, decorated, known)) return null
  let after = at + whole.length
  if (struck && text.startsWith('~~', after)) after += 2
  while (/[ \t]/.test(text[after] ?? '')) after += 1
  // A colon may stand behind the closing asterisks, or a dash.
  const behind = /^(?::|[-\u2010-\u2015](?=[ \t]))[*_]{0,2}[ \t]*/.exec(text.slice(after, after + 8))
  if (behind && !mark?.trim()) after += behind[0].length
  const deviations: string[] = []
  if (open.includes('*') || open.includes('_')) deviations.push('bold-id')
  if (open.includes('`')) deviations.push('code-id')
  if (bracket !== '') deviations.push('bracketed-id')
  if (struck) deviations.push('struck')
  return { written, id: normalId(written), from, to: from + written.length, after, deviations, prefix }
}

/** What an identifier counts: the letters before its last number where they are ours (`US1-FR-022`, `S1-T01`), else those it begins with. */
function prefixOf(written: string): string {
  const last = /[-.]([A-Za-z]{1,4})[-.]?\d{1,5}[A-Za-z]?$/.exec(written)?.[1] ?? ''
  if (last !== '' && /\d.*[-.][A-Za-z]/.test(written) && prefixKind(last)) return last.toUpperCase()
  return normalId(/^[A-Za-z\u2010-\u2015-]*/.exec(written)?.[0] ?? '').replace(/-$/, '')
}

/** `T077-T079` and `T001-005` are two ends of a range, `FR-011-002` and `T1-1` are one identifier. */
function isSeveral(written: string): boolean {
  const match = /^([A-Za-z]{1,10}-?)(\d{1,6})-(\1)?(\d{1,6})$/i.exec(written)
  if (!match || Number(match[4]) <= Number(match[2])) return false
  return match[3] !== undefined || isRangeOf(match[1], match[2], match[4])
}

/** Digits alone behind the dash: only of `T001-005`, where both have the same width. */
function isRangeOf(prefix = '', first = '', last = ''): boolean {
  return !prefix.endsWith('-') && first.length === last.length && first.length >= 3
}

/** `FR-001-005` where somebody meant a range: the identifiers from the first to the last; none where it cannot be one. */
export function spannedIds(id: string): string[] {
  const match = /^([A-Z]{1,10}(?:-[A-Z]{1,10}){0,2}-)(\d{1,6})-(\d{1,6})$/.exec(id)
  const [, prefix = '', first = '', last = ''] = match ?? []
  if (!match || first.length !== last.length || Number(last) <= Number(first)) return []
  return [`${prefix}${first}`, ...idsBetween(prefix.slice(0, -1), '-', first, last)]
}

function isOurs(prefix: string, written: string, decorated: boolean, known: ReadonlySet<string>): boolean {
  if (known.has(prefix)) return true
  const digits = /\d+/.exec(written)?.[0] ?? ''
  const dashed = /[-\u2010-\u2015]/.test(written)
  // `P001` counts phases' tasks; `P1` and `P95` do not.
  if (prefix === 'P') return decorated || digits.startsWith('0') || digits.length >= 3
  if (NOT_AN_ID.test(prefix) && !(decorated && dashed)) return false
  // `3D`, `10X`: a letter behind digits alone is no count; `REQ.1` is one, `Fig.100` is not.
  if (prefix === '' && /[A-Z]$/.test(written)) return false
  if (/^[A-Za-z-]+\./.test(written) && !prefixKind(prefix)) return false
  if (prefix === 'T') return digits.length >= 2 || dashed || written.includes('.') || decorated
  if (prefixKind(prefix)) return dashed || digits.length >= 2 || decorated
  if (decorated) return /[A-Z]/.test(written) && (dashed || digits.length >= 2)
  return (
    prefix === written.slice(0, prefix.length) &&
    prefix !== '' &&
    (digits.length >= 3 || (dashed && digits.length >= 2))
  )
}
