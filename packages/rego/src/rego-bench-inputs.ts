import { DECISION_HOOKS, type DecisionHook, type DecisionInput } from '@gatehouse/core/policy/decision'
import { changedFile, cleanInput } from './governance-fixture.ts'

/** Numbers in [0, 1) that a seed decides (mulberry32), so that every run measures the same inputs. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const FOLDERS = ['src/cart', 'src/price', 'test/unit', 'docs', 'lib/deep/down', '.github/workflows'] as const
const TOOLS = ['node', 'git', 'search', 'read-file', 'edit-file', 'query-database', 'shell', 'post-comment'] as const
const RISKS = ['low', 'medium', 'high', 'critical'] as const
const STATES = ['draft', 'sandbox', 'governed', 'disabled'] as const
const SIZE = 5000

/**
 * Inputs of the governance bundle, about 5 KB of JSON each, every hook in turn: agents of many shapes, changes of many
 * files, some within the rules and some not. The same for the same seed.
 */
export function benchInputs(count: number, seed = 20_261_121): DecisionInput[] {
  const next = chance(seed)
  return Array.from({ length: count }, (_, i) =>
    benchInput(DECISION_HOOKS[i % DECISION_HOOKS.length] ?? 'before_execute', i, next),
  )
}

function benchInput(hook: DecisionHook, index: number, next: () => number): DecisionInput {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const often = (share: number): boolean => next() < share
  const input = structuredClone(cleanInput(hook))
  input.at = new Date(Date.parse('2026-11-21T15:04:05.000Z') + Math.floor(next() * 86_400_000)).toISOString()
  input.project = { id: `prj_${index % 40}`, name: `project ${index % 40}` }
  const { agent, task, proposal } = input
  if (task !== null) {
    task.risk = pick(RISKS)
    task.attempt = 1 + Math.floor(next() * 3)
  }
  if (agent !== null) {
    agent.id = `agt_${index}`
    agent.name = `agent-${index}`
    agent.runs_today = Math.floor(next() * 12)
    if (often(0.1)) agent.lifecycle.state = pick(STATES)
    if (often(0.1)) agent.owner_person_id = null
    const { anatomy, limits } = agent.definition
    anatomy.capabilities.tools = TOOLS.filter(() => often(0.3))
    anatomy.capabilities.actions = ['propose']
    limits.max_execution_time_seconds = pick([60, 300, 900, 7200])
    limits.expires_at = often(0.5) ? '2027-01-01T00:00:00Z' : null
  }
  if (often(0.3)) {
    const from = `2026-11-${21 + Math.floor(next() * 9)}T00:00:00.000Z`
    const window = { id: 'release', from, to: '2026-12-02T00:00:00.000Z', branches: [], reason: 'A release is made.' }
    input.settings = { ...input.settings, freeze: [{ ...window, environments: ['production'] }] }
  }
  if (often(0.3)) input.settings = { ...input.settings, approvals: { high: 3 }, protected_paths: ['lib/**', '*.lock'] }
  if (often(0.3))
    input.incidents = [{ id: 'inc_1', summary: 'Checkout is slow.', environment: null, repository_id: null }]
  if (proposal !== null) {
    proposal.files = []
    for (let i = 0; JSON.stringify(input).length < SIZE; i++)
      proposal.files.push(changedFile(`${pick(FOLDERS)}/part-${i}.js`))
    proposal.diff_bytes = proposal.files.length * 120
    if (agent !== null) {
      agent.definition.limits.max_changed_files = often(0.8) ? 200 : 10
      agent.definition.limits.max_diff_bytes = 1_000_000
    }
    return input
  }
  filled(input, pick)
  return input
}

/** Without a change it is what is known of the agent, and exceptions of its project, that make an input large. */
function filled(input: DecisionInput, pick: <T>(list: readonly T[]) => T): void {
  const exceptions: NonNullable<DecisionInput['exceptions']> = {}
  const policies = ['agent_limits', 'tool_allowlist', 'egress', 'cost_caps'] as const
  input.exceptions = exceptions
  for (let i = 0; JSON.stringify(input).length < SIZE; i++) {
    const policy = pick(policies)
    const list = (exceptions[policy] ??= [])
    list.push({
      id: `exc_${i}`,
      policy_id: policy,
      scope: { environment: pick(['sandbox', 'production']), repository_id: null, agent_id: `agt_${i}` },
      reason: 'The migration of the old shop needs it until the end of the year; see the ticket of the platform team.',
      requested_by: 'per_author',
      approved_by: ['per_owner', `per_${i}`],
      starts_at: '2026-11-01T00:00:00.000Z',
      expires_at: pick(['2026-11-22T00:00:00.000Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']),
    })
  }
}
