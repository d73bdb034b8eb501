import type { ReactNode } from 'react'
import type { Tone } from './badge.tsx'
import { cx } from './class-names.ts'
import { copyText } from './clipboard.ts'
import { Icon, type IconName } from './icon.tsx'

const LOOKS: Readonly<Record<Tone, string>> = {
  neutral: 'border-line bg-sunken text-ink',
  ok: 'border-ok-line bg-ok-soft text-ok',
  warn: 'border-warn-line bg-warn-soft text-warn',
  bad: 'border-bad-line bg-bad-soft text-bad',
  info: 'border-info-line bg-info-soft text-info',
}
const ICONS: Readonly<Record<Tone, IconName>> = {
  neutral: 'dot',
  ok: 'check',
  warn: 'warn',
  bad: 'cross',
  info: 'clock',
}

/** A message by severity; an icon and its title carry the severity beside the colour. */
export function Notice(props: {
  readonly tone: Tone
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly urgent?: boolean
}) {
  return (
    <div
      role={props.urgent === true ? 'alert' : undefined}
      className={cx('flex gap-2.5 rounded-md border px-3 py-2.5 text-[13px]', LOOKS[props.tone])}
    >
      <Icon name={ICONS[props.tone]} size={15} className="mt-0.5 shrink-0" strokeWidth={1.8} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{props.title}</p>
        {props.children !== undefined && <div className="mt-0.5 break-words text-ink">{props.children}</div>}
        {props.action !== undefined && <div className="mt-2">{props.action}</div>}
      </div>
    </div>
  )
}

export interface ProblemShown {
  readonly title: string
  readonly detail: string
  readonly slug: string
  readonly correlationId: string | null
}

/** An error, in the one place it belongs to, with the request id to give to whoever reads the log. */
export function ProblemNotice({ problem, action }: { problem: ProblemShown; action?: ReactNode }) {
  const { correlationId } = problem
  return (
    <Notice tone="bad" title={problem.title} urgent {...(action === undefined ? {} : { action })}>
      <p>{problem.detail}</p>
      <p className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 font-mono text-xs text-muted">
        <span>{problem.slug}</span>
        {correlationId !== null && (
          <button
            type="button"
            className="inline-flex items-center gap-1 underline decoration-dotted underline-offset-2 hover:text-ink"
            onClick={() => void copyText(correlationId, 'the request id')}
          >
            <Icon name="copy" size={12} />
            request {correlationId}
          </button>
        )}
      </p>
    </Notice>
  )
}
