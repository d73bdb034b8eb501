import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'

export const TooltipProvider = Base.Provider

/** A hint on hover and focus. It may only repeat or sharpen what is there: nothing is said in a tooltip alone. */
export function Tooltip({
  content,
  children,
}: {
  content: ReactNode
  children: ReactElement<Record<string, unknown>>
}) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="z-50">
          <Base.Popup className="max-w-96 rounded-md border border-line-strong bg-surface px-2.5 py-1.5 text-xs text-ink shadow-float">
            {content}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
