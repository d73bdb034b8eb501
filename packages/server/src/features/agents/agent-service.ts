import { agentVersion, type AgentDefinition } from '@gatehouse/core/agents/definition'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import { performAct, type Acting } from '../../db/act.ts'
import { lockName } from '../name-lock.ts'

/** Registers a definition under its own hash. The same version again is a problem; a new one becomes the agent's version in force. */
export async function registerAgent(context: Context, acting: Acting, definition: AgentDefinition): Promise<string> {
  const owner = acting.actor.person_id
  if (owner === null) throw new Problem('forbidden', 'an agent needs a person as its owner')
  const version = agentVersion(definition)
  const name = definition.identity.name
  return performAct(context, acting, async (tx) => {
    const { trx, record } = tx
    await lockName(tx, 'agent', name)
    const known = await trx
      .selectFrom('agents')
      .selectAll()
      .where('project_id', '=', acting.project_id)
      .where('name', '=', name)
      .forUpdate()
      .executeTakeFirst()
    if (known?.version === version && known.state !== 'disabled')
      throw new Problem('agent-exists', `${name} is registered at version ${version} already`, {
        agent_id: known.id,
        version,
      })
    const id = known?.id ?? newId('agent', millis(acting.at))
    const stored =
      known &&
      (await trx
        .selectFrom('agent_versions')
        .select('id')
        .where('agent_id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst())
    if (known)
      await trx
        .updateTable('agents')
        .set({ version, state: 'sandbox', updated_at: acting.at })
        .where('id', '=', id)
        .execute()
    else
      await trx
        .insertInto('agents')
        .values({
          id,
          project_id: acting.project_id,
          name,
          owner_person_id: owner,
          state: 'sandbox',
          version,
          created_at: acting.at,
          updated_at: acting.at,
        })
        .execute()
    // Versions' rows are named by the agent's event through their digest; the row id covers law 6.
    const row = stored?.id ?? `${id}/${version}`
    if (!stored)
      await trx
        .insertInto('agent_versions')
        .values({
          id: row,
          project_id: acting.project_id,
          agent_id: id,
          version,
          definition: JSON.stringify(definition),
          registered_by: owner,
          created_at: acting.at,
        })
        .execute()
    record({
      act: 'agent.register',
      subject: { kind: 'agent', id },
      rows: [row],
      digests: { definition: version },
      detail: { name },
    })
    return id
  })
}

/** Disables an agent: its runs are refused from now on. */
export async function disableAgent(context: Context, acting: Acting, key: string): Promise<string> {
  return performAct(context, acting, async ({ trx, record }) => {
    const row = await trx
      .selectFrom('agents')
      .select(['id', 'state', 'name'])
      .where('project_id', '=', acting.project_id)
      .where((eb) => eb.or([eb('id', '=', key), eb('name', '=', key)]))
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw new Problem('not-found', `there is no agent ${key}`)
    if (row.state === 'disabled')
      throw new Problem('wrong-state', `${row.name} is disabled already; register it again to enable it`)
    await trx.updateTable('agents').set({ state: 'disabled', updated_at: acting.at }).where('id', '=', row.id).execute()
    record({ act: 'agent.disable', subject: { kind: 'agent', id: row.id }, detail: { name: row.name } })
    return row.id
  })
}
