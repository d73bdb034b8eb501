import { useQuery } from '@tanstack/react-query'
import { parseDiff, DiffFormatError, type DiffDocument } from '@gatehouse/core/delivery/proposals/diff-document'
import type { Proposal } from '@gatehouse/client/operations.gen'
import { useEffect, useMemo, useRef, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { announce } from '../../ui/announcer.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { isTyping } from '../shell/keys.ts'
import { FileDiff } from './file-diff.tsx'
import { FileList } from './file-list.tsx'
import { useViewed } from './use-viewed.ts'
import { nextFile } from './viewed.ts'

/** The code diff of a proposal, file by file, from the exact bytes that its digest names. */
export function Changes({ proposal }: { proposal: Proposal }) {
  const query = useQuery({ ...queries.diff(proposal.id, proposal.diff_digest), enabled: proposal.purged_at === null })
  if (proposal.purged_at !== null)
    return (
      <Panel title="Changes">
        <EmptyState icon="file" title="The diff was purged" compact>
          <p>Its digest stays in the ledger.</p>
        </EmptyState>
      </Panel>
    )
  return (
    <QueryView
      query={query}
      skeleton={
        <div role="status" aria-label="Loading the diff">
          <Skeleton className="h-96" />
        </div>
      }
    >
      {(bytes) => <ParsedChanges bytes={bytes} proposal={proposal} />}
    </QueryView>
  )
}

function ParsedChanges({ bytes, proposal }: { bytes: Uint8Array; proposal: Proposal }) {
  const parsed = useMemo(() => parse(bytes), [bytes])
  if (!parsed.ok)
    return (
      <Notice tone="bad" urgent title="The diff cannot be read here">
        <p>{parsed.detail} Nothing is shown rather than something else than what is approved.</p>
        <CommandLine
          className="mt-2"
          command={`gatehouse proposal diff ${proposal.id}`}
          label="command to show the diff"
        />
      </Notice>
    )
  return <Document document={parsed.document} proposal={proposal} />
}

function parse(bytes: Uint8Array): { ok: true; document: DiffDocument } | { ok: false; detail: string } {
  try {
    return { ok: true, document: parseDiff(bytes) }
  } catch (error) {
    if (error instanceof DiffFormatError) return { ok: false, detail: `${error.message}.` }
    throw error
  }
}

function Document({ document: diff, proposal }: { document: DiffDocument; proposal: Proposal }) {
  const paths = useMemo(() => diff.files.map((file) => file.path), [diff])
  const marks = useViewed(proposal.task_id, proposal.diff_digest)
  const { viewed, voided } = marks
  const [current, setCurrent] = useState(-1)
  const root = useRef<HTMLDivElement>(null)

  function show(index: number): void {
    setCurrent(index)
    const section = root.current?.querySelectorAll<HTMLElement>('[data-file]')[index]
    section?.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true })
    section?.scrollIntoView({ block: 'start' })
  }
  function mark(index: number): void {
    const path = paths[index]
    if (path === undefined) return
    const next = marks.toggle(path)
    announce(`${path} ${next.paths.includes(path) ? 'viewed' : 'not viewed'}, ${next.paths.length} of ${paths.length}`)
  }

  const press = useRef<(event: KeyboardEvent) => void>(() => undefined)
  useEffect(() => {
    press.current = (event) => {
      if (isTyping(event)) return
      const steps = { j: 'next', k: 'previous', n: 'unviewed' } as const
      if (event.key === 'v' && current >= 0) mark(current)
      else if (event.key === 'j' || event.key === 'k' || event.key === 'n') {
        const next = nextFile(paths, current, steps[event.key], viewed)
        if (next !== null) show(next)
        else announce(event.key === 'n' ? 'Every file is viewed' : 'No further file')
      } else return
      event.preventDefault()
    }
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => press.current(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])

  return (
    <div ref={root} className="space-y-3">
      <h2 className="sr-only">Changes</h2>
      <DiffNotices document={diff} voided={voided} />
      <FileList diff={diff} viewed={viewed} current={current} onShow={show} />
      {diff.files.map((file, index) => (
        <FileDiff
          key={file.path}
          file={file}
          current={index === current}
          viewed={viewed.paths.includes(file.path)}
          onToggle={() => {
            setCurrent(index)
            mark(index)
          }}
        />
      ))}
    </div>
  )
}

function DiffNotices({ document: diff, voided }: { document: DiffDocument; voided: number }) {
  return (
    <>
      {voided > 0 && (
        <Notice tone="warn" title="The diff changed since you looked">
          {voided === 1 ? 'Your viewed mark was' : `Your ${voided} viewed marks were`} of another diff and{' '}
          {voided === 1 ? 'is' : 'are'} void.
        </Notice>
      )}
      {diff.hidden_lines > 0 && (
        <Notice
          tone="bad"
          urgent
          title={`Hidden characters in ${diff.hidden_lines} ${diff.hidden_lines === 1 ? 'line' : 'lines'}`}
        >
          They make code read differently from what a compiler sees. Each is shown by its name in its place.
        </Notice>
      )}
      {(diff.cut.files > 0 || diff.cut.lines > 0) && (
        <Notice tone="warn" title="Not everything is shown">
          {diff.cut.files > 0 && `${diff.cut.files} files are left out. `}
          {diff.cut.lines > 0 && `${diff.cut.lines} lines are left out. `}
          The approval covers all of it: read the rest with <code>gatehouse proposal diff</code>.
        </Notice>
      )}
    </>
  )
}
