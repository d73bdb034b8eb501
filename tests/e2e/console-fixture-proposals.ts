import type { Approval, Decision, Proposal, Validation, ValidationDetail } from '@gatehouse/client/operations.gen'
import { ago, ANA, BEN, CHI, CODEMOD, id, RECIPE, sha } from './console-fixture-data.ts'

/** Proposals with their evidence, for the console's fixture. */
export const DIFF = [
  'diff --git a/src/total.js b/src/total.js',
  `index ${'1'.repeat(40)}..${'2'.repeat(40)} 100644`,
  '--- a/src/total.js',
  '+++ b/src/total.js',
  '@@ -1,6 +1,8 @@ export function total(items)',
  ' export function total(items) {',
  '-  return Math.round(sum(items))',
  '+  const cents = sum(items)',
  "+  if (cents < 0) throw new RangeError('a total is never negative')",
  '+  return (cents / 100).toFixed(2)',
  ' }',
  ' ',
  '-const currency = "USD" // all of it',
  '+const currency = "USD" // all \u202eof it',
  ' export const VERSION = 1',
  'diff --git a/test/total.test.js b/test/total.test.js',
  'new file mode 100644',
  `index ${'0'.repeat(40)}..${'3'.repeat(40)}`,
  '--- /dev/null',
  '+++ b/test/total.test.js',
  '@@ -0,0 +1,4 @@',
  "+import { test } from 'node:test'",
  "+test('a total of 1234 shows as 12.34', () => {",
  "+  assert.equal(total([1234]), '12.34')",
  '+})',
  '\\ No newline at end of file',
  'diff --git a/docs/logo.png b/docs/logo.png',
  `index ${'4'.repeat(40)}..${'5'.repeat(40)} 100644`,
  'GIT binary patch',
  'literal 4',
  'LcmZQzU|@g%0D=Gj',
  '',
  'literal 4',
  'LcmZQzU|@g%0C@lh',
  '',
  '',
].join('\n')

export function makeValidation(over: Partial<Validation> = {}): Validation {
  return {
    id: id('val', 1),
    proposal_id: id('prp', 1),
    state: 'passed',
    reason: null,
    base_commit: sha('base').slice(0, 40),
    result_tree: sha('tree').slice(0, 40),
    recipe_digest: sha('recipe'),
    recipe_source: 'base: .gatehouse/recipe.yaml',
    recipe: RECIPE,
    facts: {
      host_measured: {
        commands: [
          { name: 'install', exit_code: 0, timed_out: false, duration_ms: 2310 },
          { name: 'test', exit_code: 0, timed_out: false, duration_ms: 840 },
        ],
        test_files_deleted: [],
        test_files_changed: ['test/total.test.js'],
      },
      candidate_reported: {
        total: 24,
        passed: 23,
        failed: 0,
        skipped: 1,
        removed_tests: [],
        newly_skipped_tests: ['cart.test.js > survives a slow disk'],
        newly_failing_tests: [],
        problems: [],
      },
      ticked_tasks: {
        judged: [
          {
            id: 'T014',
            path: 'specs/004-totals/tasks.md',
            line: 31,
            text: 'Round each total in `src/total.ts`, with tests in `test/total.test.js`',
            verdict: 'partly',
            lookable: true,
            dropped: [],
            evidence: [
              { about: 'file', found: 'yes', text: 'src/total.ts was changed since the task was written', where: null },
              { about: 'test', found: 'no', text: 'no report names a test of test/total.test.js', where: null },
            ],
            caveats: ['what is missing may be in a file, or under a name, that the task does not say'],
          },
        ],
        removed: [],
        total: 1,
        not_judged: null,
      },
    },
    isolation: {
      driver: 'bubblewrap',
      network: 'none',
      notes: ['cgroup v2 limits in force', 'seccomp filter in force'],
    },
    envelope_digest: sha('envelope'),
    digest: sha('validation'),
    created_at: ago(118),
    finished_at: ago(114),
    ...over,
  }
}

export function makeValidationDetail(validation: Validation): ValidationDetail {
  const output = (text: string, dropped = 0) => ({ text, bytes: text.length + dropped, dropped })
  const command = { argv: ['npm', 'ci', '--ignore-scripts'], exit_code: 0, signal: null, timed_out: false }
  return {
    ...validation,
    commands: [
      { ...command, name: 'install', duration_ms: 2310, stdout: output('added 12 packages\n'), stderr: output('') },
      {
        ...command,
        name: 'test',
        argv: ['node', '--test'],
        duration_ms: 840,
        stdout: output('24 tests, 23 passed, 1 skipped\n', 51_200_000),
        stderr: output('(node:7) a warning\n'),
      },
    ],
  }
}

const decision = (n: number, over: Partial<Decision>): Decision => ({
  id: id('dec', n),
  hook: 'before_execute',
  subject_id: id('prp', 1),
  outcome: 'allow',
  violations: [],
  warnings: [],
  requirements: [],
  effective_risk: 'medium',
  input_digest: sha(`input ${n}`),
  bundle_digest: sha('bundle'),
  policy_set_hash: sha('policy set'),
  at: ago(130 - n * 10),
  valid_until: null,
  ...over,
})
const REQUIREMENT = {
  id: 'change-approval',
  policy_id: 'governance.approvals',
  count: 1,
  roles: ['maintainer', 'owner'],
  reason: 'A change of medium risk needs one approval by a maintainer or owner who is not its author.',
}
export const DECISIONS: Decision[] = [
  decision(1, {}),
  decision(2, {
    hook: 'after_execute',
    outcome: 'warn',
    warnings: [
      {
        policy_id: 'governance.tests',
        message: 'one test is skipped now: cart.test.js > survives a slow disk',
        severity: 'medium',
        runbook_url: 'https://example.org/runbooks/tests',
      },
    ],
    requirements: [REQUIREMENT],
  }),
]

export function makeApproval(over: Partial<Approval> = {}): Approval {
  return {
    request_id: id('apr', 1),
    state: 'open',
    reason: null,
    intent: {
      schema: 'gatehouse.intent/v1',
      kind: 'merge',
      project_id: id('prj', 1),
      repository_id: id('rep', 1),
      task_id: id('tsk', 1),
      target_branch: 'main',
      environment: 'sandbox',
      diff_digest: sha(DIFF),
      agent_version: CODEMOD,
      exceptions: [],
    },
    intent_digest: sha('intent 1'),
    expires_at: new Date(Date.now() + 6.9 * 86_400_000).toISOString(),
    requirements: [{ ...REQUIREMENT, by: [], remaining: 1, eligible: [ANA, BEN] }],
    votes: [],
    created_at: ago(112),
    ...over,
  }
}

export function makeProposals(): Proposal[] {
  const yes = { ok: true, reason: null }
  const no = (reason: string) => ({ ok: false, reason })
  const base: Proposal = {
    id: id('prp', 1),
    task_id: id('tsk', 1),
    run_id: id('run', 1),
    title: 'Totals are shown with cents',
    state: 'validated',
    reason: null,
    provenance: 'observed',
    repository_id: id('rep', 1),
    repository_name: 'shop',
    target_branch: 'main',
    environment: 'sandbox',
    risk: 'medium',
    priority: 2,
    diff_digest: sha(DIFF),
    diff_bytes: Buffer.byteLength(DIFF),
    files_changed: 3,
    additions: 8,
    deletions: 2,
    created_by: CHI,
    supersedes: id('prp', 3),
    superseded_by: null,
    purged_at: null,
    created_at: ago(120),
    updated_at: ago(90),
    rationale: 'Cents were rounded away in `total`. It now divides once, at the end.\n\n- AC-1 by `total.test.js`',
    claimed: {
      author: 'codemod <codemod@agents>',
      subject: 'Totals with cents',
      trailers: [{ key: 'Co-authored-by', value: 'ben' }],
    },
    base_commit: sha('base').slice(0, 40),
    base_tree: sha('base tree').slice(0, 40),
    result_tree: sha('tree').slice(0, 40),
    head_commit: sha('head').slice(0, 40),
    agent_version: CODEMOD,
    files: [
      {
        path: 'src/total.js',
        status: 'modified',
        old_mode: '100644',
        new_mode: '100644',
        binary: false,
        additions: 4,
        deletions: 2,
      },
      {
        path: 'test/total.test.js',
        status: 'added',
        old_mode: null,
        new_mode: '100644',
        binary: false,
        additions: 4,
        deletions: 0,
      },
      {
        path: 'docs/logo.png',
        status: 'modified',
        old_mode: '100644',
        new_mode: '100644',
        binary: true,
        additions: null,
        deletions: null,
      },
    ],
    authors: [
      { person: CHI, path: 'started the run' },
      { person: CHI, path: 'prompted the story' },
    ],
    validation: makeValidation(),
    decisions: DECISIONS,
    approval: makeApproval(),
    past_approvals: [
      makeApproval({
        request_id: id('apr', 0),
        state: 'stale',
        reason: 'the diff changed: proposal superseded',
        intent_digest: sha('intent 0'),
        votes: [
          {
            id: id('apv', 0),
            person: BEN,
            verdict: 'yes',
            comment: 'Looks right.',
            intent_digest: sha('intent 0'),
            at: ago(400),
            revoked_at: null,
          },
        ],
      }),
    ],
    effect: null,
    missing: [{ code: 'approval-missing', what: '1 approval by a maintainer or owner', who: 'ana or ben' }],
    can: {
      approve: yes,
      reject: yes,
      revoke: no('You have no standing approval of it.'),
      merge: no('1 approval is missing.'),
      validate: yes,
      supersede: yes,
      withdraw: yes,
      purge: no('Only a closed proposal can be purged.'),
    },
    correlation_id: id('req', 1),
  }
  const failing = makeValidation({
    id: id('val', 2),
    proposal_id: id('prp', 2),
    state: 'failed',
    reason: 'test ended with exit code 1',
    isolation: { driver: 'none', network: 'host', notes: ['This machine grants no namespaces.'] },
  })
  if (failing.facts) {
    failing.facts = {
      host_measured: {
        commands: [{ name: 'test', exit_code: 1, timed_out: false, duration_ms: 910 }],
        test_files_deleted: ['test/cart.test.js'],
        test_files_changed: [],
      },
      candidate_reported: {
        total: 22,
        passed: 21,
        failed: 1,
        skipped: 0,
        removed_tests: ['cart.test.js > keeps its items'],
        newly_skipped_tests: [],
        newly_failing_tests: [{ id: 'total.test.js > adds up', message: 'expected 12.34\nreceived 12' }],
        problems: ['report.xml: 2 test cases have the same name'],
      },
      ticked_tasks: {
        judged: [
          {
            id: 'T021',
            path: 'specs/005-reload/tasks.md',
            line: 12,
            text: 'The cart survives a reload',
            verdict: 'contradicted',
            lookable: true,
            dropped: ['src/storage.ts', 'restoreCart'],
            evidence: [{ about: 'file', found: 'against', text: 'src/cart-storage.ts is not there', where: null }],
            caveats: ['the task may mean another file, or only a part of it'],
          },
        ],
        removed: [{ id: 'T022', path: 'specs/005-reload/tasks.md', line: 13, text: 'Measure how long a reload takes' }],
        total: 1,
        not_judged: null,
      },
    }
  }
  const dead = { approve: no('It did not pass.'), reject: no('It did not pass.'), merge: no('It did not pass.') }
  return [
    base,
    {
      ...base,
      id: id('prp', 2),
      task_id: id('tsk', 2),
      title: 'The cart survives a reload',
      state: 'failed',
      reason: 'policy denied: a test of the base was removed',
      risk: 'low',
      validation: failing,
      decisions: [
        decision(5, {
          hook: 'after_execute',
          outcome: 'deny',
          violations: [
            {
              policy_id: 'governance.tests',
              message: 'test/cart.test.js was deleted with its test "keeps its items"',
              severity: 'high',
              runbook_url: '',
            },
          ],
        }),
      ],
      approval: null,
      past_approvals: [],
      missing: [{ code: 'validation-missing', what: 'a validation that passes', who: 'a new attempt' }],
      can: { ...base.can, ...dead },
    },
    {
      ...base,
      id: id('prp', 8),
      task_id: id('tsk', 8),
      title: 'Upgrade the date library',
      state: 'validating',
      provenance: 'unobserved',
      risk: 'low',
      run_id: null,
      agent_version: null,
      validation: makeValidation({ state: 'running', facts: null, isolation: null, finished_at: null }),
      approval: null,
      past_approvals: [],
      decisions: [],
      can: { ...base.can, ...dead },
    },
    {
      ...base,
      id: id('prp', 7),
      task_id: id('tsk', 7),
      title: 'The invoice names the tax',
      state: 'merged',
      approval: makeApproval({ state: 'satisfied' }),
      missing: [],
      effect: {
        id: id('eff', 7),
        kind: 'merge',
        state: 'effected',
        reason: null,
        grant_id: id('gra', 7),
        grant_spent_at: ago(7200),
        intent_digest: sha('intent 7'),
        execution_digest: sha('execution 7'),
        result_commit: sha('merged').slice(0, 40),
        requested_by: BEN,
        granted_at: ago(7201),
        settled_at: ago(7200),
      },
    },
  ]
}
