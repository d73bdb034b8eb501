// Written by tools/client-generate.ts from openapi.json. Do not edit.

export type Agent = {
  id: string
  name: string
  owner: {
    id: string
    login: string
  }
  state: "draft" | "sandbox" | "governed" | "disabled"
  /** the SHA-256 of the definition in force */
  version: string
  definition: {
    identity: {
      name: string
      description: string
      tags: string[]
      role_class: "assistant" | "analyst" | "support" | "reviewer" | "automator" | "monitor" | "custom"
      role_summary: string
    }
    anatomy: {
      command: {
        run: string[]
        files: Record<string, string>
      }
      capabilities: {
        tools: string[]
        actions: string[]
        allow_external_write: boolean
        allow_data_access: boolean
        allowed_paths: string[]
      }
      constraints: string[]
    }
    trigger: {
      type: "manual" | "workflow" | "event" | "schedule" | "none"
    }
    limits: {
      max_requests_per_day: number
      max_execution_time_seconds: number
      max_retries: number
      max_changed_files: number
      max_diff_bytes: number
      expires_at: string | null
    }
    policies: {
      baseline: string[]
      overrides: string[]
    }
  }
  runs_today: number
  created_at: string
  updated_at: string
}

export type Approval = {
  request_id: string
  state: "open" | "satisfied" | "rejected" | "stale" | "expired" | "cancelled"
  reason: string | null
  intent: {
    schema: "gatehouse.intent/v1"
    kind: "merge"
    project_id: string
    repository_id: string
    task_id: string
    target_branch: string
    environment: string
    diff_digest: string
    agent_version: string | null
    exceptions: string[]
  }
  intent_digest: string
  expires_at: string
  requirements: {
    id: string
    policy_id: string
    count: number
    roles: string[]
    /** ids of persons who may give it whatever their role is called */
    persons?: string[] | undefined
    reason: string
    by: {
      id: string
      login: string
    }[]
    remaining: number
    eligible: {
      id: string
      login: string
    }[]
  }[]
  votes: Vote[]
  created_at: string
}

export type CommandResult = {
  name: string
  argv: string[]
  exit_code: number | null
  signal: string | null
  timed_out: boolean
  duration_ms: number
  stdout: {
    text: string
    bytes: number
    dropped: number
  }
  stderr: {
    text: string
    bytes: number
    dropped: number
  }
}

export type DeadJob = {
  id: string
  queue: string
  data: unknown
  error: string
  attempts: number
  created_at: string
  failed_at: string
}

export type Decision = {
  id: string
  hook: "before_execute" | "after_execute" | "before_effect"
  subject_id: string
  outcome: "allow" | "warn" | "deny"
  violations: {
    policy_id: string
    message: string
    severity: string
    runbook_url: string
  }[]
  warnings: {
    policy_id: string
    message: string
    severity: string
    runbook_url: string
  }[]
  requirements: Requirement[]
  effective_risk: string
  input_digest: string
  bundle_digest: string
  policy_set_hash: string
  at: string
  valid_until: string | null
}

export type DecisionDetail = {
  id: string
  hook: "before_execute" | "after_execute" | "before_effect"
  subject_id: string
  outcome: "allow" | "warn" | "deny"
  violations: {
    policy_id: string
    message: string
    severity: string
    runbook_url: string
  }[]
  warnings: {
    policy_id: string
    message: string
    severity: string
    runbook_url: string
  }[]
  requirements: Requirement[]
  effective_risk: string
  input_digest: string
  bundle_digest: string
  policy_set_hash: string
  at: string
  valid_until: string | null
  /** the exact input that policy was asked with */
  input: unknown
}

export type Effect = {
  id: string
  kind: "merge"
  state: "granted" | "effected" | "refused" | "unknown"
  reason: string | null
  grant_id: string
  grant_spent_at: string | null
  intent_digest: string
  execution_digest: string
  result_commit: string | null
  requested_by: {
    id: string
    login: string
  }
  granted_at: string
  settled_at: string | null
}

export type Isolation = {
  driver: string
  network: string
  notes: string[]
  [further: string]: unknown
}

export type IssuedToken = {
  id: string
  person_id: string
  label: string
  scopes: string[]
  created_at: string
  expires_at: string
  revoked_at: string | null
  /** shown this once */
  token: string
}

export type LedgerEvent = {
  seq: number
  time: string
  act: string
  outcome: "ok" | "refused" | "failed"
  reason: string | null
  actor: {
    kind: string
    id: string
    person_id: string | null
    [further: string]: unknown
  }
  /** the login today, for reading; the ledger itself holds ids only */
  actor_name: string
  subject: {
    kind: string
    id: string
  }
  correlation_id: string
  decision_id: string | null
  rows: string[]
  digests: Record<string, string>
  detail: Record<string, string | number | boolean>
  hash: string
}

export type LedgerPage = {
  items: LedgerEvent[]
  head: {
    seq: number
    hash: string
  }
}

export type LedgerVerified = {
  ok: boolean
  count: number
  head_hash: string | null
  root_hash: string | null
  code: string | null
  seq: number | null
  detail: string
  duration_ms: number
}

export type Missing = {
  code: string
  what: string
  who: string
}

export type Person = {
  id: string
  login: string
  display_name: string
  roles: ("viewer" | "developer" | "maintainer" | "owner" | "automation")[]
  /** of a service account: the person who answers for it */
  accountable_person?: {
    id: string
    login: string
  } | null | undefined
  created_at: string
}

export type Proposal = {
  id: string
  task_id: string
  run_id: string | null
  title: string
  state: "pending" | "validating" | "validated" | "failed" | "superseded" | "withdrawn" | "merged"
  reason: string | null
  provenance: "observed" | "unobserved"
  repository_id: string
  repository_name: string
  target_branch: string
  environment: string
  risk: "low" | "medium" | "high" | "critical"
  priority: number
  diff_digest: string
  diff_bytes: number
  files_changed: number
  additions: number
  deletions: number
  created_by: {
    id: string
    login: string
  }
  supersedes: string | null
  superseded_by: string | null
  purged_at: string | null
  created_at: string
  updated_at: string
  rationale: string
  /** author and trailers as the patch claims them: attacker's words, shown, never an identity */
  claimed: unknown
  base_commit: string
  base_tree: string
  result_tree: string
  head_commit: string
  agent_version: string | null
  files: {
    path: string
    status: string
    old_mode: string | null
    new_mode: string | null
    binary: boolean
    additions: number | null
    deletions: number | null
  }[]
  authors: {
    person: {
      id: string
      login: string
    }
    path: string
  }[]
  validation: Validation | null
  decisions: Decision[]
  approval: Approval | null
  past_approvals: Approval[]
  effect: Effect | null
  /** what stands between this proposal and its merge now */
  missing: Missing[]
  /** what you may do, and why not */
  can: {
    approve: {
      ok: boolean
      reason: string | null
    }
    reject: {
      ok: boolean
      reason: string | null
    }
    revoke: {
      ok: boolean
      reason: string | null
    }
    merge: {
      ok: boolean
      reason: string | null
    }
    validate: {
      ok: boolean
      reason: string | null
    }
    supersede: {
      ok: boolean
      reason: string | null
    }
    withdraw: {
      ok: boolean
      reason: string | null
    }
    purge: {
      ok: boolean
      reason: string | null
    }
  }
  correlation_id: string
}

export type ProposalRow = {
  id: string
  task_id: string
  run_id: string | null
  title: string
  state: "pending" | "validating" | "validated" | "failed" | "superseded" | "withdrawn" | "merged"
  reason: string | null
  provenance: "observed" | "unobserved"
  repository_id: string
  repository_name: string
  target_branch: string
  environment: string
  risk: "low" | "medium" | "high" | "critical"
  priority: number
  diff_digest: string
  diff_bytes: number
  files_changed: number
  additions: number
  deletions: number
  created_by: {
    id: string
    login: string
  }
  supersedes: string | null
  superseded_by: string | null
  purged_at: string | null
  created_at: string
  updated_at: string
}

export type Repository = {
  id: string
  name: string
  forge: "embedded"
  default_branch: string
  source: string
  settings: RepositorySettings
  version: number
  head_commit: string | null
  clone_url: string
  recipe_source: "base" | "settings" | "missing" | "invalid"
  recipe_detail: string
  /** when this recipe last ran here, and whether it passed on the base itself; null: never. Lists leave it out */
  recipe_tried?: {
    at: string
    validation_id: string
    passed_on_base: boolean
  } | null | undefined
  created_at: string
}

export type RepositorySettings = {
  /** the environment proposals are validated for */
  environment: string
  /** "none" lets commands run as plain limited processes where the machine grants no isolation; evidence and policy see it */
  isolation: "required" | "none"
  /** used where the protected base has no .gatehouse/recipe.yaml */
  recipe: {
    version: 1
    validations: {
      name: string
      branches: string[]
      environments: string[]
      commands: {
        name: string
        run: string[]
        timeout_seconds: number
      }[]
      reports: {
        format: "junit"
        path: string
      }[]
    }[]
    test_paths: string[]
  } | null
  /** days until an approval request expires */
  approval_days: number
  /** what policy is asked with beside its preset: it can only tighten (approvals, limits, allow-lists, owners, freeze) */
  policy?: {
    approvals?: {
      low?: number | undefined
      medium?: number | undefined
      high?: number | undefined
      critical?: number | undefined
    } | undefined
    protected_paths?: string[] | undefined
    max_changed_files?: number | undefined
    max_diff_bytes?: number | undefined
    max_execution_time_seconds?: number | undefined
    max_requests_per_day?: number | undefined
    max_retries?: number | undefined
    max_cost_per_request?: number | undefined
    max_cost_per_day?: number | undefined
    max_cost_per_month?: number | undefined
    allowed_tools?: string[] | undefined
    allowed_actions?: string[] | undefined
    allowed_models?: string[] | undefined
    allowed_hosts?: string[] | undefined
    code_owners?: {
      pattern: string
      roles: string[]
      persons: string[]
      count: number
    }[] | undefined
    freeze?: {
      id: string
      from: string
      to: string
      environments: string[]
      branches: string[]
      reason: string
    }[] | undefined
    environments?: string[] | undefined
    promotion_approvals?: number | undefined
    self_modification_owners?: number | undefined
    modes?: Record<string, Record<string, "shadow" | "warn" | "enforce">> | undefined
  } | undefined
}

export type RepositorySettingsInput = {
  /** the environment proposals are validated for */
  environment?: string | undefined
  /** "none" lets commands run as plain limited processes where the machine grants no isolation; evidence and policy see it */
  isolation?: "required" | "none" | undefined
  /** used where the protected base has no .gatehouse/recipe.yaml */
  recipe?: {
    version: 1
    validations: {
      name: string
      branches?: string[] | undefined
      environments?: string[] | undefined
      commands: {
        name: string
        run: string[]
        timeout_seconds?: number | undefined
      }[]
      reports?: {
        format: "junit"
        path: string
      }[] | undefined
    }[]
    test_paths?: string[] | undefined
  } | null | undefined
  /** days until an approval request expires */
  approval_days?: number | undefined
  /** what policy is asked with beside its preset: it can only tighten (approvals, limits, allow-lists, owners, freeze) */
  policy?: {
    approvals?: {
      low?: number | undefined
      medium?: number | undefined
      high?: number | undefined
      critical?: number | undefined
    } | undefined
    protected_paths?: string[] | undefined
    max_changed_files?: number | undefined
    max_diff_bytes?: number | undefined
    max_execution_time_seconds?: number | undefined
    max_requests_per_day?: number | undefined
    max_retries?: number | undefined
    max_cost_per_request?: number | undefined
    max_cost_per_day?: number | undefined
    max_cost_per_month?: number | undefined
    allowed_tools?: string[] | undefined
    allowed_actions?: string[] | undefined
    allowed_models?: string[] | undefined
    allowed_hosts?: string[] | undefined
    code_owners?: {
      pattern: string
      roles: string[]
      persons: string[]
      count: number
    }[] | undefined
    freeze?: {
      id: string
      from: string
      to: string
      environments: string[]
      branches: string[]
      reason: string
    }[] | undefined
    environments?: string[] | undefined
    promotion_approvals?: number | undefined
    self_modification_owners?: number | undefined
    modes?: Record<string, Record<string, "shadow" | "warn" | "enforce">> | undefined
  } | undefined
}

export type Requirement = {
  id: string
  policy_id: string
  count: number
  roles: string[]
  /** ids of persons who may give it whatever their role is called */
  persons?: string[] | undefined
  reason: string
}

export type Run = {
  id: string
  task_id: string
  agent: {
    id: string
    name: string
    version: string
  }
  state: "queued" | "running" | "waiting" | "succeeded" | "failed" | "errored" | "cancelled"
  reason: string | null
  attempt: number
  branch: string
  base_commit: string
  started_by: {
    id: string
    login: string
  }
  proposal_id: string | null
  steps: Step[]
  correlation_id: string
  created_at: string
  finished_at: string | null
}

export type RunDetail = {
  id: string
  task_id: string
  agent: {
    id: string
    name: string
    version: string
  }
  state: "queued" | "running" | "waiting" | "succeeded" | "failed" | "errored" | "cancelled"
  reason: string | null
  attempt: number
  branch: string
  base_commit: string
  started_by: {
    id: string
    login: string
  }
  proposal_id: string | null
  steps: Step[]
  correlation_id: string
  created_at: string
  finished_at: string | null
  /** what was run and what it printed; empty before the agent's command ended */
  commands: CommandResult[]
  envelope_digest: string | null
  /** why the output of an ended command is not shown */
  output_missing: string | null
}

export type Runbook = {
  id: string
  story_id: string
  state: "PROPOSED" | "ACCEPTED"
  digest: string
  body: string
  accepted_by: {
    id: string
    login: string
  } | null
  accepted_at: string | null
  created_at: string
}

export type Step = {
  name: string
  ordinal: number
  epoch: number
  started_at: string
  finished_at: string | null
  duration_ms: number | null
}

export type Story = {
  id: string
  feature_request_id: string
  title: string
  state: "new" | "triaged" | "runbook_drafted" | "accepted" | "in_progress" | "delivered" | "rejected"
  risk: "low" | "medium" | "high" | "critical" | null
  priority: number | null
  planner_notes: string[]
  problem: string
  user_story: string
  criteria: {
    id: string
    text: string
    negative: boolean
    line: number
  }[]
  repository_id: string | null
  submitted_by: {
    id: string
    login: string
  }
  runbook: Runbook | null
  task_id: string | null
  version: number
  created_at: string
  updated_at: string
}

export type SubmittedStory = {
  id: string
  feature_request_id: string
  title: string
  state: "new" | "triaged" | "runbook_drafted" | "accepted" | "in_progress" | "delivered" | "rejected"
  risk: "low" | "medium" | "high" | "critical" | null
  priority: number | null
  planner_notes: string[]
  problem: string
  user_story: string
  criteria: {
    id: string
    text: string
    negative: boolean
    line: number
  }[]
  repository_id: string | null
  submitted_by: {
    id: string
    login: string
  }
  runbook: Runbook | null
  task_id: string | null
  version: number
  created_at: string
  updated_at: string
  /** true where the feature_request_id was known and the story was updated in place */
  deduplicated: boolean
}

export type Task = {
  id: string
  title: string
  description: string
  kind: "coding" | "testing" | "deployment" | "monitoring" | "manager"
  state: "created" | "triaged" | "ready" | "running" | "proposed" | "validating" | "needs_revision" | "awaiting_approval" | "approved" | "merged" | "deploying" | "deployed" | "verified" | "failed" | "rolled_back" | "cancelled"
  risk: "low" | "medium" | "high" | "critical"
  priority: number
  attempt: number
  feedback: {
    failing_tests: {
      id: string
      message: string
    }[]
    violations: {
      policy_id: string
      message: string
    }[]
    comments: string[]
  } | null
  story_id: string | null
  repository_id: string | null
  repository_name: string | null
  target_branch: string | null
  environment: string
  requested_by: {
    id: string
    login: string
  }
  live_run_id: string | null
  last_run_id: string | null
  live_proposal_id: string | null
  last_proposal_id: string | null
  version: number
  created_at: string
  updated_at: string
}

export type TickedTasks = {
  judged: {
    id: string | null
    path: string
    line: number
    text: string
    verdict: "contradicted" | "unshown" | "partly" | "shown"
    lookable: boolean
    dropped: string[]
    evidence: {
      about: "file" | "symbol" | "test" | "commit"
      found: "yes" | "partly" | "no" | "against"
      text: string
      where: string | null
    }[]
    caveats: string[]
  }[]
  removed: {
    id: string | null
    path: string
    line: number
    text: string
  }[]
  total: number
  not_judged: string | null
}

export type Token = {
  id: string
  person_id: string
  label: string
  scopes: string[]
  created_at: string
  expires_at: string
  revoked_at: string | null
}

export type Validation = {
  id: string
  proposal_id: string
  state: "running" | "passed" | "failed" | "errored"
  reason: string | null
  base_commit: string
  result_tree: string
  recipe_digest: string
  recipe_source: string
  recipe: {
    version: 1
    validations: {
      name: string
      branches: string[]
      environments: string[]
      commands: {
        name: string
        run: string[]
        timeout_seconds: number
      }[]
      reports: {
        format: "junit"
        path: string
      }[]
    }[]
    test_paths: string[]
  }
  /** the recipe's validations that hold for this target, and how many reports each names; 0: exit code only */
  applied?: {
    name: string
    reports: number
  }[] | undefined
  facts: {
    host_measured: {
      commands: {
        name: string
        exit_code: number | null
        timed_out: boolean
        duration_ms: number
      }[]
      test_files_deleted: string[]
      test_files_changed: string[]
    }
    candidate_reported: {
      total: number
      passed: number
      failed: number
      skipped: number
      removed_tests: string[]
      newly_skipped_tests: string[]
      newly_failing_tests: {
        id: string
        message: string
      }[]
      problems: string[]
    }
    ticked_tasks: TickedTasks
  } | null
  isolation: Isolation | null
  envelope_digest: string | null
  digest: string | null
  created_at: string
  finished_at: string | null
}

export type ValidationDetail = {
  id: string
  proposal_id: string
  state: "running" | "passed" | "failed" | "errored"
  reason: string | null
  base_commit: string
  result_tree: string
  recipe_digest: string
  recipe_source: string
  recipe: {
    version: 1
    validations: {
      name: string
      branches: string[]
      environments: string[]
      commands: {
        name: string
        run: string[]
        timeout_seconds: number
      }[]
      reports: {
        format: "junit"
        path: string
      }[]
    }[]
    test_paths: string[]
  }
  /** the recipe's validations that hold for this target, and how many reports each names; 0: exit code only */
  applied?: {
    name: string
    reports: number
  }[] | undefined
  facts: {
    host_measured: {
      commands: {
        name: string
        exit_code: number | null
        timed_out: boolean
        duration_ms: number
      }[]
      test_files_deleted: string[]
      test_files_changed: string[]
    }
    candidate_reported: {
      total: number
      passed: number
      failed: number
      skipped: number
      removed_tests: string[]
      newly_skipped_tests: string[]
      newly_failing_tests: {
        id: string
        message: string
      }[]
      problems: string[]
    }
    ticked_tasks: TickedTasks
  } | null
  isolation: Isolation | null
  envelope_digest: string | null
  digest: string | null
  created_at: string
  finished_at: string | null
  commands: CommandResult[]
}

export type Vote = {
  id: string
  person: {
    id: string
    login: string
  }
  verdict: "yes" | "no"
  comment: string
  intent_digest: string
  at: string
  revoked_at: string | null
}

export type WhoAmI = {
  person: Person
  project: {
    id: string
    name: string
  }
  /** the acts your roles allow */
  may: string[]
}

/** What each operation takes and answers. `answer` is undefined where it comes raw: a diff, an export, a stream. */
export interface Operations {
  /** Disable an agent */
  agentDisable: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Agent
  }
  /** List agents */
  agentList: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      items: Agent[]
      next_cursor: string | null
    }
  }
  /** Register an agent version by its definition */
  agentRegister: {
    params: undefined
    query: undefined
    body: {
      definition: {
        identity: {
          name: string
          description?: string | undefined
          tags?: string[] | undefined
          role_class: "assistant" | "analyst" | "support" | "reviewer" | "automator" | "monitor" | "custom"
          role_summary?: string | undefined
        }
        anatomy: {
          command: {
            run: string[]
            files?: Record<string, string> | undefined
          }
          capabilities: {
            tools?: string[] | undefined
            actions?: string[] | undefined
            allow_external_write?: boolean | undefined
            allow_data_access?: boolean | undefined
            allowed_paths?: string[] | undefined
          }
          constraints?: string[] | undefined
        }
        trigger?: {
          type: "manual" | "workflow" | "event" | "schedule" | "none"
        } | undefined
        limits: {
          max_requests_per_day?: number | undefined
          max_execution_time_seconds?: number | undefined
          max_retries?: number | undefined
          max_changed_files?: number | undefined
          max_diff_bytes?: number | undefined
          expires_at?: string | null | undefined
        }
        policies?: {
          baseline?: string[] | undefined
          overrides?: string[] | undefined
        } | undefined
      }
    }
    answer: Agent
  }
  /** Show an agent */
  agentShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Agent
  }
  /** Show a policy decision, its input and bundle */
  decisionShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: DecisionDetail
  }
  /** Validate a proposal and wait for the result */
  devAgentApply: {
    params: undefined
    query: undefined
    body: {
      proposal_id: string
      task_id?: string | undefined
    }
    answer: {
      proposal_id: string
      [further: string]: unknown
    }
  }
  /** Proposals, the riskiest first */
  devAgentProposals: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      proposal_id: string
      [further: string]: unknown
    }[]
  }
  /** Follow the ledger live */
  eventStream: {
    params: undefined
    query: {
      /** events after this seq; by default only new ones */
      after?: number | undefined
    }
    body: undefined
    answer: undefined
  }
  /** Discard a dead job */
  jobDiscard: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: DeadJob
  }
  /** List dead jobs */
  jobList: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      items: DeadJob[]
      next_cursor: string | null
    }
  }
  /** Put a dead job back to work */
  jobRedrive: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: DeadJob
  }
  /** Show a dead job */
  jobShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: DeadJob
  }
  /** Export the ledger */
  ledgerExport: {
    params: undefined
    query: undefined
    body: undefined
    answer: undefined
  }
  /** Show ledger events */
  ledgerShow: {
    params: undefined
    query: {
      limit?: number | undefined
      /** events with a smaller seq, newest first */
      before?: number | undefined
      /** events with a greater seq, oldest first */
      after?: number | undefined
      /** events about this id, or that changed its row */
      subject?: string | undefined
      correlation?: string | undefined
      act?: string | undefined
    }
    body: undefined
    answer: LedgerPage
  }
  /** Verify the ledger */
  ledgerVerify: {
    params: undefined
    query: {
      /** a head hash known from elsewhere */
      expect_head?: string | undefined
    }
    body: undefined
    answer: LedgerVerified
  }
  /** Change a person's role */
  membershipChange: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** null removes the person from the project */
      role: "viewer" | "developer" | "maintainer" | "owner" | "automation" | null
      /** with the role automation: id or login of the person who answers for the service account; you unless told */
      accountable_person?: string | undefined
    }
    answer: Person
  }
  /** Add a person to the project with a role */
  personAdd: {
    params: undefined
    query: undefined
    body: {
      login: string
      display_name?: string | undefined
      role: "viewer" | "developer" | "maintainer" | "owner" | "automation"
      /** with the role automation: id or login of the person who answers for the service account; you unless told */
      accountable_person?: string | undefined
    }
    answer: Person
  }
  /** List the persons of the project */
  personList: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      items: Person[]
      next_cursor: string | null
    }
  }
  /** Say who this token is */
  personWhoami: {
    params: undefined
    query: undefined
    body: undefined
    answer: WhoAmI
  }
  /** Approve exactly this intent */
  proposalApprove: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** the intent you were shown */
      intent_digest: string
      comment?: string | undefined
    }
    answer: Proposal
  }
  /** Show a proposal's diff, byte for byte */
  proposalDiff: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: undefined
  }
  /** Export a proposal with its evidence */
  proposalExport: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: {
      schema: "gatehouse.proposal-export/v1"
      [further: string]: unknown
    }
  }
  /** List proposals */
  proposalList: {
    params: undefined
    query: {
      /** rows at most, 1 to 200 */
      limit?: number | undefined
      /** next_cursor of the page before */
      cursor?: string | undefined
      state?: "pending" | "validating" | "validated" | "failed" | "superseded" | "withdrawn" | "merged" | undefined
      task?: string | undefined
    }
    body: undefined
    answer: {
      items: ProposalRow[]
      next_cursor: string | null
    }
  }
  /** Merge what was approved */
  proposalMerge: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Proposal
  }
  /** Erase a closed proposal's stored content, keeping its digests */
  proposalPurge: {
    params: {
      id: string
    }
    query: undefined
    body: {
      reason: string
    }
    answer: Proposal
  }
  /** Reject a proposal */
  proposalReject: {
    params: {
      id: string
    }
    query: undefined
    body: {
      intent_digest: string
      /** what has to change; the next attempt reads it */
      comment: string
    }
    answer: Proposal
  }
  /** Take back your approval */
  proposalRevoke: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Proposal
  }
  /** Show a proposal, its evidence and its approvals */
  proposalShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Proposal
  }
  /** Submit a proposal from a patch */
  proposalSubmit: {
    params: undefined
    query: undefined
    body: {
      /** the patch, base64: git diff, git format-patch or a unified diff */
      patch: string
      title?: string | undefined
      rationale?: string | undefined
      /** name of the repository; needed unless there is just one or a task is given */
      repository?: string | undefined
      /** the task it is for; without one, a task is made */
      task?: string | undefined
      /** the branch it is for; by default the repository's own */
      target_branch?: string | undefined
    }
    answer: Proposal
  }
  /** Replace a proposal by a new patch; approvals are void */
  proposalSupersede: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** the patch, base64: git diff, git format-patch or a unified diff */
      patch: string
      title?: string | undefined
      rationale?: string | undefined
    }
    answer: Proposal
  }
  /** Validate a proposal on the current base */
  proposalValidate: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Proposal
  }
  /** Withdraw a proposal */
  proposalWithdraw: {
    params: {
      id: string
    }
    query: undefined
    body: {
      reason: string
    }
    answer: Proposal
  }
  /** Bring a repository under the gate */
  repositoryAdd: {
    params: undefined
    query: undefined
    body: {
      /** a path on the server or a URL (https, ssh) */
      source: string
      name?: string | undefined
      settings?: RepositorySettingsInput | undefined
    }
    answer: Repository
  }
  /** Change a repository's settings */
  repositoryConfigure: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** the version you read */
      version: number
      settings: RepositorySettingsInput
    }
    answer: Repository
  }
  /** List repositories */
  repositoryList: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      items: Repository[]
      next_cursor: string | null
    }
  }
  /** Show a repository and its settings */
  repositoryShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Repository
  }
  /** List runs */
  runList: {
    params: undefined
    query: {
      /** rows at most, 1 to 200 */
      limit?: number | undefined
      /** next_cursor of the page before */
      cursor?: string | undefined
      task?: string | undefined
    }
    body: undefined
    answer: {
      items: Run[]
      next_cursor: string | null
    }
  }
  /** Show a run and its steps */
  runShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: RunDetail
  }
  /** Accept a runbook */
  runbookAccept: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** the digest of the runbook you read */
      digest: string
    }
    answer: Runbook
  }
  /** Show a runbook */
  runbookShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Runbook
  }
  /** Close the console session */
  sessionClose: {
    params: undefined
    query: undefined
    body: undefined
    answer: {
      closed: boolean
    }
  }
  /** Open a console session with a token */
  sessionOpen: {
    params: undefined
    query: undefined
    body: {
      token: string
    }
    answer: WhoAmI
  }
  /** List stories */
  storyList: {
    params: undefined
    query: {
      /** rows at most, 1 to 200 */
      limit?: number | undefined
      /** next_cursor of the page before */
      cursor?: string | undefined
    }
    body: undefined
    answer: {
      items: Story[]
      next_cursor: string | null
    }
  }
  /** Show a story */
  storyShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Story
  }
  /** Submit a story */
  storySubmit: {
    params: undefined
    query: undefined
    body: {
      /** the story as Markdown */
      markdown: string
      /** name of the repository that the change is for; needed unless there is just one */
      repository?: string | undefined
    }
    answer: SubmittedStory
  }
  /** Cancel a task */
  taskCancel: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Task
  }
  /** List tasks */
  taskList: {
    params: undefined
    query: {
      /** rows at most, 1 to 200 */
      limit?: number | undefined
      /** next_cursor of the page before */
      cursor?: string | undefined
      state?: "created" | "triaged" | "ready" | "running" | "proposed" | "validating" | "needs_revision" | "awaiting_approval" | "approved" | "merged" | "deploying" | "deployed" | "verified" | "failed" | "rolled_back" | "cancelled" | undefined
    }
    body: undefined
    answer: {
      items: Task[]
      next_cursor: string | null
    }
  }
  /** Start a run of a task by an agent */
  taskRun: {
    params: {
      id: string
    }
    query: undefined
    body: {
      /** name or id of the agent */
      agent: string
    }
    answer: Run
  }
  /** Show a task */
  taskShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Task
  }
  /** Issue a token for a person */
  tokenIssue: {
    params: {
      id: string
    }
    query: undefined
    body: {
      label: string
      expires_in_days?: number | undefined
      scopes?: "dev-agent:admin"[] | undefined
    }
    answer: IssuedToken
  }
  /** Revoke a token */
  tokenRevoke: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: Token
  }
  /** Show a validation */
  validationShow: {
    params: {
      id: string
    }
    query: undefined
    body: undefined
    answer: ValidationDetail
  }
}

export const OPERATIONS = {
  agentDisable: { method: 'POST', path: '/api/agents/{id}/disable', answer: 'json' },
  agentList: { method: 'GET', path: '/api/agents', answer: 'json' },
  agentRegister: { method: 'POST', path: '/api/agents', answer: 'json' },
  agentShow: { method: 'GET', path: '/api/agents/{id}', answer: 'json' },
  decisionShow: { method: 'GET', path: '/api/decisions/{id}', answer: 'json' },
  devAgentApply: { method: 'POST', path: '/api/dev-agent/apply', answer: 'json' },
  devAgentProposals: { method: 'GET', path: '/api/dev-agent/proposals', answer: 'json' },
  eventStream: { method: 'GET', path: '/api/events', answer: 'raw' },
  jobDiscard: { method: 'POST', path: '/api/jobs/dead/{id}/discard', answer: 'json' },
  jobList: { method: 'GET', path: '/api/jobs/dead', answer: 'json' },
  jobRedrive: { method: 'POST', path: '/api/jobs/dead/{id}/redrive', answer: 'json' },
  jobShow: { method: 'GET', path: '/api/jobs/dead/{id}', answer: 'json' },
  ledgerExport: { method: 'GET', path: '/api/ledger/export', answer: 'raw' },
  ledgerShow: { method: 'GET', path: '/api/ledger', answer: 'json' },
  ledgerVerify: { method: 'GET', path: '/api/ledger/verification', answer: 'json' },
  membershipChange: { method: 'POST', path: '/api/persons/{id}/role', answer: 'json' },
  personAdd: { method: 'POST', path: '/api/persons', answer: 'json' },
  personList: { method: 'GET', path: '/api/persons', answer: 'json' },
  personWhoami: { method: 'GET', path: '/api/whoami', answer: 'json' },
  proposalApprove: { method: 'POST', path: '/api/proposals/{id}/approve', answer: 'json' },
  proposalDiff: { method: 'GET', path: '/api/proposals/{id}/diff', answer: 'raw' },
  proposalExport: { method: 'GET', path: '/api/proposals/{id}/export', answer: 'json' },
  proposalList: { method: 'GET', path: '/api/proposals', answer: 'json' },
  proposalMerge: { method: 'POST', path: '/api/proposals/{id}/merge', answer: 'json' },
  proposalPurge: { method: 'POST', path: '/api/proposals/{id}/purge', answer: 'json' },
  proposalReject: { method: 'POST', path: '/api/proposals/{id}/reject', answer: 'json' },
  proposalRevoke: { method: 'POST', path: '/api/proposals/{id}/revoke', answer: 'json' },
  proposalShow: { method: 'GET', path: '/api/proposals/{id}', answer: 'json' },
  proposalSubmit: { method: 'POST', path: '/api/proposals', answer: 'json' },
  proposalSupersede: { method: 'POST', path: '/api/proposals/{id}/supersede', answer: 'json' },
  proposalValidate: { method: 'POST', path: '/api/proposals/{id}/validate', answer: 'json' },
  proposalWithdraw: { method: 'POST', path: '/api/proposals/{id}/withdraw', answer: 'json' },
  repositoryAdd: { method: 'POST', path: '/api/repositories', answer: 'json' },
  repositoryConfigure: { method: 'PATCH', path: '/api/repositories/{id}', answer: 'json' },
  repositoryList: { method: 'GET', path: '/api/repositories', answer: 'json' },
  repositoryShow: { method: 'GET', path: '/api/repositories/{id}', answer: 'json' },
  runList: { method: 'GET', path: '/api/runs', answer: 'json' },
  runShow: { method: 'GET', path: '/api/runs/{id}', answer: 'json' },
  runbookAccept: { method: 'POST', path: '/api/runbooks/{id}/accept', answer: 'json' },
  runbookShow: { method: 'GET', path: '/api/runbooks/{id}', answer: 'json' },
  sessionClose: { method: 'DELETE', path: '/api/sessions', answer: 'json' },
  sessionOpen: { method: 'POST', path: '/api/sessions', answer: 'json' },
  storyList: { method: 'GET', path: '/api/stories', answer: 'json' },
  storyShow: { method: 'GET', path: '/api/stories/{id}', answer: 'json' },
  storySubmit: { method: 'POST', path: '/api/stories', answer: 'json' },
  taskCancel: { method: 'POST', path: '/api/tasks/{id}/cancel', answer: 'json' },
  taskList: { method: 'GET', path: '/api/tasks', answer: 'json' },
  taskRun: { method: 'POST', path: '/api/tasks/{id}/run', answer: 'json' },
  taskShow: { method: 'GET', path: '/api/tasks/{id}', answer: 'json' },
  tokenIssue: { method: 'POST', path: '/api/persons/{id}/tokens', answer: 'json' },
  tokenRevoke: { method: 'POST', path: '/api/tokens/{id}/revoke', answer: 'json' },
  validationShow: { method: 'GET', path: '/api/validations/{id}', answer: 'json' },
} as const
