import { AgentDefinition, type AgentState } from '@gatehouse/core/agents/definition'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant, millis, plus, type Instant } from '@gatehouse/core/kernel/time'
import type { Db, Trx } from '../../db/database.ts'
import { loginsOf, personRef } from '../access/access-reads.ts'

const DAY = 86_400_000

/** An agent by id or name, with the definition of its version in force. Problem: not-found. */
export async function agentByName(db: Db | Trx, project: string, key: string) {
  const row = await db
    .selectFrom('agents')
    .innerJoin('agent_versions', (j) =>
      j.onRef('agent_versions.agent_id', '=', 'agents.id').onRef('agent_versions.version', '=', 'agents.version'),
    )
    .selectAll('agents')
    .select('agent_versions.definition')
    .where('agents.project_id', '=', project)
    .where((eb) => eb.or([eb('agents.id', '=', key), eb('agents.name', '=', key)]))
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no agent ${key}; gatehouse agent list shows those here`)
  return { ...row, definition: AgentDefinition.parse(row.definition) }
}

/** The definition of one registered version. */
export async function agentDefinition(db: Db | Trx, agentId: string, version: string): Promise<AgentDefinition> {
  const row = await db
    .selectFrom('agent_versions')
    .select('definition')
    .where('agent_id', '=', agentId)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
  return AgentDefinition.parse(row.definition)
}

/** Runs started in the 24 hours before `at`: what `max_requests_per_day` is held against. */
export async function runsToday(db: Db | Trx, agentId: string, at: Instant): Promise<number> {
  const row = await db
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('agent_id', '=', agentId)
    .where('created_at', '>', new Date(millis(plus(at, -DAY))))
    .executeTakeFirstOrThrow()
  return row.n
}

async function view(db: Db, row: Awaited<ReturnType<typeof agentByName>>, at: Instant) {
  const logins = await loginsOf(db, [row.owner_person_id])
  return {
    id: row.id,
    name: row.name,
    owner: personRef(logins, row.owner_person_id),
    state: row.state as AgentState,
    version: row.version,
    definition: row.definition,
    runs_today: await runsToday(db, row.id, at),
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  }
}

export async function showAgent(db: Db, project: string, key: string, at: Instant) {
  return view(db, await agentByName(db, project, key), at)
}

export async function listAgents(db: Db, project: string, at: Instant) {
  const names = await db.selectFrom('agents').select('id').where('project_id', '=', project).orderBy('name').execute()
  return Promise.all(names.map(({ id }) => showAgent(db, project, id, at)))
}
