import type { Effect, Proposal } from '@gatehouse/client/operations.gen'
import { mergeProposal } from '../../api/operations.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice, ProblemNotice } from '../../ui/notice.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { withShortHashes } from '../ledger/event-words.ts'
import { CopyAs } from '../operations/copy-as.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'

/** The gate: everything that stands between this proposal and its merge, who can give it, and the merge itself. */
export function GatePanel({ proposal }: { proposal: Proposal }) {
  const merge = useOperation<'proposalMerge'>({ done: 'Merge granted' })
  const operation = mergeProposal(proposal.id)
  const { effect, missing, can } = proposal
  // A refused effect is settled: the gate may grant another.
  const pending = effect !== null && effect.state !== 'refused'
  const closed = proposal.state === 'superseded' || proposal.state === 'withdrawn'
  return (
    <Panel
      title="Merge"
      aside={
        <>
          <GateBadge proposal={proposal} />
          {!closed && proposal.state !== 'merged' && <CopyAs operation={operation} what="Merge" small />}
        </>
      }
    >
      <div className="space-y-3">
        {effect && <EffectFacts effect={effect} />}
        {!pending && missing.length > 0 && (
          <div>
            <p className="mb-1.5 text-xs text-muted">
              {missing.length === 1 ? 'One thing is' : `${missing.length} things are`} missing:
            </p>
            <ul className="space-y-2">
              {missing.map((each) => (
                <li key={`${each.code} ${each.what}`} className="flex gap-2 text-[13px]">
                  <Icon name="clock" size={14} className="mt-0.5 shrink-0 text-warn" />
                  <span className="min-w-0 break-words">
                    {withShortHashes(each.what)}
                    <span className="block text-xs text-muted">can be given by: {withShortHashes(each.who)}</span>
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )}
        {!pending && missing.length === 0 && proposal.state === 'validated' && (
          <p className="flex gap-2 text-[13px]">
            <Icon name="check" size={15} className="mt-0.5 shrink-0 text-ok" />
            Everything is in order. The gate checks it all once more in the moment it grants.
          </p>
        )}
        {!closed && proposal.state !== 'merged' && !pending && (
          <Button
            look="primary"
            icon="merge"
            wide
            busy={merge.isPending}
            refusal={
              can.merge.ok
                ? null
                : missing.length > 0
                  ? 'Not yet: what is missing stands above.'
                  : (can.merge.reason ?? 'Not now.')
            }
            onClick={() => merge.mutate(operation)}
          >
            Merge exactly this
          </Button>
        )}
        {closed && !effect && <p className="text-[13px] text-muted">It is closed and merges no more.</p>}
        {merge.error && <ProblemNotice problem={problemOf(merge.error)} />}
      </div>
    </Panel>
  )
}

function GateBadge({ proposal }: { proposal: Proposal }) {
  const { effect, missing } = proposal
  if (proposal.state === 'merged') return <Badge tone="ok">merged</Badge>
  if (effect && effect.state !== 'refused') return <Badge tone={EFFECT_TONES[effect.state]}>{effect.state}</Badge>
  if (proposal.state === 'superseded' || proposal.state === 'withdrawn') return <Badge>closed</Badge>
  return missing.length === 0 ? (
    <Badge tone="ok">gate open</Badge>
  ) : (
    <Badge tone="warn" icon="lock">
      gate closed
    </Badge>
  )
}

const EFFECT_TONES: Readonly<Record<Effect['state'], Tone>> = {
  granted: 'info',
  effected: 'ok',
  refused: 'bad',
  unknown: 'warn',
}
const EFFECT_WORDS: Readonly<Record<Effect['state'], string>> = {
  granted: 'The gate granted the merge; the broker carries it out.',
  effected: 'The branch took exactly the approved tree.',
  refused: 'The branch refused: it had moved. Validate again for a new grant.',
  unknown: 'The forge did not answer. It is read back before anything is tried again.',
}

function EffectFacts({ effect }: { effect: Effect }) {
  return (
    <div className="space-y-3">
      <Notice tone={EFFECT_TONES[effect.state]} title={EFFECT_WORDS[effect.state]}>
        {effect.reason}
      </Notice>
      <Facts
        rows={[
          ['Granted', <Time key="at" at={effect.granted_at} />],
          ['Asked by', effect.requested_by.login],
          ...(effect.settled_at === null ? [] : [['Settled', <Time key="at" at={effect.settled_at} />] as const]),
          ...(effect.result_commit === null
            ? []
            : [['Commit', <Digest key="commit" value={effect.result_commit} label="merge commit" />] as const]),
          ['Intent', <Digest key="intent" value={effect.intent_digest} label="intent digest" />],
          ['Execution', <Digest key="execution" value={effect.execution_digest} label="execution digest" />],
        ]}
      />
    </div>
  )
}
