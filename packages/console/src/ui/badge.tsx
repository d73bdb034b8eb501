import type { ReactNode } from 'react'
import { cx } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad' | 'info'

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-muted border-line',
  ok: 'bg-ok-soft text-ok border-ok-line',
  warn: 'bg-warn-soft text-warn border-warn-line',
  bad: 'bg-bad-soft text-bad border-bad-line',
  info: 'bg-info-soft text-info border-info-line',
}
const ICONS: Readonly<Record<Tone, IconName>> = {
  neutral: 'dot',
  ok: 'check',
  warn: 'warn',
  bad: 'cross',
  info: 'clock',
}

/** A state in a word. The tone's icon and the word say it; the colour only repeats them. */
export function Badge({
  tone = 'neutral',
  icon,
  children,
}: {
  tone?: Tone
  icon?: IconName | null
  children: ReactNode
}) {
  return (
    <span
      className={cx(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-full border px-1.5 text-2xs font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      {icon === null ? null : <Icon name={icon ?? ICONS[tone]} size={11} strokeWidth={2} />}
      {children}
    </span>
  )
}
