import { useQuery } from '@tanstack/react-query'
import { reportedTests } from '@gatehouse/core/delivery/validations/reported'
import type { CommandResult, Proposal, Validation } from '@gatehouse/client/operations.gen'
import { useState, type ReactNode } from 'react'
import { queries } from '../../api/queries.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { bytesText, durationText } from '../../ui/relative-time.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { TickedTasksPanel } from './ticked-tasks-panel.tsx'
import { nothingTested, ranWithoutIsolation, testFindings, type TestFinding } from './validation-summary.ts'

export const VALIDATION_TONES: Readonly<Record<Validation['state'], Tone>> = {
  running: 'info',
  passed: 'ok',
  failed: 'bad',
  errored: 'warn',
}

/** What the recipe showed: what the host measured and what the candidate's own code reported, never mixed (law 5). */
export function ValidationPanel({ proposal }: { proposal: Proposal }) {
  const { validation } = proposal
  if (!validation)
    return (
      <Panel title="Validation">
        <EmptyState icon="clock" title="Not validated yet" compact>
          <p>A worker takes it up by itself. Its recipe comes from the protected base, never from this diff.</p>
        </EmptyState>
      </Panel>
    )
  return (
    <>
      <IsolationNotice validation={validation} />
      <Panel title="Validation" aside={<Badge tone={VALIDATION_TONES[validation.state]}>{validation.state}</Badge>}>
        <div className="space-y-4">
          {validation.reason !== null && <p className="text-[13px] break-words">{validation.reason}</p>}
          <NothingTested validation={validation} />
          <TestFindings findings={testFindings(validation)} />
          <div className="grid grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-2">
            <HostMeasured validation={validation} />
            <CandidateReported validation={validation} />
          </div>
        </div>
      </Panel>
      <TickedTasksPanel validation={validation} />
      <Outputs validation={validation} />
      <Panel title="How it was done">
        <Facts rows={recipeRows(validation)} />
      </Panel>
    </>
  )
}

/** Loud: without isolation nothing that the code printed or left behind was kept from the host. */
export function IsolationNotice({ validation }: { validation: Validation }) {
  if (!ranWithoutIsolation(validation)) return null
  return (
    <Notice tone="bad" urgent title="It ran without isolation">
      The commands were plain limited processes on the host, since isolation is set to <code>none</code> here. The code
      under test could read and reach what the server can. {validation.isolation?.notes.join(' ')}
    </Notice>
  )
}

/** Loud: an exit code of 0 without a single counted test looks like tests that passed, and is none. */
function NothingTested({ validation }: { validation: Validation }) {
  const text = nothingTested(validation)
  return text === null ? null : (
    <Notice tone="bad" title="No test is known to have run">
      {text}
    </Notice>
  )
}

const KINDS: Readonly<Record<TestFinding['kind'], readonly [words: string, tone: Tone]>> = {
  failing: ['fails now', 'bad'],
  removed: ['removed', 'bad'],
  'file-deleted': ['test file deleted', 'bad'],
  skipped: ['skipped now', 'warn'],
}

export function TestFindings({ findings }: { findings: readonly TestFinding[] }) {
  if (findings.length === 0) return null
  return (
    <ul
      aria-label="Tests that speak against it"
      className={`divide-y divide-line rounded-md border ${findings.every((finding) => finding.kind === 'skipped') ? 'border-warn-line' : 'border-bad-line'}`}
    >
      {findings.slice(0, 100).map((finding) => (
        <li key={`${finding.kind} ${finding.test}`} className="px-3 py-2 text-[13px]">
          <p className="flex flex-wrap items-center gap-2">
            <Badge tone={KINDS[finding.kind][1]}>{KINDS[finding.kind][0]}</Badge>
            <code className="min-w-0 text-xs break-all">{finding.test}</code>
            <span className="text-2xs text-muted">
              {finding.source === 'host' ? 'measured by the host' : 'reported by the candidate'}
            </span>
          </p>
          {finding.message !== '' && (
            <pre className="mt-1 max-h-40 overflow-auto text-xs whitespace-pre-wrap text-muted" tabIndex={0}>
              {finding.message}
            </pre>
          )}
        </li>
      ))}
      {findings.length > 100 && <li className="px-3 py-2 text-xs text-muted">and {findings.length - 100} more</li>}
    </ul>
  )
}

function HostMeasured({ validation }: { validation: Validation }) {
  const host = validation.facts?.host_measured
  return (
    <section aria-labelledby="host" className="rounded-md border border-line p-3">
      <h3 id="host" className="flex items-center gap-1.5 text-[13px] font-semibold">
        <Icon name="shield" size={14} /> Measured by the host
      </h3>
      <p className="mb-3 text-xs text-muted">Exit codes, times and files as we saw them from outside.</p>
      {host ? (
        <>
          <ul className="space-y-1.5">
            {host.commands.map((command) => (
              <li key={command.name} className="flex items-center gap-2 text-[13px]">
                <ExitBadge command={command} />
                <span className="min-w-0 flex-1 truncate font-mono text-xs">{command.name}</span>
                <span className="text-xs text-muted tabular-nums">{durationText(command.duration_ms)}</span>
              </li>
            ))}
          </ul>
          <FileList title="Test files deleted" files={host.test_files_deleted} tone="bad" />
          <FileList title="Test files changed" files={host.test_files_changed} tone="neutral" />
        </>
      ) : (
        <p className="text-xs text-muted">{validation.state === 'running' ? 'It runs.' : 'Nothing was measured.'}</p>
      )}
    </section>
  )
}

function ExitBadge({ command }: { command: { exit_code: number | null; timed_out: boolean } }) {
  if (command.timed_out) return <Badge tone="bad">timed out</Badge>
  if (command.exit_code === 0) return <Badge tone="ok">exit 0</Badge>
  return <Badge tone="bad">{command.exit_code === null ? 'killed' : `exit ${command.exit_code}`}</Badge>
}

function FileList({ title, files, tone }: { title: string; files: readonly string[]; tone: Tone }) {
  if (files.length === 0) return null
  return (
    <div className="mt-3">
      <p className="mb-1 flex items-center gap-2 text-xs text-muted">
        {title} <Badge tone={tone}>{files.length}</Badge>
      </p>
      <ul className="space-y-0.5">
        {files.slice(0, 50).map((file) => (
          <li key={file} className="font-mono text-xs break-all">
            {file}
          </li>
        ))}
      </ul>
    </div>
  )
}

function CandidateReported({ validation }: { validation: Validation }) {
  const reported = validation.facts?.candidate_reported
  const told = reportedTests(validation)
  return (
    <section aria-labelledby="candidate" className="rounded-md border border-dashed border-line-strong bg-sunken p-3">
      <h3 id="candidate" className="flex items-center gap-1.5 text-[13px] font-semibold">
        <Icon name="file" size={14} /> Reported by the candidate
      </h3>
      <p className="mb-3 text-xs text-muted">
        Printed by the code under test, which could print anything. It is no proof; policy can tell the two apart.
      </p>
      {reported ? (
        <>
          <dl className="grid grid-cols-4 gap-2">
            <Number name="Tests" value={reported.total} />
            <Number name="Passed" value={reported.passed} />
            <Number name="Failed" value={reported.failed} tone={reported.failed > 0 ? 'text-bad' : undefined} />
            <Number name="Skipped" value={reported.skipped} />
          </dl>
          {told !== null && (
            <p className={`mt-2 text-xs ${told.loud ? 'font-medium text-warn' : 'text-muted'}`}>{told.text}</p>
          )}
          {reported.problems.length > 0 && (
            <ul className="mt-3 space-y-1 text-xs text-warn">
              {reported.problems.map((problem) => (
                <li key={problem} className="flex gap-1.5 break-words">
                  <Icon name="warn" size={13} className="mt-0.5 shrink-0" />
                  {problem}
                </li>
              ))}
            </ul>
          )}
        </>
      ) : (
        <p className="text-xs text-muted">No report.</p>
      )}
    </section>
  )
}

function Number({ name, value, tone }: { name: string; value: number; tone?: string | undefined }) {
  return (
    <div>
      <dt className="text-2xs text-muted">{name}</dt>
      <dd className={`text-lg leading-6 font-semibold tabular-nums ${tone ?? ''}`}>{value}</dd>
    </div>
  )
}

function recipeRows(validation: Validation): (readonly [string, ReactNode])[] {
  const { isolation } = validation
  const took =
    validation.finished_at === null
      ? 'running'
      : durationText(Date.parse(validation.finished_at) - Date.parse(validation.created_at))
  return [
    [
      'Isolation',
      isolation ? (
        <span key="isolation">
          <span className="font-medium">{isolation.driver}</span>, network {isolation.network}
          {isolation.notes.map((note) => (
            <span key={note} className="block text-xs text-muted">
              {note}
            </span>
          ))}
        </span>
      ) : (
        'not measured yet'
      ),
    ],
    ['Recipe from', validation.recipe_source],
    ['Recipe', <Digest key="recipe" value={validation.recipe_digest} label="recipe digest" />],
    ['Base commit', <Digest key="base" value={validation.base_commit} label="base commit" />],
    ['Result tree', <Digest key="tree" value={validation.result_tree} label="result tree" />],
    ...(validation.envelope_digest === null
      ? []
      : [['Envelope', <Digest key="envelope" value={validation.envelope_digest} label="envelope digest" />] as const]),
    ['Started', <Time key="at" at={validation.created_at} />],
    ['Took', took],
  ]
}

/** What the commands printed, fetched when it is asked for. */
function Outputs({ validation }: { validation: Validation }) {
  const [open, setOpen] = useState(false)
  const query = useQuery({ ...queries.validation(validation.id), enabled: open })
  return (
    <Panel title="Commands and their output" flush>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="px-4 py-2.5 text-[13px] hover:bg-hover">Show what was run and what it printed</summary>
        {open && (
          <QueryView query={query} skeleton={<Skeleton className="m-4 h-24" />}>
            {(detail) => (
              <ul className="divide-y divide-line border-t border-line">
                {detail.commands.map((command) => (
                  <Command key={command.name} command={command} />
                ))}
              </ul>
            )}
          </QueryView>
        )}
      </details>
    </Panel>
  )
}

function Command({ command }: { command: CommandResult }) {
  return (
    <li className="space-y-2 px-4 py-3">
      <p className="flex flex-wrap items-center gap-2 text-[13px]">
        <ExitBadge command={command} />
        <code className="min-w-0 text-xs break-all">{command.argv.join(' ')}</code>
        <span className="text-xs text-muted">{durationText(command.duration_ms)}</span>
        {command.signal !== null && <span className="text-xs text-muted">{command.signal}</span>}
      </p>
      <Stream name="stdout" output={command.stdout} />
      <Stream name="stderr" output={command.stderr} />
    </li>
  )
}

function Stream({ name, output }: { name: string; output: CommandResult['stdout'] }) {
  if (output.bytes === 0) return null
  return (
    <div>
      <p className="mb-1 text-2xs text-muted">
        {name}, {bytesText(output.bytes)}
        {output.dropped > 0 && `, of which ${bytesText(output.dropped)} were not kept`}
      </p>
      <pre
        tabIndex={0}
        role="group"
        aria-label={name}
        className="max-h-80 overflow-auto rounded-md border border-line bg-sunken p-2.5 text-xs whitespace-pre-wrap break-words"
      >
        {output.text}
      </pre>
    </div>
  )
}
