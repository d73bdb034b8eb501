import type { Proposal } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { bytesText, durationText } from '../../ui/relative-time.ts'
import { OutcomeBadge } from '../decisions/decision-list.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { claimedRows } from './claimed.ts'
import { testFindings } from './validation-summary.ts'
import { IsolationNotice, TestFindings, VALIDATION_TONES } from './validation-panel.tsx'

/** The last decision at each hook, in the order of the hooks; the policy view has them all. */
function latestByHook(decisions: Proposal['decisions']): Proposal['decisions'] {
  const latest = new Map(
    decisions.toSorted((a, b) => a.at.localeCompare(b.at)).map((decision) => [decision.hook, decision]),
  )
  return [...latest.values()]
}

/** The evidence at a glance; each part leads to its view. */
export function ProposalOverview({ proposal }: { proposal: Proposal }) {
  const { validation } = proposal
  const claimed = claimedRows(proposal.claimed)
  return (
    <>
      {validation && <IsolationNotice validation={validation} />}
      <Panel title="Why">
        {proposal.rationale.trim() === '' ? (
          <p className="text-[13px] text-muted">No rationale was given.</p>
        ) : (
          <Markdown text={proposal.rationale} />
        )}
      </Panel>
      <Panel
        title="Evidence"
        aside={
          <Link className="link text-xs" to={paths.proposal(proposal.id, 'validation')}>
            everything
          </Link>
        }
      >
        <div className="space-y-3">
          {validation ? (
            <p className="flex flex-wrap items-center gap-2 text-[13px]">
              <Badge tone={VALIDATION_TONES[validation.state]}>validation {validation.state}</Badge>
              {validation.facts?.host_measured.commands.map((command) => (
                <span key={command.name} className="text-xs text-muted">
                  <code className="text-ink">{command.name}</code>{' '}
                  {command.timed_out
                    ? 'timed out'
                    : command.exit_code === null
                      ? 'was killed'
                      : `exit ${command.exit_code}`}
                  , {durationText(command.duration_ms)}
                </span>
              ))}
              {validation.isolation && (
                <Badge tone={validation.isolation.driver === 'none' ? 'bad' : 'neutral'} icon="shield">
                  isolation: {validation.isolation.driver}
                </Badge>
              )}
            </p>
          ) : (
            <p className="text-[13px] text-muted">Not validated yet.</p>
          )}
          {validation && <TestFindings findings={testFindings(validation)} />}
          {latestByHook(proposal.decisions).map((decision) => (
            <p key={decision.id} className="flex flex-wrap items-center gap-2 text-[13px]">
              <OutcomeBadge outcome={decision.outcome} />
              <code className="text-xs">{decision.hook}</code>
              <span className="min-w-0 text-xs break-words text-muted">
                {decision.violations[0]?.message ??
                  decision.warnings[0]?.message ??
                  decision.requirements[0]?.reason ??
                  'nothing found'}
              </span>
              <Link className="link ml-auto text-xs" to={paths.decision(decision.id)}>
                input
              </Link>
            </p>
          ))}
        </div>
      </Panel>
      <Panel
        title={`Files (${proposal.files_changed})`}
        aside={
          <Link className="link text-xs" to={paths.proposal(proposal.id, 'changes')}>
            see the changes
          </Link>
        }
        flush
      >
        <ul className="divide-y divide-line">
          {proposal.files.slice(0, 40).map((file) => (
            <li key={file.path} className="flex items-center gap-3 px-4 py-1.5 text-[13px]">
              <span className="w-16 shrink-0 text-xs text-muted">{file.status}</span>
              <span className="min-w-0 flex-1 truncate font-mono text-xs" title={file.path}>
                {file.path}
              </span>
              {file.binary ? (
                <Badge>binary</Badge>
              ) : (
                <span className="text-xs tabular-nums">
                  <span className="text-ok">+{file.additions ?? 0}</span>{' '}
                  <span className="text-bad">−{file.deletions ?? 0}</span>
                </span>
              )}
            </li>
          ))}
          {proposal.files.length > 40 && (
            <li className="px-4 py-1.5 text-xs text-muted">and {proposal.files.length - 40} more</li>
          )}
        </ul>
      </Panel>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2">
        <Panel title="Identity">
          <Facts
            rows={[
              ['Diff', <Digest key="d" value={proposal.diff_digest} label="diff digest" />],
              ['Size', bytesText(proposal.diff_bytes)],
              ['Base', <Digest key="b" value={proposal.base_commit} label="base commit" />],
              ['Result tree', <Digest key="t" value={proposal.result_tree} label="result tree" />],
              ['Head', <Digest key="h" value={proposal.head_commit} label="head commit" />],
              [
                'Agent version',
                proposal.agent_version === null ? (
                  'none: not made by an agent of ours'
                ) : (
                  <Digest key="a" value={proposal.agent_version} label="agent version" />
                ),
              ],
            ]}
          />
        </Panel>
        <Panel title="As the patch claims" note="The patch's own words: shown, never taken for an identity.">
          {claimed.length === 0 ? (
            <p className="text-[13px] text-muted">It claims nothing.</p>
          ) : (
            <Facts rows={claimed} />
          )}
        </Panel>
      </div>
    </>
  )
}
