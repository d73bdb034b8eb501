import type { Decision } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { listText } from '../shell/session.ts'

const TONES: Readonly<Record<Decision['outcome'], Tone>> = { allow: 'ok', warn: 'warn', deny: 'bad' }
const HOOKS: Readonly<Record<Decision['hook'], string>> = {
  before_execute: 'before the run',
  after_execute: 'after the validation',
  before_effect: 'before the merge',
}

export function OutcomeBadge({ outcome }: { outcome: Decision['outcome'] }) {
  return <Badge tone={TONES[outcome]}>{outcome}</Badge>
}

/** Every decision of policy about a proposal, newest first, with what it found and whose approvals it asks for. */
export function DecisionList({ decisions }: { decisions: readonly Decision[] }) {
  if (decisions.length === 0)
    return (
      <Panel title="Policy">
        <EmptyState icon="shield" title="Policy was not asked yet" compact>
          <p>
            It is asked before a run, after the validation and before the merge. Where it cannot be asked, the answer is
            no.
          </p>
        </EmptyState>
      </Panel>
    )
  const newest = decisions.toSorted((a, b) => b.at.localeCompare(a.at))
  return newest.map((decision) => (
    <Panel
      key={decision.id}
      title={
        <>
          <code>{decision.hook}</code> <span className="font-normal text-muted">{HOOKS[decision.hook]}</span>
        </>
      }
      aside={<OutcomeBadge outcome={decision.outcome} />}
    >
      <DecisionBody decision={decision} />
      <p className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line pt-2.5 text-xs text-muted">
        <Time at={decision.at} />
        <span>risk {decision.effective_risk}</span>
        <span>
          input <Digest value={decision.input_digest} label="input digest" length={8} />
        </span>
        <span>
          bundle <Digest value={decision.bundle_digest} label="bundle digest" length={8} />
        </span>
        <Link className="link ml-auto" to={paths.decision(decision.id)}>
          exact input
        </Link>
      </p>
    </Panel>
  ))
}

/** Findings and requirements of one decision. */
export function DecisionBody({ decision }: { decision: Decision }) {
  const quiet = decision.violations.length === 0 && decision.warnings.length === 0 && decision.requirements.length === 0
  return (
    <div className="space-y-2.5">
      <Findings name="violation" tone="bad" findings={decision.violations} />
      <Findings name="warning" tone="warn" findings={decision.warnings} />
      {decision.requirements.map((requirement) => (
        <div key={requirement.id} className="flex gap-2 text-[13px]">
          <Badge tone="info" icon="people">
            requires
          </Badge>
          <span className="min-w-0">
            {requirement.count} {requirement.count === 1 ? 'approval' : 'approvals'} by{' '}
            {listText(requirement.roles, 'or')}
            <span className="block text-xs text-muted">
              {requirement.reason} <code className="break-all">{requirement.policy_id}</code>
            </span>
          </span>
        </div>
      ))}
      {quiet && <p className="text-[13px] text-muted">Nothing found, nothing required.</p>}
    </div>
  )
}

function Findings(props: { readonly name: string; readonly tone: Tone; readonly findings: Decision['violations'] }) {
  return props.findings.map((finding) => (
    <div key={`${finding.policy_id} ${finding.message}`} className="flex gap-2 text-[13px]">
      <Badge tone={props.tone}>{props.name}</Badge>
      <span className="min-w-0 break-words">
        {finding.message}
        <span className="block text-xs text-muted">
          <code className="break-all">{finding.policy_id}</code> · {finding.severity}
          {/^https?:\/\//.test(finding.runbook_url) && (
            <>
              {' · '}
              <a className="link" href={finding.runbook_url} target="_blank" rel="noreferrer noopener">
                what to do
              </a>
            </>
          )}
        </span>
      </span>
    </div>
  ))
}
