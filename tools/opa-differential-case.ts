/** Differences that were found, made small and kept: each runs in the tests, with OPA absent too. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { compareBatch, type Answer, type Difference } from './opa-differential-batch.ts'
import { moduleText, type Clause, type GeneratedModule, type GeneratedPolicy } from './opa-policy-generator.ts'

export const CASES_FOLDER: string = fileURLToPath(new URL('../packages/rego/src/differential-cases', import.meta.url))

export interface KeptCase {
  /** Of the generated policy that showed it. */
  readonly seed: number
  /** What was wrong here; or, where OPA's answer is not the plan's, why ours is another. */
  readonly reason: string
  /** Rego of the smallest policy that shows it, by file name. */
  readonly policy: { readonly [file: string]: string }
  readonly entrypoint: string
  /** JSON texts, as a JavaScript number would not hold each number. */
  readonly data: string
  readonly input: string
  /** What OPA answers, and what is right here where that is not the same. */
  readonly opa: Answer
  readonly expected?: Answer
  /** `opa build -t plan` of the policy. */
  readonly plan: unknown
}

export function keptCases(folder: string = CASES_FOLDER): KeptCase[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptCase)
}

/** The policy with each single rule, clause or statement left out. */
function smaller(policy: GeneratedPolicy): GeneratedPolicy[] {
  const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at)
  const withModule = (at: number, rules: GeneratedModule['rules']): GeneratedPolicy => ({
    ...policy,
    modules: policy.modules.map((m, i) => (i === at ? { ...m, rules } : m)),
  })
  const out: GeneratedPolicy[] = []
  if (policy.modules.length > 1) out.push({ ...policy, modules: policy.modules.slice(1) })
  for (const [m, { rules }] of policy.modules.entries()) {
    for (const r of rules.keys()) out.push(withModule(m, without(rules, r)))
  }
  for (const [m, { rules }] of policy.modules.entries()) {
    for (const [r, rule] of rules.entries()) {
      const withClauses = (clauses: readonly Clause[]): void => {
        out.push(
          withModule(
            m,
            rules.map((other, i) => (i === r ? { ...rule, clauses } : other)),
          ),
        )
      }
      if (rule.clauses.length > 1) for (const c of rule.clauses.keys()) withClauses(without(rule.clauses, c))
      for (const [c, clause] of rule.clauses.entries()) {
        for (const l of clause.lines.keys()) {
          const lines = without(clause.lines, l)
          const kept = lines.length === 0 ? ['true'] : lines
          if (clause.lines.length === 1 && clause.lines[0] === 'true') continue
          withClauses(rule.clauses.map((other, i) => (i === c ? { ...clause, lines: kept } : other)))
        }
      }
    }
  }
  return out
}

const ruleOf = (difference: Difference): string => difference.entrypoint.replace(/^p\d+/, 'PKG')

/** Leaves out of a policy what its difference does not need. `indexed` follows a difference of OPA from its own plan. */
export async function smallest(opa: string, found: Difference, indexed = false, rounds = 60): Promise<KeptCase> {
  let policy: GeneratedPolicy = { ...found.policy, inputs: [found.input] }
  for (let round = 0; round < rounds; round++) {
    const result = await compareBatch(opa, smaller(policy))
    const same = (indexed ? result.indexed : result.differences).find((d) => ruleOf(d) === ruleOf(found))
    if (same === undefined) break
    policy = same.policy
  }
  const result = await compareBatch(opa, [policy])
  const difference = (indexed ? result.indexed : result.differences).find((d) => ruleOf(d) === ruleOf(found))
  if (difference === undefined) throw new Error(`the difference of seed ${policy.seed} does not show alone`)
  return {
    seed: policy.seed,
    reason: indexed ? INDEXED : 'not looked into yet',
    policy: Object.fromEntries(
      policy.modules.map((m) => [`${m.package.replace('PKG', 'p0')}.rego`, moduleText(m, 'p0')]),
    ),
    entrypoint: difference.entrypoint,
    data: result.data,
    input: difference.input,
    opa: difference.opa,
    ...(indexed ? { expected: difference.ours } : {}),
    plan: result.plan,
  }
}

const INDEXED =
  "OPA's rule index or early exit passes over the rule that contradicts; `opa eval --disable-indexing --disable-early-exit` answers as the plan does, and so do we."

/** Writes the case; gives its file. */
export function keep(found: KeptCase, folder: string = CASES_FOLDER): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${found.seed}.json`)
  const { plan, ...rest } = found
  // The plan in one line: it is for the machine.
  writeFileSync(file, `${JSON.stringify(rest, null, 2).replace(/\n\}$/, '')},\n  "plan": ${JSON.stringify(plan)}\n}\n`)
  return file
}
