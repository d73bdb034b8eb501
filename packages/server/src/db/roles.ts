import pg from 'pg'
import { DATABASE_ROLES, groupRole, loginRole, type DatabaseRole } from './database.ts'
import { DatabaseError } from './database-error.ts'

const ROLES_LOCK = '4720481946107801166'
const GROUPS = DATABASE_ROLES.map(groupRole)

function adviceFor(user: string, database: string): string {
  return [
    ...GROUPS.map((group) => `create role ${group} nologin;`),
    ...GROUPS.map((group) => `grant ${group} to ${pg.escapeIdentifier(user)};`),
    `grant create, connect on database ${pg.escapeIdentifier(database)} to gh_owner;`,
    'grant create, usage on schema public to gh_owner;',
  ].join('\n  ')
}

interface Standing {
  user: string
  database: string
  may_create: boolean
  missing: string[]
  not_member: string[]
  owner_may_create: boolean
}

async function standing(client: pg.Client): Promise<Standing> {
  const { rows } = await client.query<Standing>(
    `select current_user as user, current_database() as database,
       (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_create,
       array(select g from unnest($1::text[]) g where not exists (select from pg_roles where rolname = g)) as missing,
       array(select rolname::text from pg_roles where rolname = any($1) and not pg_has_role(current_user, oid, 'member')) as not_member,
       coalesce((select has_schema_privilege(oid, 'public', 'create') and has_database_privilege(oid, current_database(), 'create')
         from pg_roles where rolname = 'gh_owner'), false) as owner_may_create`,
    [GROUPS],
  )
  const [row] = rows
  if (row === undefined) throw new Error('the server did not say who we are')
  return row
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    return client
  } catch (error) {
    // A name with two addresses fails as an AggregateError, whose own message is empty.
    const parts = error instanceof AggregateError ? error.errors : [error]
    const why = [...new Set(parts.map((part) => (part instanceof Error ? part.message : String(part))))].join('; ')
    throw new DatabaseError('database-unreachable', `The database cannot be reached: ${why}. Check DATABASE_URL.`, {
      cause: error,
    })
  }
}

async function createGroups(client: pg.Client, groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    // A simultaneous start, perhaps from another database of the cluster, may be first.
    await client.query(
      `do $$ begin create role ${group} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    )
  }
}

/**
 * Makes the group roles gh_owner, gh_app, gh_broker, gh_gateway and gh_reader where they are missing, and makes the
 * connecting user who created them a member. On a server where the user may not, throws DatabaseError `roles-missing`
 * whose message is the SQL for an administrator to run.
 */
export async function ensureRoles(url: string): Promise<void> {
  const client = await connect(url)
  try {
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(${ROLES_LOCK})`)
    const before = await standing(client)
    const done = before.missing.length === 0 && before.not_member.filter((g) => g === 'gh_owner').length === 0
    if (done && before.owner_may_create) return
    try {
      await createGroups(client, before.missing)
      const member = pg.escapeIdentifier(before.user)
      for (const group of [...before.missing, ...before.not_member]) await client.query(`grant ${group} to ${member}`)
      await client.query(`grant create, connect on database ${pg.escapeIdentifier(before.database)} to gh_owner`)
      await client.query('grant create, usage on schema public to gh_owner')
      await client.query('commit')
    } catch (error) {
      throw new DatabaseError(
        'roles-missing',
        `The database user ${before.user} may not set up the roles of Gatehouse ` +
          `(${error instanceof Error ? error.message : String(error)}). Run this once as an administrator of the server, ` +
          `connected to the database ${before.database}, then start again:\n  ${adviceFor(before.user, before.database)}`,
        { cause: error },
      )
    }
    const after = await standing(client)
    if (!after.owner_may_create) {
      throw new DatabaseError(
        'roles-missing',
        `gh_owner may not create tables in the database ${after.database}. Run as its owner:\n  ${adviceFor(after.user, after.database)}`,
      )
    }
  } finally {
    await client.end()
  }
}

/** Makes (or gives new passwords to) the login roles gatehouse_owner, ..., for the embedded server. `adminUrl` is a superuser's. */
export async function ensureLogins(adminUrl: string, passwords: Readonly<Record<DatabaseRole, string>>): Promise<void> {
  const client = await connect(adminUrl)
  try {
    await createGroups(client, GROUPS)
    for (const role of DATABASE_ROLES) {
      const login = loginRole(role)
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [login])
      const password = pg.escapeLiteral(passwords[role])
      await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${login} login password ${password}`)
      await client.query(`grant ${groupRole(role)} to ${login}`)
    }
  } finally {
    await client.end()
  }
}
