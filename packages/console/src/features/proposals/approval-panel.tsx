import type { Approval, Proposal } from '@gatehouse/client/operations.gen'
import { useState } from 'react'
import { approveProposal, rejectProposal, revokeApproval } from '../../api/operations.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Digest } from '../../ui/digest.tsx'
import { TextArea } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice, ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { requirementWords } from '../flow/board.ts'
import { CopyAs } from '../operations/copy-as.tsx'
import { LeaveGuard } from '../operations/leave-guard.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'
import { listText } from '../shell/session.ts'
import { authorLines } from './author-lines.ts'
import { intentChangeWords } from './intent-change.ts'

const TONES: Readonly<Record<Approval['state'], Tone>> = {
  open: 'warn',
  satisfied: 'ok',
  rejected: 'bad',
  stale: 'neutral',
  expired: 'neutral',
  cancelled: 'neutral',
}

/** Who may approve, who did, how many remain, why you may not, and the vote itself, bound to the intent that is shown. */
export function ApprovalPanel({ proposal }: { proposal: Proposal }) {
  const { approval } = proposal
  const live = proposal.state === 'validated' && approval !== null && isLive(approval)
  return (
    <Panel
      title="Approval"
      aside={approval ? <Badge tone={TONES[approval.state]}>{approval.state}</Badge> : <Badge>none open</Badge>}
    >
      <div className="space-y-4">
        {approval ? (
          <ApprovalState approval={approval} live={live} />
        ) : (
          <p className="text-[13px] text-muted">
            {proposal.state === 'validated' || proposal.state === 'merged'
              ? 'No approval was asked for.'
              : 'Approval is asked for once the proposal has passed its validation.'}
          </p>
        )}
        <Authors proposal={proposal} />
        {approval && isLive(approval) && <Vote key={proposal.id} proposal={proposal} approval={approval} />}
      </div>
    </Panel>
  )
}

/** Whether its votes can still count. */
function isLive(approval: Approval): boolean {
  return approval.state === 'open' || approval.state === 'satisfied'
}

function ApprovalState({ approval, live }: { approval: Approval; live: boolean }) {
  return (
    <>
      <div className="text-[13px]">
        <p className="text-xs text-muted">{live ? 'You approve exactly this intent' : 'It was about this intent'}</p>
        <p className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1">
          <Digest value={approval.intent_digest} label="intent digest" length={16} />
          {live && (
            <span className="text-xs text-muted">
              expires <Time at={approval.expires_at} />
            </span>
          )}
        </p>
        <p className="mt-1.5 text-xs text-muted">
          merge into <code className="text-ink">{approval.intent.target_branch}</code>, environment{' '}
          <code className="text-ink">{approval.intent.environment}</code>, diff{' '}
          <Digest value={approval.intent.diff_digest} label="diff digest" length={8} />
        </p>
        {approval.reason !== null && <p className="mt-1.5 text-xs text-ink">{approval.reason}</p>}
      </div>
      {approval.requirements.map((requirement) => (
        <div key={requirement.id} className="rounded-md border border-line p-2.5">
          <p className="flex items-center gap-2 text-[13px] font-medium">
            <Icon
              name={requirement.remaining === 0 ? 'check' : 'clock'}
              size={14}
              className={`shrink-0 ${requirement.remaining === 0 ? 'text-ok' : 'text-warn'}`}
            />
            {requirement.remaining === 0 ? 'Given' : requirementWords(requirement)}
            <span className="ml-auto shrink-0 text-xs font-normal text-muted tabular-nums">
              {requirement.count - requirement.remaining} of {requirement.count}
            </span>
          </p>
          <p className="mt-1 text-xs text-muted">{requirement.reason}</p>
          <p className="mt-1.5 text-xs text-muted">
            {requirement.by.length > 0 && (
              <span className="block">
                Given by{' '}
                <span className="text-ink">
                  {listText(
                    requirement.by.map((p) => p.login),
                    'and',
                  )}
                </span>
              </span>
            )}
            {requirement.remaining > 0 && (
              <span className="block">
                {requirement.eligible.length > 0 ? (
                  <>
                    Can be given by{' '}
                    <span className="text-ink">
                      {listText(
                        requirement.eligible.map((p) => p.login),
                        'or',
                      )}
                    </span>
                  </>
                ) : (
                  <span className="text-bad">
                    Nobody can give it now: no person who is not an author has the role{' '}
                    {listText(requirement.roles, 'or')}. An owner can add one.
                  </span>
                )}
              </span>
            )}
          </p>
        </div>
      ))}
      <Votes approval={approval} />
    </>
  )
}

/** The votes of one approval request. */
export function Votes({ approval }: { approval: Approval }) {
  if (approval.votes.length === 0) return null
  return (
    <ul className="space-y-2" aria-label="Votes">
      {approval.votes.map((vote) => (
        <li key={vote.id} className="text-[13px]">
          <p className="flex flex-wrap items-center gap-x-2">
            <Icon
              name={vote.verdict === 'yes' ? 'check' : 'cross'}
              size={14}
              className={vote.verdict === 'yes' ? 'text-ok' : 'text-bad'}
            />
            <span className="font-medium">{vote.person.login}</span>
            <span className="text-muted">{vote.verdict === 'yes' ? 'approved' : 'rejected'}</span>
            <span className="text-xs text-muted">
              <Time at={vote.at} />
            </span>
            {vote.revoked_at !== null && <Badge>taken back</Badge>}
          </p>
          {vote.comment !== '' && (
            <p className="mt-0.5 ml-5.5 text-xs break-words whitespace-pre-line text-muted">{vote.comment}</p>
          )}
        </li>
      ))}
    </ul>
  )
}

function Authors({ proposal }: { proposal: Proposal }) {
  return (
    <div>
      <p className="text-xs text-muted">Authors, who do not approve</p>
      <ul className="mt-1 space-y-0.5">
        {authorLines(proposal.authors).map((author) => (
          <li key={author.id} className="text-[13px]">
            {author.login} <span className="text-xs text-muted">{listText(author.paths, 'and')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The vote goes to the intent that was on the screen. Where another stands meanwhile, it has to be looked at first. */
function Vote({ proposal, approval }: { proposal: Proposal; approval: Approval }) {
  const [shown, setShown] = useState(approval)
  const [comment, setComment] = useState('')
  const [wanted, setWanted] = useState(false)
  const approve = useOperation<'proposalApprove'>({ done: 'Approval recorded', onSuccess: () => setComment('') })
  const reject = useOperation<'proposalReject'>({ done: 'Rejection recorded', onSuccess: () => setComment('') })
  const revoke = useOperation<'proposalRevoke'>({ done: 'Approval taken back' })
  const { can } = proposal
  const changed = shown.intent_digest !== approval.intent_digest
  if (changed)
    return (
      <Notice
        tone="warn"
        urgent
        title="The intent is not the one you were looking at"
        action={
          <Button
            small
            onClick={() => {
              setShown(approval)
              approve.reset()
              reject.reset()
            }}
          >
            I look at the new one
          </Button>
        }
      >
        Changed: {listText(intentChangeWords(shown.intent, approval.intent), 'and')}. Nothing was approved. The new
        intent is <code className="text-xs">{approval.intent_digest.slice(0, 16)}</code>.
      </Notice>
    )
  const approveOperation = approveProposal(proposal.id, shown.intent_digest, comment.trim())
  const error = approve.error ?? reject.error ?? revoke.error
  return (
    <div className="space-y-3 border-t border-line pt-3">
      <LeaveGuard dirty={comment.trim() !== ''} what="your comment" />
      {can.revoke.ok ? (
        <div className="flex items-center gap-2">
          <Button busy={revoke.isPending} onClick={() => revoke.mutate(revokeApproval(proposal.id))}>
            Take my approval back
          </Button>
          <CopyAs operation={revokeApproval(proposal.id)} what="Take back" />
        </div>
      ) : (
        <>
          {(can.approve.ok || can.reject.ok) && (
            <TextArea
              label="Comment"
              hint="Optional for an approval; a rejection says what has to change."
              value={comment}
              onChange={(event) => {
                setComment(event.target.value)
                setWanted(false)
              }}
              error={wanted ? 'Say what has to change: the next attempt reads it.' : null}
            />
          )}
          <div className="space-y-2">
            <Button
              look="primary"
              icon="check"
              wide
              busy={approve.isPending}
              refusal={can.approve.ok ? null : (can.approve.reason ?? 'Not now.')}
              onClick={() => approve.mutate(approveOperation)}
            >
              Approve this intent
            </Button>
            <div className="flex items-center justify-between gap-2">
              {can.reject.ok && (
                <Button
                  look="danger"
                  icon="cross"
                  busy={reject.isPending}
                  onClick={() => {
                    if (comment.trim() === '') setWanted(true)
                    else reject.mutate(rejectProposal(proposal.id, shown.intent_digest, comment.trim()))
                  }}
                >
                  Reject
                </Button>
              )}
              <CopyAs operation={approveOperation} what="Approve" />
            </div>
          </div>
        </>
      )}
      {error && <ProblemNotice problem={problemOf(error)} />}
    </div>
  )
}
