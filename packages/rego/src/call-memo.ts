import type { Machine } from './machine.ts'

/** Calls that are told apart by one of their operands only. More are run, and not remembered. */
const MAX_ALIKE = 8
/** Longer texts are not looked up: to compare them is work that nothing pays for. */
const MAX_TEXT = 256
/** What it takes to keep a call, as steps. */
const KEPT_STEPS = 10

interface Call {
  readonly input: unknown
  readonly data: unknown
  readonly a: unknown
  readonly b: unknown
  /** UNDEFINED where there was none. */
  readonly result: unknown
}

/** What one function gave within one evaluation, by the operand that tells most. */
type Calls = Map<unknown, Call[]>

/**
 * Results of functions with one or two operands stand beside those of rules in `m.memo`, which `with` swaps: what was
 * called under `with` is not seen outside, nor the other way round. Operands are the same where they are the same value
 * in memory (or equal texts, numbers, booleans): documents do not change once they are passed on. Only what returned is
 * remembered. A call that is found costs one step, which is the work it does; the first one costs what it took.
 */
export function recalled(m: Machine, func: number, input: unknown, data: unknown, a: unknown, b: unknown): unknown {
  const calls = m.memo[func] as Calls | undefined
  if (calls === undefined || isLong(a) || isLong(b)) return undefined
  const alike = calls.get(telling(a, b))
  if (alike === undefined) return undefined
  for (const call of alike) {
    if (call.a === a && call.b === b && call.input === input && call.data === data) {
      if (--m.fuel < 0) m.over()
      return call.result
    }
  }
  return undefined
}

/** Notes a result, undefined too. `memo` is the one that was there before the call, `fuel` what was left then. */
export function remember(m: Machine, memo: unknown[], fuel: number, func: number, call: Call): void {
  // Results that are kept are no more than what was paid for, and not all of that.
  m.memoRoom -= fuel - m.fuel + KEPT_STEPS
  if (m.memoRoom < 0 || isLong(call.a) || isLong(call.b)) return
  const calls = (memo[func] ??= new Map()) as Calls
  const by = telling(call.a, call.b)
  const alike = calls.get(by)
  if (alike === undefined) calls.set(by, [call])
  else if (alike.length < MAX_ALIKE) alike.push(call)
}

function isLong(operand: unknown): boolean {
  return typeof operand === 'string' && operand.length > MAX_TEXT
}

function telling(a: unknown, b: unknown): unknown {
  return typeof b === 'object' && b !== null ? b : a
}
