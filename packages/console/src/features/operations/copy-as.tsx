import { asCommand, asCurl, type Operation } from '../../api/operations.ts'
import { cx } from '../../ui/class-names.ts'
import { CommandLine } from '../../ui/command-line.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Popover } from '../../ui/popover.tsx'

/** "Copy as CLI / curl" of the very operation that the button beside it performs. */
export function CopyAs({ operation, what, small }: { operation: Operation; what: string; small?: boolean }) {
  return (
    <Popover
      title={`${what} from elsewhere`}
      trigger={
        <button
          type="button"
          aria-label={`CLI / curl: ${what}`}
          className={cx(
            'inline-flex shrink-0 items-center gap-1 whitespace-nowrap rounded-md px-1.5 text-xs text-muted hover:bg-hover hover:text-ink',
            small === true ? 'h-7' : 'h-8',
          )}
        >
          <Icon name="terminal" size={14} />
          <span aria-hidden="true">CLI / curl</span>
        </button>
      }
    >
      <div className="space-y-2">
        <CommandLine command={asCommand(operation)} label="CLI command" />
        <CommandLine command={asCurl(operation)} label="curl command" />
        <p className="text-xs text-muted">
          curl reads <code>GATEHOUSE_URL</code> and <code>GATEHOUSE_TOKEN</code> from your shell; no secret is copied.
        </p>
      </div>
    </Popover>
  )
}
