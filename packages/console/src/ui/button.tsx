import { useId, type ButtonHTMLAttributes, type ReactNode } from 'react'
import { cx } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'

const LOOKS = {
  primary: 'bg-primary text-on-primary hover:bg-primary-hover border-transparent font-medium',
  secondary: 'bg-surface text-ink border-line-strong hover:bg-hover font-medium',
  quiet: 'bg-transparent text-muted border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-bad border-bad-line hover:bg-bad-soft font-medium',
} as const

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  readonly look?: keyof typeof LOOKS
  readonly icon?: IconName
  readonly small?: boolean
  readonly wide?: boolean
  readonly busy?: boolean
  /** Why it cannot be pressed now. It stays reachable, and the reason stands below it: no control is off without its reason. */
  readonly refusal?: string | null
  readonly children: ReactNode
}

export function Button(props: ButtonProps) {
  const { look = 'secondary', icon, small, wide, busy, refusal, children, className, onClick, ...rest } = props
  const reasonId = useId()
  const off = refusal !== null && refusal !== undefined
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || busy === true ? true : undefined}
      aria-describedby={off ? reasonId : rest['aria-describedby']}
      onClick={(event) => {
        if (off || busy === true) event.preventDefault()
        else onClick?.(event)
      }}
      className={cx(
        'inline-flex items-center justify-center gap-1.5 rounded-md border whitespace-nowrap transition-colors',
        small === true ? 'h-7 px-2 text-xs' : 'h-8 px-3 text-[13px]',
        wide === true && 'w-full',
        off ? 'border-line border-dashed bg-sunken text-faint !cursor-not-allowed' : LOOKS[look],
        className,
      )}
    >
      {busy === true ? (
        <Spinner />
      ) : off ? (
        <Icon name="lock" size={14} />
      ) : icon ? (
        <Icon name={icon} size={14} />
      ) : null}
      {children}
    </button>
  )
  if (!off) return button
  return (
    <span className={cx('inline-flex flex-col items-start gap-1', wide === true && 'w-full')}>
      {button}
      <span id={reasonId} className="text-xs text-muted">
        {refusal}
      </span>
    </span>
  )
}

function Spinner() {
  return (
    <span
      aria-hidden="true"
      className="size-3 animate-spin rounded-full border-[1.5px] border-current border-r-transparent opacity-70"
    />
  )
}
