import type { Instant } from '../kernel/time.ts'
import type { DecisionInput } from './decision.ts'

/**
 * The first instant after `input.at` at which the input's own times can change the decision: the agent's end, the begin and end of the
 * project's freeze windows and of exceptions. Null where there is none. In milliseconds, rounded down: never later than the true instant.
 */
export function decisionHorizon(input: DecisionInput): Instant | null {
  const times = [
    input.agent?.definition.limits.expires_at ?? null,
    ...(input.settings.freeze ?? []).flatMap(({ from, to }) => [from, to]),
    ...Object.values(input.exceptions ?? {}).flatMap((list) => list.flatMap((e) => [e.starts_at, e.expires_at])),
  ]
  const at = Date.parse(input.at)
  const after = times.flatMap((time) => (time !== null && Date.parse(time) > at ? [Date.parse(time)] : []))
  return after.length === 0 ? null : (new Date(Math.min(...after)).toISOString() as Instant)
}
