import type { Task } from '@gatehouse/client/operations.gen'
import { cleanLine } from '../../clean-text.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

export function taskLine(task: Task): string {
  return `task ${task.id}  ${task.state}, attempt ${task.attempt}`
}

export function taskText(task: Task, style: Style): string {
  const { feedback } = task
  const told = [
    ...(feedback?.failing_tests.map((t) => `  failing: ${cleanLine(t.id)}: ${cleanLine(t.message)}\n`) ?? []),
    ...(feedback?.violations.map((v) => `  policy ${cleanLine(v.policy_id)}: ${cleanLine(v.message)}\n`) ?? []),
    ...(feedback?.comments.map((comment) => `  comment: ${cleanLine(comment)}\n`) ?? []),
  ]
  return [
    fields(
      [
        ['task', task.id],
        ['title', task.title, style.bold],
        ['state', task.state, stateStyle(style)],
        ['attempt', task.attempt],
        ['kind', task.kind],
        ['risk', `${task.risk}, priority ${task.priority}`],
        [
          'repository',
          task.repository_name === null
            ? null
            : `${task.repository_name} ${task.target_branch ?? ''}, environment ${task.environment}`,
        ],
        ['story', task.story_id],
        ['asked for by', task.requested_by.login],
        ['run', task.live_run_id ?? task.last_run_id],
        ['proposal', task.live_proposal_id ?? task.last_proposal_id],
        ['created', time(task.created_at)],
      ],
      style,
    ),
    section('What the next attempt should know', told.join(''), style),
  ].join('')
}
