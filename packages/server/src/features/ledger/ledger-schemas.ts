import { z } from 'zod'
import { Digest, Time } from '../schemas.ts'

export const LedgerEventView = z
  .object({
    seq: z.int(),
    time: Time,
    act: z.string(),
    outcome: z.enum(['ok', 'refused', 'failed']),
    reason: z.string().nullable(),
    actor: z.looseObject({ kind: z.string(), id: z.string(), person_id: z.string().nullable() }),
    actor_name: z.string().describe('the login today, for reading; the ledger itself holds ids only'),
    subject: z.object({ kind: z.string(), id: z.string() }),
    correlation_id: z.string(),
    decision_id: z.string().nullable(),
    rows: z.array(z.string()),
    digests: z.record(z.string(), z.string()),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    hash: Digest,
  })
  .meta({ id: 'LedgerEvent' })
export const LedgerQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.coerce.number().int().min(1).optional().describe('events with a smaller seq, newest first'),
  after: z.coerce.number().int().min(0).optional().describe('events with a greater seq, oldest first'),
  subject: z.string().max(100).optional().describe('events about this id, or that changed its row'),
  correlation: z.string().max(100).optional(),
  act: z.string().max(100).optional(),
})
export const LedgerPage = z
  .object({ items: z.array(LedgerEventView), head: z.object({ seq: z.int(), hash: Digest }) })
  .meta({ id: 'LedgerPage' })
export const LedgerVerified = z
  .object({
    ok: z.boolean(),
    count: z.int(),
    head_hash: Digest.nullable(),
    root_hash: Digest.nullable(),
    code: z.string().nullable(),
    seq: z.int().nullable(),
    detail: z.string(),
    duration_ms: z.number(),
  })
  .meta({ id: 'LedgerVerified' })
