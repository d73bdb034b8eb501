import { z } from 'zod'
import { Digest, Time } from '../schemas.ts'

const Violation = z.object({
  policy_id: z.string(),
  message: z.string(),
  severity: z.string(),
  runbook_url: z.string(),
})
export const RequirementView = z
  .object({
    id: z.string(),
    policy_id: z.string(),
    count: z.int(),
    roles: z.array(z.string()),
    persons: z.array(z.string()).optional().describe('ids of persons who may give it whatever their role is called'),
    reason: z.string(),
  })
  .meta({ id: 'Requirement' })
export const DecisionView = z
  .object({
    id: z.string(),
    hook: z.enum(['before_execute', 'after_execute', 'before_effect']),
    subject_id: z.string(),
    outcome: z.enum(['allow', 'warn', 'deny']),
    violations: z.array(Violation),
    warnings: z.array(Violation),
    requirements: z.array(RequirementView),
    effective_risk: z.string(),
    input_digest: Digest,
    bundle_digest: Digest,
    policy_set_hash: Digest,
    at: Time,
    valid_until: Time.nullable(),
  })
  .meta({ id: 'Decision' })
export const DecisionDetail = DecisionView.extend({
  input: z.unknown().describe('the exact input that policy was asked with'),
}).meta({ id: 'DecisionDetail' })
