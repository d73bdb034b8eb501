import type { Run, RunDetail } from '@gatehouse/client/operations.gen'
import { cleanLine } from '../../clean-text.ts'
import { commandsText } from '../../command-output.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

export function runLine(run: Run): string {
  const step = run.steps.find((s) => s.finished_at === null)
  return `run ${run.id}  ${run.state}${run.reason === null ? '' : ` (${run.reason})`}${step ? `  step ${step.name}` : ''}`
}

export function runText(run: Run, style: Style): string {
  const steps = run.steps.map(
    (s) =>
      `  ${String(s.ordinal).padStart(2)}  ${cleanLine(s.name).padEnd(20)}  ${s.duration_ms === null ? style.waiting('running') : `${Math.round(s.duration_ms)} ms`}\n`,
  )
  return [
    fields(
      [
        ['run', run.id],
        ['state', run.reason === null ? run.state : `${run.state} (${run.reason})`, stateStyle(style)],
        ['task', run.task_id],
        ['agent', `${run.agent.name}, version ${run.agent.version.slice(0, 12)}`],
        ['attempt', run.attempt],
        ['branch', run.branch],
        ['base', run.base_commit],
        ['started', `${time(run.created_at)} by ${run.started_by.login}`],
        ['finished', time(run.finished_at)],
        ['proposal', run.proposal_id],
        ['correlation id', run.correlation_id],
      ],
      style,
    ),
    section('Steps', steps.join(''), style),
  ].join('')
}

/** What of each stream is printed; all that was kept is in `--json`. */
const PRINTED = { lines: 60, characters: 8000 }

/** A run with what the agent's command printed, which is the agent's own word. */
export function runDetailText(run: RunDetail, style: Style): string {
  const missing = run.output_missing === null ? '' : `  not shown: ${cleanLine(run.output_missing)}\n`
  return [
    runText(run, style),
    section("What the agent's command printed", missing, style),
    commandsText(run.commands, style, PRINTED),
  ].join('')
}
