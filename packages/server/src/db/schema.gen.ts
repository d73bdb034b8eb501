// Made by tools/db-types.ts from the migrations. Do not edit.
import type { ColumnType, Generated } from 'kysely'

type Timestamp = ColumnType<Date, Date | string, Date | string>

export interface AgentVersions {
  id: string
  project_id: string
  agent_id: string
  version: string
  definition: unknown
  registered_by: string
  created_at: Timestamp
}

export interface Agents {
  id: string
  project_id: string
  name: string
  owner_person_id: string
  state: string
  version: string
  created_at: Timestamp
  updated_at: Timestamp
}

export interface ApprovalRequests {
  id: string
  project_id: string
  proposal_id: string
  intent: unknown
  intent_digest: string
  requirements: unknown
  state: string
  reason: string | null
  expires_at: Timestamp
  created_at: Timestamp
}

export interface Approvals {
  id: string
  project_id: string
  request_id: string
  person_id: string
  intent_digest: string
  verdict: string
  comment: Generated<string>
  at: Timestamp
  revoked_at: Timestamp | null
}

export interface Blobs {
  sha256: string
  bytes: number
  retention: string
  created_at: Timestamp
  purged_at: Timestamp | null
}

export interface Decisions {
  id: string
  project_id: string
  hook: string
  subject_id: string
  outcome: string
  result: unknown
  input: unknown
  input_digest: string
  bundle_digest: string
  policy_set_hash: string
  at: Timestamp
  valid_until: Timestamp | null
}

export interface Effects {
  id: string
  project_id: string
  proposal_id: string
  kind: string
  intent_digest: string
  execution: unknown
  execution_digest: string
  decision_id: string
  idempotency_key: string
  message: string
  requested_by: string
  state: string
  result_commit: string | null
  reason: string | null
  correlation_id: string
  granted_at: Timestamp
  settled_at: Timestamp | null
}

export interface Grants {
  id: string
  project_id: string
  effect_id: string
  execution_digest: string
  granted_at: Timestamp
  spent_at: Timestamp | null
}

export interface IdempotencyKeys {
  person_id: string
  key: string
  request_hash: string
  status: number | null
  body: unknown
  created_at: Timestamp
}

export interface KyselyMigration {
  name: string
  timestamp: string
}

export interface KyselyMigrationLock {
  id: string
  is_locked: Generated<number>
}

export interface Leases {
  key: string
  epoch: number
  holder: string
  taken_at: Timestamp
}

export interface LedgerEventRows {
  xact: string
  row_id: string
  seq: number
}

export interface LedgerEvents {
  seq: number
  at: Timestamp
  act: string
  project_id: string | null
  subject_id: string
  correlation_id: string
  outcome: string
  body: Buffer
  prev_hash: Buffer
  hash: Buffer
  leaf: Buffer
  xact: Generated<string>
}

export interface LedgerHead {
  singleton: Generated<boolean>
  seq: number
  hash: Buffer
}

export interface LedgerLimits {
  singleton: Generated<boolean>
  skew: string
}

export interface Memberships {
  id: string
  project_id: string
  person_id: string
  role: string
  repository_id: string | null
  environment: string | null
  created_at: Timestamp
  revoked_at: Timestamp | null
  accountable_person_id: string | null
}

export interface MigrationChecksums {
  name: string
  sha256: string
}

export interface Persons {
  id: string
  login: string
  display_name: string
  created_at: Timestamp
}

export interface Projects {
  id: string
  name: string
  created_at: Timestamp
}

export interface ProposalAuthors {
  id: string
  project_id: string
  proposal_id: string
  person_id: string
  path: string
}

export interface Proposals {
  id: string
  project_id: string
  task_id: string
  run_id: string | null
  repository_id: string
  target_branch: string
  environment: string
  title: string
  rationale: string
  provenance: string
  claimed: unknown
  base_commit: string
  base_tree: string
  result_tree: string
  head_commit: string
  diff_digest: string
  diff_bytes: number
  files: unknown
  agent_version: string | null
  effective_risk: string | null
  state: string
  reason: string | null
  supersedes: string | null
  purged_at: Timestamp | null
  created_by: string
  correlation_id: string
  version: Generated<number>
  created_at: Timestamp
  updated_at: Timestamp
}

export interface Repositories {
  id: string
  project_id: string
  name: string
  forge: string
  default_branch: string
  source: string
  settings: unknown
  version: Generated<number>
  created_at: Timestamp
}

export interface Runbooks {
  id: string
  project_id: string
  story_id: string
  state: string
  body: string
  digest: string
  accepted_by: string | null
  accepted_at: Timestamp | null
  created_at: Timestamp
}

export interface Runs {
  id: string
  project_id: string
  task_id: string
  agent_id: string
  agent_version: string
  flow_version: number
  attempt: number
  branch: string
  base_commit: string
  started_by: string
  state: string
  reason: string | null
  correlation_id: string
  created_at: Timestamp
  finished_at: Timestamp | null
}

export interface Steps {
  owner_id: string
  name: string
  ordinal: number
  input_hash: string
  output: unknown
  epoch: number
  started_at: Timestamp
  finished_at: Timestamp | null
}

export interface Stories {
  id: string
  project_id: string
  feature_request_id: string
  title: string
  body: string
  problem: string
  user_story: string
  criteria: unknown
  risk: string | null
  priority: number | null
  planner_notes: Generated<unknown>
  repository_id: string | null
  submitted_by: string
  state: string
  version: Generated<number>
  created_at: Timestamp
  updated_at: Timestamp
}

export interface Tasks {
  id: string
  project_id: string
  story_id: string | null
  runbook_id: string | null
  repository_id: string | null
  target_branch: string | null
  environment: Generated<string>
  kind: string
  title: string
  description: Generated<string>
  risk: string
  priority: number
  owner_person_id: string
  requested_by: string
  feedback: unknown
  attempt: Generated<number>
  state: string
  version: Generated<number>
  created_at: Timestamp
  updated_at: Timestamp
}

export interface Tokens {
  id: string
  person_id: string
  kind: string
  label: string
  hash: Buffer
  scopes: Generated<string[]>
  created_at: Timestamp
  expires_at: Timestamp
  revoked_at: Timestamp | null
}

export interface Validations {
  id: string
  project_id: string
  proposal_id: string
  state: string
  base_commit: string
  result_tree: string
  recipe: unknown
  recipe_digest: string
  recipe_source: string
  facts: unknown
  isolation: unknown
  envelope_digest: string | null
  base_envelope_digest: string | null
  digest: string | null
  reason: string | null
  correlation_id: string
  created_at: Timestamp
  finished_at: Timestamp | null
}

export interface DB {
  agent_versions: AgentVersions
  agents: Agents
  approval_requests: ApprovalRequests
  approvals: Approvals
  blobs: Blobs
  decisions: Decisions
  effects: Effects
  grants: Grants
  idempotency_keys: IdempotencyKeys
  kysely_migration: KyselyMigration
  kysely_migration_lock: KyselyMigrationLock
  leases: Leases
  ledger_event_rows: LedgerEventRows
  ledger_events: LedgerEvents
  ledger_head: LedgerHead
  ledger_limits: LedgerLimits
  memberships: Memberships
  migration_checksums: MigrationChecksums
  persons: Persons
  projects: Projects
  proposal_authors: ProposalAuthors
  proposals: Proposals
  repositories: Repositories
  runbooks: Runbooks
  runs: Runs
  steps: Steps
  stories: Stories
  tasks: Tasks
  tokens: Tokens
  validations: Validations
}
