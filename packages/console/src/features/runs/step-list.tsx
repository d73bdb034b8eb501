import type { Step } from '@gatehouse/client/operations.gen'
import { Badge } from '../../ui/badge.tsx'
import { Icon } from '../../ui/icon.tsx'
import { durationText } from '../../ui/relative-time.ts'
import { useNow } from '../../ui/time.tsx'

/** The steps of a run with their durations, drawn to one scale. */
export function StepList({ steps }: { steps: readonly Step[] }) {
  const now = useNow()
  if (steps.length === 0) return null
  const took = (step: Step) => step.duration_ms ?? Math.max(0, now - Date.parse(step.started_at))
  const longest = Math.max(1, ...steps.map(took))
  return (
    <ol className="mt-2 space-y-1">
      {steps.map((step) => {
        const running = step.finished_at === null
        return (
          <li key={step.ordinal} className="grid grid-cols-[16px_minmax(0,13rem)_1fr_5rem] items-center gap-2 text-xs">
            <Icon name={running ? 'clock' : 'check'} size={13} className={running ? 'text-info' : 'text-ok'} />
            <span className="flex min-w-0 flex-wrap items-center gap-2 font-mono">
              {step.name}
              {step.epoch > 1 && <Badge tone="warn">taken over, epoch {step.epoch}</Badge>}
              <span className="sr-only">{running ? ', running' : ', done'}</span>
            </span>
            <span className="h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
              <span
                className={`block h-full rounded-full ${running ? 'animate-pulse bg-info' : 'bg-line-strong'}`}
                style={{ width: `${Math.max(1, (took(step) / longest) * 100)}%` }}
              />
            </span>
            <span className="text-right whitespace-nowrap text-muted tabular-nums">{durationText(took(step))}</span>
          </li>
        )
      })}
    </ol>
  )
}
