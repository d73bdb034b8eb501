import { Popover as Base } from '@base-ui/react/popover'
import type { ReactElement, ReactNode } from 'react'

/** A small panel beside its button. */
export function Popover(props: {
  readonly title: string
  readonly trigger: ReactElement<Record<string, unknown>>
  readonly children: ReactNode
}) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" collisionPadding={12} className="z-50">
          <Base.Popup className="w-[30rem] max-w-[calc(100vw-1.5rem)] rounded-lg border border-line-strong bg-surface p-3 text-ink shadow-float">
            <Base.Title className="mb-2 text-xs font-semibold">{props.title}</Base.Title>
            {props.children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
