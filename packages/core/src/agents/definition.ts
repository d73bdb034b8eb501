import { z } from 'zod'
import { sha256Json, type Sha256 } from '../kernel/canonical.ts'

const name = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')

/** A command agent's program: run in the sandbox with its files read-only under /agent. */
export const AgentCommand = z.strictObject({
  run: z
    .array(z.string().min(1).max(4096))
    .min(1)
    .max(64)
    .refine((words) => !words.join('').includes('\0'), 'holds a NUL character'),
  files: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/, 'a plain file name'), z.string().max(262_144))
    .default({}),
})

/** The canonical agent definition (FORMATS, "Canonical agent"): what the version's hash covers. */
export const AgentDefinition = z.strictObject({
  identity: z.strictObject({
    name,
    description: z.string().max(2000).default(''),
    tags: z.array(z.string().max(60)).max(20).default([]),
    role_class: z.enum(['assistant', 'analyst', 'support', 'reviewer', 'automator', 'monitor', 'custom']),
    role_summary: z.string().max(500).default(''),
  }),
  anatomy: z.strictObject({
    command: AgentCommand,
    capabilities: z.strictObject({
      tools: z.array(z.string()).default([]),
      actions: z.array(z.string()).default([]),
      allow_external_write: z.boolean().default(false),
      allow_data_access: z.boolean().default(false),
      allowed_paths: z.array(z.string().min(1).max(200)).max(100).default(['**']),
    }),
    constraints: z.array(z.string().max(500)).default([]),
  }),
  trigger: z
    .strictObject({ type: z.enum(['manual', 'workflow', 'event', 'schedule', 'none']) })
    .default({ type: 'manual' }),
  limits: z.strictObject({
    max_requests_per_day: z.int().min(1).max(100_000).default(100),
    max_execution_time_seconds: z.int().min(1).max(86_400).default(300),
    max_retries: z.int().min(0).max(20).default(2),
    max_changed_files: z.int().min(1).max(10_000).default(200),
    max_diff_bytes: z.int().min(1).max(50_000_000).default(1_000_000),
    expires_at: z.iso.datetime().nullable().default(null),
  }),
  policies: z
    .strictObject({ baseline: z.array(z.string()).default([]), overrides: z.array(z.string()).default([]) })
    .default({ baseline: [], overrides: [] }),
})
export type AgentDefinition = z.infer<typeof AgentDefinition>

/** A version is named by the SHA-256 of its definition's canonical JSON. */
export function agentVersion(definition: AgentDefinition): Sha256 {
  return sha256Json(definition)
}

export const AGENT_STATES = ['draft', 'sandbox', 'governed', 'disabled'] as const
export type AgentState = (typeof AGENT_STATES)[number]
