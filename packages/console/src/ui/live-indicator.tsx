import { cx } from './class-names.ts'
import { Icon } from './icon.tsx'

export type LiveShown = 'connecting' | 'live' | 'reconnecting' | 'paused'
const WORDS: Readonly<Record<LiveShown, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  paused: 'Paused',
}

/** Whether what is shown follows what happens; a press pauses it and goes on again. */
export function LiveIndicator({ state, onToggle }: { state: LiveShown; onToggle: () => void }) {
  const action = state === 'paused' ? 'go on' : 'pause'
  return (
    <button
      type="button"
      onClick={onToggle}
      aria-label={`${WORDS[state]}: ${action}`}
      className="inline-flex h-7 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 text-xs text-muted hover:border-line-strong hover:text-ink"
    >
      {state === 'paused' ? (
        <Icon name="pause" size={11} strokeWidth={2} />
      ) : (
        <span
          aria-hidden="true"
          className={cx(
            'size-2 rounded-full',
            state === 'live'
              ? 'bg-ok'
              : 'animate-[pulse-soft_1s_ease-in-out_infinite] border border-warn bg-transparent',
          )}
        />
      )}
      {WORDS[state]}
    </button>
  )
}
