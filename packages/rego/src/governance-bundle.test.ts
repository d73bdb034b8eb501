import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import { DecisionInput, PolicyDecision } from '@gatehouse/core/policy/decision'
import { expect, test } from 'vitest'
import { findOpa, runOpa } from '../../../tools/opa.ts'
import { changedFile, cleanInput, GOVERNANCE, governanceBundle } from './governance-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'

function load(): Policy {
  const loaded = loadBundle(governanceBundle())
  if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)
  return loaded.value
}

const policy = load()

/** The decision for an input that keeps the contract; both sides of it are checked. */
function decide(input: DecisionInput): PolicyDecision {
  const evaluation = policy.evaluate('gatehouse/decision', DecisionInput.parse(input))
  if (!evaluation.ok) throw new Error(`${evaluation.code}: ${evaluation.detail}`)
  return PolicyDecision.parse(evaluation.result)
}

type Change = (input: DecisionInput) => void

function changed(hook: DecisionInput['hook'], change: Change): DecisionInput {
  const input = structuredClone(cleanInput(hook))
  change(input)
  return input
}

const paths =
  (list: readonly string[]): Change =>
  (input) => {
    if (input.proposal !== null) input.proposal.files = list.map(changedFile)
  }

interface Row {
  readonly name: string
  readonly hook: DecisionInput['hook']
  readonly change: Change
  readonly outcome: PolicyDecision['outcome']
  /** Policies that deny. */
  readonly denies?: readonly string[]
  readonly risk?: PolicyDecision['effective_risk']
  /** `id count`, in order. */
  readonly requires?: readonly string[]
}

const LOW = ['approvals 1'] as const
const HIGH = ['approvals 2', 'owner-approval 1'] as const
const SELF = [...HIGH, 'self-modification-approval 1'] as const

const rows: readonly Row[] = [
  {
    name: 'a governed agent may run',
    hook: 'before_execute',
    change: () => {},
    outcome: 'allow',
    risk: 'low',
    requires: [],
  },
  {
    name: 'a small change within its paths stands',
    hook: 'after_execute',
    change: () => {},
    outcome: 'allow',
    requires: [],
  },
  {
    name: 'a low-risk change needs one approval',
    hook: 'before_effect',
    change: () => {},
    outcome: 'allow',
    risk: 'low',
    requires: LOW,
  },
  {
    name: 'a medium-risk change needs one approval',
    hook: 'before_effect',
    change: (i) => i.task !== null && (i.task.risk = 'medium'),
    outcome: 'allow',
    risk: 'medium',
    requires: LOW,
  },
  {
    name: 'a high-risk change needs two, one an owner’s',
    hook: 'before_effect',
    change: (i) => i.task !== null && (i.task.risk = 'high'),
    outcome: 'allow',
    risk: 'high',
    requires: HIGH,
  },
  {
    name: 'a critical change needs two, one an owner’s',
    hook: 'before_effect',
    change: (i) => i.task !== null && (i.task.risk = 'critical'),
    outcome: 'allow',
    risk: 'critical',
    requires: HIGH,
  },
  {
    name: 'a workflow file makes the risk high',
    hook: 'before_effect',
    change: paths(['.github/workflows/ci.yml']),
    outcome: 'warn',
    risk: 'high',
    requires: SELF,
  },
  {
    name: 'the recipe folder makes the risk high',
    hook: 'before_effect',
    change: paths(['src/a.js', '.gatehouse/recipe.json']),
    outcome: 'warn',
    risk: 'high',
    requires: SELF,
  },
  {
    name: 'policy itself makes the risk high',
    hook: 'before_effect',
    change: paths(['policy/governance/plan.json']),
    outcome: 'warn',
    risk: 'high',
    requires: SELF,
  },
  {
    name: 'a lockfile raises the risk a step',
    hook: 'before_effect',
    change: paths(['package-lock.json']),
    outcome: 'warn',
    risk: 'medium',
    requires: LOW,
  },
  {
    name: 'a change without a task is of medium risk',
    hook: 'before_effect',
    change: (i) => (i.task = null),
    outcome: 'allow',
    risk: 'medium',
    requires: LOW,
  },
  {
    name: 'a removed test denies',
    hook: 'before_effect',
    change: (i) => i.validation?.candidate_reported.removed_tests.push('cart > adds'),
    outcome: 'deny',
    denies: ['tests_not_removed'],
    requires: LOW,
  },
  {
    name: 'a skipped test denies',
    hook: 'before_effect',
    change: (i) => i.validation?.candidate_reported.newly_skipped_tests.push('cart > adds'),
    outcome: 'deny',
    denies: ['tests_not_removed'],
  },
  {
    name: 'a deleted test file denies',
    hook: 'before_effect',
    change: (i) => i.validation?.host_measured.test_files_deleted.push('test/cart.test.js'),
    outcome: 'deny',
    denies: ['tests_not_removed'],
  },
  {
    name: 'a changed test file warns and needs an owner',
    hook: 'before_effect',
    change: (i) => i.validation?.host_measured.test_files_changed.push('test/cart.test.js'),
    outcome: 'warn',
    requires: ['approvals 1', 'test-change-approval 1'],
  },
  {
    name: 'a missing validation denies',
    hook: 'before_effect',
    change: (i) => (i.validation = null),
    outcome: 'deny',
    denies: ['tests_not_removed', 'ticked_tasks'],
  },
  ...(['contradicted', 'partly'] as const).map((verdict): Row => ({
    name: `a ticked task that is ${verdict} ${verdict === 'partly' ? 'warns' : 'denies'}`,
    hook: 'before_effect',
    change: (i) =>
      i.validation?.ticked_tasks.judged.push({
        id: 'T012',
        path: 'specs/001-cart/tasks.md',
        line: 7,
        verdict,
        lookable: true,
        dropped: [],
      }),
    outcome: verdict === 'partly' ? 'warn' : 'deny',
    denies: verdict === 'partly' ? [] : ['ticked_tasks'],
  })),
  {
    name: 'a failed validation denies',
    hook: 'before_effect',
    change: (i) => i.validation !== null && (i.validation.verdict = 'failed'),
    outcome: 'deny',
    denies: ['tests_not_removed'],
  },
  {
    name: 'a missing proposal denies',
    hook: 'before_effect',
    change: (i) => (i.proposal = null),
    outcome: 'deny',
    denies: ['decision'],
    requires: LOW,
  },
  {
    name: 'a missing effect denies',
    hook: 'before_effect',
    change: (i) => (i.effect = null),
    outcome: 'deny',
    denies: ['decision'],
  },
  {
    name: 'an agent that is not registered denies',
    hook: 'before_execute',
    change: (i) => (i.agent = null),
    outcome: 'deny',
    denies: ['agent_limits', 'data_access_gate', 'decision', 'external_write_gate', 'tool_allowlist'],
  },
  {
    name: 'a disabled agent denies',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.lifecycle.state = 'disabled'),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'an agent at its runs of the day denies',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.runs_today = 10),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'an expired agent denies',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.definition.limits.expires_at = '2026-11-21T15:04:05Z'),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'an agent that expires later may run',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.definition.limits.expires_at = '2026-11-21T15:04:06Z'),
    outcome: 'allow',
  },
  {
    name: 'an execution time over the cap denies',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.definition.limits.max_execution_time_seconds = 3601),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'an agent without an owner warns',
    hook: 'before_execute',
    change: (i) => i.agent !== null && (i.agent.owner_person_id = null),
    outcome: 'warn',
  },
  {
    name: 'too many files deny',
    hook: 'after_execute',
    change: paths(['src/1', 'src/2', 'src/3', 'src/4']),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'too large a diff denies',
    hook: 'after_execute',
    change: (i) => i.proposal !== null && (i.proposal.diff_bytes = 1001),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'a path outside the allowed denies',
    hook: 'after_execute',
    change: paths(['docs/a.md']),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'a setting lowers a limit',
    hook: 'after_execute',
    change: (i) => (i.settings = { max_diff_bytes: 10 }),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'a setting cannot lift a limit',
    hook: 'after_execute',
    change: (i) =>
      i.proposal !== null && (i.settings = { max_diff_bytes: 9_000_000 }) && (i.proposal.diff_bytes = 1001),
    outcome: 'deny',
    denies: ['agent_limits'],
  },
  {
    name: 'a setting asks for more approvals',
    hook: 'before_effect',
    change: (i) => (i.settings = { approvals: { low: 3 } }),
    outcome: 'allow',
    requires: ['approvals 3'],
  },
]

test.each(rows)('$name', (row) => {
  const decision = decide(changed(row.hook, row.change))
  expect(decision.outcome).toBe(row.outcome)
  expect([...new Set(decision.violations.map((v) => v.policy_id))].toSorted()).toEqual(row.denies ?? [])
  if (row.risk !== undefined) expect(decision.effective_risk).toBe(row.risk)
  if (row.requires !== undefined)
    expect(decision.requirements.map((r) => `${r.id} ${r.count}`).toSorted()).toEqual(row.requires)
})

test('nothing at all is denied, not undefined', () => {
  for (const input of [{}, [], null, 'x', { hook: 'before_effect' }, { hook: 'other' }] as Json[]) {
    const evaluation = policy.evaluate('gatehouse/decision', input)
    expect(evaluation).toMatchObject({ ok: true, result: { outcome: 'deny' } })
  }
})

test('the decision is the same each time, and bounded in steps', () => {
  const input = cleanInput('before_effect') as Json
  const first = policy.evaluate('gatehouse/decision', input)
  expect(policy.evaluate('gatehouse/decision', input)).toEqual(first)
  expect(policy.evaluate('gatehouse/decision', input, { fuel: 20_000 })).toEqual(first)
  expect(policy.evaluate('gatehouse/decision', input, { fuel: 50 })).toMatchObject({
    ok: false,
    code: 'policy-over-limit',
  })
})

test('a change of ten thousand files is decided within the default fuel', () => {
  const input = changed(
    'before_effect',
    paths(Array.from({ length: 10_000 }, (_, i) => `src/deep/folder/file-${i}.js`)),
  )
  const evaluation = policy.evaluate('gatehouse/decision', input)
  expect(evaluation).toMatchObject({ ok: true })
})

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const RUNS = Number(process.env['GATEHOUSE_RUNS'] ?? 400)

const name = fc.constantFrom('a', 'cart > adds', 'über', '日本 😀', '"quoted"\n', '</script>', '__proto__')
const path = fc.constantFrom(
  'src/a.js',
  'src/deep/b.js',
  'test/a.test.js',
  '.github/workflows/ci.yml',
  'package-lock.json',
  'a/yarn.lock',
  'policy/x.rego',
  'docs/ü.md',
  '.GITHUB/x',
  'a b/{c}.js',
)
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 30, arbitrary: good },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'x', 3.5, [], {}, 1e21) },
  )
const names = mostly(fc.array(name, { maxLength: 3 }))
const risk = mostly(fc.constantFrom('low', 'medium', 'high', 'critical'))
const time = mostly(
  fc.constantFrom(
    '2026-11-21T15:04:05Z',
    '2026-11-21T15:04:05.123456789+02:00',
    '1969-12-31T23:59:59Z',
    '2024-02-29T00:00:00Z',
    '2025-02-29T00:00:00Z',
  ),
)

/** Documents near the contract: mostly whole, sometimes with a part missing or of another type. */
const documents = fc.record(
  {
    hook: mostly(fc.constantFrom('before_execute', 'after_execute', 'before_effect')),
    at: time,
    environment: mostly(fc.constantFrom('sandbox', 'production')),
    actor: mostly(fc.record({ kind: fc.constantFrom('person', 'agent', 'service') })),
    task: mostly(fc.oneof(fc.record({ risk }), fc.constant(null))),
    agent: mostly(
      fc.record({
        name: mostly(name),
        lifecycle: mostly(fc.record({ state: fc.constantFrom('draft', 'sandbox', 'governed', 'disabled') })),
        owner_person_id: fc.constantFrom('per_1', null),
        runs_today: mostly(fc.integer({ min: 0, max: 12 })),
        definition: fc.record({
          anatomy: fc.record({
            capabilities: fc.record({
              allowed_paths: mostly(
                fc.array(fc.constantFrom('src/**', '**', 'test/*', '{src,docs}/**', '*.md'), { maxLength: 2 }),
              ),
            }),
          }),
          limits: fc.record({
            max_requests_per_day: mostly(fc.integer({ min: 1, max: 12 })),
            max_execution_time_seconds: mostly(fc.integer({ min: 1, max: 5000 })),
            max_changed_files: mostly(fc.integer({ min: 1, max: 4 })),
            max_diff_bytes: mostly(fc.integer({ min: 1, max: 2000 })),
            expires_at: fc.oneof(fc.constant(null), time),
          }),
        }),
      }),
    ),
    proposal: mostly(
      fc.record({
        provenance: mostly(fc.constantFrom('observed', 'unobserved')),
        files: mostly(fc.array(fc.record({ path: mostly(path) }), { maxLength: 5 })),
        diff_bytes: mostly(fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0.1, 1999.5))),
        authors: mostly(fc.constant(['per_1'])),
      }),
    ),
    validation: mostly(
      fc.record({
        verdict: mostly(fc.constantFrom('passed', 'failed', 'errored')),
        isolation_driver: mostly(fc.constantFrom('none', 'bubblewrap')),
        host_measured: mostly(fc.record({ test_files_deleted: names, test_files_changed: names })),
        candidate_reported: mostly(fc.record({ removed_tests: names, newly_skipped_tests: names })),
        ticked_tasks: mostly(
          fc.record({
            judged: mostly(
              fc.array(
                fc.record({
                  id: fc.constantFrom('T001', null),
                  path: mostly(path),
                  line: fc.integer({ min: 1, max: 9 }),
                  verdict: mostly(fc.constantFrom('shown', 'partly', 'partly', 'unshown', 'contradicted')),
                  lookable: mostly(fc.boolean()),
                  dropped: mostly(fc.constantFrom<string[]>([], [], [], ['src/a.js'])),
                }),
                { maxLength: 1 },
              ),
            ),
            removed: mostly(fc.constant([])),
            not_judged: fc.constantFrom(null, null, null, 'git failed'),
          }),
        ),
      }),
    ),
    effect: mostly(fc.constant({ kind: 'merge' })),
    settings: mostly(
      fc.record(
        {
          approvals: mostly(
            fc.dictionary(fc.constantFrom('low', 'medium', 'high', 'critical'), fc.integer({ min: 0, max: 4 })),
          ),
          protected_paths: mostly(fc.array(fc.constantFrom('src/**', 'docs/*'), { maxLength: 2 })),
          max_diff_bytes: mostly(fc.integer({ min: 0, max: 2000 })),
          max_changed_files: mostly(fc.integer({ min: 0, max: 5 })),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ['hook'] },
)

/** Whole documents with up to two of the table's changes. */
const near = fc
  .tuple(
    fc.constantFrom('before_execute', 'after_execute', 'before_effect'),
    fc.subarray(
      rows.map((row) => row.change),
      { maxLength: 2 },
    ),
  )
  .map(([hook, changes]): unknown => changed(hook, (input) => changes.forEach((change) => change(input))))

test('decisions are byte for byte those of the real OPA, over generated inputs', { timeout: 120_000 }, (ctx) => {
  const found = findOpa()
  if (!found.ok) {
    ctx.skip(found.reason)
    return
  }
  const inputs = fc.sample(fc.oneof(documents as fc.Arbitrary<unknown>, near), { seed: SEED, numRuns: RUNS }) as Json[]
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  try {
    const file = join(folder, 'inputs.json')
    writeFileSync(file, JSON.stringify({ generated_inputs: inputs }))
    const query = '[d | some doc in data.generated_inputs; d := data.gatehouse.decision with input as doc]'
    const said = runOpa(
      found.path,
      ['eval', '--format', 'json', '-d', 'policies', '-d', 'data', '-d', file, query],
      GOVERNANCE,
    )
    const theirs =
      (JSON.parse(said) as { result: { expressions: { value: Json[] }[] }[] }).result[0]?.expressions[0]?.value ?? []
    expect(theirs).toHaveLength(inputs.length)
    const outcomes = new Map<string, number>()
    for (const [i, input] of inputs.entries()) {
      const mine = policy.evaluate('gatehouse/decision', input)
      if (!mine.ok) throw new Error(`seed ${SEED}, input ${i}: ${mine.code}: ${mine.detail}`)
      expect(canonicalJson(mine.result), `seed ${SEED}, input ${i}: ${JSON.stringify(input)}`).toBe(
        canonicalJson(theirs[i] ?? null),
      )
      const outcome = PolicyDecision.parse(mine.result).outcome
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    process.stdout.write(
      `against OPA: ${inputs.length} inputs, seed ${SEED}, ${JSON.stringify(Object.fromEntries(outcomes))}\n`,
    )
    for (const outcome of ['allow', 'warn', 'deny']) expect(outcomes.get(outcome) ?? 0).toBeGreaterThan(5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
