import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

/** Nothing here yet: what would be here, and the first thing to do. */
export function EmptyState(props: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ReactNode
  readonly compact?: boolean
}) {
  return (
    <div className={props.compact === true ? 'px-4 py-6 text-center' : 'mx-auto max-w-xl px-4 py-14 text-center'}>
      <span className="mx-auto mb-3 grid size-10 place-items-center rounded-full border border-line bg-sunken text-muted">
        <Icon name={props.icon} size={18} />
      </span>
      <p className="text-sm font-semibold">{props.title}</p>
      {props.children !== undefined && <div className="mt-1 space-y-3 text-[13px] text-muted">{props.children}</div>}
    </div>
  )
}
