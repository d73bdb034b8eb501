import { useId, type ReactNode } from 'react'
import { cx } from './class-names.ts'

/** A titled surface. Its heading names the region for screen readers. */
export function Panel(props: {
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly note?: ReactNode
  readonly children: ReactNode
  readonly flush?: boolean
  readonly className?: string
}) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className={cx('overflow-clip rounded-lg border border-line bg-surface shadow-card', props.className)}
    >
      <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h2 id={id} className="text-[13px] font-semibold">
          {props.title}
        </h2>
        {props.aside !== undefined && <div className="ml-auto flex items-center gap-2">{props.aside}</div>}
        {props.note !== undefined && <p className="w-full text-xs text-muted">{props.note}</p>}
      </header>
      <div className={cx(props.flush !== true && 'p-4')}>{props.children}</div>
    </section>
  )
}

/** Label and value pairs. */
export function Facts({ rows }: { rows: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(88px,auto)_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1.5 text-[13px]">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
