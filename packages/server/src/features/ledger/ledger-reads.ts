import { rolesFor } from '@gatehouse/core/kernel/access'
import { Problem } from '@gatehouse/core/kernel/problems'
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

/**
 * Refuses whoever may not read the ledger of every project here: it is one chain, and an export is all of it or does not verify.
 * Problem: forbidden.
 */
export async function requireWholeLedger(db: Db, person: string): Promise<void> {
  const closed = await db
    .selectFrom('projects')
    .select('id')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('memberships')
            .select('memberships.id')
            .whereRef('memberships.project_id', '=', 'projects.id')
            .where('person_id', '=', person)
            .where('role', 'in', rolesFor('ledger.export'))
            .where('revoked_at', 'is', null)
            .where('repository_id', 'is', null)
            .where('environment', 'is', null),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst()
  if (closed)
    throw new Problem(
      'forbidden',
      'the export is one chain of every project of this installation, and you are not in all of them; ask somebody who is, or read your own project with: gatehouse ledger show',
    )
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
