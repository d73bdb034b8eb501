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
      hook === 'before_execute'
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
          },
    effect: hook === 'before_effect' ? { kind: 'merge', target_branch: 'main' } : null,
    settings: {},
  }
}

export function changedFile(path: string): NonNullable<DecisionInput['proposal']>['files'][number] {
  return { path, status: 'modified', old_mode: '100644', new_mode: '100644', binary: false, additions: 1, deletions: 1 }
}
