import { PolicyDecision } from '@gatehouse/core/policy/decision'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Db } from '../../db/database.ts'

interface Row {
  id: string
  hook: string
  subject_id: string
  result: unknown
  input_digest: string
  bundle_digest: string
  policy_set_hash: string
  at: Date
  valid_until: Date | null
}

export function decisionView(row: Row) {
  const { outcome, violations, warnings, requirements, effective_risk } = PolicyDecision.parse(row.result)
  return {
    id: row.id,
    hook: row.hook as 'before_execute' | 'after_execute' | 'before_effect',
    subject_id: row.subject_id,
    outcome,
    violations,
    warnings,
    requirements,
    effective_risk: effective_risk ?? 'none',
    input_digest: row.input_digest,
    bundle_digest: row.bundle_digest,
    policy_set_hash: row.policy_set_hash,
    at: instant(row.at),
    valid_until: row.valid_until === null ? null : instant(row.valid_until),
  }
}

/** Decisions about any of these subjects (a run, a proposal), oldest first. */
export async function decisionsAbout(db: Db, project: string, subjects: readonly string[]) {
  const rows = await db
    .selectFrom('decisions')
    .selectAll()
    .where('project_id', '=', project)
    .where('subject_id', 'in', subjects)
    .orderBy('id')
    .execute()
  return rows.map(decisionView)
}

/** One decision with the exact input it was asked with. Problem: not-found. */
export async function showDecision(db: Db, project: string, id: string) {
  const row = await db
    .selectFrom('decisions')
    .selectAll()
    .where('project_id', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no decision ${id}`)
  return { ...decisionView(row), input: row.input }
}
