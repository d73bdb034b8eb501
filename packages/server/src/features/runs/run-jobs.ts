import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { materialize } from '@gatehouse/sandbox/base-layer'
import { runCommands } from '@gatehouse/sandbox/sandbox'
import { keepBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import { performAct, serviceActor, type Acting } from '../../db/act.ts'
import { crashPoint } from '../../jobs/crash-point.ts'
import { LeaseLost, requireLease } from '../../jobs/leases.ts'
import { QUEUES } from '../../jobs/queue-names.ts'
import { finishStep, recordedOutput, runStep } from '../../jobs/steps.ts'
import { agentDefinition } from '../agents/agent-reads.ts'
import { decisionInput } from '../decisions/input-reads.ts'
import { decide } from '../decisions/decision-service.ts'
import { repositoryByName, type RepositoryRow } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import { storable } from '../storable-text.ts'
import { lockTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { SANDBOX_LIMITS } from '../validations/recipe-run-service.ts'
import { briefingOf } from './briefing.ts'

import { endRun, endRunInto } from './run-ending.ts'
import { propose } from './run-proposing.ts'
import { comment, readRun, step, subjectOf, type Executed, type Job, type Run } from './run-work.ts'

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
            env: { GATEHOUSE_TASK: '/agent/task.json', GATEHOUSE_CORRELATION_ID: run.correlation_id },
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
            reason: result.result
              ? storable(`what the agent left is refused: ${result.result.detail}`)
              : 'nothing was collected',
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
  return storable(text.trim().slice(-500))
}
