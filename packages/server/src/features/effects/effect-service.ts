import { gate, type Evidence, type Missing } from '@gatehouse/core/approvals/gate'
import { ValidationFacts, type Verdict } from '@gatehouse/core/delivery/validations/facts'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import { performOrRecord, type Acting, type ActTransaction } from '../../db/act.ts'
import type { Db, Trx } from '../../db/database.ts'
import { loginsOf } from '../access/access-reads.ts'
import { lockChange, readChange } from '../approvals/approval-reads.ts'
import { mergeIntent } from '../approvals/approval-service.ts'
import { decisionInput, type DecisionSubject, type ProposalFile } from '../decisions/input-reads.ts'
import { decide } from '../decisions/decision-service.ts'
import { authorsOf } from '../proposals/author-reads.ts'
import { lockTaskAndProposal } from '../proposals/closing-service.ts'
import type { LockedProposal } from '../proposals/change-service.ts'
import { readRecipe, repositoryByName, type RepositoryRow } from '../repositories/repository-reads.ts'
import type { TaskRow } from '../tasks/task-service.ts'

/** The last finished validation of a proposal, as evidence for the gate and facts for policy. */
async function lastEvidence(db: Db | Trx, proposal: string) {
  const row = await db
    .selectFrom('validations')
    .selectAll()
    .where('proposal_id', '=', proposal)
    .where('state', '!=', 'running')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row || row.digest === null || row.facts === null) return { evidence: null, subject: null }
  const verdict = row.state as Verdict
  const evidence: Evidence = {
    validation_id: row.id,
    validation_digest: row.digest,
    verdict,
    base_commit: row.base_commit,
    result_tree: row.result_tree,
    recipe_digest: row.recipe_digest,
  }
  const isolation_driver = (row.isolation as { driver?: string } | null)?.driver ?? 'none'
  return { evidence, subject: { id: row.id, verdict, isolation_driver, facts: ValidationFacts.parse(row.facts) } }
}

export async function beforeEffectSubject(
  db: Db | Trx,
  task: Omit<TaskRow, 'feedback'>,
  proposal: LockedProposal,
  repository: RepositoryRow,
): Promise<DecisionSubject> {
  const authors = await authorsOf(db, proposal.project_id, proposal.id)
  const run =
    proposal.run_id === null
      ? null
      : await db
          .selectFrom('runs')
          .select(['agent_id', 'agent_version'])
          .where('id', '=', proposal.run_id)
          .executeTakeFirst()
  const { subject } = await lastEvidence(db, proposal.id)
  return {
    hook: 'before_effect',
    environment: proposal.environment,
    repository: { id: repository.id, name: repository.name, default_branch: repository.default_branch },
    task: { id: task.id, kind: task.kind, risk: task.risk, priority: task.priority, attempt: task.attempt },
    agent: run ? { id: run.agent_id, version: run.agent_version } : null,
    proposal: {
      id: proposal.id,
      provenance: proposal.provenance === 'observed' ? 'observed' : 'unobserved',
      files: proposal.files as ProposalFile[],
      diff_bytes: proposal.diff_bytes,
      authors: [...new Set(authors.map((a) => a.person_id))],
    },
    validation: subject,
    target_branch: proposal.target_branch,
  }
}

/** What the gate needs beside the locked rows: where the branch stands, and which recipe holds there. */
async function targetNow(context: Context, repository: RepositoryRow, branch: string) {
  const head = await context.forge.readRef(repository.id, branch)
  const recipe = head === null ? null : await readRecipe(context, repository, head)
  return { target_head: head ?? 'missing', recipe_digest: recipe?.ok ? recipe.value.digest : 'missing' }
}

/**
 * Asks for the merge. In one transaction with everything locked the one gate either opens, and effect and single-use grant are written and
 * the broker's job enqueued, or stays closed: then the decision and the refusal are kept, and the answer lists all that is missing.
 */
export async function requestMerge(context: Context, acting: Acting, proposalId: string): Promise<void> {
  const requested_by = acting.actor.person_id
  if (requested_by === null) throw new Problem('forbidden', 'a merge is asked for by a person')
  const attempt = { act: 'proposal.merge', subject: { kind: 'proposal', id: proposalId } } as const
  const missing = await performOrRecord(context, acting, attempt, async (tx): Promise<readonly Missing[]> => {
    const { trx } = tx
    const { task, proposal } = await lockTaskAndProposal(tx, proposalId)
    const repository = await repositoryByName(trx, acting.project_id, proposal.repository_id)
    const change = await lockChange(trx, acting.project_id, proposal)
    const input = await decisionInput(trx, acting, await beforeEffectSubject(trx, task, proposal, repository))
    const decision = await decide(context, trx, acting, proposalId, input)
    const { evidence } = await lastEvidence(trx, proposalId)
    const intent = mergeIntent(acting.project_id, proposal)
    const result = gate({
      at: acting.at,
      change,
      intent,
      proposal,
      ...(await targetNow(context, repository, proposal.target_branch)),
      evidence,
      decision: { ...decision, decision_id: decision.id },
    })
    if (!result.ok) {
      const code = refusalCode(result.missing)
      tx.record({
        act: 'proposal.merge',
        subject: { kind: 'proposal', id: proposalId },
        outcome: 'refused',
        reason: code,
        rows: [decision.id],
        decision_id: decision.id,
        detail: { missing: result.missing.map((m) => m.code).join(', ') },
      })
      return result.missing
    }
    await grantEffect(tx, {
      task,
      proposal,
      requested_by,
      decision_id: decision.id,
      execution: result.execution,
      execution_digest: result.execution_digest,
    })
    return []
  })
  if (missing.length > 0) {
    const logins = await loginsOf(
      context.db,
      missing.flatMap((m) => m.who.split(', ')),
    )
    const named = missing.map((m) => ({
      ...m,
      who: m.who
        .split(', ')
        .map((w) => logins.get(w) ?? w)
        .join(', '),
    }))
    throw new Problem(refusalCode(missing), mergeRefusal(missing), {
      missing: named,
    })
  }
}

/** In a sentence. Once granted, nothing else that changed since matters. */
function mergeRefusal(missing: readonly Missing[]): string {
  const used = missing.find((m) => m.code === 'grant-already-used')
  return used ? used.what : `the merge needs more: ${missing.map((m) => m.what).join('; ')}`
}

function refusalCode(missing: readonly Missing[]): 'grant-already-used' | 'gate-closed' {
  return missing.some((m) => m.code === 'grant-already-used') ? 'grant-already-used' : 'gate-closed'
}

async function grantEffect(
  tx: ActTransaction,
  g: {
    task: TaskRow
    proposal: LockedProposal
    requested_by: string
    decision_id: string
    execution: { intent_digest: string }
    execution_digest: string
  },
): Promise<void> {
  const { trx, acting } = tx
  const effect = newId('effect', millis(acting.at))
  const grant = newId('grant', millis(acting.at))
  await trx
    .insertInto('effects')
    .values({
      id: effect,
      project_id: acting.project_id,
      proposal_id: g.proposal.id,
      kind: 'merge',
      intent_digest: g.execution.intent_digest,
      execution: JSON.stringify(g.execution),
      execution_digest: g.execution_digest,
      decision_id: g.decision_id,
      idempotency_key: g.execution_digest,
      message: mergeMessage(g.proposal, effect, g.execution.intent_digest, acting.correlation_id),
      requested_by: g.requested_by,
      state: 'granted',
      correlation_id: acting.correlation_id,
      granted_at: acting.at,
    })
    .execute()
  await trx
    .insertInto('grants')
    .values({
      id: grant,
      project_id: acting.project_id,
      effect_id: effect,
      execution_digest: g.execution_digest,
      granted_at: acting.at,
    })
    .execute()
  tx.enqueue({
    queue: 'effect.work',
    data: { project_id: acting.project_id, effect_id: effect, correlation_id: acting.correlation_id },
  })
  tx.record({
    act: 'proposal.merge',
    subject: { kind: 'proposal', id: g.proposal.id },
    rows: [effect, grant, g.decision_id],
    decision_id: g.decision_id,
    digests: { intent: g.execution.intent_digest, execution: g.execution_digest, diff: g.proposal.diff_digest },
    detail: { effect, grant },
  })
}

/** The merge commit's message: our own words and ids; a title of a stranger comes in one bounded line, and no trailer of theirs. */
function mergeMessage(proposal: LockedProposal, effect: string, intent: string, correlation: string): string {
  const title = proposal.title.replaceAll(/\p{Cc}/gu, ' ').slice(0, 100)
  return [
    `Merge: ${title}`,
    '',
    `Gatehouse-Proposal: ${proposal.id}`,
    `Gatehouse-Intent: ${intent}`,
    `Gatehouse-Effect: ${effect}`,
    `Gatehouse-Correlation: ${correlation}`,
    '',
  ].join('\n')
}

/** What stands between a proposal and its merge now, for screens: the same gate on the same facts, without a decision row of its own. */
export async function missingNow(
  context: Context,
  acting: Acting,
  task: Omit<TaskRow, 'feedback'>,
  proposal: LockedProposal,
): Promise<readonly Missing[]> {
  const { db } = context
  const repository = await repositoryByName(db, acting.project_id, proposal.repository_id)
  const input = await db
    .transaction()
    .execute(async (trx) => decisionInput(trx, acting, await beforeEffectSubject(trx, task, proposal, repository)))
  const answer = context.policy.evaluate(input)
  const result = gate({
    at: acting.at,
    change: await readChange(db, acting.project_id, proposal),
    intent: mergeIntent(acting.project_id, proposal),
    proposal,
    ...(await targetNow(context, repository, proposal.target_branch)),
    evidence: (await lastEvidence(db, proposal.id)).evidence,
    decision: answer.ok ? { ...answer.value, decision_id: '', policy_set_hash: '', valid_until: null } : null,
  })
  return result.ok ? [] : result.missing
}
