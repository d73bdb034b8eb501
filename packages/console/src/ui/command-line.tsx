import { useState } from 'react'
import { cx } from './class-names.ts'
import { copyText } from './clipboard.ts'
import { Icon } from './icon.tsx'

/** A command to run, and its copy button. */
export function CommandLine({ command, label, className }: { command: string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false)
  async function copy(): Promise<void> {
    setCopied(await copyText(command, label))
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <div className={cx('flex min-w-0 items-start rounded-md border border-line bg-sunken', className)}>
      <pre
        tabIndex={0}
        role="group"
        aria-label={label}
        className="min-w-0 flex-1 overflow-x-auto px-2.5 py-1.5 font-mono text-xs leading-5 text-ink"
      >
        {command}
      </pre>
      <button
        type="button"
        aria-label={`${copied ? 'Copied' : 'Copy'} ${label}`}
        className="m-1 inline-flex h-6 shrink-0 items-center gap-1 rounded px-1.5 text-xs text-muted hover:bg-hover hover:text-ink"
        onClick={() => {
          void copy()
        }}
      >
        <Icon name={copied ? 'check' : 'copy'} size={13} />
        <span aria-hidden="true">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}
