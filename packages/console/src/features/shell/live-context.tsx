import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from 'react'
import type { Live } from '../../api/live.ts'

const LiveContext = createContext<Live | null>(null)

/** Follows the ledger while signed-in pages are shown. */
export function LiveProvider({ live, children }: { live: Live; children: ReactNode }) {
  useEffect(() => {
    live.start()
    return live.stop
  }, [live])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive(): Live {
  const live = use(LiveContext)
  if (!live) throw new Error('no LiveProvider above')
  return live
}

export function useLiveStatus() {
  const live = useLive()
  return useSyncExternalStore(live.subscribe, live.status)
}
