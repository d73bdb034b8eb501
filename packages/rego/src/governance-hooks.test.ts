import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import { DECISION_HOOKS, DecisionInput, PolicyDecision, type DecisionHook } from '@gatehouse/core/policy/decision'
import { expect, test } from 'vitest'
import { findOpa, runOpa } from '../../../tools/opa.ts'
import { cleanInput, GOVERNANCE, governanceBundle } from './governance-fixture.ts'
import { loadBundle } from './rego.ts'

const loaded = loadBundle(governanceBundle())
if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)
const policy = loaded.value

function decide(input: DecisionInput): PolicyDecision {
  const evaluation = policy.evaluate('gatehouse/decision', DecisionInput.parse(input))
  if (!evaluation.ok) throw new Error(`${evaluation.code}: ${evaluation.detail}`)
  return PolicyDecision.parse(evaluation.result)
}

const MODEL = { provider: 'anthropic', model: 'claude-sonnet-4-5', runtime: 'opencode' }

interface Row {
  readonly name: string
  readonly hook: DecisionHook
  readonly change: (input: DecisionInput) => void
  readonly outcome: PolicyDecision['outcome']
  readonly denies?: readonly string[]
  readonly warns?: readonly string[]
  readonly requires?: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'a promotion needs two approvals where agents are governed',
    hook: 'on_promotion_attempt',
    change: () => {},
    outcome: 'allow',
    requires: ['promotion-approval 2'],
  },
  {
    name: 'a promotion on what the code said itself denies',
    hook: 'on_promotion_attempt',
    change: (i) => i.promotion?.evidence && (i.promotion.evidence.source = 'candidate_reported'),
    outcome: 'deny',
    denies: ['promotion_evidence'],
    requires: ['promotion-approval 2'],
  },
  {
    name: 'a promotion in a freeze denies',
    hook: 'on_promotion_attempt',
    change: (i) =>
      (i.settings.freeze = [
        {
          id: 'launch',
          from: '2026-11-21T00:00:00Z',
          to: '2026-11-22T00:00:00Z',
          environments: [],
          branches: [],
          reason: 'The launch.',
        },
      ]),
    outcome: 'deny',
    denies: ['freeze'],
    requires: ['promotion-approval 2'],
  },
  {
    name: 'an agent with a model and no budget is not created',
    hook: 'on_create_attempt',
    change: (i) => i.agent && (i.agent.definition.anatomy.llm = MODEL),
    outcome: 'deny',
    denies: ['cost_caps'],
  },
  {
    name: 'the same agent may be looked at, and its author is told',
    hook: 'on_review_open',
    change: (i) => i.agent && (i.agent.definition.anatomy.llm = MODEL),
    outcome: 'warn',
    warns: ['cost_caps'],
  },
  {
    name: 'what policy sets is not edited',
    hook: 'on_field_change',
    change: (i) => i.field_change && (i.field_change.path = '/policies/baseline/0'),
    outcome: 'deny',
    denies: ['field_locks'],
  },
  {
    name: 'an unsigned bundle is not put in force',
    hook: 'on_policy_update',
    change: (i) => i.policy_update?.kind === 'bundle' && (i.policy_update.bundle.signature_verified = false),
    outcome: 'deny',
    denies: ['policy_update'],
    requires: ['policy-approval 2'],
  },
  {
    name: 'an exception from what knows none is out of bounds',
    hook: 'on_policy_update',
    change: (i) =>
      (i.policy_update = {
        kind: 'exception',
        exception: {
          id: 'exc_1',
          policy_id: 'tests_not_removed',
          scope: { environment: 'production', agent_id: 'agt_1', repository_id: null },
          reason: 'The tests are in the way of the launch.',
          requested_by: 'per_author',
          approved_by: [],
          starts_at: '2026-11-21T00:00:00Z',
          expires_at: '2026-11-21T01:00:00Z',
        },
      }),
    outcome: 'deny',
    denies: ['exception_bounds'],
    requires: ['exception-approval 2'],
  },
  {
    name: 'a remediation of many targets denies',
    hook: 'on_remediation_attempt',
    change: (i) =>
      i.remediation &&
      (i.remediation.targets = Array.from({ length: 11 }, (_, n) => ({
        kind: 'binding',
        id: `bnd_${n}`,
        environment: 'sandbox',
      }))),
    outcome: 'deny',
    denies: ['remediation_blast_radius'],
  },
]

test.each(rows)('$name', (row) => {
  const input = cleanInput(row.hook)
  row.change(input)
  const decision = decide(input)
  const ids = (findings: readonly { readonly policy_id: string }[]) =>
    [...new Set(findings.map((f) => f.policy_id))].toSorted()
  expect(decision.outcome).toBe(row.outcome)
  expect(ids(decision.violations)).toEqual(row.denies ?? [])
  expect(ids(decision.warnings)).toEqual(row.warns ?? [])
  expect(decision.requirements.map((r) => `${r.id} ${r.count}`).toSorted()).toEqual(row.requires ?? [])
})

test.each(DECISION_HOOKS)('nothing is said against an input of %s that is in order', (hook) => {
  const decision = decide(cleanInput(hook))
  expect(decision).toMatchObject({ outcome: 'allow', violations: [], warnings: [], shadowed: [], mutations: [] })
})

test('a requirement of persons keeps them, and a role that nobody has', () => {
  const input = cleanInput('before_effect')
  input.settings.code_owners = [{ pattern: 'src/**', roles: [], persons: ['per_ada'], count: 1 }]
  expect(decide(input).requirements).toContainEqual({
    id: 'code-owner-0',
    policy_id: 'code_owners',
    count: 1,
    roles: ['code-owner'],
    persons: ['per_ada'],
    reason: 'src/** is owned: src/price.js.',
  })
})

type Path = readonly (string | number)[]

/** Every place in a document, the document itself left out. */
function places(value: Json, path: Path = []): Path[] {
  const inner = Array.isArray(value)
    ? value.flatMap((item, i) => places(item, [...path, i]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => places(item ?? null, [...path, key]))
      : []
  return path.length === 0 ? inner : [path, ...inner]
}

/** The document with one place taken away (`undefined`) or made another value. */
function broken(value: Json, path: Path, to: Json | undefined): Json {
  const copy = structuredClone(value)
  let at: unknown = copy
  for (const key of path.slice(0, -1)) at = (at as Record<string | number, unknown>)[key]
  const last = path.at(-1) ?? ''
  if (typeof at !== 'object' || at === null) return copy
  if (to === undefined && !Array.isArray(at)) Reflect.deleteProperty(at, last)
  else (at as Record<string | number, unknown>)[last] = to ?? null
  return copy
}

const ODD: readonly (Json | undefined)[] = [undefined, null, '', 'x', 0, -1, 1e9, 2.5, [], ['x'], {}, true, false]

/** What may be missing or of any shape without harm, in words of its last key: it is said or counted, never trusted. */
const FREE = new Set(['id', 'name', 'display_name'])

test.each(DECISION_HOOKS)('no part of %s can be left out and be passed with more than before', (hook) => {
  const clean = cleanInput(hook) as Json
  const before = PolicyDecision.parse(resultOf(clean))
  for (const path of places(clean)) {
    if (path.length === 1 && path[0] !== undefined && FREE.has(String(path[0]))) continue
    const after = PolicyDecision.parse(resultOf(broken(clean, path, undefined)))
    if (after.outcome === 'deny') continue
    const asked = (decision: PolicyDecision) => decision.requirements.reduce((sum, r) => sum + r.count, 0)
    expect(asked(after), path.join('.')).toBeGreaterThanOrEqual(asked(before))
  }
})

function resultOf(input: Json): Json {
  const evaluation = policy.evaluate('gatehouse/decision', input)
  if (!evaluation.ok) throw new Error(`${evaluation.code}: ${evaluation.detail}`)
  return evaluation.result
}

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const RUNS = Number(process.env['GATEHOUSE_RUNS'] ?? 400)

test(
  'decisions of every hook are byte for byte those of the real OPA, over broken inputs',
  { timeout: 120_000 },
  (ctx) => {
    const found = findOpa()
    if (!found.ok) {
      ctx.skip(found.reason)
      return
    }
    const breaks = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ODD)), { maxLength: 3 })
    const one = fc
      .tuple(fc.constantFrom(...DECISION_HOOKS), fc.nat(rows.length - 1), breaks)
      .map(([hook, row, list]) => {
        const input = cleanInput(hook)
        if (rows[row]?.hook === hook) rows[row].change(input)
        return list.reduce<Json>(
          (value, [at, to]) => {
            const all = places(value)
            const path = all[at % all.length]
            return path === undefined ? value : broken(value, path, to)
          },
          JSON.parse(JSON.stringify(input)) as Json,
        )
      })
    const inputs = fc.sample(one, { seed: SEED, numRuns: RUNS })
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
    try {
      const file = join(folder, 'inputs.json')
      writeFileSync(file, JSON.stringify({ generated_inputs: inputs }))
      const query = '[d | some doc in data.generated_inputs; d := data.gatehouse.decision with input as doc]'
      const args = ['eval', '--format', 'json', '-d', 'policies', '-d', 'data', '-d', file, query]
      const said = JSON.parse(runOpa(found.path, args, GOVERNANCE)) as {
        result: { expressions: { value: Json[] }[] }[]
      }
      const theirs = said.result[0]?.expressions[0]?.value ?? []
      expect(theirs).toHaveLength(inputs.length)
      for (const [i, input] of inputs.entries())
        expect(canonicalJson(resultOf(input)), `seed ${SEED}, input ${i}: ${JSON.stringify(input)}`).toBe(
          canonicalJson(theirs[i] ?? null),
        )
      process.stdout.write(`against OPA, every hook: ${inputs.length} inputs, seed ${SEED}\n`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

test.for(DECISION_HOOKS)('a decision of %s holds for more than its instant, so it can be remembered', (hook) => {
  const input = cleanInput(hook)
  input.exceptions = {
    egress: [
      {
        id: 'exc_1',
        policy_id: 'egress',
        scope: { environment: input.environment, repository_id: null, agent_id: 'agt_1' },
        reason: 'The old shop is moved until the end of the month.',
        requested_by: 'per_author',
        approved_by: ['per_owner', 'per_other'],
        starts_at: '2026-11-01T00:00:00.000Z',
        expires_at: '2026-11-29T00:00:00.000Z',
      },
    ],
  }
  const { evaluation, validUntil } = policy.trace('gatehouse/decision', DecisionInput.parse(input))
  expect(evaluation.ok).toBe(true)
  expect(validUntil === null || Date.parse(validUntil) > Date.parse(input.at)).toBe(true)
})
