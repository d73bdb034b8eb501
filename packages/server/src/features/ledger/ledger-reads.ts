import { LedgerEvent } from '@gatehouse/ledger/event'
import type { Db } from '../../db/database.ts'
import { loginsOf } from '../access/access-reads.ts'

export interface LedgerFilter {
  readonly limit: number
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly subject?: string | undefined
  readonly correlation?: string | undefined
  readonly act?: string | undefined
}

function events(db: Db, project: string) {
  return db.selectFrom('ledger_events').select(['seq', 'body', 'hash']).where('project_id', '=', project)
}

async function views(db: Db, rows: readonly { seq: number; body: Buffer; hash: Buffer }[]) {
  const parsed = rows.map((row) => ({
    event: LedgerEvent.parse(JSON.parse(row.body.toString('utf8'))),
    hash: row.hash.toString('hex'),
  }))
  const logins = await loginsOf(
    db,
    parsed.flatMap(({ event }) => event.actor.person_id ?? []),
  )
  return parsed.map(({ event: { version: _version, category: _category, project_id: _project, ...event }, hash }) => ({
    ...event,
    actor_name: (event.actor.person_id && logins.get(event.actor.person_id)) ?? event.actor.id,
    hash,
  }))
}

/** Events of a project: newest first, or with `after` oldest first. `head` is the whole ledger's. */
export async function listEvents(db: Db, project: string, filter: LedgerFilter) {
  let q = events(db, project).limit(filter.limit)
  const { subject } = filter
  if (subject !== undefined)
    q = q.where((eb) =>
      eb.or([
        eb('subject_id', '=', subject),
        eb(
          'seq',
          'in',
          eb.selectFrom('ledger_event_rows').select('ledger_event_rows.seq').where('row_id', '=', subject),
        ),
      ]),
    )
  if (filter.correlation !== undefined) q = q.where('correlation_id', '=', filter.correlation)
  if (filter.act !== undefined) q = q.where('act', '=', filter.act)
  if (filter.before !== undefined) q = q.where('seq', '<', filter.before)
  q = filter.after === undefined ? q.orderBy('seq', 'desc') : q.where('seq', '>', filter.after).orderBy('seq')
  const head = await db.selectFrom('ledger_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
  return { items: await views(db, await q.execute()), head: { seq: head.seq, hash: head.hash.toString('hex') } }
}
