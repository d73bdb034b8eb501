import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import type { TestReport, TestResult, TestStatus } from './test-report.ts'

export type JunitRefusal = Refusal<'junit-too-large' | 'junit-malformed'>

const MAX_BYTES = 32 * 1_048_576
const MAX_DEPTH = 100
const MAX_TESTS = 200_000
const MAX_MESSAGE = 2_000
const MAX_NAME = 2_000

/** One element of fast-xml-parser's ordered form: its name is the key, its attributes stand under `:@`. */
type Node = Readonly<Record<string, unknown>>

/**
 * Reads a JUnit XML report in the dialects of Node's test runner, jest-junit, pytest, Maven Surefire and go-junit-report
 * (there is no standard; testmoapp/junitxml describes the common ground). `data` are the bytes a sandboxed command
 * wrote: hostile. No document type is accepted, so no entity beyond XML's five and numbers is ever expanded; size (32 MiB),
 * depth (100), tests (200,000) and text are bounded. Refusals: `junit-too-large`, `junit-malformed`.
 */
export function parseJunit(data: Uint8Array): { readonly ok: true; readonly report: TestReport } | JunitRefusal {
  if (data.length > MAX_BYTES)
    return refuse('junit-too-large', `the JUnit report has ${data.length} bytes, more than ${MAX_BYTES}`)
  const xml = Buffer.from(data)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  if (hasUnendedSection(xml))
    return refuse('junit-malformed', 'the JUnit report opens a CDATA section or a comment and does not end it')
  // Inside CDATA and comments the word is only text; elsewhere a document type could define entities.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->/g, ''))) {
    return refuse('junit-malformed', 'the JUnit report holds a document type declaration, which is not accepted')
  }
  const depth = tooDeep(xml)
  if (depth) return refuse('junit-malformed', `the JUnit report is nested more than ${MAX_DEPTH} elements deep`)
  let nodes: readonly Node[]
  try {
    const valid = XMLValidator.validate(xml)
    if (valid !== true)
      return refuse('junit-malformed', `the JUnit report is not well-formed: ${valid.err.msg} (line ${valid.err.line})`)
    nodes = PARSER.parse(xml) as Node[]
  } catch (error) {
    return refuse(
      'junit-malformed',
      `the JUnit report cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const reader = new Reader()
  for (const node of nodes) reader.element(node, [])
  if (!reader.sawRoot)
    return refuse('junit-malformed', 'the JUnit report has no <testsuites>, <testsuite> or <testcase> element')
  return { ok: true, report: reader.report() }
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  htmlEntities: false,
  trimValues: false,
  maxNestedTags: MAX_DEPTH,
})

/** Counts open elements without building anything, so that a deep document costs no stack. Linear: no character is looked at twice. */
function tooDeep(xml: string): boolean {
  let depth = 0
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at)) {
    const section = SECTIONS.find(({ begin }) => xml.startsWith(begin, at))
    const end = section ? endOf(xml, section.end, at + section.begin.length) : endOfTag(xml, at + 1)
    // What is not ended is not well-formed: the validator refuses it.
    if (end < 0) return false
    const next = xml[at + 1]
    if (next === '/') depth -= 1
    else if (next !== '!' && next !== '?' && xml[end - 2] !== '/') depth += 1
    if (depth > MAX_DEPTH) return true
    at = end
  }
  return false
}

/** Where a tag ends, one past its `>`; a `>` in quotes ends nothing. -1 where it does not end. */
function endOfTag(xml: string, from: number): number {
  for (let at = from; at < xml.length; at += 1) {
    const c = xml[at]
    if (c === '>') return at + 1
    if (c !== '"' && c !== "'") continue
    at = xml.indexOf(c, at + 1)
    if (at < 0) return -1
  }
  return -1
}

function endOf(xml: string, end: string, from: number): number {
  const at = xml.indexOf(end, from)
  return at < 0 ? -1 : at + end.length
}

const SECTIONS = [
  { begin: '<![CDATA[', end: ']]>' },
  { begin: '<!--', end: '-->' },
] as const

/** Whether a CDATA section or a comment is opened and not ended. Readers look for the end from each opening anew: quadratic time. Linear. */
function hasUnendedSection(xml: string): boolean {
  for (let at = xml.indexOf('<!'); at >= 0; at = xml.indexOf('<!', at)) {
    const section = SECTIONS.find(({ begin }) => xml.startsWith(begin, at))
    at = section ? endOf(xml, section.end, at + section.begin.length) : at + 2
    if (at < 0) return true
  }
  return false
}

class Reader {
  sawRoot = false
  readonly #tests: TestResult[] = []
  readonly #problems: string[] = []
  readonly #seen = new Map<string, number>()

  element(node: Node, suites: readonly string[]): void {
    const tag = tagOf(node)
    if (tag === 'testcase') {
      this.sawRoot = true
      this.#testcase(node, suites)
      return
    }
    if (tag !== 'testsuites' && tag !== 'testsuite') return
    this.sawRoot = true
    const attributes = attributesOf(node)
    const name = tag === 'testsuite' ? (attributes['name'] ?? '') : ''
    const path = name === '' ? suites : [...suites, clip(name, MAX_NAME)]
    const before = this.#tests.length
    for (const child of childrenOf(node)) this.element(child, path)
    this.#compare(tag, name, attributes, before)
    // A suite that could not even load says so in an <error> of its own.
    for (const child of childrenOf(node)) {
      if (tag === 'testsuite' && (tagOf(child) === 'error' || tagOf(child) === 'failure')) {
        this.#add(
          { suite: path.join(' > '), name: '(suite)', status: 'errored', ...messageOf(child) },
          path.join(' > '),
        )
      }
    }
  }

  #testcase(node: Node, suites: readonly string[]): void {
    const attributes = attributesOf(node)
    const name = clip(attributes['name'] ?? '', MAX_NAME)
    const className = clip(attributes['classname'] ?? '', MAX_NAME)
    if (name === '' && className === '') this.#problem('a <testcase> has neither name nor classname')
    // Node's runner gives every test the class "test" and the real path as nested suites.
    const suite = className === '' || className === 'test' || className === 'suite' ? suites.join(' > ') : className
    const outcomes = childrenOf(node).filter((child) => STATUS_OF[tagOf(child)] !== undefined)
    // The worst counts: a case with both a skip and a failure has failed.
    const worst = RANK.flatMap((status) => outcomes.filter((child) => STATUS_OF[tagOf(child)] === status)).at(0)
    const marked = attributes['status'] ?? attributes['result'] ?? ''
    const bySelf = /^(?:skipped|disabled|notrun|suppressed)$/i.test(marked) ? 'skipped' : 'passed'
    const status: TestStatus = worst === undefined ? bySelf : (STATUS_OF[tagOf(worst)] ?? 'errored')
    const file = attributes['file'] ?? attributes['filepath']
    const duration = durationOf(attributes['time'])
    if (attributes['time'] !== undefined && duration === undefined)
      this.#problem(`the time of "${clip(name, 200)}" is no number`)
    this.#add(
      {
        suite,
        name,
        status,
        ...(file === undefined ? {} : { file: clip(file, MAX_NAME) }),
        ...(worst === undefined ? {} : messageOf(worst)),
        ...(duration === undefined ? {} : { duration_ms: duration }),
      },
      suite,
    )
    // pytest and Surefire may nest nothing here, but Node's subtests without a suite do.
    for (const child of childrenOf(node))
      if (tagOf(child) === 'testcase' || tagOf(child) === 'testsuite') this.element(child, [...suites, name])
  }

  #add(test: Omit<TestResult, 'id'>, suite: string): void {
    if (this.#tests.length >= MAX_TESTS) {
      this.#problem(`more than ${MAX_TESTS} tests: the rest was not read`)
      return
    }
    const key = suite === '' ? test.name : `${suite} > ${test.name}`
    const ordinal = (this.#seen.get(key) ?? 0) + 1
    this.#seen.set(key, ordinal)
    this.#tests.push({ id: ordinal === 1 ? key : `${key} #${ordinal}`, ...test })
  }

  /** What a suite says of itself, held against what stands in it. */
  #compare(tag: string, name: string, attributes: Readonly<Record<string, string>>, before: number): void {
    const here = this.#tests.slice(before)
    const claims: [string, number][] = [
      ['tests', here.length],
      ['failures', here.filter((test) => test.status === 'failed').length],
    ]
    for (const [attribute, count] of claims) {
      const said = attributes[attribute]
      if (said !== undefined && /^\d+$/.test(said) && Number(said) !== count) {
        this.#problem(
          `<${tag}${name === '' ? '' : ` name="${clip(name, 200)}"`}> says ${attribute}=${said}, but holds ${count}`,
        )
      }
    }
  }

  #problem(text: string): void {
    if (this.#problems.length < 100 && !this.#problems.includes(text)) this.#problems.push(text)
  }

  report(): TestReport {
    const totals = { total: this.#tests.length, passed: 0, failed: 0, errored: 0, skipped: 0 }
    for (const test of this.#tests) totals[test.status] += 1
    return { provenance: 'candidate_reported', tests: this.#tests, totals, problems: this.#problems }
  }
}

const STATUS_OF: Readonly<Record<string, TestStatus>> = {
  failure: 'failed',
  error: 'errored',
  skipped: 'skipped',
  disabled: 'skipped',
}
const RANK: readonly TestStatus[] = ['errored', 'failed', 'skipped']

function tagOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ':@') ?? ''
}

function childrenOf(node: Node): readonly Node[] {
  const children = node[tagOf(node)]
  return Array.isArray(children) ? (children as Node[]) : []
}

function attributesOf(node: Node): Readonly<Record<string, string>> {
  const raw = node[':@']
  if (typeof raw !== 'object' || raw === null) return {}
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, decode(String(value))]))
}

function messageOf(node: Node): { message?: string } {
  const own = attributesOf(node)['message'] ?? ''
  const text = childrenOf(node)
    .map((child) => child['#text'])
    .filter((part) => typeof part === 'string')
    .join('')
  const message = own !== '' ? own : decode(text).trim()
  return message === '' ? {} : { message: clip(message, MAX_MESSAGE) }
}

/** Seconds, as every dialect writes them; some with thousands separators (Surefire). Milliseconds out. */
function durationOf(time: string | undefined): number | undefined {
  if (time === undefined) return undefined
  const seconds = Number(time.replaceAll(',', ''))
  return time.trim() === '' || !Number.isFinite(seconds) || seconds < 0
    ? undefined
    : Math.round(seconds * 1_000_000) / 1_000
}

const FIVE: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** XML's five entities and character references, once: nothing that came out is looked at again. */
function decode(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return FIVE[name.toLowerCase()] ?? whole
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`
}
