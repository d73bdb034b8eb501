import { expect, test } from 'vitest'
import { answerHere, compareBatch, policyOf } from '../../../tools/opa-differential-batch.ts'
import { keptCases } from '../../../tools/opa-differential-case.ts'
import { generatePolicy, moduleText } from '../../../tools/opa-policy-generator.ts'
import { testWithOpa } from './opa-fixture.ts'

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const POLICIES = Number(process.env['GATEHOUSE_POLICIES'] ?? 100)

const textOf = (seed: number): string =>
  generatePolicy(seed)
    .modules.map((module) => moduleText(module, 'p'))
    .join('\n')

test.for(keptCases())('the difference of seed $seed stays away', ({ plan, data, input, entrypoint, opa, expected }) => {
  expect(answerHere(policyOf(plan, data), entrypoint, input)).toEqual(expected ?? opa)
})

test('a seed names one policy, with its data and inputs', () => {
  expect(generatePolicy(7)).toEqual(generatePolicy(7))
  expect(textOf(7)).not.toBe(textOf(8))
})

const FORMS: Readonly<Record<string, RegExp>> = {
  'a default rule': /^default r\d+ :=/m,
  'a default function': /^default f\d\(/m,
  'an else': /^\} else :=/m,
  'a partial set': /^r\d contains /m,
  'a partial object': /^r\d\[[^\]]+\] :=/m,
  'a partial rule of several keys': /^r\d\.[abc]\[/m,
  'a partial object of sets': /^r\d\[[^\]]+\] contains /m,
  'a function of a pattern': /^f\d\(\[v\d+, v\d+\]/m,
  'a call into another package': /data\.p_lib\.lf0\(/,
  'a rule of another package': /data\.p_lib\.lr0/,
  'a comprehension of lists': /\[[^|\]]+ \| /,
  'a comprehension of sets': /\{v\d+ \| /,
  'a comprehension of objects': /\{[^{}|]+: [^{}|]+ \| /,
  every: /every v\d+ in /,
  'every with keys': /every v\d+, v\d+ in /,
  'some in': /some v\d+ in /,
  'some with keys': /some v\d+, v\d+ in /,
  'some of a pattern': /some [[{].* in /,
  not: /^\tnot /m,
  'with for the input': / with input\.\w+ as /,
  'with for data': / with data\.p_d\.\w+ as /,
  'with for a rule': / with data\.p\.r\d as /,
  'with for a function': / with data\.p(?:_lib)?\.l?f\d as /,
  'with for a builtin': / with (?:upper|count) as /,
  'a loop by a variable': /some v\d+; .*\[v\d+\]/,
  unification: /^\t[[{].* = /m,
  'a template text': /\$"\{/,
  sprintf: /sprintf\(/,
  walk: /walk\(/,
  graph: /graph\.reachable\(/,
  'set operators': / [|&] /,
}

test('generated policies hold every form of the language that is meant', () => {
  const all = Array.from({ length: 600 }, (_, i) => textOf(SEED + i)).join('\n')
  const absent = Object.entries(FORMS).filter(([, form]) => !form.test(all))
  expect(absent.map(([name]) => name)).toEqual([])
})

testWithOpa(
  'generated policies give byte for byte what OPA gives, errors and undefined alike',
  { timeout: 300_000 },
  async ({ opa }) => {
    const policies = Array.from({ length: POLICIES }, (_, i) => generatePolicy(SEED + i))
    const { differences, dropped, evaluations, counts, indexed } = await compareBatch(opa, policies)
    process.stdout.write(
      `against OPA: ${POLICIES} policies from seed ${SEED}, ${dropped.size} that OPA does not compile, ${evaluations} evaluations: ` +
        `${counts.value} values, ${counts.undefined} undefined, ${counts.error} errors, ${indexed.length} where OPA differs from its plan\n`,
    )
    const seeds = [...new Set(differences.map(({ policy }) => policy.seed))]
    const told = seeds.map((seed) => `npm run differential -- --seed ${seed} --policies 1`)
    expect(told).toEqual([])
    expect(dropped.size).toBeLessThan(POLICIES * 0.2)
    // Where all is undefined, nothing was compared.
    expect(counts.value).toBeGreaterThan(evaluations / 3)
    expect(counts.overLimit).toBeLessThan(evaluations / 20)
  },
)
