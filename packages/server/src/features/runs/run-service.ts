import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import { performAct, type Acting } from '../../db/act.ts'
import { agentByName } from '../agents/agent-reads.ts'
import { readRecipe, repositoryByName } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import { lockTask, moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'

/** The number of the run's flow: a change of its steps raises it, and recorded steps of another number run again. */
export const RUN_FLOW_VERSION = 1

/** Starts a run of a task by an agent, on branch `task/<id>` from the target branch's commit now; the worker takes it from there. */
export async function startRun(context: Context, acting: Acting, taskId: string, agentName: string): Promise<string> {
  const started_by = acting.actor.person_id
  if (started_by === null) throw new Problem('forbidden', 'a run is started by a person')
  const agent = await agentByName(context.db, acting.project_id, agentName)
  if (agent.state === 'disabled')
    throw new Problem('agent-disabled', `${agent.name} is disabled; gatehouse agent register enables it again`)
  return performAct(context, acting, async (tx) => {
    const { trx } = tx
    const task = await lockTask(trx, acting.project_id, taskId)
    if (task.repository_id === null || task.target_branch === null)
      throw new Problem('no-repository', 'the task has no repository; submit its story again with --repo')
    const repository = await repositoryByName(trx, acting.project_id, task.repository_id)
    const base = await context.forge.readRef(repository.id, task.target_branch)
    if (base === null) throw new Problem('branch-not-found', `${repository.name} has no branch ${task.target_branch}`)
    // Found now rather than after the agent's work: without a recipe nothing it makes could be validated.
    const recipe = await readRecipe(context, repository, base)
    if (!recipe.ok) throw refusalProblem(recipe)
    if (task.state === 'running')
      throw new Problem('run-in-progress', 'a run of this task is live; gatehouse run list --task shows it')
    const attempt = task.attempt + 1
    await moveTask(tx, task, 'task.run', 'running', { attempt })
    const id = newId('run', millis(acting.at))
    await trx
      .insertInto('runs')
      .values({
        id,
        project_id: acting.project_id,
        task_id: task.id,
        agent_id: agent.id,
        agent_version: agent.version,
        flow_version: RUN_FLOW_VERSION,
        attempt,
        branch: `task/${task.id}`,
        base_commit: base,
        started_by,
        state: 'queued',
        correlation_id: acting.correlation_id,
        created_at: acting.at,
      })
      .execute()
    const rows = [task.id]
    if (task.story_id !== null) {
      const story = await trx
        .selectFrom('stories')
        .select(['id', 'state', 'version'])
        .where('id', '=', task.story_id)
        .forUpdate()
        .executeTakeFirstOrThrow()
      requireTransition('story', 'task.run', story.state, 'in_progress')
      await trx
        .updateTable('stories')
        .set({ state: 'in_progress', version: story.version + 1, updated_at: acting.at })
        .where('id', '=', story.id)
        .execute()
      rows.push(story.id)
    }
    tx.enqueue({
      queue: 'run.work',
      data: { project_id: acting.project_id, run_id: id, correlation_id: acting.correlation_id },
    })
    tx.record({
      act: 'task.run',
      subject: { kind: 'run', id },
      rows,
      digests: { agent_version: agent.version },
      detail: { agent: agent.name, attempt, base_commit: base },
    })
    return id
  })
}
