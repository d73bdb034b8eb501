import type { Agent } from '@gatehouse/client/operations.gen'
import { stateStyle, type Style } from '../../style.ts'
import { fields, time } from '../../table.ts'

export function agentText(agent: Agent, style: Style): string {
  const { identity, anatomy, limits } = agent.definition
  return fields(
    [
      ['agent', agent.name, style.bold],
      ['id', agent.id],
      ['state', agent.state, stateStyle(style)],
      ['version', agent.version],
      ['owner', agent.owner.login],
      ['about', identity.description || null],
      ['class', identity.role_class],
      ['runs', anatomy.command.run.join(' ')],
      ['files', Object.keys(anatomy.command.files).join(', ') || null],
      ['may change', anatomy.capabilities.allowed_paths.join(', ')],
      [
        'limits',
        `${limits.max_requests_per_day} runs a day, ${limits.max_execution_time_seconds} s each, ${limits.max_changed_files} files, ${limits.max_diff_bytes} bytes of diff`,
      ],
      ['runs today', agent.runs_today],
      ['expires', time(limits.expires_at)],
      ['registered', time(agent.created_at)],
    ],
    style,
  )
}
