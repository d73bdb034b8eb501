import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { performAct, serviceActor, type Acting, type ActTransaction } from '../../db/act.ts'
import type { Db } from '../../db/database.ts'
import { crashPoint } from '../../jobs/crash-point.ts'
import { requireLease } from '../../jobs/leases.ts'
import type { JobContext } from '../../jobs/worker.ts'
import { lockTaskAndProposal } from '../proposals/closing-service.ts'
import { moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { carryOutMerge, type BrokerAnswer } from './effect-broker.ts'

/** Carries a granted effect out and settles it. Killed anywhere, the next attempt reads the branch first and finds what was done. */
export async function workEffect(context: Context, broker: Db, job: JobContext<'effect.work'>): Promise<void> {
  const { effect_id, project_id } = job.data
  const effect = await context.db
    .selectFrom('effects')
    .select(['proposal_id', 'requested_by'])
    .where('id', '=', effect_id)
    .executeTakeFirst()
  if (!effect) throw new Problem('not-found', `there is no effect ${effect_id}`)
  crashPoint('effect.before')
  const acting: Acting = {
    project_id,
    actor: serviceActor('broker', [effect.requested_by]),
    correlation_id: job.correlation_id,
    at: context.clock(),
  }
  let answer: BrokerAnswer
  try {
    answer = await carryOutMerge(broker, context.forge, effect_id, job.lease)
  } catch (error) {
    await noteUnknown(context, acting, job, effect.proposal_id, error)
    throw error
  }
  crashPoint('effect.between')
  if (answer.state === 'settled') {
    job.log.info({ effect_id }, 'the grant was spent before: nothing to do')
    return
  }
  const settled = answer
  await performAct(context, { ...acting, at: context.clock() }, (tx) =>
    settle(tx, job, effect_id, effect.proposal_id, settled),
  )
  crashPoint('effect.after')
}

async function settle(
  tx: ActTransaction,
  job: JobContext<'effect.work'>,
  id: string,
  proposalId: string,
  answer: Exclude<BrokerAnswer, { state: 'settled' }>,
): Promise<void> {
  const { trx, acting } = tx
  await requireLease(trx, job.lease)
  const { task, proposal } = await lockTaskAndProposal(tx, proposalId)
  const effect = await trx.selectFrom('effects').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()
  requireTransition('effect', 'effect.execute', effect.state, answer.state)
  const grant = await trx
    .updateTable('grants')
    .set({ spent_at: acting.at })
    .where('effect_id', '=', id)
    .where('spent_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!grant) throw new Problem('grant-already-used', `the grant of effect ${id} was spent before`)
  const rows = [grant.id, proposalId, task.id]
  await trx
    .updateTable('effects')
    .set({
      state: answer.state,
      settled_at: acting.at,
      ...(answer.state === 'effected' ? { result_commit: answer.commit } : { reason: answer.reason }),
    })
    .where('id', '=', id)
    .execute()
  if (answer.state === 'effected') {
    requireTransition('proposal', 'effect.execute', proposal.state, 'merged')
    await trx
      .updateTable('proposals')
      .set({ state: 'merged', version: proposal.version + 1, updated_at: acting.at })
      .where('id', '=', proposalId)
      .execute()
    await moveTask(tx, task, 'effect.execute', 'merged')
    if (task.story_id !== null) {
      const story = await trx
        .selectFrom('stories')
        .select(['state', 'version'])
        .where('id', '=', task.story_id)
        .forUpdate()
        .executeTakeFirstOrThrow()
      requireTransition('story', 'effect.execute', story.state, 'delivered')
      await trx
        .updateTable('stories')
        .set({ state: 'delivered', version: story.version + 1, updated_at: acting.at })
        .where('id', '=', task.story_id)
        .execute()
      rows.push(task.story_id)
    }
  }
  tx.record({
    act: 'effect.execute',
    subject: { kind: 'effect', id },
    rows,
    outcome: answer.state === 'effected' ? 'ok' : 'failed',
    ...(answer.state === 'refused' ? { reason: 'branch-moved' } : {}),
    decision_id: effect.decision_id,
    digests: { intent: effect.intent_digest, execution: effect.execution_digest },
    detail:
      answer.state === 'effected'
        ? { proposal: proposalId, commit: answer.commit }
        : { proposal: proposalId, why: answer.reason },
  })
}

/** The forge did not say whether it did it: unknown, to be read back by the next attempt, never repeated blindly. */
async function noteUnknown(
  context: Context,
  acting: Acting,
  job: JobContext<'effect.work'>,
  proposalId: string,
  error: unknown,
): Promise<void> {
  await performAct(context, acting, async (tx) => {
    await requireLease(tx.trx, job.lease)
    await lockTaskAndProposal(tx, proposalId)
    const effect = await tx.trx
      .selectFrom('effects')
      .select('state')
      .where('id', '=', job.data.effect_id)
      .forUpdate()
      .executeTakeFirst()
    if (effect?.state !== 'granted') return
    await tx.trx.updateTable('effects').set({ state: 'unknown' }).where('id', '=', job.data.effect_id).execute()
    const why = error instanceof Error ? error.message : 'no answer'
    tx.record({
      act: 'effect.execute',
      subject: { kind: 'effect', id: job.data.effect_id },
      outcome: 'failed',
      reason: 'forge-unavailable',
      detail: { why: why.slice(0, 500) },
    })
  })
}
