/** For tests: builtins over generated operands, by the real OPA and here. */
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect } from 'vitest'
import { differences } from '../../../tools/opa-differential.ts'
import { testWithOpa } from './opa-fixture.ts'

export interface Expressions {
  readonly expressions: readonly string[]
  /** Deprecated builtins, which only Rego v0 has. */
  readonly isOld?: boolean
}

/**
 * One test for each family: all its expressions over as many pairs as GATEHOUSE_RUNS says, else `runs`, made from
 * GATEHOUSE_SEED. `title` has a `%s` for the family's name.
 */
export function compareFamilies<F extends Expressions>(
  title: string,
  families: Readonly<Record<string, F>>,
  runs: number,
  pairsOf: (family: F, seed: number, runs: number) => readonly (Json | string)[],
): void {
  const seed = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
  const wanted = Number(process.env['GATEHOUSE_RUNS'] ?? runs)
  testWithOpa.for(Object.entries(families))(title, { timeout: 300_000 }, ([name, family], { opa }) => {
    const { expressions, isOld } = family
    const pairs = pairsOf(family, seed, wanted)
    const differing = differences(opa, expressions, pairs, isOld)
    process.stdout.write(
      `against OPA: ${name}: ${expressions.length} expressions, ${pairs.length} operands, seed ${seed}\n`,
    )
    expect(differing.slice(0, 40)).toEqual([])
  })
}
