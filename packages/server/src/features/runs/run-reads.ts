import type { RunState } from '@gatehouse/core/delivery/states'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Envelope } from '@gatehouse/sandbox/envelope'
import { readBlob } from '../../blobs/blob-rows.ts'
import { BlobError } from '../../blobs/blob-store.ts'
import type { Context } from '../../context.ts'
import type { Db, Trx } from '../../db/database.ts'
import { loginsOf, personRef } from '../access/access-reads.ts'
import { pageOf } from '../paging.ts'
import type { PageQuery } from '../schemas.ts'

function runs(db: Db, project: string) {
  return db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .selectAll('runs')
    .select('agents.name as agent_name')
    .select((eb) =>
      eb
        .selectFrom('proposals')
        .select('proposals.id')
        .whereRef('proposals.run_id', '=', 'runs.id')
        .limit(1)
        .as('proposal_id'),
    )
    .where('runs.project_id', '=', project)
}
type Row = Awaited<ReturnType<ReturnType<typeof runs>['executeTakeFirstOrThrow']>>

/** The steps of any piece of work, in order. */
export async function stepsOf(db: Db, owner: string) {
  const rows = await db.selectFrom('steps').selectAll().where('owner_id', '=', owner).orderBy('ordinal').execute()
  return rows.map((s) => ({
    name: s.name,
    ordinal: s.ordinal,
    epoch: s.epoch,
    started_at: instant(s.started_at),
    finished_at: s.finished_at === null ? null : instant(s.finished_at),
    duration_ms: s.finished_at === null ? null : s.finished_at.getTime() - s.started_at.getTime(),
  }))
}

async function view(db: Db, row: Row, logins: ReadonlyMap<string, string>) {
  return {
    id: row.id,
    task_id: row.task_id,
    agent: { id: row.agent_id, name: row.agent_name, version: row.agent_version },
    state: row.state as RunState,
    reason: row.reason,
    attempt: row.attempt,
    branch: row.branch,
    base_commit: row.base_commit,
    started_by: personRef(logins, row.started_by),
    proposal_id: row.proposal_id,
    steps: await stepsOf(db, row.id),
    correlation_id: row.correlation_id,
    created_at: instant(row.created_at),
    finished_at: row.finished_at === null ? null : instant(row.finished_at),
  }
}

export async function listRuns(db: Db, project: string, query: PageQuery & { readonly task?: string | undefined }) {
  let q = runs(db, project)
    .orderBy('runs.id', 'desc')
    .limit(query.limit + 1)
  if (query.cursor !== undefined) q = q.where('runs.id', '<', query.cursor)
  if (query.task !== undefined) q = q.where('runs.task_id', '=', query.task)
  const { rows, next_cursor } = pageOf(await q.execute(), query.limit)
  const logins = await loginsOf(
    db,
    rows.map((r) => r.started_by),
  )
  return { items: await Promise.all(rows.map((row) => view(db, row, logins))), next_cursor }
}

export async function showRun(db: Db, project: string, id: string) {
  const row = await runs(db, project).where('runs.id', '=', id).executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no run ${id}; gatehouse run list shows those here`)
  return view(db, row, await loginsOf(db, [row.started_by]))
}

/** The digest of the envelope that the step `execute` of a run kept, or null: not there yet, or the command never ran. */
export async function runEnvelopeDigest(db: Db | Trx, run: string): Promise<string | null> {
  const row = await db
    .selectFrom('steps')
    .select('output')
    .where('owner_id', '=', run)
    .where('name', '=', 'execute')
    .executeTakeFirst()
  const output: unknown = row?.output
  return typeof output === 'object' &&
    output !== null &&
    'envelope_digest' in output &&
    typeof output.envelope_digest === 'string'
    ? output.envelope_digest
    : null
}

/** One run with the output of its command out of the envelope; where that is purged or lost, the run all the same, and why. */
export async function showRunDetail(context: Pick<Context, 'db' | 'blobs'>, project: string, id: string) {
  const run = await showRun(context.db, project, id)
  const envelope_digest = await runEnvelopeDigest(context.db, id)
  if (envelope_digest === null) return { ...run, commands: [], envelope_digest, output_missing: null }
  try {
    const bytes = await readBlob(context, envelope_digest)
    const envelopes = JSON.parse(Buffer.from(bytes).toString('utf8')) as Envelope[]
    return { ...run, commands: envelopes.flatMap((e) => e.commands), envelope_digest, output_missing: null }
  } catch (error) {
    if (!(error instanceof Problem || error instanceof BlobError)) throw error
    return { ...run, commands: [], envelope_digest, output_missing: error.message }
  }
}
