import type { DiffDocument } from '@gatehouse/core/delivery/proposals/diff-document'
import { visibleText } from '@gatehouse/core/delivery/proposals/diff-hidden-characters'
import { Badge } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Viewed } from './viewed.ts'

/** The files of a diff, with what is viewed and how much is left. */
export function FileList(props: {
  readonly diff: DiffDocument
  readonly viewed: Viewed
  readonly current: number
  readonly onShow: (index: number) => void
}) {
  const { diff, viewed } = props
  const done = diff.files.filter((file) => viewed.paths.includes(file.path)).length
  return (
    <nav aria-label="Changed files" className="overflow-clip rounded-lg border border-line bg-surface shadow-card">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 text-xs text-muted">
        <span className="text-[13px] font-semibold text-ink tabular-nums">
          {done} / {diff.files.length} viewed
        </span>
        <span className="tabular-nums">
          <span className="text-ok">+{diff.additions}</span> <span className="text-bad">−{diff.deletions}</span>
        </span>
        <span className="ml-auto max-sm:hidden">
          <Key name="j" /> <Key name="k" /> files, <Key name="n" /> next not viewed, <Key name="v" /> viewed
        </span>
      </p>
      <ul className="max-h-64 divide-y divide-line overflow-y-auto">
        {diff.files.map((file, index) => (
          <li key={file.path}>
            <button
              type="button"
              onClick={() => props.onShow(index)}
              aria-current={index === props.current ? 'true' : undefined}
              className={cx(
                'flex w-full items-center gap-3 px-4 py-1.5 text-left hover:bg-hover',
                index === props.current && 'bg-hover',
              )}
            >
              <Icon
                name={viewed.paths.includes(file.path) ? 'check' : 'minus'}
                size={13}
                className={viewed.paths.includes(file.path) ? 'text-ok' : 'text-faint'}
              />
              <span className="sr-only">{viewed.paths.includes(file.path) ? 'viewed:' : 'not viewed:'}</span>
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{visibleText(file.path)}</span>
              {file.hidden_lines > 0 && <Badge tone="bad">hidden characters</Badge>}
              <span className="text-xs text-muted">{file.status}</span>
              {file.binary ? (
                <Badge>binary</Badge>
              ) : (
                <span className="text-xs tabular-nums">
                  <span className="text-ok">+{file.additions}</span> <span className="text-bad">−{file.deletions}</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Key({ name }: { name: string }) {
  return <kbd className="rounded border border-line-strong bg-sunken px-1 text-2xs">{name}</kbd>
}
