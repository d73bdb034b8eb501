import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import type { ValidationFacts, Verdict } from '@gatehouse/core/delivery/validations/facts'
import type { TaskState } from '@gatehouse/core/delivery/states'
import { sha256Json, type Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { keepBlob } from '../../blobs/blob-rows.ts'
import { performAct, serviceActor, type Acting, type ActTransaction } from '../../db/act.ts'
import { crashPoint } from '../../jobs/crash-point.ts'
import { LeaseLost, requireLease } from '../../jobs/leases.ts'
import { QUEUES } from '../../jobs/queue-names.ts'
import { runStep } from '../../jobs/steps.ts'
import type { JobContext } from '../../jobs/worker.ts'
import { mergeIntent, openOrKeepRequest } from '../approvals/approval-service.ts'
import { decisionInput } from '../decisions/input-reads.ts'
import { decide } from '../decisions/decision-service.ts'
import { beforeEffectSubject } from '../effects/effect-service.ts'
import { lockTaskAndProposal } from '../proposals/closing-service.ts'
import { repositoryByName, type RepositoryRow } from '../repositories/repository-reads.ts'
import { moveTask } from '../tasks/task-service.ts'
import type { Feedback } from '../tasks/task-schemas.ts'
import { requireTransition } from '../transitions.ts'
import { baselineOwner } from './validation-reads.ts'
import { runRecipe, type RecipeRun } from './recipe-run-service.ts'
import { tickedTasks } from './ticked-tasks.ts'
import { factsOf, failureReason } from './validation-facts.ts'

const FLOW_VERSION = 1

/** Carries a validation out: the recipe on the base (kept, so that it runs once a base), then on the candidate, then the end in one act. */
export async function workValidation(context: Context, job: JobContext<'validation.work'>): Promise<void> {
  const { project_id, validation_id } = job.data
  const row = await context.db.selectFrom('validations').selectAll().where('id', '=', validation_id).executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no validation ${validation_id}`)
  if (row.state !== 'running') return
  const proposal = await context.db
    .selectFrom('proposals')
    .selectAll()
    .where('id', '=', row.proposal_id)
    .executeTakeFirstOrThrow()
  const repository = await repositoryByName(context.db, project_id, proposal.repository_id)
  const recipe = Recipe.parse(row.recipe)
  const acting = (): Acting => ({
    project_id,
    actor: serviceActor('worker', [proposal.created_by]),
    correlation_id: job.correlation_id,
    at: context.clock(),
  })
  try {
    const target = { branch: proposal.target_branch, environment: proposal.environment }
    const base = await recipeStep(
      context,
      job,
      repository,
      recipe,
      { owner_id: baselineOwner(repository.id, proposal.base_tree), name: row.recipe_digest, ordinal: 1 },
      { ...target, tree: proposal.base_tree },
    )
    const candidate = await recipeStep(
      context,
      job,
      repository,
      recipe,
      { owner_id: validation_id, name: 'candidate', ordinal: 2 },
      { ...target, tree: row.result_tree },
    )
    const envelope_digest = await keepBlob(context, Buffer.from(JSON.stringify(candidate.envelopes)), 'evidence')
    const base_envelope_digest = await keepBlob(context, Buffer.from(JSON.stringify(base.envelopes)), 'evidence')
    const ticked = await tickedTasks(context, repository, proposal, row.result_tree, candidate, job.signal)
    const { verdict, facts } = factsOf(recipe, proposal.files as Parameters<typeof factsOf>[1], base, candidate, ticked)
    const isolation = candidate.envelopes[0]?.isolation ?? null
    await performAct(context, acting(), (tx) =>
      finish(tx, context, job, repository, { verdict, facts, isolation, envelope_digest, base_envelope_digest }),
    )
    crashPoint('validation.finished')
  } catch (error) {
    if (error instanceof LeaseLost || job.signal.aborted) throw error
    const last =
      job.attempt > QUEUES['validation.work'].retry_limit ||
      (error instanceof Problem && error.slug === 'isolation-unavailable')
    if (!last) throw error
    await performAct(context, acting(), (tx) =>
      errored(tx, job, error instanceof Error ? error.message : 'unknown error'),
    )
    job.log.error({ err: error }, 'the validation errored')
  }
}

async function recipeStep(
  context: Context,
  job: JobContext<'validation.work'>,
  repository: RepositoryRow,
  recipe: Recipe,
  step: { owner_id: string; name: string; ordinal: number },
  target: { branch: string; environment: string; tree: string },
): Promise<RecipeRun> {
  const { output } = await runStep({
    db: context.db,
    lease: job.lease,
    step: {
      ...step,
      flow_version: FLOW_VERSION,
      input: { ...target, recipe: recipe as Json, isolation: repository.settings.isolation },
    },
    at: context.clock,
    signal: job.signal,
    execute: async (signal) =>
      (await runRecipe(context, repository, recipe, target, job.correlation_id, signal)) as unknown as Json,
  })
  return output as unknown as RecipeRun
}

interface Ended {
  readonly verdict: Verdict
  readonly facts: ValidationFacts
  readonly isolation: unknown
  readonly envelope_digest: string
  readonly base_envelope_digest: string
}

/** The end of a validation in one act: verdict, policy's word on it, the proposal's and task's states, and the approval request. */
async function finish(
  tx: ActTransaction,
  context: Context,
  job: JobContext<'validation.work'>,
  repository: RepositoryRow,
  ended: Ended,
): Promise<void> {
  const { trx, acting } = tx
  const { validation_id: id } = job.data
  await requireLease(trx, job.lease)
  const found = await trx.selectFrom('validations').select('proposal_id').where('id', '=', id).executeTakeFirstOrThrow()
  const { task, proposal } = await lockTaskAndProposal(tx, found.proposal_id)
  const row = await trx.selectFrom('validations').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()
  if (row.state !== 'running') return
  const reason = ended.verdict === 'passed' ? null : failureReason(ended.facts)
  const digest = sha256Json({
    recipe_digest: row.recipe_digest,
    base_commit: row.base_commit,
    result_tree: row.result_tree,
    verdict: ended.verdict,
    facts: ended.facts as Json,
    envelope_digest: ended.envelope_digest,
  })
  await trx
    .updateTable('validations')
    .set({
      state: ended.verdict,
      reason,
      facts: JSON.stringify(ended.facts),
      isolation: JSON.stringify(ended.isolation),
      envelope_digest: ended.envelope_digest,
      base_envelope_digest: ended.base_envelope_digest,
      digest,
      finished_at: acting.at,
    })
    .where('id', '=', id)
    .execute()
  const subject = {
    ...(await beforeEffectSubject(trx, task, proposal, repository)),
    hook: 'after_execute' as const,
    target_branch: null,
  }
  const decision = await decide(context, trx, acting, proposal.id, await decisionInput(trx, acting, subject))
  const denied = decision.outcome === 'deny'
  const passed = ended.verdict === 'passed' && !denied
  requireTransition('proposal', 'validation.finish', proposal.state, passed ? 'validated' : 'failed')
  const why = reason ?? (denied ? decision.violations.map((v) => v.message).join('; ') : null)
  await trx
    .updateTable('proposals')
    .set({
      state: passed ? 'validated' : 'failed',
      reason: why?.slice(0, 2000) ?? null,
      effective_risk: decision.effective_risk,
      version: proposal.version + 1,
      updated_at: acting.at,
    })
    .where('id', '=', proposal.id)
    .execute()
  const rows = [proposal.id, task.id, decision.id]
  let to: TaskState = 'needs_revision'
  if (passed) {
    const request = await openOrKeepRequest(
      tx,
      proposal,
      mergeIntent(acting.project_id, proposal),
      decision.requirements,
      repository.settings.approval_days,
    )
    rows.push(request.row)
    to = request.satisfied ? 'approved' : 'awaiting_approval'
  }
  const feedback: Feedback | null = passed
    ? null
    : {
        failing_tests: ended.facts.candidate_reported.newly_failing_tests,
        violations: decision.violations.map(({ policy_id, message }) => ({ policy_id, message })),
        comments: why === null ? [] : [why.slice(0, 2000)],
      }
  await moveTask(tx, task, 'validation.finish', to, { feedback })
  tx.record({
    act: 'validation.finish',
    subject: { kind: 'validation', id },
    rows,
    outcome: passed ? 'ok' : 'failed',
    ...(passed ? {} : { reason: denied ? 'policy-denied' : 'validation-failed' }),
    decision_id: decision.id,
    digests: { validation: digest, envelope: ended.envelope_digest, recipe: row.recipe_digest },
    detail: {
      proposal: proposal.id,
      verdict: ended.verdict,
      policy: decision.outcome,
      isolation: (ended.isolation as { driver?: string } | null)?.driver ?? 'none',
      ...(why === null ? {} : { why: why.slice(0, 1000) }),
    },
  })
}

/** We broke, and have tried enough: the proposal waits for another validation, and the row says what happened. */
async function errored(tx: ActTransaction, job: JobContext<'validation.work'>, why: string): Promise<void> {
  const { trx, acting } = tx
  const { validation_id: id } = job.data
  await requireLease(trx, job.lease)
  const found = await trx.selectFrom('validations').select('proposal_id').where('id', '=', id).executeTakeFirstOrThrow()
  const { task, proposal } = await lockTaskAndProposal(tx, found.proposal_id)
  const row = await trx
    .updateTable('validations')
    .set({ state: 'errored', reason: why.slice(0, 2000), finished_at: acting.at })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst()
  if (!row) return
  requireTransition('proposal', 'validation.finish', proposal.state, 'pending')
  await trx
    .updateTable('proposals')
    .set({
      state: 'pending',
      reason: `the validation errored: ${why}`.slice(0, 2000),
      version: proposal.version + 1,
      updated_at: acting.at,
    })
    .where('id', '=', proposal.id)
    .execute()
  await moveTask(tx, task, 'validation.finish', 'proposed')
  tx.record({
    act: 'validation.finish',
    subject: { kind: 'validation', id },
    rows: [proposal.id, task.id],
    outcome: 'failed',
    reason: 'internal-error',
    detail: { proposal: proposal.id, why: why.slice(0, 1000) },
  })
}
