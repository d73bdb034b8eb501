import { useEffect } from 'react'
import { useBlocker } from 'react-router'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

/** Asks before something written and not sent is left behind: on a navigation in the console, and when the tab closes. */
export function LeaveGuard({ dirty, what }: { dirty: boolean; what: string }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname,
  )
  useEffect(() => {
    if (!dirty) return undefined
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [dirty])
  return (
    <Dialog
      open={blocker.state === 'blocked'}
      onOpenChange={(open) => {
        if (!open && blocker.state === 'blocked') blocker.reset()
      }}
      title={`Leave without ${what}?`}
    >
      <p className="mb-4 text-[13px] text-muted">It was not sent and is kept nowhere.</p>
      <div className="flex justify-end gap-2">
        <Button onClick={() => blocker.state === 'blocked' && blocker.reset()}>Stay</Button>
        <Button look="danger" onClick={() => blocker.state === 'blocked' && blocker.proceed()}>
          Leave
        </Button>
      </div>
    </Dialog>
  )
}
