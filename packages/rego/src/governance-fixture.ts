import { fileURLToPath } from 'node:url'
import type { DecisionInput } from '@gatehouse/core/policy/decision'
import { readBundleFolder } from './bundle-folder.ts'
import type { BundleParts } from './rego.ts'

export const GOVERNANCE = fileURLToPath(new URL('../../../policy/governance', import.meta.url))

/** The shipped bundle from its folder. */
export function governanceBundle(): Required<BundleParts> {
  const bundle = readBundleFolder(GOVERNANCE)
  if (!bundle.ok) throw new Error(bundle.detail)
  return bundle.value
}

/** An input that nothing is said against, for each hook. */
export function cleanInput(hook: DecisionInput['hook']): DecisionInput {
  const flow = flowInput(hook)
  const base: DecisionInput = { ...flow, actor: PERSON, task: null, agent: null, environment: 'sandbox' }
  const agent = flow.agent === null ? null : describedAgent(flow.agent)
  switch (hook) {
    case 'on_create_attempt':
    case 'on_review_open':
      return { ...base, agent }
    case 'on_field_change':
      return { ...base, agent, field_change: { path: '/identity/tags', old_value: [], new_value: ['codemod'] } }
    case 'on_promotion_attempt':
      if (agent !== null) agent.lifecycle.state = 'sandbox'
      return { ...base, agent, environment: 'production', promotion: structuredClone(PROMOTION) }
    case 'on_policy_update':
      return { ...base, environment: 'production', policy_update: { kind: 'bundle', bundle: { ...BUNDLE } } }
    case 'on_remediation_attempt':
      return { ...base, remediation: structuredClone(REMEDIATION) }
    case 'before_execute':
    case 'after_execute':
    case 'before_effect':
      return flow
  }
}

/** A draft that says all that admission and promotion ask for. */
function describedAgent(agent: NonNullable<DecisionInput['agent']>): NonNullable<DecisionInput['agent']> {
  const { definition } = agent
  return {
    ...agent,
    lifecycle: { state: 'draft' },
    definition: {
      ...definition,
      identity: { ...definition.identity, description: 'Renames fields of a library.', tags: ['codemod'] },
      limits: { ...definition.limits, expires_at: '2027-01-01T00:00:00Z' },
      policies: { baseline: [...BASELINE], overrides: [] },
    },
  }
}

const PERSON: DecisionInput['actor'] = { kind: 'person', id: 'act_2', person_id: 'per_author', roles: ['developer'] }

/** The policies that speak before a run, which field_locks gives to every definition. */
const BASELINE = [
  'agent_limits',
  'cost_caps',
  'data_access_gate',
  'egress',
  'external_write_gate',
  'memory_retention',
  'model_allowlist',
  'tool_allowlist',
] as const

const PROMOTION: NonNullable<DecisionInput['promotion']> = {
  id: 'prm_1',
  agent_version: '0f3a',
  from: 'sandbox',
  to: 'production',
  requested_by: 'per_author',
  evidence: {
    agent_version: '0f3a',
    environment: 'sandbox',
    verdict: 'passed',
    source: 'host_measured',
    finished_at: '2026-11-20T15:04:05Z',
    tests_total: 12,
    tests_failed: 0,
  },
}

const BUNDLE = {
  digest: '0'.repeat(64),
  revision: 8,
  current_revision: 7,
  signature_verified: true,
  tests_total: 40,
  tests_failed: 0,
  replayed: 500,
  unexplained_flips: 0,
}

const REMEDIATION: NonNullable<DecisionInput['remediation']> = {
  id: 'rem_1',
  mode: 'apply',
  kind: 'rebind',
  reversible: true,
  targets: [{ kind: 'binding', id: 'bnd_1', environment: 'sandbox' }],
  files: [],
  applied_today: 0,
}

function flowInput(hook: DecisionInput['hook']): DecisionInput {
  return {
    hook,
    at: '2026-11-21T15:04:05.000Z',
    project: { id: 'prj_1', name: 'demo' },
    environment: 'production',
    actor: { kind: 'agent', id: 'agt_1', person_id: 'per_owner', roles: [] },
    repository: { id: 'rep_1', name: 'shop', default_branch: 'main' },
    task: { id: 'tsk_1', kind: 'codemod', risk: 'low', priority: 'normal', attempt: 1 },
    agent: {
      id: 'agt_1',
      name: 'renamer',
      version: '0f3a',
      lifecycle: { state: 'governed' },
      owner_person_id: 'per_owner',
      runs_today: 0,
      definition: {
        identity: { name: 'renamer', description: '', tags: [], role_class: 'automator', role_summary: '' },
        anatomy: {
          command: { run: ['node', '/agent/rename.mjs'], files: {} },
          capabilities: {
            tools: [],
            actions: [],
            allow_external_write: false,
            allow_data_access: false,
            allowed_paths: ['src/**', 'test/**'],
          },
          constraints: [],
        },
        trigger: { type: 'manual' },
        limits: {
          max_requests_per_day: 10,
          max_execution_time_seconds: 300,
          max_retries: 2,
          max_changed_files: 3,
          max_diff_bytes: 1000,
          expires_at: null,
        },
        policies: { baseline: [], overrides: [] },
      },
    },
    proposal:
      hook !== 'after_execute' && hook !== 'before_effect'
        ? null
        : {
            id: 'pro_1',
            provenance: 'observed',
            files: [changedFile('src/price.js')],
            diff_bytes: 400,
            authors: ['per_author'],
          },
    validation:
      hook !== 'before_effect'
        ? null
        : {
            id: 'val_1',
            verdict: 'passed',
            isolation_driver: 'bubblewrap',
            host_measured: {
              commands: [{ name: 'test', exit_code: 0, timed_out: false }],
              test_files_deleted: [],
              test_files_changed: [],
            },
            candidate_reported: {
              removed_tests: [],
              newly_skipped_tests: [],
              newly_failing_tests: [],
              total: 12,
              failed: 0,
            },
            ticked_tasks: { judged: [], removed: [], not_judged: null },
          },
    effect: hook === 'before_effect' ? { kind: 'merge', target_branch: 'main' } : null,
    settings: {},
  }
}

export function changedFile(path: string): NonNullable<DecisionInput['proposal']>['files'][number] {
  return { path, status: 'modified', old_mode: '100644', new_mode: '100644', binary: false, additions: 1, deletions: 1 }
}
