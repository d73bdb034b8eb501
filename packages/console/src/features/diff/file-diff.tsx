import type { DiffFile, DiffHunk, DiffLine } from '@gatehouse/core/delivery/proposals/diff-document'
import { visibleText } from '@gatehouse/core/delivery/proposals/diff-hidden-characters'
import { memo, useMemo, useState, type ReactNode } from 'react'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { copyText } from '../../ui/clipboard.ts'
import { Icon } from '../../ui/icon.tsx'
import { bytesText } from '../../ui/relative-time.ts'
import { changedSpans, textParts, type Span } from './text-parts.ts'

/** Lines of a file that are drawn before one asks for the rest. */
const LINES_AT_ONCE = 600

/** One file of a diff. A viewed file folds up. */
export const FileDiff = memo(function FileDiff(props: {
  readonly file: DiffFile
  readonly current: boolean
  readonly viewed: boolean
  readonly onToggle: () => void
}) {
  const { file } = props
  const lines = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0)
  const [all, setAll] = useState(false)
  const path = visibleText(file.path)
  const shown = all || lines <= LINES_AT_ONCE ? file.hunks : firstLines(file.hunks, LINES_AT_ONCE)
  return (
    <section
      data-file
      aria-label={path}
      className={cx(
        'scroll-mt-14 overflow-clip rounded-lg border bg-surface shadow-card',
        props.current ? 'border-focus' : 'border-line',
      )}
    >
      <header className="sticky top-12 z-10 flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 py-1.5">
        <h3 tabIndex={-1} className="flex min-w-0 flex-1 items-center gap-2 font-mono text-xs font-medium">
          <span className="min-w-0 break-all">{path}</span>
        </h3>
        {file.path_hidden.length > 0 && <Badge tone="bad">hidden characters in the name</Badge>}
        {file.path_escaped && <Badge tone="warn">name is not UTF-8</Badge>}
        {file.status !== 'modified' && (
          <Badge tone={file.status === 'deleted' ? 'bad' : 'ok'} icon={null}>
            {file.status}
          </Badge>
        )}
        <Mode file={file} />
        {!file.binary && (
          <span className="text-xs tabular-nums">
            <span className="text-ok">+{file.additions}</span> <span className="text-bad">−{file.deletions}</span>
          </span>
        )}
        <button
          type="button"
          aria-label={`Copy the path ${path}`}
          onClick={() => void copyText(file.path, 'the path')}
          className="grid size-6 place-items-center rounded text-muted hover:bg-hover hover:text-ink"
        >
          <Icon name="copy" size={13} />
        </button>
        <label className="inline-flex cursor-pointer items-center gap-1.5 text-xs text-muted select-none">
          <input
            type="checkbox"
            checked={props.viewed}
            onChange={props.onToggle}
            className="size-3.5 accent-[var(--primary)]"
          />
          Viewed
        </label>
      </header>
      {!props.viewed && (
        <>
          {file.binary ? (
            <p className="px-4 py-3 text-[13px] text-muted">
              A binary file was {file.status}. Its bytes are part of the diff and its digest; they cannot be read here.
            </p>
          ) : file.hunks.length === 0 && file.cut_lines === 0 ? (
            <p className="px-4 py-3 text-[13px] text-muted">No lines changed: only the file itself or its mode.</p>
          ) : (
            <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={`Lines of ${path}`}>
              <table className="w-full border-collapse font-mono text-xs leading-5">
                <caption className="sr-only">Changed lines of {path}</caption>
                <thead className="sr-only">
                  <tr>
                    <th scope="col">Old line</th>
                    <th scope="col">New line</th>
                    <th scope="col">Text</th>
                  </tr>
                </thead>
                {shown.map((hunk) => (
                  <Hunk key={`${hunk.old_start} ${hunk.new_start}`} hunk={hunk} />
                ))}
              </table>
            </div>
          )}
          {shown !== file.hunks && (
            <p className="border-t border-line p-3 text-center">
              <Button small onClick={() => setAll(true)}>
                Show all {lines} lines
              </Button>
            </p>
          )}
          {file.cut_lines > 0 && (
            <p className="border-t border-warn-line bg-warn-soft px-4 py-2 text-xs text-warn">
              {file.cut_lines} further lines of this file are not shown here: <code>gatehouse proposal diff</code> has
              them.
            </p>
          )}
        </>
      )}
    </section>
  )
})

function Mode({ file }: { file: DiffFile }) {
  const { old_mode: before, new_mode: after } = file
  if (before !== null && after !== null && before !== after)
    return (
      <Badge tone="warn">
        mode {before} → {after}
      </Badge>
    )
  if (after === '100755' && before === null) return <Badge tone="warn">executable</Badge>
  if (after === '120000') return <Badge tone="warn">symbolic link</Badge>
  return null
}

function firstLines(hunks: readonly DiffHunk[], count: number): readonly DiffHunk[] {
  const shown: DiffHunk[] = []
  let room = count
  for (const hunk of hunks) {
    if (room <= 0) break
    shown.push({ ...hunk, lines: hunk.lines.slice(0, room) })
    room -= hunk.lines.length
  }
  return shown
}

function Hunk({ hunk }: { hunk: DiffHunk }) {
  const spans = useMemo(() => pairedSpans(hunk.lines), [hunk])
  return (
    <tbody>
      <tr className="bg-info-soft text-info">
        <td colSpan={3} className="px-3 py-0.5 whitespace-pre">
          @@ −{hunk.old_start},{hunk.old_lines} +{hunk.new_start},{hunk.new_lines} @@ {visibleText(hunk.section)}
        </td>
      </tr>
      {hunk.lines.map((line, index) => (
        <Line key={`${line.old ?? ''} ${line.new ?? ''}`} line={line} changed={spans.get(index) ?? null} />
      ))}
    </tbody>
  )
}

/** Removed lines followed by as many added ones are each other's before and after. */
function pairedSpans(lines: readonly DiffLine[]): Map<number, Span> {
  const spans = new Map<number, Span>()
  for (let at = 0; at < lines.length;) {
    const kind = (index: number) => lines[index]?.kind
    let removed = 0
    while (kind(at + removed) === 'removed') removed += 1
    let added = 0
    while (kind(at + removed + added) === 'added') added += 1
    if (removed > 0 && removed === added)
      for (let pair = 0; pair < removed; pair += 1) {
        const before = lines[at + pair]
        const after = lines[at + removed + pair]
        const changed = before && after ? changedSpans(before.text, after.text) : null
        if (!changed) continue
        spans.set(at + pair, changed.before)
        spans.set(at + removed + pair, changed.after)
      }
    at += Math.max(1, removed + added)
  }
  return spans
}

const ROW = { context: '', added: 'bg-add', removed: 'bg-del' } as const
const GUTTER = { context: 'bg-surface', added: 'bg-add-gutter', removed: 'bg-del-gutter' } as const
const SIGN = { context: ' ', added: '+', removed: '−' } as const
const SAID = { context: '', added: 'added: ', removed: 'removed: ' } as const

const Line = memo(function Line({ line, changed }: { line: DiffLine; changed: Span | null }) {
  const mark = line.kind === 'added' ? 'bg-ok/25' : 'bg-bad/25'
  return (
    <tr className={ROW[line.kind]}>
      <td
        className={cx(
          'w-px min-w-10 px-2 text-right text-2xs leading-5 text-muted tabular-nums select-none',
          GUTTER[line.kind],
        )}
      >
        {line.old}
      </td>
      <td
        className={cx(
          'w-px min-w-10 px-2 text-right text-2xs leading-5 text-muted tabular-nums select-none',
          GUTTER[line.kind],
        )}
      >
        {line.new}
      </td>
      <td className="pr-4 pl-2 whitespace-pre [unicode-bidi:isolate]" dir="ltr">
        <span className="sr-only">{SAID[line.kind]}</span>
        <span aria-hidden="true" className="mr-2 inline-block w-2 text-muted select-none">
          {SIGN[line.kind]}
        </span>
        {textParts(line.text, line.hidden, changed).map((part, index) =>
          part.kind === 'hidden' ? (
            <mark
              key={index}
              title={`${part.why} character`}
              className="mx-px rounded border border-bad bg-bad-soft px-1 text-2xs font-semibold text-bad"
            >
              {part.code} {part.why}
            </mark>
          ) : (
            <span key={index} className={part.kind === 'changed' ? `rounded-[2px] ${mark}` : undefined}>
              {part.text}
            </span>
          ),
        )}
        {line.escaped && <Flag>bytes that are not UTF-8, shown as \xNN</Flag>}
        {line.cut_bytes > 0 && <Flag>{bytesText(line.cut_bytes)} more in this line are not shown</Flag>}
        {line.no_newline && <Flag>no line end at the end of the file</Flag>}
      </td>
    </tr>
  )
})

function Flag({ children }: { children: ReactNode }) {
  return <span className="ml-3 font-sans text-2xs text-muted italic">{children}</span>
}
