import { sql } from 'kysely'
import type { ActTransaction } from '../db/act.ts'

/**
 * Holds a name of the project until the transaction ends: of two acts that would both make what is called so, the second waits and then finds
 * what the first made. Take it before looking.
 */
export async function lockName(
  { trx, acting }: ActTransaction,
  kind: 'story' | 'agent' | 'person',
  name: string,
): Promise<void> {
  // Logins are of the whole installation; the rest is of one project.
  const key = kind === 'person' ? `person/${name}` : `${kind}/${acting.project_id}/${name}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx)
}
