import { z } from 'zod'
import { AGENT_STATES, AgentDefinition } from '@gatehouse/core/agents/definition'
import { Digest, PersonRef, Time } from '../schemas.ts'

export const AgentRegister = z.strictObject({ definition: AgentDefinition })
export const AgentView = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: PersonRef,
    state: z.enum(AGENT_STATES),
    version: Digest.describe('the SHA-256 of the definition in force'),
    definition: AgentDefinition,
    runs_today: z.int(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Agent' })
