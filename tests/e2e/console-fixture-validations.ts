import type { Validation, ValidationDetail } from '@gatehouse/client/operations.gen'
import { ago, id, RECIPE, sha } from './console-fixture-data.ts'

/** Validations, for the console's fixture: one that passed, and one that did not. */
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

/** Failed, run without isolation, with tests against it and a tick that nothing stands behind. */
export function makeFailing(): Validation {
  return makeValidation({
    id: id('val', 2),
    proposal_id: id('prp', 2),
    state: 'failed',
    reason: 'test ended with exit code 1',
    isolation: { driver: 'none', network: 'host', notes: ['This machine grants no namespaces.'] },
    facts: {
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
    },
  })
}
