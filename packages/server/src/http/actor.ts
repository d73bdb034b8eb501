import { createHmac, randomBytes } from 'node:crypto'
import { may, rolesFor, type Role } from '@gatehouse/core/kernel/access'
import type { Act } from '@gatehouse/core/kernel/acts'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Instant } from '@gatehouse/core/kernel/time'
import type { Acting } from '../db/act.ts'

/** A person as their token showed them, in one project. */
export interface Caller {
  readonly person_id: string
  readonly login: string
  readonly token_id: string
  readonly fingerprint: string
  readonly roles: readonly Role[]
  readonly scopes: readonly string[]
  readonly project_id: string
}

/** Refuses what the caller's roles do not allow, naming who can. */
export function requireMay(caller: Caller, act: Act): void {
  if (may(caller.roles, act)) return
  throw new Problem(
    'forbidden',
    `${act} needs the role ${rolesFor(act).join(', ') || 'of a service'}; you are ${caller.roles.join(', ') || 'no member'} here. Ask an owner of the project.`,
    { act, your_roles: [...caller.roles], needed: rolesFor(act) },
  )
}

/** The acting side of a request. */
export function actingOf(caller: Caller, at: Instant, correlationId: string): Acting {
  return {
    project_id: caller.project_id,
    at,
    correlation_id: correlationId,
    actor: {
      kind: 'person',
      id: caller.person_id,
      person_id: caller.person_id,
      on_behalf_of: [],
      fingerprint: caller.fingerprint,
      roles: [...caller.roles],
      scopes: [...caller.scopes],
    },
  }
}

/** A new token: `gh_` and 32 random bytes in base64url. Shown once; we keep its keyed digest only. */
export function newTokenText(): string {
  return `gh_${randomBytes(32).toString('base64url')}`
}

/** A token's short name in the ledger: the first 16 hexadecimal digits of its keyed digest. */
export function fingerprintOf(hash: Buffer): string {
  return hash.toString('hex').slice(0, 16)
}

/** HMAC-SHA-256 (RFC 2104) of the token under the pepper. */
export function tokenHash(pepper: Buffer, token: string): Buffer {
  return createHmac('sha256', pepper).update(token).digest()
}
