-- Who answers for a service account. Kept with the membership: a revoked row says who answered then.
alter table memberships add column accountable_person_id text references persons
  check (accountable_person_id is null or (role = 'automation' and accountable_person_id <> person_id));

-- The gate asks who else sent the very same diff.
create index proposals_diff on proposals (project_id, repository_id, diff_digest);

-- What is kept for a repeat is given up after its time.
create index idempotency_keys_age on idempotency_keys (created_at);
