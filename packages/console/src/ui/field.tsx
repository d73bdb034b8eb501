import { useId, type ComponentProps } from 'react'
import { cx } from './class-names.ts'

const LOOK =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 py-1.5 text-[13px] text-ink placeholder:text-faint aria-invalid:border-bad'

export function TextField(
  props: { readonly label: string; readonly hint?: string; readonly error?: string | null } & ComponentProps<'input'>,
) {
  const { label, hint, error, className, ...rest } = props
  const id = useId()
  const note = error ?? hint
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-muted">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={LOOK}
        {...rest}
      />
      {note && (
        <p id={`${id}-note`} className={cx('mt-1 text-xs', error ? 'text-bad' : 'text-muted')}>
          {note}
        </p>
      )}
    </div>
  )
}

export function TextArea(
  props: {
    readonly label: string
    readonly hint?: string
    readonly error?: string | null
  } & ComponentProps<'textarea'>,
) {
  const { label, hint, error, className, ...rest } = props
  const id = useId()
  const note = error ?? hint
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-muted">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cx(LOOK, 'resize-y')}
        {...rest}
      />
      {note && (
        <p id={`${id}-note`} className={cx('mt-1 text-xs', error ? 'text-bad' : 'text-muted')}>
          {note}
        </p>
      )}
    </div>
  )
}
