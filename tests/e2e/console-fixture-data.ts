import { createHash } from 'node:crypto'
import type {
  Agent,
  DeadJob,
  LedgerEvent,
  Person,
  Repository,
  Run,
  Story,
  Task,
  Validation,
} from '@gatehouse/client/operations.gen'

/** Canned answers of the API, shaped by the generated client's types. Times are relative to when the fixture starts. */
export const sha = (text: string) => createHash('sha256').update(text).digest('hex')
export const id = (prefix: string, n: number) => `${prefix}_01932f7a${String(n).padStart(24, '0')}`
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
export const ANA = { id: id('per', 1), login: 'ana' }
export const BEN = { id: id('per', 2), login: 'ben' }
export const CHI = { id: id('per', 3), login: 'chi' }
export const CODEMOD = sha('agent')

export const PERSONS: Person[] = [
  { ...ANA, display_name: 'Ana Duarte', roles: ['owner'], created_at: ago(86_400 * 40) },
  { ...BEN, display_name: 'Ben Okafor', roles: ['maintainer'], created_at: ago(86_400 * 31) },
  { ...CHI, display_name: 'Chi Tanaka', roles: ['developer'], created_at: ago(86_400 * 3) },
  { id: id('per', 4), login: 'ci', display_name: 'Build service', roles: ['automation'], created_at: ago(86_400 * 3) },
]

export const RECIPE: Validation['recipe'] = {
  version: 1,
  validations: [
    {
      name: 'test',
      branches: ['**'],
      environments: ['*'],
      commands: [
        { name: 'install', run: ['npm', 'ci', '--ignore-scripts'], timeout_seconds: 300 },
        { name: 'test', run: ['node', '--test'], timeout_seconds: 300 },
      ],
      reports: [{ format: 'junit', path: 'report.xml' }],
    },
  ],
  test_paths: ['test/**'],
}

export const RUNBOOK_BODY = `# WEB-14: Totals are shown with cents

Status: PROPOSED

## Goal Description

> As a buyer I see what I pay to the cent.

Risk medium, priority P2.
- touches money

## Proposed Changes

One change to \`shop\`, offered for \`main\` from a branch of its own. <script>alert(1)</script> [a bad link](javascript:alert(1)), [a good one](https://example.org/).

## Verification Plan

- [ ] AC-1: A total of 1234 shows as 12.34
- [ ] AC-2 (negative test): A negative total is refused

| step | who |
|---|---|
| accept | a maintainer |
`

export function makeStories(): Story[] {
  const story = (n: number, over: Partial<Story>): Story => ({
    id: id('sto', n),
    feature_request_id: `WEB-${10 + n}`,
    title: 'Totals are shown with cents',
    state: 'in_progress',
    risk: 'medium',
    priority: 2,
    planner_notes: ['[risk:medium] touches money'],
    problem: 'Totals are rounded to whole units, and buyers complain.',
    user_story: 'As a buyer I see what I pay to the cent.',
    criteria: [
      { id: 'AC-1', text: 'A total of 1234 shows as 12.34', negative: false, line: 12 },
      { id: 'AC-2', text: 'A negative total is refused', negative: true, line: 13 },
    ],
    repository_id: id('rep', 1),
    submitted_by: CHI,
    runbook: null,
    task_id: id('tsk', n),
    version: 1,
    created_at: ago(5400),
    updated_at: ago(600),
    ...over,
  })
  const drafted: Story = story(4, {
    title: 'Prices come in the currency of the buyer',
    state: 'runbook_drafted',
    risk: 'high',
    priority: 1,
    updated_at: ago(420),
    task_id: id('tsk', 40),
    runbook: {
      id: id('rbk', 4),
      story_id: id('sto', 4),
      state: 'PROPOSED',
      digest: sha(RUNBOOK_BODY),
      body: RUNBOOK_BODY,
      accepted_by: null,
      accepted_at: null,
      created_at: ago(420),
    },
  })
  return [
    story(1, {}),
    story(2, { title: 'The cart survives a reload', risk: 'low', priority: 3 }),
    drafted,
    story(5, {
      title: 'Search finds words with accents',
      state: 'new',
      risk: null,
      priority: null,
      task_id: null,
      updated_at: ago(15),
    }),
    story(6, { title: 'Orders can be cancelled within an hour', risk: 'high', priority: 1 }),
    story(7, { title: 'The invoice names the tax', state: 'delivered', risk: 'low', priority: 3 }),
  ]
}

export function makeTasks(): Task[] {
  const task = (n: number, over: Partial<Task>): Task => ({
    id: id('tsk', n),
    title: 'Totals are shown with cents',
    description: 'One change to `shop`.',
    kind: 'coding',
    state: 'awaiting_approval',
    risk: 'medium',
    priority: 2,
    attempt: 2,
    feedback: null,
    story_id: id('sto', n),
    repository_id: id('rep', 1),
    repository_name: 'shop',
    target_branch: 'main',
    environment: 'sandbox',
    requested_by: CHI,
    live_run_id: null,
    last_run_id: id('run', n),
    live_proposal_id: null,
    last_proposal_id: null,
    version: 4,
    created_at: ago(5000),
    updated_at: ago(90),
    ...over,
  })
  return [
    task(1, { live_proposal_id: id('prp', 1), last_proposal_id: id('prp', 1) }),
    task(2, {
      title: 'The cart survives a reload',
      state: 'needs_revision',
      risk: 'low',
      priority: 3,
      last_proposal_id: id('prp', 2),
      updated_at: ago(300),
      feedback: {
        failing_tests: [{ id: 'cart.test.js > keeps its items', message: 'expected 2, got 0' }],
        violations: [{ policy_id: 'tests.not-removed', message: 'test/cart.test.js lost the test "keeps its items"' }],
        comments: ['Please keep the storage key.'],
      },
    }),
    task(6, {
      title: 'Orders can be cancelled within an hour',
      state: 'running',
      risk: 'high',
      priority: 1,
      live_run_id: id('run', 6),
      updated_at: ago(8),
      attempt: 1,
    }),
    task(7, {
      title: 'The invoice names the tax',
      state: 'merged',
      risk: 'low',
      priority: 3,
      last_proposal_id: id('prp', 7),
      updated_at: ago(7200),
    }),
    task(8, {
      title: 'Upgrade the date library',
      state: 'validating',
      risk: 'low',
      priority: 4,
      story_id: null,
      live_proposal_id: id('prp', 8),
      last_proposal_id: id('prp', 8),
      updated_at: ago(4),
      attempt: 1,
    }),
  ]
}

export function makeRuns(): Run[] {
  const run = (n: number, over: Partial<Run>): Run => ({
    id: id('run', n),
    task_id: id('tsk', n),
    agent: { id: id('agt', 1), name: 'codemod', version: CODEMOD },
    state: 'succeeded',
    reason: null,
    attempt: 2,
    branch: `task/${id('tsk', n)}`,
    base_commit: sha('base').slice(0, 40),
    started_by: CHI,
    proposal_id: id('prp', n),
    steps: [
      { name: 'workspace', ordinal: 1, epoch: 1, started_at: ago(130), finished_at: ago(129), duration_ms: 412 },
      { name: 'decide', ordinal: 2, epoch: 1, started_at: ago(129), finished_at: ago(128), duration_ms: 38 },
      { name: 'execute', ordinal: 3, epoch: 2, started_at: ago(128), finished_at: ago(121), duration_ms: 7240 },
      { name: 'propose', ordinal: 4, epoch: 2, started_at: ago(121), finished_at: ago(120), duration_ms: 650 },
    ],
    correlation_id: id('req', n),
    created_at: ago(131),
    finished_at: ago(120),
    ...over,
  })
  return [
    run(1, {}),
    run(2, { state: 'failed', reason: 'the command ended with exit code 1', attempt: 1 }),
    run(6, {
      state: 'running',
      attempt: 1,
      proposal_id: null,
      finished_at: null,
      steps: [
        { name: 'workspace', ordinal: 1, epoch: 1, started_at: ago(9), finished_at: ago(8), duration_ms: 380 },
        { name: 'execute', ordinal: 2, epoch: 1, started_at: ago(8), finished_at: null, duration_ms: null },
      ],
    }),
  ]
}

export const AGENTS: Agent[] = [
  {
    id: id('agt', 1),
    name: 'codemod',
    owner: CHI,
    state: 'sandbox',
    version: CODEMOD,
    definition: {
      identity: {
        name: 'codemod',
        description: 'Rewrites money handling by a codemod.',
        tags: [],
        role_class: 'automator',
        role_summary: '',
      },
      anatomy: {
        command: { run: ['node', '/agent/codemod.js'], files: {} },
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
        max_requests_per_day: 100,
        max_execution_time_seconds: 300,
        max_retries: 2,
        max_changed_files: 200,
        max_diff_bytes: 1_000_000,
        expires_at: null,
      },
      policies: { baseline: [], overrides: [] },
    },
    runs_today: 7,
    created_at: ago(86_400),
    updated_at: ago(86_400),
  },
]

export function makeRepositories(isolation: 'required' | 'none'): Repository[] {
  return [
    {
      id: id('rep', 1),
      name: 'shop',
      forge: 'embedded',
      default_branch: 'main',
      source: '/home/ana/shop',
      settings: { environment: 'sandbox', isolation, recipe: null, approval_days: 7 },
      version: 1,
      head_commit: sha('base').slice(0, 40),
      clone_url: 'http://127.0.0.1:4180/git/shop.git',
      recipe_source: 'base',
      recipe_detail: '.gatehouse/recipe.yaml of main, 2 commands',
      created_at: ago(86_400 * 2),
    },
  ]
}

export const DEAD_JOBS: DeadJob[] = [
  {
    id: 'a51f4a52-0000-4000-8000-000000000001',
    queue: 'validation.work',
    data: { validation_id: id('val', 9), correlation_id: id('req', 9) },
    error: 'isolation-unavailable: this machine grants no user namespaces',
    attempts: 3,
    created_at: ago(4000),
    failed_at: ago(3600),
  },
]

export function makeEvents(count: number): LedgerEvent[] {
  const acts = [
    ['story.submit', 'sto'],
    ['story.triage', 'sto'],
    ['runbook.draft', 'rbk'],
    ['runbook.accept', 'rbk'],
    ['task.run', 'tsk'],
    ['run.start', 'run'],
    ['proposal.submit', 'prp'],
    ['validation.start', 'val'],
    ['validation.finish', 'val'],
    ['proposal.approve', 'prp'],
  ] as const
  return Array.from({ length: count }, (_, index): LedgerEvent => {
    const seq = index + 1
    const [act, kind] = acts[index % acts.length] ?? acts[0]
    const refused = act === 'proposal.approve' && index < 12
    return {
      seq,
      time: ago((count - index) * 37),
      act,
      outcome: refused ? 'refused' : 'ok',
      reason: refused ? 'self-approval' : null,
      actor: { kind: act.startsWith('validation') ? 'service' : 'person', id: CHI.id, person_id: CHI.id },
      actor_name: act.startsWith('validation') || act.startsWith('run.') ? 'worker' : CHI.login,
      subject: { kind: kind === 'prp' ? 'proposal' : kind, id: id(kind, 1) },
      correlation_id: id('req', Math.floor(index / 10) + 1),
      decision_id: act === 'validation.finish' ? id('dec', 2) : null,
      rows: [id(kind, 1)],
      digests: act === 'proposal.submit' ? { diff: sha('diff') } : {},
      detail: act === 'proposal.submit' ? { files: 3, provenance: 'observed' } : {},
      hash: sha(`event ${seq}`),
    }
  })
}
