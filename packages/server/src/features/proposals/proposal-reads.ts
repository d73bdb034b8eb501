import { sql } from 'kysely'
import type { ProposalState } from '@gatehouse/core/delivery/states'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Db } from '../../db/database.ts'
import { loginsOf, personRef } from '../access/access-reads.ts'
import type { ProposalFile } from '../decisions/input-reads.ts'
import { pageOf } from '../paging.ts'
import { Risk, type PageQuery } from '../schemas.ts'

export function proposalRows(db: Db, project: string) {
  return db
    .selectFrom('proposals')
    .innerJoin('repositories', 'repositories.id', 'proposals.repository_id')
    .innerJoin('tasks', 'tasks.id', 'proposals.task_id')
    .selectAll('proposals')
    .select(['repositories.name as repository_name', 'tasks.risk as task_risk', 'tasks.priority as task_priority'])
    .select((eb) =>
      eb
        .selectFrom('proposals as next')
        .select('next.id')
        .whereRef('next.supersedes', '=', 'proposals.id')
        .limit(1)
        .as('superseded_by'),
    )
    .where('proposals.project_id', '=', project)
}
export type ProposalRecord = Awaited<ReturnType<ReturnType<typeof proposalRows>['executeTakeFirstOrThrow']>>

export function rowView(row: ProposalRecord, logins: ReadonlyMap<string, string>) {
  const files = row.files as ProposalFile[]
  return {
    id: row.id,
    task_id: row.task_id,
    run_id: row.run_id,
    title: row.title,
    state: row.state as ProposalState,
    reason: row.reason,
    provenance: row.provenance === 'observed' ? ('observed' as const) : ('unobserved' as const),
    repository_id: row.repository_id,
    repository_name: row.repository_name,
    target_branch: row.target_branch,
    environment: row.environment,
    risk: Risk.parse(row.effective_risk ?? row.task_risk),
    priority: row.task_priority,
    diff_digest: row.diff_digest,
    diff_bytes: row.diff_bytes,
    files_changed: files.length,
    additions: files.reduce((n, f) => n + (f.additions ?? 0), 0),
    deletions: files.reduce((n, f) => n + (f.deletions ?? 0), 0),
    created_by: personRef(logins, row.created_by),
    supersedes: row.supersedes,
    superseded_by: row.superseded_by,
    purged_at: row.purged_at === null ? null : instant(row.purged_at),
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  }
}

export async function listProposals(
  db: Db,
  project: string,
  query: PageQuery & { readonly state?: ProposalState | undefined; readonly task?: string | undefined },
) {
  let q = proposalRows(db, project)
    .orderBy('proposals.id', 'desc')
    .limit(query.limit + 1)
  if (query.cursor !== undefined) q = q.where('proposals.id', '<', query.cursor)
  if (query.state !== undefined) q = q.where('proposals.state', '=', query.state)
  if (query.task !== undefined) q = q.where('proposals.task_id', '=', query.task)
  const { rows, next_cursor } = pageOf(await q.execute(), query.limit)
  const logins = await loginsOf(
    db,
    rows.map((r) => r.created_by),
  )
  return { items: rows.map((row) => rowView(row, logins)), next_cursor }
}

/** Proposals that wait for somebody, the riskiest first: what `/dev-agent/proposals` shows. */
export async function proposalsByRisk(db: Db, project: string): Promise<ProposalRecord[]> {
  return proposalRows(db, project)
    .orderBy(
      sql`array_position(array['critical', 'high', 'medium', 'low'], coalesce(proposals.effective_risk, tasks.risk))`,
    )
    .orderBy('tasks.priority')
    .orderBy('proposals.id')
    .limit(500)
    .execute()
}

/** Problem: not-found. */
export async function proposalRecord(db: Db, project: string, id: string): Promise<ProposalRecord> {
  const row = await proposalRows(db, project).where('proposals.id', '=', id).executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no proposal ${id}; gatehouse proposal list shows those here`)
  return row
}
