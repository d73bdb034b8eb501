/**
 * The long mode of the differential test: generated policies, data and inputs, evaluated by OPA and here.
 *
 *     node tools/opa-differential-run.ts --policies 5000 --seed 1 [--minutes 10] [--batch 100] [--cases folder]
 *
 * Policy n has the seed `--seed` + n, so a run that ended goes on where the last line says. A difference is made small
 * and written to <folder>/<seed>.json, without `--cases` to packages/rego/src/differential-cases; then the exit code is 1.
 * 2 where OPA is absent. OPA runs in bounded time and memory; what goes over is counted and not compared.
 */
import { parseArgs } from 'node:util'
import { findOpa } from './opa.ts'
import { compareBatch } from './opa-differential-batch.ts'
import { CASES_FOLDER, keep, smallest } from './opa-differential-case.ts'
import { generatePolicy } from './opa-policy-generator.ts'

const HELP = `Usage: node tools/opa-differential-run.ts [options]

Generates policies, data and inputs, and compares what OPA and this evaluator say of them.

  --policies <number>  how many; by default 1000
  --seed <number>      of the first one; by default 1
  --minutes <number>   stop after so long; the last line says where to go on
  --batch <number>     policies for each run of OPA; by default 100
  --cases <folder>     where a difference is kept; by default packages/rego/src/differential-cases
`

function optionsOf() {
  try {
    return parseArgs({
      options: {
        policies: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string' },
        batch: { type: 'string', default: '100' },
        cases: { type: 'string', default: CASES_FOLDER },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
    return process.exit(2)
  }
}

const values = optionsOf()
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

function whole(name: 'policies' | 'seed' | 'batch'): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < (name === 'seed' ? 0 : 1)) {
    process.stderr.write(`--${name} must be a whole number, not ${values[name]}\n`)
    process.exit(2)
  }
  return number
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const found = findOpa()
if (!found.ok) {
  process.stderr.write(`${found.reason}\n`)
  process.exit(2)
}
const first = whole('seed')
const wanted = whole('policies')
const size = whole('batch')
const until = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000
const counts = { value: 0, undefined: 0, error: 0, overLimit: 0, opaOverLimit: 0 }
const total = { policies: 0, dropped: 0, evaluations: 0, indexed: 0 }
const differing = new Set<number>()

while (total.policies < wanted && Date.now() < until && differing.size < 5) {
  const start = first + total.policies
  const policies = Array.from({ length: Math.min(size, wanted - total.policies) }, (_, i) => generatePolicy(start + i))
  const result = await compareBatch(found.path, policies)
  total.policies += policies.length
  total.dropped += result.dropped.size
  total.evaluations += result.evaluations
  total.indexed += result.indexed.length
  for (const kind of ['value', 'undefined', 'error', 'overLimit', 'opaOverLimit'] as const)
    counts[kind] += result.counts[kind]
  for (const difference of result.differences) {
    const { seed } = difference.policy
    if (differing.has(seed)) continue
    differing.add(seed)
    say(`seed ${seed}, ${difference.entrypoint}: OPA ${JSON.stringify(difference.opa).slice(0, 300)}`)
    say(`  here ${JSON.stringify(difference.ours).slice(0, 300)}`)
    say(`  kept as ${keep(await smallest(found.path, difference), values.cases)}`)
  }
  say(
    `${total.policies} policies (${total.dropped} that OPA does not compile), ${total.evaluations} evaluations: ${counts.value} values, ` +
      `${counts.undefined} undefined, ${counts.error} errors, ${counts.overLimit} over our limits, ${counts.opaOverLimit} over OPA's, ${total.indexed} where OPA differs from its plan; ` +
      `${differing.size} differing; go on with --seed ${first + total.policies}`,
  )
}
if (differing.size > 0) say(`seeds that differ: ${[...differing].join(' ')}`)
process.exitCode = differing.size > 0 ? 1 : 0
