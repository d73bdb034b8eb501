import { cx } from './class-names.ts'
import { copyText } from './clipboard.ts'
import { Icon } from './icon.tsx'
import { Tooltip } from './tooltip.tsx'

/** A digest or a commit: short here, whole on hover, copied by a click. */
export function Digest(props: {
  readonly value: string
  readonly label: string
  readonly length?: number
  readonly quiet?: boolean
}) {
  const short = props.value.slice(0, props.length ?? 12)
  return (
    <Tooltip content={<span className="font-mono break-all">{props.value}</span>}>
      <button
        type="button"
        tabIndex={props.quiet === true ? -1 : undefined}
        aria-label={`${short}, copy ${props.label}`}
        onClick={() => void copyText(props.value, props.label)}
        className={cx(
          'group inline-flex max-w-full items-center gap-1 rounded border border-line bg-sunken px-1 font-mono text-2xs text-muted',
          'hover:border-line-strong hover:text-ink',
        )}
      >
        <span className="truncate">{short}</span>
        <Icon name="copy" size={10} className="shrink-0 opacity-60" />
      </button>
    </Tooltip>
  )
}
