import { DecisionInput, type PolicyDecision } from '@gatehouse/core/policy/decision'
import { sha256Json, type Json } from '@gatehouse/core/kernel/canonical'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis, type Instant } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import type { Acting } from '../../db/act.ts'
import type { Trx } from '../../db/database.ts'

export interface Decided extends PolicyDecision {
  readonly id: string
  readonly policy_set_hash: string
  readonly valid_until: Instant | null
}

/**
 * The one evaluation path (law 3): asks policy, keeps question and answer as a row that can be recomputed byte for byte, and returns it. The
 * caller's event names the row. Problem policy-unavailable where policy gives no answer of the known form: nothing fails open.
 */
export async function decide(
  context: Pick<Context, 'policy'>,
  trx: Trx,
  acting: Acting,
  subject: string,
  input: DecisionInput,
): Promise<Decided> {
  const checked = DecisionInput.parse(input)
  const answer = context.policy.evaluate(checked)
  if (!answer.ok) throw new Problem('policy-unavailable', answer.detail)
  const { bundle_digest } = context.policy.identity()
  const id = newId('decision', millis(acting.at))
  const policy_set_hash = sha256Json({
    bundle_digest,
    settings: checked.settings as Json,
    exceptions: (checked.exceptions ?? []) as Json,
  })
  const { valid_until, ...decision } = answer.value
  await trx
    .insertInto('decisions')
    .values({
      id,
      project_id: acting.project_id,
      hook: checked.hook,
      subject_id: subject,
      outcome: decision.outcome,
      result: JSON.stringify(decision),
      input: JSON.stringify(checked),
      input_digest: sha256Json(checked),
      bundle_digest,
      policy_set_hash,
      at: acting.at,
      valid_until,
    })
    .execute()
  return { ...decision, id, policy_set_hash, valid_until }
}
