import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { DecisionInput } from '@gatehouse/core/policy/decision'
import type { BundleParts } from './rego.ts'

export const GOVERNANCE = fileURLToPath(new URL('../../../policy/governance', import.meta.url))

type Tree = { readonly [key: string]: Json | undefined }

function isTree(value: Json | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function merged(a: Tree, b: Tree): Tree {
  const out: { [key: string]: Json | undefined } = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const old = out[key]
    out[key] = isTree(old) && isTree(value) ? merged(old, value) : value
  }
  return out
}

function read(name: string): Json {
  return JSON.parse(readFileSync(join(GOVERNANCE, name), 'utf8')) as Json
}

/** The shipped bundle from its folder: plan.json, manifest.json, and every file of data/ merged at the root. */
export function governanceBundle(): BundleParts {
  const data = readdirSync(join(GOVERNANCE, 'data'))
    .toSorted()
    .map((file) => read(join('data', file)) as Tree)
    .reduce(merged, {})
  return { plan: read('plan.json'), data, manifest: read('manifest.json') }
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
