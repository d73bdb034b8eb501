import { canonicalJson } from '@gatehouse/core/kernel/canonical'
import { z } from 'zod'

/** The largest body of one event, in bytes. Large things are blobs, named by digest. */
export const EVENT_BODY_MAX = 65_536

// PostgreSQL's jsonb holds neither NUL nor lone surrogates, and RFC 8785 refuses the latter.
const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
const Text = z.string().max(4_000).refine(storable, 'must be well-formed Unicode without NUL')
const Name = z.string().min(1).max(200).refine(storable, 'must be well-formed Unicode without NUL')
const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal')

/** Who acted. Ids only: personal data stands outside the ledger, where it can be erased. */
export const LedgerActor = z.strictObject({
  kind: z.enum(['person', 'agent', 'service']),
  id: Name,
  /** The accountable person, where one is known. */
  person_id: Name.nullable(),
  /** Ids the actor acted for, nearest first. */
  on_behalf_of: z.array(Name).max(50),
  /** Of the credential used: a certificate's or token's fingerprint. */
  fingerprint: Name.nullable(),
  roles: z.array(Name).max(50),
  scopes: z.array(Name).max(50),
})
export type LedgerActor = z.infer<typeof LedgerActor>

/** One event of the ledger, version 1. The canonical JSON (RFC 8785) of this is the event's body. */
export const LedgerEvent = z.strictObject({
  version: z.literal(1),
  /** From 1, without gaps. */
  seq: z.int().min(1),
  /** RFC 3339 UTC with milliseconds. */
  time: z.iso.datetime({ precision: 3 }),
  category: z.enum(['governed', 'access', 'system']),
  act: z.string().regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, 'must be an act such as proposal.approve'),
  actor: LedgerActor,
  project_id: Name.nullable(),
  subject: z.strictObject({ kind: Name, id: Name }),
  outcome: z.enum(['ok', 'refused', 'failed']),
  /** The problem's slug, where the outcome is not ok. */
  reason: Name.nullable(),
  correlation_id: Name,
  decision_id: Name.nullable(),
  /** Ids of the governed rows that this event covers (law 6). */
  rows: z.array(Name).max(500),
  digests: z.record(Name, Digest),
  /** Small public facts. */
  detail: z.record(Name, z.union([Text, z.number(), z.boolean()])),
})
export type LedgerEvent = z.infer<typeof LedgerEvent>

/** An event before it has its place: everything but `version` and `seq`. */
export type LedgerEventDraft = Omit<LedgerEvent, 'version' | 'seq'>

/**
 * The bytes of an event: canonical JSON (RFC 8785) in UTF-8. What is hashed and stored is exactly this.
 * Throws ZodError for a draft that is no event and RangeError above `EVENT_BODY_MAX` bytes: both are the caller's bugs.
 */
export function composeEvent(draft: LedgerEventDraft, seq: number): Uint8Array {
  const event = LedgerEvent.parse({ ...draft, version: 1, seq })
  const body = new TextEncoder().encode(canonicalJson(event))
  if (body.length > EVENT_BODY_MAX) {
    throw new RangeError(`the event ${draft.act} has ${body.length} bytes, more than ${EVENT_BODY_MAX}`)
  }
  return body
}
