import type { Story } from '@gatehouse/client/operations.gen'
import { cleanLine, cleanLines } from '../../clean-text.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

export function storyText(story: Story, style: Style): string {
  const criteria = story.criteria.map((c) => `  ${cleanLine(c.id)}  ${cleanLine(c.text)}\n`).join('')
  const notes = story.planner_notes.map((note) => `  ${cleanLine(note)}\n`).join('')
  const { runbook } = story
  const next =
    runbook?.state === 'PROPOSED'
      ? `\nNext: gatehouse runbook show ${story.id}, then: gatehouse runbook accept ${story.id}\n`
      : ''
  return [
    fields(
      [
        ['story', story.id],
        ['title', story.title, style.bold],
        ['request', story.feature_request_id],
        ['state', story.state, stateStyle(style)],
        ['risk', story.risk === null ? null : `${story.risk}, priority ${story.priority ?? '-'}`],
        ['repository', story.repository_id],
        ['submitted', `${time(story.created_at)} by ${story.submitted_by.login}`],
        ['runbook', runbook === null ? null : `${runbook.id} ${runbook.state}`],
        ['task', story.task_id],
      ],
      style,
    ),
    section('Acceptance criteria', criteria, style),
    section('Problem', block(story.problem), style),
    section('User story', block(story.user_story), style),
    section('Notes of triage', notes, style),
    next,
  ].join('')
}

function block(text: string): string {
  const clean = cleanLines(text).trim()
  return clean === '' ? '' : `${clean.replaceAll(/^/gm, '  ')}\n`
}
