import type { Task } from '@gatehouse/client/operations.gen'
import { TASK_FLOW } from '@gatehouse/core/delivery/task-flow'

/** Why a run of this task cannot start by its state, or null. The table of states is the server's own; the server decides again. */
export function runRefusal(task: Task): string | null {
  if (task.live_run_id !== null) return 'A run of it is live.'
  if (task.live_proposal_id !== null) return 'It has a live proposal: withdraw it first, or let it be decided.'
  if (task.repository_id === null) return 'It has no repository.'
  return from('task.run').includes(task.state)
    ? null
    : `It is ${task.state.replaceAll('_', ' ')}; a run starts from ${from('task.run').join(', ').replaceAll('_', ' ')}.`
}

export function cancelRefusal(task: Task): string | null {
  return from('task.cancel').includes(task.state)
    ? null
    : `It is ${task.state.replaceAll('_', ' ')}: nothing is left to cancel.`
}

function from(act: 'task.run' | 'task.cancel'): string[] {
  return TASK_FLOW.filter((row) => row.act === act).flatMap((row) => [...row.from])
}
