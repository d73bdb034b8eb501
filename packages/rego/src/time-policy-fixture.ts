import fc from 'fast-check'
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'

export const AT = '2026-11-21T15:04:05.000Z'
export const at = (ms: number): string => new Date(ms).toISOString()

/** Writes statements over numbered locals; constants go through the plan's strings. */
export class PolicyWriter {
  readonly strings: string[] = ['at', 'x']
  readonly used = new Map<string, number>()
  private next = 10

  fresh(): number {
    return this.next++
  }

  string(value: string): Record<string, unknown> {
    const known = this.strings.indexOf(value)
    if (known >= 0) return text(known + 1)
    this.strings.push(value)
    return text(this.strings.length)
  }

  call(name: string, args: readonly unknown[]): { stmt: unknown; to: number } {
    this.used.set(name, args.length)
    const to = this.fresh()
    return { stmt: stmt('CallStmt', { func: name, args, result: to }), to }
  }

  number(value: number | string): { stmt: unknown; to: number } {
    const to = this.fresh()
    this.string(String(value))
    return { stmt: stmt('MakeNumberRefStmt', { Index: this.strings.indexOf(String(value)) + 1, target: to }), to }
  }

  policy(items: readonly (readonly unknown[])[]): Policy {
    const plan = handMadePlan({
      strings: this.strings,
      builtins: [...this.used].map(([name, arity]) => builtin(name, arity)),
      stmts: [
        stmt('MakeArrayStmt', { capacity: 0, target: 3 }),
        ...items.map((stmts) => stmt('BlockStmt', { blocks: [{ stmts }] })),
        ...giveLocal3,
      ],
    })
    const loaded = loadBundle({ plan, data: {} })
    if (!loaded.ok) throw new Error(loaded.detail)
    return loaded.value
  }
}

export type Made = { readonly stmts: readonly unknown[]; readonly to: number }
export type Maker = (w: PolicyWriter) => Made

const give = (w: PolicyWriter, before: Made, name: string, args: (to: number) => readonly unknown[]): Made => {
  const { stmt: call, to } = w.call(name, args(before.to))
  return { stmts: [...before.stmts, call], to }
}

export const clock: Maker = (w) => {
  const to = w.fresh()
  return { stmts: [stmt('DotStmt', { source: local(0), key: w.string('at'), target: to })], to }
}
export const nanoseconds: Maker = (w) => give(w, clock(w), 'time.parse_rfc3339_ns', (to) => [local(to)])

export const START = Date.parse(AT)
const msNear = fc.oneof(
  fc.integer({ min: -5000, max: 5000 }),
  fc.integer({ min: -90_000_000, max: 90_000_000 }),
  fc.integer({ min: -40_000_000_000, max: 40_000_000_000 }),
)
export const instants = msNear.map((ms) => START + ms)
export const ns = (ms: number): string => `${ms}000000`
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu')

/** A number that moves with the time, or is read off the calendar. */
const numbers: fc.Arbitrary<Maker> = fc.letrec<{ number: Maker }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(nanoseconds),
    fc
      .tuple(
        tie('number'),
        fc.constantFrom('plus', 'minus', 'mul', 'div'),
        fc.integer({ min: -9, max: 9 }),
        fc.boolean(),
      )
      .map(([inner, name, by, first]): Maker => (w) => {
        const before = inner(w)
        const c = w.number(by)
        const { stmt: call, to } = w.call(
          name,
          first ? [local(before.to), local(c.to)] : [local(c.to), local(before.to)],
        )
        return { stmts: [...before.stmts, c.stmt, call], to }
      }),
    fc.tuple(tie('number'), fc.constantFrom('floor', 'ceil', 'round', 'abs')).map(
      ([inner, name]): Maker =>
        (w) =>
          give(w, inner(w), name, (to) => [local(to)]),
    ),
    fc.tuple(tie('number'), instants).map(([inner, ms]): Maker => (w) => {
      const before = inner(w)
      const c = w.number(ns(ms))
      const { stmt: call, to } = w.call('minus', [local(before.to), local(c.to)])
      return { stmts: [...before.stmts, c.stmt, call], to }
    }),
    fc
      .tuple(tie('number'), fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 2 }))
      .map(([inner, days, months]): Maker => (w) => {
        const before = inner(w)
        const [zero, month, day] = [w.number(0), w.number(months), w.number(days)]
        const args = [before.to, zero.to, month.to, day.to].map((l) => local(l))
        const { stmt: call, to } = w.call('time.add_date', args)
        return { stmts: [...before.stmts, zero.stmt, month.stmt, day.stmt, call], to }
      }),
    fc
      .tuple(tie('number'), zones, fc.constantFrom('time.clock', 'time.date'), fc.integer({ min: 0, max: 2 }))
      .map(([inner, zone, name, index]): Maker => (w) => {
        const before = inner(w)
        const pair = w.fresh()
        const { stmt: call, to } = w.call(name, [local(pair)])
        const i = w.number(index)
        const found = w.fresh()
        const stmts = [
          ...before.stmts,
          stmt('MakeArrayStmt', { capacity: 2, target: pair }),
          stmt('ArrayAppendStmt', { array: pair, value: local(before.to) }),
          stmt('ArrayAppendStmt', { array: pair, value: w.string(zone) }),
          call,
          i.stmt,
          stmt('DotStmt', { source: local(to), key: local(i.to), target: found }),
        ]
        return { stmts, to: found }
      }),
  ),
})).number

/** Text that moves with the time. */
const texts: fc.Arbitrary<Maker> = fc.oneof(
  fc.constant(clock),
  fc.integer({ min: -1, max: 26 }).map((count): Maker => (w) => {
    const before = clock(w)
    const [zero, to] = [w.number(0), w.number(count)]
    const { stmt: call, to: result } = w.call('substring', [local(before.to), local(zero.to), local(to.to)])
    return { stmts: [...before.stmts, zero.stmt, to.stmt, call], to: result }
  }),
  fc.tuple(numbers, zones).map(([inner, zone]): Maker => (w) => {
    const before = inner(w)
    const pair = w.fresh()
    const { stmt: call, to } = w.call('time.weekday', [local(pair)])
    const stmts = [
      ...before.stmts,
      stmt('MakeArrayStmt', { capacity: 2, target: pair }),
      stmt('ArrayAppendStmt', { array: pair, value: local(before.to) }),
      stmt('ArrayAppendStmt', { array: pair, value: w.string(zone) }),
      call,
    ]
    return { stmts, to }
  }),
  fc.constantFrom('lower', 'upper').map(
    (name): Maker =>
      (w) =>
        give(w, clock(w), name, (to) => [local(to)]),
  ),
)

const comparisons = fc.constantFrom('lt', 'lte', 'gt', 'gte', 'equal', 'neq')
export const append = (value: unknown): unknown => stmt('ArrayAppendStmt', { array: 3, value })
const constantText = fc.oneof(
  instants.map(at),
  instants.map((ms) => at(ms).slice(0, 10)),
  instants.map((ms) => at(ms).replace('.000Z', 'Z')),
  fc.constantFrom('', '2026', 'Saturday', 'Sunday', '2026-11-22', 'x'),
)

/** One thing that a policy says about the time: its answer is put into the result. */
const statements: fc.Arbitrary<(w: PolicyWriter) => readonly unknown[]> = fc.oneof(
  fc
    .tuple(
      numbers,
      comparisons,
      fc.oneof(
        instants.map(ns),
        fc.integer({ min: -30, max: 3000 }).map(String),
        fc.integer({ min: 0, max: 59 }).map(String),
      ),
      fc.boolean(),
    )
    .map(([inner, name, constant, first]) => (w: PolicyWriter) => {
      const before = inner(w)
      const c = w.number(constant)
      const { stmt: call, to } = w.call(name, first ? [local(before.to), local(c.to)] : [local(c.to), local(before.to)])
      return [...before.stmts, c.stmt, call, append(local(to))]
    }),
  fc
    .tuple(texts, comparisons, constantText, fc.boolean())
    .map(([inner, name, constant, first]) => (w: PolicyWriter) => {
      const before = inner(w)
      const c = w.string(constant)
      const { stmt: call, to } = w.call(name, first ? [local(before.to), c] : [c, local(before.to)])
      return [...before.stmts, call, append(local(to))]
    }),
  fc.tuple(numbers, numbers, comparisons).map(([a, b, name]) => (w: PolicyWriter) => {
    const [x, y] = [a(w), b(w)]
    const { stmt: call, to } = w.call(name, [local(x.to), local(y.to)])
    return [...x.stmts, ...y.stmts, call, append(local(to))]
  }),
  fc.tuple(texts, constantText).map(([inner, prefix]) => (w: PolicyWriter) => {
    const before = inner(w)
    const { stmt: call, to } = w.call('startswith', [local(before.to), w.string(prefix)])
    return [...before.stmts, call, append(local(to))]
  }),
  // What moves goes through an object, a set or the result itself.
  fc
    .tuple(fc.oneof(numbers, texts), fc.constantFrom('object', 'set', 'result', 'key', 'scan', 'type', 'with'))
    .map(([inner, how]) => (w: PolicyWriter) => {
      const before = inner(w)
      const [box, got, key] = [w.fresh(), w.fresh(), w.fresh()]
      const value = local(before.to)
      const late = w.string(at(START + 60_000))
      const asked = w.call('lt', [local(got), late])
      const make: Record<string, readonly unknown[]> = {
        object: [
          stmt('MakeObjectStmt', { target: box }),
          stmt('ObjectInsertStmt', { object: box, key: w.string('x'), value }),
          stmt('DotStmt', { source: local(box), key: w.string('x'), target: got }),
          asked.stmt,
          append(local(asked.to)),
        ],
        set: [
          stmt('MakeSetStmt', { target: box }),
          stmt('SetAddStmt', { set: box, value }),
          stmt('SetAddStmt', { set: box, value: late }),
          stmt('LenStmt', { source: local(box), target: got }),
          append(local(got)),
        ],
        result: [append(value)],
        key: [
          stmt('MakeObjectStmt', { target: box }),
          stmt('ObjectInsertStmt', { object: box, key: late, value: late }),
          stmt('DotStmt', { source: local(box), key: value, target: got }),
          append(local(got)),
        ],
        scan: [
          stmt('MakeArrayStmt', { capacity: 1, target: box }),
          stmt('ArrayAppendStmt', { array: box, value }),
          stmt('ScanStmt', { source: box, key, value: got, block: { stmts: [asked.stmt, append(local(asked.to))] } }),
        ],
        type: [
          (() => {
            const typed = w.call('is_string', [value])
            return stmt('BlockStmt', { blocks: [{ stmts: [typed.stmt, append(local(typed.to))] }] })
          })(),
        ],
        with: [
          stmt('WithStmt', {
            local: 0,
            path: [w.strings.indexOf('x') + 1],
            value,
            block: {
              stmts: [
                stmt('DotStmt', { source: local(0), key: w.string('x'), target: got }),
                asked.stmt,
                append(local(asked.to)),
              ],
            },
          }),
        ],
      }
      return [...before.stmts, ...(make[how] ?? [])]
    }),
)

/** Policies that ask of the time what policies ask of it, and what nobody would. */
export const policies = fc.array(statements, { minLength: 1, maxLength: 4 }).map((makers) => {
  const w = new PolicyWriter()
  return w.policy(makers.map((maker) => maker(w)))
})
