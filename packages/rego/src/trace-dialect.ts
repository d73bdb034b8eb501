import type { Dialect } from './compiler-dialect.ts'
import { CONSTANT, PLAIN } from './compiler-dialect.ts'
import type { Block, Location, Plan, PlanFunction, Statement } from './plan.ts'

/** A body of a rule: it fires where its conditions hold and it gives its value. */
export interface Point {
  /** The rule as OPA names it: `data.gatehouse.outcome`. */
  readonly rule: string
  readonly site: number
  readonly isDefault: boolean
}

export interface TraceSites {
  readonly sites: readonly Location[]
  readonly points: readonly Point[]
}

/** What is said before a statement, for those before which something is. */
type Marks = Map<Statement, string>

const COMPARISONS: ReadonlyMap<string, (a: string, b: string) => string> = new Map([
  ['equal', (a, b) => `m.equal(${a},${b})`],
  ['neq', (a, b) => `!m.equal(${a},${b})`],
  ['lt', (a, b) => `m.less(${a},${b})`],
  ['lte', (a, b) => `m.lessOrEqual(${a},${b})`],
  ['gt', (a, b) => `m.less(${b},${a})`],
  ['gte', (a, b) => `m.lessOrEqual(${b},${a})`],
])

/** What is said to a TimeMachine, and so to a TraceMachine, which notes more. */
const FOLLOWED: Dialect = {
  ...PLAIN,
  dot: (fromData, source, key) => `m.${fromData ? 'dotData' : 'dot'}(${source},${key})`,
  length: (source) => `m.length(${source})`,
  scan: (t, source) => `const c${t} = m.source(${source}), k${t} = scanKeys(c${t}), v${t} = scanValues(c${t});`,
  item: (t, key) => `m.item(c${t},${key},v${t}[i${t}])`,
  equal: (a, b) => `m.equal(${a},${b})`,
  comparison: (builtin, a, b) => COMPARISONS.get(builtin)?.(a, b) ?? null,
  typeTest: () => null,
  builtin: (index, operands) =>
    operands.length === 1 || operands.length === 2
      ? `m.call${operands.length}(${[index, `b${index}`, ...operands].join(',')})`
      : `m.call(${index},[${operands.join(',')}])`,
  key: (operand) => `m.used(${operand})`,
  assignOnce: (old, value) => `m.assignOnce(${old},${value})`,
  append: (array, value) => `m.append(${array},${value})`,
  add: (set, value) => `m.add(${set},${value})`,
  insert: (object, key, value) => `m.insert(${object},${key},${value})`,
  insertOnce: (object, key, value) => `m.insertOnce(${object},${key},${value})`,
  merge: (a, b) => `m.merge(${a},${b})`,
  upsert: (document, path, value) => `m.upsert(${document},${path},${value})`,
  result: (value) => `m.result(${value})`,
}

const TEXT = /^s\d+$/

/**
 * The dialect in which only `input.at` is followed, by a TimeMachine. What cannot move is said in place:
 * steps by a text into an object that is not marked, members of lists, comparisons of what is no object with a text.
 */
export const TIMED: Dialect = {
  ...FOLLOWED,
  dot: (fromData, source, key) => {
    const call = FOLLOWED.dot(fromData, source, key)
    const isStill = `${source} instanceof RegoObject && !${source}.moving && !m.spread`
    return TEXT.test(key) ? `(${isStill} ? ${source}.plain.get(${key}) : ${call})` : call
  },
  item: (t, key) => `(k${t} === null && !m.listsMove && !m.spread ? v${t}[i${t}] : ${FOLLOWED.item(t, key)})`,
  equal: still,
  comparison: (builtin, a, b) => {
    if (builtin === 'equal') return still(a, b)
    return builtin === 'neq' ? `!${still(a, b)}` : FOLLOWED.comparison(builtin, a, b)
  },
}

function still(a: string, b: string): string {
  const call = FOLLOWED.equal(a, b)
  const [constant, other] = CONSTANT.test(a) ? [a, b] : [b, a]
  if (!CONSTANT.test(constant)) return call
  return CONSTANT.test(other) ? `(${a} === ${b})` : `(typeof ${other} !== 'object' ? ${a} === ${b} : ${call})`
}

/** The dialect in which an evaluation is followed by a TraceMachine, and what its sites and points stand for. */
export function traceDialect(plan: Plan): { readonly dialect: Dialect; readonly table: TraceSites } {
  const sites: Location[] = []
  const points: Point[] = []
  const marks: Marks = new Map()
  for (const func of plan.functions) new Marker(func, sites, points, marks).mark()
  const dialect: Dialect = {
    ...FOLLOWED,
    before: (statement) => marks.get(statement) ?? '',
    enter: () => 'const rr = m.enter();\n',
    leave: 'm.reads = rr; ',
  }
  return { dialect, table: { sites, points } }
}

const GIVES: ReadonlySet<Statement['type']> = new Set(['AssignVarOnce', 'SetAdd', 'ObjectInsert', 'ObjectInsertOnce'])

/**
 * Finds in a function of the plan what belongs to the heads of its rules. Each body is a block that begins with
 * ResetLocal, or IsUndefined where it is an `else` or a default, with the head's place; the statement with that place
 * that gives a value is where the body has fired. A block that begins with IsDefined only hands on what another gave.
 */
class Marker {
  private readonly func: PlanFunction
  private readonly sites: Location[]
  private readonly points: Point[]
  private readonly marks: Marks
  private readonly siteOf = new Map<string, number>()
  private readonly heads = new Map<string, { point: number; site: number }>()

  constructor(func: PlanFunction, sites: Location[], points: Point[], marks: Marks) {
    this.func = func
    this.sites = sites
    this.points = points
    this.marks = marks
  }

  mark(): void {
    const chains = this.func.blocks.flatMap((block) => [block, ...nested(block[0])])
    for (const block of chains) this.head(block)
    for (const block of this.func.blocks) this.block(block)
  }

  private head(block: Block): void {
    const [first] = block
    if (first === undefined || first.location === null) return
    if (first.type !== 'ResetLocal' && first.type !== 'IsUndefined') return
    const key = keyOf(first.location)
    if (!this.heads.has(key)) {
      const site = this.site(first.location)
      const rule = this.func.name.replace(/^g\d+\./, '')
      // An `else` stands in a block of its chain, a default in the function's own.
      const isDefault = first.type === 'IsUndefined' && this.func.blocks.includes(block)
      this.points.push({ rule, site, isDefault })
      this.heads.set(key, { point: this.points.length - 1, site })
    }
    this.marks.set(first, 'm.begin();\n')
  }

  private block(block: Block): void {
    const handsOn = block[0]?.type === 'IsDefined'
    let last = -1
    for (const statement of block) {
      if (statement.location !== null) {
        const head = this.heads.get(keyOf(statement.location))
        if (head === undefined) {
          const site = this.site(statement.location)
          if (site !== last) this.marks.set(statement, `m.hits[${site}]=1;\n`)
          last = site
        } else if (!handsOn && GIVES.has(statement.type)) {
          this.marks.set(statement, `m.fire(${head.point},${head.site});\n`)
        }
      }
      if (statement.type === 'Block') for (const inner of statement.blocks) this.block(inner)
      else if ('block' in statement) this.block(statement.block)
    }
  }

  private site(location: Location): number {
    const key = keyOf(location)
    const known = this.siteOf.get(key)
    if (known !== undefined) return known
    this.sites.push(location)
    this.siteOf.set(key, this.sites.length - 1)
    return this.sites.length - 1
  }
}

function nested(first: Statement | undefined): readonly Block[] {
  return first?.type === 'Block' ? first.blocks : []
}

function keyOf(location: Location): string {
  return `${location.file}:${location.row}:${location.col}`
}
