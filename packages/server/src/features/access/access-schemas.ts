import { z } from 'zod'
import { ROLES } from '@gatehouse/core/kernel/access'
import { PersonRef, Time } from '../schemas.ts'

export const RoleName = z.enum(ROLES)
export const PersonView = z
  .object({
    id: z.string(),
    login: z.string(),
    display_name: z.string(),
    roles: z.array(RoleName),
    accountable_person: PersonRef.nullish().describe('of a service account: the person who answers for it'),
    created_at: Time,
  })
  .meta({ id: 'Person' })
const Accountable = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe('with the role automation: id or login of the person who answers for the service account; you unless told')
export const PersonAdd = z.strictObject({
  login: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,60}$/, 'lower-case letters, digits, ".", "_" and "-"'),
  display_name: z.string().min(1).max(200).optional(),
  role: RoleName,
  accountable_person: Accountable,
})
export const MembershipChange = z.strictObject({
  role: RoleName.nullable().describe('null removes the person from the project'),
  accountable_person: Accountable,
})
export const TokenIssue = z.strictObject({
  label: z.string().min(1).max(100),
  expires_in_days: z.int().min(1).max(365).default(90),
  scopes: z
    .array(z.enum(['dev-agent:admin']))
    .max(10)
    .default([]),
})
export const TokenView = z
  .object({
    id: z.string(),
    person_id: z.string(),
    label: z.string(),
    scopes: z.array(z.string()),
    created_at: Time,
    expires_at: Time,
    revoked_at: Time.nullable(),
  })
  .meta({ id: 'Token' })
export const TokenIssued = TokenView.extend({ token: z.string().describe('shown this once') }).meta({
  id: 'IssuedToken',
})
export const WhoAmI = z
  .object({
    person: PersonView,
    project: z.object({ id: z.string(), name: z.string() }),
    may: z.array(z.string()).describe('the acts your roles allow'),
  })
  .meta({ id: 'WhoAmI' })
