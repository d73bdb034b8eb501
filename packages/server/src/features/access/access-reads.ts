import { sql } from 'kysely'
import { ACTS, type Act } from '@gatehouse/core/kernel/acts'
import { may, type Role } from '@gatehouse/core/kernel/access'
import type { Voter } from '@gatehouse/core/approvals/quorum'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Db, Trx } from '../../db/database.ts'
import type { Caller } from '../../http/actor.ts'

interface PersonRow {
  id: string
  login: string
  display_name: string
  created_at: Date
  roles: Role[]
  accountable_id: string | null
  accountable_login: string | null
}

function people(db: Db | Trx, project: string) {
  return db
    .selectFrom('persons')
    .innerJoin('memberships', 'memberships.person_id', 'persons.id')
    .leftJoin('persons as accountable', 'accountable.id', 'memberships.accountable_person_id')
    .where('memberships.project_id', '=', project)
    .where('memberships.revoked_at', 'is', null)
    .where('memberships.repository_id', 'is', null)
    .where('memberships.environment', 'is', null)
    .groupBy(['persons.id', 'persons.login', 'persons.display_name', 'persons.created_at'])
    .select([
      'persons.id',
      'persons.login',
      'persons.display_name',
      'persons.created_at',
      sql<Role[]>`array_agg(memberships.role)`.as('roles'),
      sql<string | null>`max(accountable.id)`.as('accountable_id'),
      sql<string | null>`max(accountable.login)`.as('accountable_login'),
    ])
}

function personView(row: PersonRow) {
  const { accountable_id, accountable_login, ...person } = row
  const accountable_person =
    accountable_id === null || accountable_login === null ? null : { id: accountable_id, login: accountable_login }
  return { ...person, accountable_person, created_at: instant(row.created_at) }
}

export async function listPersons(db: Db, project: string) {
  return (await people(db, project).orderBy('persons.login').execute()).map(personView)
}

/** A member of the project, by id or login. Problem: not-found. */
export async function showPerson(db: Db | Trx, project: string, key: string) {
  const row = await people(db, project)
    .where((eb) => eb.or([eb('persons.id', '=', key), eb('persons.login', '=', key)]))
    .executeTakeFirst()
  if (!row)
    throw new Problem('not-found', `nobody called ${key} is in this project; gatehouse person list shows who is`)
  return personView(row)
}

/** Everybody who could vote, with their roles now. The rows are locked, so that a role cannot change under a decision. */
export async function lockVoters(trx: Trx, project: string): Promise<Voter[]> {
  const rows = await trx
    .selectFrom('memberships')
    .select(['person_id', 'role'])
    .where('project_id', '=', project)
    .where('revoked_at', 'is', null)
    .where('repository_id', 'is', null)
    .where('environment', 'is', null)
    .orderBy('id')
    .forShare()
    .execute()
  return votersOf(rows)
}

/** The same without a lock, for screens. */
export async function readVoters(db: Db | Trx, project: string): Promise<Voter[]> {
  const rows = await db
    .selectFrom('memberships')
    .select(['person_id', 'role'])
    .where('project_id', '=', project)
    .where('revoked_at', 'is', null)
    .where('repository_id', 'is', null)
    .where('environment', 'is', null)
    .execute()
  return votersOf(rows)
}

function votersOf(rows: readonly { person_id: string; role: string }[]): Voter[] {
  const roles = new Map<string, Role[]>()
  for (const row of rows) roles.set(row.person_id, [...(roles.get(row.person_id) ?? []), row.role as Role])
  return [...roles].map(([person_id, held]) => ({ person_id, roles: held }))
}

/** Logins by person id, for showing. */
export async function loginsOf(db: Db | Trx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('persons')
    .select(['id', 'login'])
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map((r) => [r.id, r.login]))
}

export function personRef(logins: ReadonlyMap<string, string>, id: string) {
  return { id, login: logins.get(id) ?? id }
}

export async function whoAmI(db: Db, caller: Caller) {
  const project = await db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('id', '=', caller.project_id)
    .executeTakeFirstOrThrow()
  return {
    person: await showPerson(db, caller.project_id, caller.person_id),
    project,
    may: (Object.keys(ACTS) as Act[]).filter((act) => may(caller.roles, act)),
  }
}
