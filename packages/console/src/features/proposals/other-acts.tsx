import type { Proposal } from '@gatehouse/client/operations.gen'
import { useState, type ReactNode } from 'react'
import { validateProposal, withdrawProposal } from '../../api/operations.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { CopyAs } from '../operations/copy-as.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'

/** The acts one needs less often, each with what it does before it is done. */
export function OtherActs({ proposal }: { proposal: Proposal }) {
  if (proposal.state === 'merged' || proposal.state === 'superseded' || proposal.state === 'withdrawn') return null
  return (
    <Panel title="Other acts" flush>
      <div className="divide-y divide-line">
        <Act name="Validate again">
          <ValidateAgain proposal={proposal} />
        </Act>
        <Act name="Replace the diff">
          <p>
            A new patch takes this one's place. It is another intent: every approval given here is void, and the reason
            is kept.
          </p>
          {proposal.can.supersede.ok ? (
            <CommandLine
              command={`gatehouse proposal supersede ${proposal.id} change.patch`}
              label="command to replace the diff"
            />
          ) : (
            <p className="text-ink">{proposal.can.supersede.reason}</p>
          )}
        </Act>
        <Act name="Withdraw">
          <Withdraw proposal={proposal} />
        </Act>
      </div>
    </Panel>
  )
}

function Act({ name, children }: { name: string; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex items-center px-4 py-2 text-[13px] font-medium hover:bg-hover">{name}</summary>
      <div className="space-y-2.5 px-4 pb-3 text-xs text-muted">{children}</div>
    </details>
  )
}

function ValidateAgain({ proposal }: { proposal: Proposal }) {
  const validate = useOperation<'proposalValidate'>({ done: 'Validation started' })
  const operation = validateProposal(proposal.id)
  const can = proposal.can.validate
  return (
    <>
      <p>
        On the branch as it is now. Where the diff stays the same byte for byte, approvals are kept; where it does not,
        they are void and the page says which part changed.
      </p>
      <div className="flex items-start gap-2">
        <Button
          small
          busy={validate.isPending}
          refusal={can.ok ? null : (can.reason ?? 'Not now.')}
          onClick={() => validate.mutate(operation)}
        >
          Validate again
        </Button>
        <CopyAs operation={operation} what="Validate" small />
      </div>
      {validate.error && <ProblemNotice problem={problemOf(validate.error)} />}
    </>
  )
}

function Withdraw({ proposal }: { proposal: Proposal }) {
  const [reason, setReason] = useState('')
  const [wanted, setWanted] = useState(false)
  const withdraw = useOperation<'proposalWithdraw'>({ done: 'Withdrawn' })
  // A reason is needed: until one is written, what is copied has a word to replace.
  const operation = withdrawProposal(proposal.id, reason.trim() || 'why')
  const can = proposal.can.withdraw
  return (
    <>
      <p>Closes it without a merge. Its task is ready for another attempt. This cannot be taken back.</p>
      {can.ok && (
        <TextField
          label="Reason"
          value={reason}
          onChange={(event) => {
            setReason(event.target.value)
            setWanted(false)
          }}
          error={wanted ? 'A reason is kept with it: write one.' : null}
        />
      )}
      <div className="flex items-start gap-2">
        <Button
          small
          look="danger"
          busy={withdraw.isPending}
          refusal={can.ok ? null : (can.reason ?? 'Not now.')}
          onClick={() => {
            if (reason.trim() === '') setWanted(true)
            else withdraw.mutate(operation)
          }}
        >
          Withdraw
        </Button>
        <CopyAs operation={operation} what="Withdraw" small />
      </div>
      {withdraw.error && <ProblemNotice problem={problemOf(withdraw.error)} />}
    </>
  )
}
