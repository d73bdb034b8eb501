import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Id } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import { hasUnprintable } from '../../adapters/forge/path-rules.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import { requireLease } from '../../jobs/leases.ts'
import { finishStep, runStep } from '../../jobs/steps.ts'
import { decisionInput } from '../decisions/input-reads.ts'
import { decide } from '../decisions/decision-service.ts'
import { planValidation } from '../proposals/proposal-service.ts'
import { fileRows, insertProposal, prepareChange } from '../proposals/change-service.ts'
import { type RepositoryRow } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import { lockTask, moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { insertValidation } from '../validations/validation-service.ts'

import { endRun, endRunInto } from './run-ending.ts'
import { comment, step, subjectOf, type Executed, type Job, type Run } from './run-work.ts'

/** Commit, task branch, and then in one act: policy's word on the result, the proposal, the end of the run, and the validation's job. */
export async function propose(
  context: Context,
  job: Job,
  run: Run,
  repository: RepositoryRow,
  executed: Extract<Executed, { ok: true }>,
  acting: Acting,
): Promise<void> {
  const base = await context.forge.resolveCommit(repository.id, run.base_commit)
  if (!base) throw new Problem('branch-not-found', `the commit ${run.base_commit} is gone`)
  const diff = await context.forge.diffTrees(repository.id, base.tree, executed.tree)
  // The same rule as for a patch: a path that does not read as what it is deceives who approves it.
  const odd = diff.files.find((f) => !f.utf8 || hasUnprintable(f.path))
  if (odd) {
    const why = odd.utf8 ? 'with control or invisible characters' : 'that is not valid UTF-8'
    const shown = JSON.stringify(odd.path).replace(
      /[^ -~]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    const reason = `the agent left a path ${why}: ${shown}`
    return endRun(context, job, run, acting, 'failed', reason, comment(reason))
  }
  const { output } = await runStep({
    db: context.db,
    lease: job.lease,
    step: step(run, 3, 'publish', { base_commit: run.base_commit, tree: executed.tree }),
    at: context.clock,
    signal: job.signal,
    execute: async (): Promise<Json> => {
      // Id and time follow from the run: done again, also by a worker that was overtaken, it gives the same commit, ref and branch.
      const id = `prp_${run.id.slice('run_'.length)}` as Id<'proposal'>
      const change = await prepareChange(context, repository.id, {
        id,
        base_commit: run.base_commit,
        base_tree: base.tree,
        result_tree: executed.tree,
        diff,
        title: run.title,
        at: instant(run.created_at),
        correlation_id: run.correlation_id,
      })
      const current = await context.forge.readRef(repository.id, run.branch)
      if (current !== change.head_commit) {
        const moved = await context.forge.updateBranch(repository.id, {
          branch: run.branch,
          from: current,
          to: change.head_commit,
        })
        if (!moved.ok) throw refusalProblem(moved)
      }
      return { id: change.id, head_commit: change.head_commit, digest: change.digest }
    },
  })
  const published = output as {
    id: Awaited<ReturnType<typeof prepareChange>>['id']
    head_commit: string
    digest: string
  }
  const plan = await planValidation(
    context,
    repository,
    run.target_branch ?? repository.default_branch,
    run.environment,
  )
  await performAct(context, acting, async (tx) => {
    const { trx } = tx
    await requireLease(trx, job.lease)
    const task = await lockTask(trx, run.project_id, run.task_id)
    const row = await trx
      .selectFrom('runs')
      .select('state')
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (row.state !== 'running') return
    const authors = await authorsOf(tx, run)
    const subject = subjectOf(run, repository, task, 'after_execute', {
      id: published.id,
      provenance: 'observed',
      files: fileRows(diff),
      diff_bytes: diff.bytes.length,
      authors: [...new Set(authors.map((a) => a.person_id))],
    })
    const decision = await decide(context, trx, acting, run.id, await decisionInput(trx, acting, subject))
    if (decision.outcome === 'deny') {
      const violations = decision.violations.map(({ policy_id, message }) => ({ policy_id, message }))
      await endRunInto(
        tx,
        run,
        'failed',
        `policy refused: ${violations.map((v) => v.message).join('; ')}`,
        { failing_tests: [], violations, comments: [] },
        decision.id,
      )
      return
    }
    const change = {
      id: published.id,
      base_commit: run.base_commit,
      base_tree: base.tree,
      result_tree: executed.tree,
      head_commit: published.head_commit,
      diff,
      digest: published.digest,
    }
    await moveTask(tx, task, 'proposal.submit', 'proposed')
    const rows = await insertProposal(tx, {
      change,
      task_id: run.task_id,
      run_id: run.id,
      repository_id: repository.id,
      target_branch: run.target_branch ?? repository.default_branch,
      environment: run.environment,
      title: run.title,
      rationale: `Made by run ${run.id}, attempt ${run.attempt}.`,
      provenance: 'observed',
      claimed: null,
      agent_version: run.agent_version,
      supersedes: null,
      created_by: run.started_by,
      authors,
    })
    requireTransition('run', 'run.finish', row.state, 'succeeded')
    await trx.updateTable('runs').set({ state: 'succeeded', finished_at: acting.at }).where('id', '=', run.id).execute()
    await finishStep(trx, {
      lease: job.lease,
      step: step(run, 4, 'propose', { proposal: published.id }),
      output: { decision: decision.id },
      at: context.clock(),
      started_at: acting.at,
    })
    tx.record({
      act: 'proposal.submit',
      by: { ...acting.actor, kind: 'agent', id: run.agent_id },
      subject: { kind: 'proposal', id: published.id },
      rows: [task.id, ...rows],
      decision_id: decision.id,
      digests: { diff: published.digest, agent_version: run.agent_version },
      detail: { title: run.title, provenance: 'observed', files: diff.files.length },
    })
    tx.record({
      act: 'run.finish',
      subject: { kind: 'run', id: run.id },
      rows: [decision.id],
      decision_id: decision.id,
      digests: { envelope: executed.envelope_digest },
      detail: { proposal: published.id, policy: decision.outcome, state: 'succeeded' },
    })
    await insertValidation(
      tx,
      { id: published.id, task_id: run.task_id, base_commit: run.base_commit, result_tree: executed.tree },
      { state: 'pending', task_state: 'proposed' },
      plan,
    )
  })
}

/** Everybody behind an agent's diff: who started it, who prompted it, who answers for the agent and who wrote the version that ran (law 2). */
async function authorsOf({ trx }: ActTransaction, run: Run): Promise<{ person_id: string; path: string }[]> {
  const agent = await trx
    .selectFrom('agents')
    .select('owner_person_id')
    .where('id', '=', run.agent_id)
    .executeTakeFirstOrThrow()
  const story =
    run.story_id === null
      ? null
      : await trx.selectFrom('stories').select('submitted_by').where('id', '=', run.story_id).executeTakeFirst()
  const version = await trx
    .selectFrom('agent_versions')
    .select('registered_by')
    .where('agent_id', '=', run.agent_id)
    .where('version', '=', run.agent_version)
    .executeTakeFirstOrThrow()
  return [
    { person_id: run.started_by, path: 'run-starter' },
    { person_id: run.requested_by, path: 'task-requester' },
    ...(story ? [{ person_id: story.submitted_by, path: 'prompter' }] : []),
    { person_id: agent.owner_person_id, path: 'agent-owner' },
    { person_id: version.registered_by, path: 'agent-definer' },
  ]
}
