import fc from 'fast-check'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'
import {
  append,
  at,
  AT,
  clock,
  instants,
  nanoseconds,
  ns,
  policies,
  PolicyWriter,
  START,
  type Maker,
} from './time-policy-fixture.ts'
import { NEVER } from './trace.ts'

const seed = process.env['GATEHOUSE_SEED']
const runs = Number(process.env['GATEHOUSE_RUNS'] ?? 400)

test('a random policy answers the same at every instant before valid_until', { timeout: 120_000 + runs * 100 }, () => {
  let told = 0
  let total = 0
  fc.assert(
    fc.property(
      policies,
      instants,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
      (policy, from, parts) => {
        const first = policy.trace('main', { at: at(from) })
        expect(first.evaluation).toEqual(policy.evaluate('main', { at: at(from) }))
        const explained = policy.trace('main', { at: at(from) }, { explained: true })
        expect(explained.validUntil).toBe(first.validUntil)
        total++
        const until = first.validUntil === null ? from + 3e12 : Date.parse(first.validUntil)
        expect(until).toBeGreaterThanOrEqual(from)
        if (until === from) return
        told++
        const span = until - from
        const later = [1, 999, 3_600_000, 86_400_000].filter((ms) => ms < span).map((ms) => from + ms)
        for (const ms of [until - 1, ...later, ...parts.map((part) => from + Math.floor(part * part * (span - 1)))]) {
          const input = { at: at(ms) }
          expect([at(ms), policy.evaluate('main', input)]).toEqual([at(ms), first.evaluation])
        }
      },
    ),
    { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  )
  // Not by never telling anything.
  expect(told / total).toBeGreaterThan(0.1)
})

const only = (make: (w: PolicyWriter) => readonly unknown[]): Policy => {
  const w = new PolicyWriter()
  return w.policy([make(w)])
}
const compared = (inner: Maker, name: string, constant: string): Policy =>
  only((w) => {
    const before = inner(w)
    const c = w.number(constant)
    const { stmt: call, to } = w.call(name, [local(before.to), local(c.to)])
    return [...before.stmts, c.stmt, call, append(local(to))]
  })
const until = (policy: Policy, input: Json = { at: AT }): string | null => policy.trace('main', input).validUntil

test('the end is the instant itself where a comparison turns at it', () => {
  const end = at(START + 86_400_000)
  expect(until(compared(nanoseconds, 'gte', ns(START + 86_400_000)))).toBe(end)
  expect(until(compared(nanoseconds, 'lt', ns(START + 86_400_000)))).toBe(end)
  // Past it, it never turns again.
  expect(until(compared(nanoseconds, 'gte', ns(START - 1)))).toBeNull()
  expect(until(compared(nanoseconds, 'equal', ns(START)))).toBe(AT)
  expect(until(compared(nanoseconds, 'neq', ns(START + 5)))).toBe(at(START + 5))
})

test('two times that move at different speeds are not told from each other', () => {
  // at < 2 * (at - c) turns where at is 2 * c.
  const racing = only((w) => {
    const slow = nanoseconds(w)
    const [c, two] = [w.number(`${(START + 1000) / 2}000000`), w.number(2)]
    const moved = w.call('minus', [local(slow.to), local(c.to)])
    const fast = w.call('mul', [local(moved.to), local(two.to)])
    const asked = w.call('lt', [local(slow.to), local(fast.to)])
    return [...slow.stmts, c.stmt, two.stmt, moved.stmt, fast.stmt, asked.stmt, append(local(asked.to))]
  })
  expect(racing.evaluate('main', { at: AT })).toEqual({ ok: true, result: [false] })
  expect(racing.evaluate('main', { at: at(START + 1001) })).toEqual({ ok: true, result: [true] })
  expect(until(racing)).toBe(AT)
})

/** What a calendar builtin says of `[time, zone]`, at a position of it, compared with a constant. */
const read = (name: string, zone: string, index: number | null, constant: string): Policy =>
  only((w) => {
    const before = nanoseconds(w)
    const [pair, part] = [w.fresh(), w.fresh()]
    const called = w.call(name, [local(pair)])
    const position = w.number(index ?? 0)
    const c = index === null ? null : w.number(constant)
    const asked = w.call('equal', [local(part), c === null ? w.string(constant) : local(c.to)])
    return [
      ...before.stmts,
      stmt('MakeArrayStmt', { capacity: 2, target: pair }),
      stmt('ArrayAppendStmt', { array: pair, value: local(before.to) }),
      stmt('ArrayAppendStmt', { array: pair, value: w.string(zone) }),
      called.stmt,
      position.stmt,
      index === null
        ? stmt('AssignVarStmt', { source: local(called.to), target: part })
        : stmt('DotStmt', { source: local(called.to), key: local(position.to), target: part }),
      ...(c === null ? [] : [c.stmt]),
      asked.stmt,
      append(local(asked.to)),
    ]
  })

test.each([
  ['time.clock', 'UTC', 0, '15', '2026-11-21T16:00:00.000Z'],
  ['time.clock', 'Asia/Kathmandu', 0, '20', '2026-11-21T15:15:00.000Z'],
  ['time.clock', 'UTC', 1, '4', '2026-11-21T15:05:00.000Z'],
  ['time.clock', 'UTC', 2, '5', '2026-11-21T15:04:06.000Z'],
  ['time.date', 'UTC', 2, '21', '2026-11-22T00:00:00.000Z'],
  ['time.date', 'America/St_Johns', 2, '21', '2026-11-22T03:30:00.000Z'],
  ['time.weekday', 'Europe/Berlin', null, 'Saturday', '2026-11-21T23:00:00.000Z'],
] as const)('%s in %s at position %s holds until it changes', (name, zone, index, constant, end) => {
  const policy = read(name, zone, index, constant)
  expect(policy.evaluate('main', { at: AT })).toEqual({ ok: true, result: [true] })
  expect(policy.evaluate('main', { at: end })).toEqual({ ok: true, result: [false] })
  expect(until(policy)).toBe(end)
})

test('a day holds across a night on which clocks go back, and no longer', () => {
  // 00:01 became 23:01: it was Sunday for a minute, then Saturday once more.
  const policy = read('time.weekday', 'America/St_Johns', null, 'Saturday')
  const input = { at: '2010-11-07T00:00:00.000Z' }
  const end = until(policy, input) ?? ''
  expect(policy.evaluate('main', input)).toEqual({ ok: true, result: [true] })
  expect(policy.evaluate('main', { at: end })).toEqual({ ok: true, result: [false] })
  expect(policy.evaluate('main', { at: at(Date.parse(end) + 120_000) })).toEqual({ ok: true, result: [true] })
})

test('a time that becomes a key or a member of a set is good for once', () => {
  const late = at(START + 60_000)
  const asKey = only((w) => {
    const before = clock(w)
    const [box, got] = [w.fresh(), w.fresh()]
    return [
      ...before.stmts,
      stmt('MakeObjectStmt', { target: box }),
      stmt('ObjectInsertStmt', { object: box, key: w.string(late), value: w.string('x') }),
      stmt('DotStmt', { source: local(box), key: local(before.to), target: got }),
      append(local(got)),
    ]
  })
  const asMember = only((w) => {
    const before = clock(w)
    const [box, got] = [w.fresh(), w.fresh()]
    return [
      ...before.stmts,
      stmt('MakeSetStmt', { target: box }),
      stmt('SetAddStmt', { set: box, value: w.string(late) }),
      stmt('SetAddStmt', { set: box, value: local(before.to) }),
      stmt('LenStmt', { source: local(box), target: got }),
      append(local(got)),
    ]
  })
  for (const policy of [asKey, asMember]) {
    expect(policy.evaluate('main', { at: AT })).not.toEqual(policy.evaluate('main', { at: late }))
    expect(until(policy)).toBe(AT)
  }
})

test('an end between two milliseconds is rounded down, never up', () => {
  expect(until(compared(nanoseconds, 'gte', `${START + 7}000001`))).toBe(at(START + 7))
})

test('a policy that does not read the time holds for good, also without one', () => {
  const policy = only((w) => [append(w.string('x'))])
  expect(until(policy)).toBeNull()
  expect(until(policy, {})).toBeNull()
  expect(until(policy, 'text')).toBeNull()
})

test('a time that cannot be read, or is put into the result, makes the answer good for once', () => {
  const shown = only((w) => {
    const before = clock(w)
    return [...before.stmts, append(local(before.to))]
  })
  expect(until(shown)).toBe(AT)
  expect(until(shown, { at: 'yesterday' })).toBe(NEVER)
  expect(until(shown, {})).toBe(NEVER)
  expect(until(shown, { at: '2026-11-21T16:04:05+01:00' })).toBe('2026-11-21T16:04:05+01:00')
})

test('the text of a time that is not written as core writes it is not reasoned about; its nanoseconds are', () => {
  const input = { at: '2026-11-21T16:04:05+01:00' }
  const asText = only((w) => {
    const before = clock(w)
    const { stmt: call, to } = w.call('lt', [local(before.to), w.string('2027')])
    return [...before.stmts, call, append(local(to))]
  })
  expect(until(asText, input)).toBe(input.at)
  expect(until(asText)).toBe('2027-01-01T00:00:00.000Z')
  expect(until(compared(nanoseconds, 'lt', ns(START + 1000))), 'nanoseconds').toBe(at(START + 1000))
  expect(until(compared(nanoseconds, 'lt', ns(START + 1000)), input)).toBe(at(START + 1000))
})

test('an answer that is a refusal is not kept', () => {
  const endless = loadBundle({
    plan: handMadePlan({
      stmts: [stmt('ScanStmt', { source: 0, key: 5, value: 6, block: { stmts: [] } }), ...giveLocal3],
    }),
    data: {},
  })
  if (!endless.ok) throw new Error(endless.detail)
  const trace = endless.value.trace('main', { at: AT }, { fuel: 0 })
  expect(trace.evaluation).toMatchObject({ ok: false, code: 'policy-over-limit' })
  expect(trace.validUntil).toBe(AT)
})

/** The end as it is told for a decision, and as it is told where all is explained. */
function bothEnds(plan: unknown, input: Json): readonly (string | null)[] {
  const loaded = loadBundle({ plan, data: {} })
  if (!loaded.ok) throw new Error(loaded.detail)
  return [false, true].map((explained) => loaded.value.trace('main', input, { explained }).validUntil)
}

test('the time is followed to wherever `with` puts it', () => {
  const plan = handMadePlan({
    strings: ['at', 'a', 'b', 'c'],
    builtins: [builtin('json.marshal', 1)],
    stmts: [
      stmt('DotStmt', { source: local(0), key: text(1), target: 5 }),
      stmt('WithStmt', {
        local: 0,
        path: [2, 3, 4],
        value: local(5),
        block: {
          stmts: [
            stmt('DotStmt', { source: local(0), key: text(2), target: 6 }),
            stmt('CallStmt', { func: 'json.marshal', args: [local(6)], result: 3 }),
          ],
        },
      }),
      ...giveLocal3,
    ],
  })
  expect(bothEnds(plan, { at: AT, a: { b: { c: 1 } } })).toEqual([AT, AT])
})

test('the time is found in a list that is in another, whenever it was put there', () => {
  const put = [
    stmt('ArrayAppendStmt', { array: 7, value: local(6) }),
    stmt('ArrayAppendStmt', { array: 6, value: local(5) }),
  ]
  for (const appends of [put, put.toReversed()]) {
    const plan = handMadePlan({
      strings: ['at'],
      builtins: [builtin('json.marshal', 1)],
      stmts: [
        stmt('DotStmt', { source: local(0), key: text(1), target: 5 }),
        stmt('MakeArrayStmt', { capacity: 0, target: 6 }),
        stmt('MakeArrayStmt', { capacity: 0, target: 7 }),
        ...appends,
        stmt('CallStmt', { func: 'json.marshal', args: [local(7)], result: 3 }),
        ...giveLocal3,
      ],
    })
    expect(bothEnds(plan, { at: AT })).toEqual([AT, AT])
  }
})

test('the time is found in an object that is in another, whenever it was put there', () => {
  const put = [
    stmt('ObjectInsertStmt', { object: 7, key: text(2), value: local(6) }),
    stmt('ObjectInsertStmt', { object: 6, key: text(3), value: local(5) }),
  ]
  for (const inserts of [put, put.toReversed()]) {
    const plan = handMadePlan({
      strings: ['at', 'inner', 'time'],
      builtins: [builtin('json.marshal', 1)],
      stmts: [
        stmt('DotStmt', { source: local(0), key: text(1), target: 5 }),
        stmt('MakeObjectStmt', { target: 6 }),
        stmt('MakeObjectStmt', { target: 7 }),
        ...inserts,
        stmt('CallStmt', { func: 'json.marshal', args: [local(7)], result: 3 }),
        ...giveLocal3,
      ],
    })
    expect(bothEnds(plan, { at: AT })).toEqual([AT, AT])
  }
})

test('the input is found in what it was put into, and its time with it', () => {
  const plan = handMadePlan({
    builtins: [builtin('json.marshal', 1)],
    stmts: [
      stmt('MakeArrayStmt', { capacity: 0, target: 6 }),
      stmt('ArrayAppendStmt', { array: 6, value: local(0) }),
      stmt('CallStmt', { func: 'json.marshal', args: [local(6)], result: 3 }),
      ...giveLocal3,
    ],
  })
  expect(bothEnds(plan, { at: AT })).toEqual([AT, AT])
})
