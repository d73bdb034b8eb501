import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Id } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { TaskState } from '@gatehouse/core/delivery/states'
import { instant } from '@gatehouse/core/kernel/time'
import { materialize } from '@gatehouse/sandbox/base-layer'
import { runCommands } from '@gatehouse/sandbox/sandbox'
import { keepBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import { performAct, serviceActor, type Acting, type ActTransaction } from '../../db/act.ts'
import { crashPoint } from '../../jobs/crash-point.ts'
import { LeaseLost, requireLease } from '../../jobs/leases.ts'
import { QUEUES } from '../../jobs/queue-names.ts'
import { finishStep, recordedOutput, runStep, type Step } from '../../jobs/steps.ts'
import type { JobContext } from '../../jobs/worker.ts'
import { agentDefinition } from '../agents/agent-reads.ts'
import { decisionInput, type DecisionSubject } from '../decisions/input-reads.ts'
import { decide } from '../decisions/decision-service.ts'
import { planValidation } from '../proposals/proposal-service.ts'
import { fileRows, insertProposal, prepareChange } from '../proposals/change-service.ts'
import { repositoryByName, type RepositoryRow } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import type { Feedback } from '../tasks/task-schemas.ts'
import { lockTask, moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { insertValidation } from '../validations/validation-service.ts'
import { SANDBOX_LIMITS } from '../validations/recipe-run-service.ts'
import { briefingOf } from './briefing.ts'
import { RUN_FLOW_VERSION } from './run-service.ts'

type Job = JobContext<'run.work'>
type Run = Awaited<ReturnType<typeof readRun>>

/** What the agent's command left: a tree of the forge, or why it is none. */
type Executed =
  | { readonly ok: true; readonly tree: string; readonly envelope_digest: string; readonly duration_ms: number }
  | { readonly ok: false; readonly reason: string; readonly envelope_digest: string | null }

async function readRun(context: Context, id: string) {
  return context.db
    .selectFrom('runs')
    .innerJoin('tasks', 'tasks.id', 'runs.task_id')
    .selectAll('runs')
    .select([
      'tasks.repository_id',
      'tasks.target_branch',
      'tasks.environment',
      'tasks.title',
      'tasks.story_id',
      'tasks.requested_by',
    ])
    .where('runs.id', '=', id)
    .executeTakeFirstOrThrow()
}

/**
 * One run, as checkpointed steps: admit (policy before), execute (the agent's command in the sandbox), publish (commit and task branch), propose
 * (policy after, the proposal and its validation in one act). A takeover goes on at the first unfinished step, under a higher epoch.
 */
export async function workRun(context: Context, job: Job): Promise<void> {
  const run = await readRun(context, job.data.run_id)
  if (!['queued', 'running'].includes(run.state)) return
  const repository = await repositoryByName(context.db, run.project_id, run.repository_id ?? '')
  const acting = (): Acting => ({
    project_id: run.project_id,
    actor: serviceActor('worker', [run.started_by]),
    correlation_id: job.correlation_id,
    at: context.clock(),
  })
  try {
    if (!(await admit(context, job, run, repository, acting()))) return
    crashPoint('step.admit.finished')
    const executed = await execute(context, job, run, repository)
    if (!executed.ok)
      return await endRun(context, job, run, acting(), 'failed', executed.reason, comment(executed.reason))
    await propose(context, job, run, repository, executed, acting())
    crashPoint('step.propose.finished')
  } catch (error) {
    if (error instanceof LeaseLost || job.signal.aborted) throw error
    const last =
      job.attempt > QUEUES['run.work'].retry_limit ||
      (error instanceof Problem && error.slug === 'isolation-unavailable')
    if (!last) throw error
    job.log.error({ err: error }, 'the run errored')
    await endRun(context, job, run, acting(), 'errored', error instanceof Error ? error.message : 'unknown error', null)
  }
}

function comment(text: string): Feedback {
  return { failing_tests: [], violations: [], comments: [text.slice(0, 2000)] }
}

function step(run: Run, ordinal: number, name: string, input: Json): Step {
  return { owner_id: run.id, ordinal, name, flow_version: RUN_FLOW_VERSION, input }
}

function subjectOf(
  run: Run,
  repository: RepositoryRow,
  task: { kind: string; risk: string; priority: number; attempt: number },
  hook: DecisionSubject['hook'],
  proposal: DecisionSubject['proposal'],
): DecisionSubject {
  return {
    hook,
    environment: run.environment,
    repository: { id: repository.id, name: repository.name, default_branch: repository.default_branch },
    task: { id: run.task_id, kind: task.kind, risk: task.risk, priority: task.priority, attempt: task.attempt },
    agent: { id: run.agent_id, version: run.agent_version },
    proposal,
    validation: null,
    target_branch: null,
  }
}

/** Takes the run under this lease, and asks policy once whether the agent may begin. */
async function admit(
  context: Context,
  job: Job,
  run: Run,
  repository: RepositoryRow,
  acting: Acting,
): Promise<boolean> {
  const admission = step(run, 1, 'admit', { agent_version: run.agent_version })
  const known = await recordedOutput<{ allowed: boolean }>(context.db, admission)
  return performAct(context, acting, async (tx) => {
    const { trx } = tx
    await requireLease(trx, job.lease)
    const task = await lockTask(trx, run.project_id, run.task_id)
    const row = await trx
      .selectFrom('runs')
      .select('state')
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (!['queued', 'running'].includes(row.state)) return false
    requireTransition('run', 'run.start', row.state, 'running')
    await trx.updateTable('runs').set({ state: 'running' }).where('id', '=', run.id).execute()
    const taken = { epoch: job.lease.epoch, takeover: row.state === 'running' }
    if (known) {
      tx.record({ act: 'run.start', subject: { kind: 'run', id: run.id }, detail: taken })
      return known.output.allowed
    }
    const subject = subjectOf(run, repository, task, 'before_execute', null)
    const decision = await decide(context, trx, acting, run.id, await decisionInput(trx, acting, subject))
    const allowed = decision.outcome !== 'deny'
    tx.record({
      act: 'run.start',
      subject: { kind: 'run', id: run.id },
      rows: [run.id, decision.id],
      outcome: allowed ? 'ok' : 'refused',
      ...(allowed ? {} : { reason: 'policy-denied' }),
      decision_id: decision.id,
      detail: { ...taken, policy: decision.outcome },
    })
    const at = context.clock()
    await finishStep(trx, {
      lease: job.lease,
      step: admission,
      output: { allowed, decision: decision.id },
      at,
      started_at: acting.at,
    })
    if (!allowed) {
      const violations = decision.violations.map(({ policy_id, message }) => ({ policy_id, message }))
      const why = `policy refused: ${violations.map((v) => v.message).join('; ')}`
      await endRunInto(tx, run, 'failed', why, { failing_tests: [], violations, comments: [] })
    }
    return allowed
  })
}

/** Runs the agent's command on the base's tree and reads what it left. The agent sees its task and feedback, and nothing of ours. */
async function execute(context: Context, job: Job, run: Run, repository: RepositoryRow): Promise<Executed> {
  const definition = await agentDefinition(context.db, run.agent_id, run.agent_version)
  const briefing = await briefingOf(context.db, run)
  const { output } = await runStep({
    db: context.db,
    lease: job.lease,
    step: step(run, 2, 'execute', {
      base_commit: run.base_commit,
      agent_version: run.agent_version,
      briefing: briefing as unknown as Json,
    }),
    at: context.clock,
    signal: job.signal,
    execute: async (signal): Promise<Json> => {
      const gitDir = context.forge.repositoryFolder(repository.id)
      const layer = await materialize(gitDir, run.base_commit, join(context.workFolder, 'layers'))
      if (!layer.ok) throw refusalProblem(layer)
      try {
        const { command } = definition.anatomy
        const placed = Object.entries({ ...command.files, 'task.json': JSON.stringify(briefing, null, 2) }).map(
          ([name, content]) => ({ path: `/agent/${name}`, content }),
        )
        const result = await runCommands(
          {
            workspace: { base: layer.folder },
            placed,
            // Where plain processes run, /agent is elsewhere; the variable always says where.
            env: { GATEHOUSE_TASK: '/agent/task.json' },
            commands: [
              {
                name: definition.identity.name,
                argv: command.run,
                timeout_ms: definition.limits.max_execution_time_seconds * 1000,
              },
            ],
            limits: SANDBOX_LIMITS,
            collect: { git_dir: gitDir, base_tree: layer.tree },
            isolation: repository.settings.isolation === 'none' ? 'none-allowed' : 'required',
          },
          { signal },
        )
        if (!result.ok) {
          signal.throwIfAborted()
          throw refusalProblem(result)
        }
        const envelope_digest = await keepBlob(context, Buffer.from(JSON.stringify([result.envelope])), 'evidence')
        const [outcome] = result.envelope.commands
        if (!result.passed) {
          const how = outcome?.timed_out
            ? `ran longer than ${definition.limits.max_execution_time_seconds} s`
            : `ended with exit code ${outcome?.exit_code ?? 'none'}`
          return {
            ok: false,
            reason: `the agent's command ${how}: ${tail(outcome?.stderr.text ?? '')}`,
            envelope_digest,
          }
        }
        if (!result.result?.ok)
          return {
            ok: false,
            reason: result.result ? `what the agent left is refused: ${result.result.detail}` : 'nothing was collected',
            envelope_digest,
          }
        if (result.result.changes.length === 0)
          return { ok: false, reason: 'the agent changed nothing', envelope_digest }
        return { ok: true, tree: result.result.tree, envelope_digest, duration_ms: outcome?.duration_ms ?? 0 }
      } finally {
        layer.release()
      }
    },
  })
  return output as unknown as Executed
}

function tail(text: string): string {
  return text.trim().slice(-500)
}

/** Commit, task branch, and then in one act: policy's word on the result, the proposal, the end of the run, and the validation's job. */
async function propose(
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
  const odd = diff.files.find((f) => !f.utf8)
  if (odd)
    return endRun(
      context,
      job,
      run,
      acting,
      'failed',
      `the agent left a path that is not valid UTF-8: ${odd.path}`,
      comment(`path not valid UTF-8: ${odd.path}`),
    )
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

async function endRun(
  context: Context,
  job: Job,
  run: Run,
  acting: Acting,
  state: 'failed' | 'errored',
  reason: string,
  feedback: Feedback | null,
): Promise<void> {
  await performAct(context, acting, async (tx) => {
    await requireLease(tx.trx, job.lease)
    await lockTask(tx.trx, run.project_id, run.task_id)
    await endRunInto(tx, run, state, reason, feedback)
  })
}

/** Ends a run without a proposal, in the caller's act; its task waits for another attempt and knows why. */
async function endRunInto(
  tx: ActTransaction,
  run: Run,
  state: 'failed' | 'errored',
  reason: string,
  feedback: Feedback | null,
  decision?: string,
): Promise<void> {
  const { trx, acting } = tx
  const row = await trx
    .selectFrom('runs')
    .select('state')
    .where('id', '=', run.id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (!['queued', 'running'].includes(row.state)) return
  requireTransition('run', 'run.finish', row.state, state)
  await trx
    .updateTable('runs')
    .set({ state, reason: reason.slice(0, 2000), finished_at: acting.at })
    .where('id', '=', run.id)
    .execute()
  const task = await lockTask(trx, run.project_id, run.task_id)
  const to: TaskState = state === 'failed' ? 'needs_revision' : 'failed'
  await moveTask(tx, task, 'run.finish', to, { feedback })
  tx.record({
    act: 'run.finish',
    subject: { kind: 'run', id: run.id },
    rows: [task.id, ...(decision ? [decision] : [])],
    outcome: 'failed',
    reason:
      state === 'failed' ? (feedback?.violations.length ? 'policy-denied' : 'validation-failed') : 'internal-error',
    decision_id: decision ?? null,
    detail: { state, why: reason.slice(0, 1000) },
  })
}
