/** Generated operands of builtins, as JSON texts; used by the differential tests. */
import fc from 'fast-check'

/** Operands are JSON texts, so that numbers are as they are written. */
export interface Family {
  readonly expressions: readonly string[]
  readonly a: fc.Arbitrary<string>
  readonly b: fc.Arbitrary<string>
  /** Deprecated builtins, which only Rego v0 has. */
  readonly isOld?: boolean
}

export const of = fc.constantFrom
/** What two semicolons part. */
export const list = (...texts: string[]): string[] => texts.flatMap((text) => text.split(' ;; '))
export const json = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> => value.map((one) => JSON.stringify(one))
export const glued = (most: number, ...parts: string[]): fc.Arbitrary<string> =>
  fc.array(of(...parts), { maxLength: most }).map((parts) => parts.join(''))
export const listOf = (item: fc.Arbitrary<string>, most = 3): fc.Arbitrary<string> =>
  fc.array(item, { maxLength: most }).map((items) => `[${items.join(',')}]`)

export const number = of(
  ...list(
    '0 ;; 1 ;; -1 ;; 2 ;; 3 ;; -3 ;; 7 ;; 10 ;; 255 ;; 0.0 ;; -0.0 ;; -0 ;; 1.0 ;; 1.50 ;; 2.5 ;; -2.5 ;; 0.1 ;; 0.3 ;; 1e0 ;; 1e3',
    '1E3 ;; 100 ;; 1e2 ;; 1e-7 ;; 1e21 ;; 123456.789 ;; 0.30000000000000004 ;; 5e-324 ;; 1e308 ;; 9007199254740991',
    '9007199254740993 ;; 9223372036854775807 ;; 9223372036854775808 ;; -9223372036854775808 ;; 18446744073709551616',
    '123456789012345678901234567890 ;; 1e40 ;; 1.7976931348623157e308 ;; 1e400',
  ),
)
export const text = json(glued(4, 'a', 'b', 'é', '日', '😀', ' ', '"', '\\', '\n', '1', 'A', 'ß', '\u0000', '<', '%'))
const scalar = fc.oneof(number, text, of('null', 'true', 'false'))
export const { any } = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    listOf(tie('any')),
    fc
      .array(fc.tuple(json(of('a', 'b', 'c', '0', '')), tie('any')), { maxLength: 3 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${key}:${value}`).join(',')}}`),
  ),
}))

/** Pairs of operands for `differences`. */
export function pairsOf({ a, b }: Family, seed: number, runs: number): string[] {
  return fc.sample(
    fc.tuple(a, b).map((pair) => `[${pair.join(',')}]`),
    { seed, numRuns: runs },
  )
}
