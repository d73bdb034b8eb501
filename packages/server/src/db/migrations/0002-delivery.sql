-- The domain of the thin path. Every row belongs to a project; every governed row changes only with its ledger event (law 6).

create table projects (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

create table persons (
  id text primary key,
  login text not null unique check (login ~ '^[a-z0-9][a-z0-9._-]{0,60}$'),
  display_name text not null,
  created_at timestamptz not null
);

-- Who may do what, where: the one relation behind checks and lists. A null repository or environment means all of them.
create table memberships (
  id text primary key,
  project_id text not null references projects,
  person_id text not null references persons,
  role text not null check (role in ('viewer', 'developer', 'maintainer', 'owner', 'automation')),
  repository_id text,
  environment text,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create unique index memberships_once on memberships (project_id, person_id, coalesce(repository_id, ''), coalesce(environment, ''))
  where revoked_at is null;

create table tokens (
  id text primary key,
  person_id text not null references persons,
  kind text not null check (kind in ('token', 'session')),
  label text not null,
  hash bytea not null unique,
  scopes text[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index tokens_person on tokens (person_id);

create table repositories (
  id text primary key,
  project_id text not null references projects,
  name text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
  forge text not null check (forge in ('embedded')),
  default_branch text not null,
  source text not null,
  settings jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null,
  unique (project_id, name),
  unique (project_id, id)
);

create table stories (
  id text primary key,
  project_id text not null references projects,
  feature_request_id text not null,
  title text not null,
  body text not null,
  problem text not null,
  user_story text not null,
  criteria jsonb not null,
  risk text,
  priority integer,
  planner_notes jsonb not null default '[]',
  repository_id text,
  submitted_by text not null references persons,
  state text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (project_id, feature_request_id),
  unique (project_id, id),
  foreign key (project_id, repository_id) references repositories (project_id, id)
);

create table runbooks (
  id text primary key,
  project_id text not null references projects,
  story_id text not null,
  state text not null check (state in ('PROPOSED', 'ACCEPTED')),
  body text not null,
  digest text not null,
  accepted_by text references persons,
  accepted_at timestamptz,
  created_at timestamptz not null,
  unique (project_id, story_id),
  unique (project_id, id),
  foreign key (project_id, story_id) references stories (project_id, id)
);

create table agents (
  id text primary key,
  project_id text not null references projects,
  name text not null,
  owner_person_id text not null references persons,
  state text not null check (state in ('draft', 'sandbox', 'governed', 'disabled')),
  version text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (project_id, name),
  unique (project_id, id)
);

create table agent_versions (
  id text primary key,
  project_id text not null references projects,
  agent_id text not null,
  version text not null check (version ~ '^[0-9a-f]{64}$'),
  definition jsonb not null,
  registered_by text not null references persons,
  created_at timestamptz not null,
  unique (project_id, agent_id, version),
  foreign key (project_id, agent_id) references agents (project_id, id)
);

create table tasks (
  id text primary key,
  project_id text not null references projects,
  story_id text,
  runbook_id text,
  repository_id text,
  target_branch text,
  environment text not null default 'sandbox',
  kind text not null check (kind in ('coding', 'testing', 'deployment', 'monitoring', 'manager')),
  title text not null,
  description text not null default '',
  risk text not null check (risk in ('low', 'medium', 'high', 'critical')),
  priority integer not null,
  owner_person_id text not null references persons,
  requested_by text not null references persons,
  feedback jsonb,
  attempt integer not null default 0,
  state text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (project_id, id),
  foreign key (project_id, story_id) references stories (project_id, id),
  foreign key (project_id, runbook_id) references runbooks (project_id, id),
  foreign key (project_id, repository_id) references repositories (project_id, id)
);
create unique index tasks_story on tasks (project_id, story_id) where story_id is not null;
create index tasks_state on tasks (project_id, state, created_at);

create table runs (
  id text primary key,
  project_id text not null references projects,
  task_id text not null,
  agent_id text not null,
  agent_version text not null,
  flow_version integer not null,
  attempt integer not null,
  branch text not null,
  base_commit text not null,
  started_by text not null references persons,
  state text not null,
  reason text,
  correlation_id text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  unique (project_id, id),
  foreign key (project_id, task_id) references tasks (project_id, id),
  foreign key (project_id, agent_id) references agents (project_id, id)
);
create unique index runs_one_live on runs (project_id, task_id) where state in ('queued', 'running', 'waiting');

create table proposals (
  id text primary key,
  project_id text not null references projects,
  task_id text not null,
  run_id text,
  repository_id text not null,
  target_branch text not null,
  environment text not null,
  title text not null,
  rationale text not null,
  provenance text not null check (provenance in ('observed', 'unobserved')),
  claimed jsonb,
  base_commit text not null,
  base_tree text not null,
  result_tree text not null,
  head_commit text not null,
  diff_digest text not null check (diff_digest ~ '^[0-9a-f]{64}$'),
  diff_bytes integer not null,
  files jsonb not null,
  agent_version text,
  effective_risk text,
  state text not null,
  reason text,
  supersedes text,
  purged_at timestamptz,
  created_by text not null references persons,
  correlation_id text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (project_id, id),
  foreign key (project_id, task_id) references tasks (project_id, id),
  foreign key (project_id, run_id) references runs (project_id, id),
  foreign key (project_id, repository_id) references repositories (project_id, id),
  foreign key (project_id, supersedes) references proposals (project_id, id)
);
create unique index proposals_one_live on proposals (project_id, task_id) where state in ('pending', 'validating', 'validated');
create index proposals_state on proposals (project_id, state, created_at);

-- The author set: every person behind the diff, and by which path.
create table proposal_authors (
  id text primary key,
  project_id text not null references projects,
  proposal_id text not null,
  person_id text not null references persons,
  path text not null,
  unique (project_id, proposal_id, person_id, path),
  foreign key (project_id, proposal_id) references proposals (project_id, id)
);

create table decisions (
  id text primary key,
  project_id text not null references projects,
  hook text not null,
  subject_id text not null,
  outcome text not null check (outcome in ('allow', 'warn', 'deny')),
  result jsonb not null,
  input jsonb not null,
  input_digest text not null,
  bundle_digest text not null,
  policy_set_hash text not null,
  at timestamptz not null,
  valid_until timestamptz,
  unique (project_id, id)
);
create index decisions_subject on decisions (project_id, subject_id, at);

create table validations (
  id text primary key,
  project_id text not null references projects,
  proposal_id text not null,
  state text not null check (state in ('running', 'passed', 'failed', 'errored')),
  base_commit text not null,
  result_tree text not null,
  recipe jsonb not null,
  recipe_digest text not null,
  recipe_source text not null,
  facts jsonb,
  isolation jsonb,
  envelope_digest text,
  base_envelope_digest text,
  digest text,
  reason text,
  correlation_id text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  unique (project_id, id),
  foreign key (project_id, proposal_id) references proposals (project_id, id)
);
create index validations_proposal on validations (project_id, proposal_id, created_at);

create table approval_requests (
  id text primary key,
  project_id text not null references projects,
  proposal_id text not null,
  intent jsonb not null,
  intent_digest text not null,
  requirements jsonb not null,
  state text not null,
  reason text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  unique (project_id, id),
  foreign key (project_id, proposal_id) references proposals (project_id, id)
);
create unique index approval_requests_one_live on approval_requests (project_id, proposal_id) where state in ('open', 'satisfied');

create table approvals (
  id text primary key,
  project_id text not null references projects,
  request_id text not null,
  person_id text not null references persons,
  intent_digest text not null,
  verdict text not null check (verdict in ('yes', 'no')),
  comment text not null default '',
  at timestamptz not null,
  revoked_at timestamptz,
  unique (project_id, id),
  foreign key (project_id, request_id) references approval_requests (project_id, id)
);
create unique index approvals_once on approvals (project_id, request_id, person_id) where revoked_at is null;

create table effects (
  id text primary key,
  project_id text not null references projects,
  proposal_id text not null,
  kind text not null check (kind in ('merge')),
  intent_digest text not null,
  execution jsonb not null,
  execution_digest text not null,
  decision_id text not null,
  idempotency_key text not null,
  message text not null,
  requested_by text not null references persons,
  state text not null check (state in ('granted', 'effected', 'refused', 'unknown')),
  result_commit text,
  reason text,
  correlation_id text not null,
  granted_at timestamptz not null,
  settled_at timestamptz,
  unique (project_id, id),
  unique (project_id, idempotency_key),
  foreign key (project_id, proposal_id) references proposals (project_id, id)
);
-- Law 1 in the database too: an intent has at most one effect that was not refused.
create unique index effects_once on effects (project_id, intent_digest, kind) where state <> 'refused';

-- The single-use right to one effect. Spent in the transaction that settles it; a spent grant is refused ever after.
create table grants (
  id text primary key,
  project_id text not null references projects,
  effect_id text not null unique,
  execution_digest text not null,
  granted_at timestamptz not null,
  spent_at timestamptz,
  foreign key (project_id, effect_id) references effects (project_id, id)
);

select govern('projects'), govern('persons'), govern('memberships'), govern('tokens'), govern('repositories'), govern('stories'),
  govern('runbooks'), govern('agents'), govern('agent_versions'), govern('tasks'), govern('runs'), govern('proposals'),
  govern('proposal_authors'), govern('decisions'), govern('validations'), govern('approval_requests'), govern('approvals'),
  govern('effects'), govern('grants');

-- Telemetry and plumbing: not governed.

-- A lease per piece of work: each attempt raises the epoch, and a write under an older epoch is refused (law 10).
create table leases (
  key text primary key,
  epoch bigint not null,
  holder text not null,
  taken_at timestamptz not null
);

-- The checkpointed steps of a piece of work: input hash and output, so that a killed worker's work goes on at the first unfinished one.
create table steps (
  owner_id text not null,
  name text not null,
  ordinal integer not null,
  input_hash text not null,
  output jsonb,
  epoch bigint not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  primary key (owner_id, name)
);

create table idempotency_keys (
  person_id text not null,
  key text not null,
  request_hash text not null,
  status integer,
  body jsonb,
  created_at timestamptz not null,
  primary key (person_id, key)
);

create table blobs (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  retention text not null check (retention in ('evidence', 'diff', 'log')),
  created_at timestamptz not null,
  purged_at timestamptz
);

grant select, insert, update on projects, persons, memberships, tokens, repositories, stories, runbooks, agents, agent_versions, tasks,
  runs, proposals, proposal_authors, decisions, validations, approval_requests, approvals, effects, grants to gh_app;
grant select, insert, update, delete on leases, steps, idempotency_keys, blobs to gh_app;
-- The broker reads what was granted and the lease it acts under; it can neither approve, grant nor settle.
grant select on effects, grants, proposals, leases to gh_broker;
grant select on projects, persons, memberships, repositories, stories, runbooks, agents, agent_versions, tasks, runs, proposals,
  proposal_authors, decisions, validations, approval_requests, approvals, effects, grants, steps, leases, blobs to gh_reader;
