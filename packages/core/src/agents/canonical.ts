import { z } from 'zod'
import { AgentDefinition } from './definition.ts'

const money = z.number().min(0).max(1_000_000)

/** The model an agent asks for. The gateway holds the key; the agent never does. */
export const AgentModel = z.strictObject({
  provider: z.string().min(1).max(80),
  model: z.string().min(1).max(200),
  runtime: z.string().min(1).max(80),
  temperature: z.number().min(0).max(2).optional(),
  max_tokens: z.int().min(1).max(10_000_000).optional(),
  top_p: z.number().min(0).max(1).optional(),
})

export const AgentMemory = z.strictObject({
  mode: z.enum(['stateless', 'session', 'persistent']),
  scope: z.enum(['user', 'workspace', 'global']).optional(),
  retention_days: z.int().min(0).max(36_500).optional(),
})

const { anatomy, limits, trigger } = AgentDefinition.shape
const { capabilities } = anatomy.shape

/**
 * The whole canonical definition (FORMATS, "Canonical agent") as policy is asked about it. Wider than what a command agent is registered
 * with: every `AgentDefinition` is one of these, and what it adds is optional, so that a version's hash does not change.
 * Money is in US dollars.
 */
export const CanonicalDefinition = AgentDefinition.extend({
  anatomy: anatomy.extend({
    system_prompt: z.string().max(262_144).optional(),
    llm: AgentModel.nullable().optional(),
    command: anatomy.shape.command.optional(),
    /** `egress` names the hosts that a run may reach, through the proxy. */
    capabilities: capabilities.extend({ egress: z.array(z.string().min(1).max(253)).max(200).optional() }),
    memory: AgentMemory.nullable().optional(),
  }),
  trigger: trigger.unwrap().extend({
    workflow_id: z.string().max(200).optional(),
    event_source: z.string().max(200).optional(),
    schedule: z.string().max(200).optional(),
    conditions: z.array(z.string().max(500)).max(50).optional(),
    dedupe: z.strictObject({ key: z.string().max(200), window: z.string().max(40) }).optional(),
    retries: z.strictObject({ max: z.int().min(0).max(20), backoff: z.string().max(40) }).optional(),
    rate: z.string().max(40).optional(),
  }),
  limits: limits.extend({
    max_requests_per_minute: z.int().min(0).max(100_000).optional(),
    max_requests_per_hour: z.int().min(0).max(100_000).optional(),
    max_cost_per_request: money.optional(),
    max_cost_per_day: money.optional(),
    max_cost_per_month: money.optional(),
  }),
})
export type CanonicalDefinition = z.infer<typeof CanonicalDefinition>
