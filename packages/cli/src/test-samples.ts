/** For tests: documents as the server answers them. */
import type { Approval, LedgerEvent, Proposal, Run, Runbook, Story, Task } from '@gatehouse/client/operations.gen'

const hex = (digit: string) => digit.repeat(64)
export const TIME = '2026-11-21T15:04:05.000Z'
export const PROPOSAL_ID = `prp_${'0193aaaa'.padEnd(32, '1')}`
export const TASK_ID = `tsk_${'0193bbbb'.padEnd(32, '2')}`
export const RUN_ID = `run_${'0193cccc'.padEnd(32, '3')}`
export const STORY_ID = `sto_${'0193dddd'.padEnd(32, '4')}`
export const INTENT = hex('a')
export const ANNA = { id: `per_${'1'.repeat(32)}`, login: 'anna' }

export function sampleApproval(more: Partial<Approval> = {}): Approval {
  return {
    request_id: `apr_${'5'.repeat(32)}`,
    state: 'open',
    reason: null,
    intent: {
      schema: 'gatehouse.intent/v1',
      kind: 'merge',
      project_id: 'prj_1',
      repository_id: 'rep_1',
      task_id: TASK_ID,
      target_branch: 'main',
      environment: 'sandbox',
      diff_digest: hex('d'),
      agent_version: null,
      exceptions: [],
    },
    intent_digest: INTENT,
    expires_at: TIME,
    requirements: [
      {
        id: 'r',
        policy_id: 'p',
        count: 1,
        roles: ['maintainer'],
        reason: 'medium risk',
        by: [],
        remaining: 1,
        eligible: [ANNA],
      },
    ],
    votes: [],
    created_at: TIME,
    ...more,
  }
}

export function sampleProposal(more: Partial<Proposal> = {}): Proposal {
  const no = { ok: false, reason: 'not now' }
  return {
    id: PROPOSAL_ID,
    task_id: TASK_ID,
    run_id: null,
    title: 'Round half to even',
    state: 'validated',
    reason: null,
    provenance: 'unobserved',
    repository_id: 'rep_1',
    repository_name: 'ledger',
    target_branch: 'main',
    environment: 'sandbox',
    risk: 'medium',
    priority: 2,
    diff_digest: hex('d'),
    diff_bytes: 120,
    files_changed: 1,
    additions: 3,
    deletions: 1,
    created_by: { id: `per_${'2'.repeat(32)}`, login: 'ben' },
    supersedes: null,
    superseded_by: null,
    purged_at: null,
    created_at: TIME,
    updated_at: TIME,
    rationale: 'Banks do.',
    claimed: null,
    base_commit: 'b'.repeat(40),
    base_tree: 'c'.repeat(40),
    result_tree: 'e'.repeat(40),
    head_commit: 'f'.repeat(40),
    agent_version: null,
    files: [
      {
        path: 'src/round.ts',
        status: 'modified',
        old_mode: '100644',
        new_mode: '100644',
        binary: false,
        additions: 3,
        deletions: 1,
      },
    ],
    authors: [{ person: { id: `per_${'2'.repeat(32)}`, login: 'ben' }, path: 'submitted it' }],
    validation: null,
    decisions: [],
    approval: sampleApproval(),
    past_approvals: [],
    effect: null,
    missing: [{ code: 'approval', what: 'an approval of a maintainer', who: 'anna' }],
    can: {
      approve: { ok: true, reason: null },
      reject: no,
      revoke: no,
      merge: no,
      validate: no,
      supersede: no,
      withdraw: no,
      purge: no,
    },
    correlation_id: 'req_1',
    ...more,
  }
}

export function sampleTask(more: Partial<Task> = {}): Task {
  return {
    id: TASK_ID,
    title: 'Round half to even',
    description: '',
    kind: 'coding',
    state: 'ready',
    risk: 'medium',
    priority: 2,
    attempt: 0,
    feedback: null,
    story_id: STORY_ID,
    repository_id: 'rep_1',
    repository_name: 'ledger',
    target_branch: 'main',
    environment: 'sandbox',
    requested_by: ANNA,
    live_run_id: null,
    last_run_id: null,
    live_proposal_id: null,
    last_proposal_id: null,
    version: 1,
    created_at: TIME,
    updated_at: TIME,
    ...more,
  }
}

export function sampleRun(more: Partial<Run> = {}): Run {
  return {
    id: RUN_ID,
    task_id: TASK_ID,
    agent: { id: 'agt_1', name: 'renamer', version: hex('9') },
    state: 'running',
    reason: null,
    attempt: 1,
    branch: `task/${TASK_ID}`,
    base_commit: 'b'.repeat(40),
    started_by: ANNA,
    proposal_id: null,
    steps: [{ name: 'work', ordinal: 1, epoch: 1, started_at: TIME, finished_at: null, duration_ms: null }],
    correlation_id: 'req_1',
    created_at: TIME,
    finished_at: null,
    ...more,
  }
}

export function sampleRunbook(more: Partial<Runbook> = {}): Runbook {
  return {
    id: `rbk_${'6'.repeat(32)}`,
    story_id: STORY_ID,
    state: 'PROPOSED',
    digest: hex('8'),
    body: '# Runbook\n\nChange `round`.\n',
    accepted_by: null,
    accepted_at: null,
    created_at: TIME,
    ...more,
  }
}

export function sampleStory(more: Partial<Story> = {}): Story {
  return {
    id: STORY_ID,
    feature_request_id: 'LED-1',
    title: 'Round half to even',
    state: 'runbook_drafted',
    risk: 'medium',
    priority: 2,
    planner_notes: ['[risk:medium] touches money'],
    problem: 'Sums drift.',
    user_story: '',
    criteria: [{ id: 'AC1', text: 'Given 2.5, then 2', negative: false, line: 7 }],
    repository_id: 'rep_1',
    submitted_by: ANNA,
    runbook: sampleRunbook(),
    task_id: TASK_ID,
    version: 1,
    created_at: TIME,
    updated_at: TIME,
    ...more,
  }
}

export function sampleEvent(more: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    seq: 7,
    time: TIME,
    act: 'proposal.approve',
    outcome: 'ok',
    reason: null,
    actor: { kind: 'person', id: ANNA.id, person_id: ANNA.id },
    actor_name: 'anna',
    subject: { kind: 'proposal', id: PROPOSAL_ID },
    correlation_id: 'req_1',
    decision_id: null,
    rows: [],
    digests: {},
    detail: {},
    hash: hex('7'),
    ...more,
  }
}
