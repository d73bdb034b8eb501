import { useState } from 'react'
import { toggled, viewedFor, type Viewed } from './viewed.ts'

/** The viewed marks of a task's diff, kept in this browser. */
export function useViewed(taskId: string, diffDigest: string) {
  const key = `gatehouse.viewed.${taskId}`
  const [state, setState] = useState(() => viewedFor(read(key), diffDigest))
  const [digest, setDigest] = useState(diffDigest)
  if (digest !== diffDigest) {
    setDigest(diffDigest)
    setState(viewedFor(JSON.stringify(state.viewed), diffDigest))
  }
  return {
    viewed: state.viewed,
    voided: state.voided,
    toggle(path: string): Viewed {
      const viewed = toggled(state.viewed, path)
      setState({ viewed, voided: 0 })
      try {
        localStorage.setItem(key, JSON.stringify(viewed))
      } catch {
        // Storage may be refused: the marks then hold until the page is left.
      }
      return viewed
    },
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
