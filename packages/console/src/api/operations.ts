import { newIdempotencyKey, type Answer, type InputArgs, type JsonOperation } from '@gatehouse/client/client'
import { OPERATIONS, type Operations } from '@gatehouse/client/operations.gen'
import { commandOf, type Act } from '@gatehouse/core/kernel/acts'
import { api } from './client.ts'

/**
 * One acting call of the API. The page performs it, and "Copy as CLI" and "Copy as curl" are made from the very same object,
 * so that what is copied is what the button does.
 */
export interface Operation<K extends JsonOperation = JsonOperation> {
  readonly act: Act
  readonly id: K
  readonly params: Operations[K]['params']
  readonly body: Operations[K]['body']
  /** The command's words after its name. */
  readonly words: readonly string[]
}

const option = (name: string, value: string) => (value === '' ? [] : [`--${name}`, value])

export function acceptRunbook(id: string, digest: string): Operation<'runbookAccept'> {
  return {
    act: 'runbook.accept',
    id: 'runbookAccept',
    params: { id },
    body: { digest },
    words: [id, '--digest', digest],
  }
}
export function runTask(id: string, agent: string): Operation<'taskRun'> {
  return { act: 'task.run', id: 'taskRun', params: { id }, body: { agent }, words: [id, '--agent', agent] }
}
export function cancelTask(id: string): Operation<'taskCancel'> {
  return { act: 'task.cancel', id: 'taskCancel', params: { id }, body: undefined, words: [id] }
}
export function validateProposal(id: string): Operation<'proposalValidate'> {
  return { act: 'proposal.validate', id: 'proposalValidate', params: { id }, body: undefined, words: [id] }
}
/** Approves exactly the intent that was shown, never "whatever is current". */
export function approveProposal(id: string, intentDigest: string, comment: string): Operation<'proposalApprove'> {
  return {
    act: 'proposal.approve',
    id: 'proposalApprove',
    params: { id },
    body: { intent_digest: intentDigest, comment },
    words: [id, '--intent', intentDigest, ...option('comment', comment)],
  }
}
export function rejectProposal(id: string, intentDigest: string, comment: string): Operation<'proposalReject'> {
  return {
    act: 'proposal.reject',
    id: 'proposalReject',
    params: { id },
    body: { intent_digest: intentDigest, comment },
    words: [id, '--intent', intentDigest, ...option('comment', comment)],
  }
}
export function revokeApproval(id: string): Operation<'proposalRevoke'> {
  return { act: 'proposal.revoke', id: 'proposalRevoke', params: { id }, body: undefined, words: [id] }
}
export function withdrawProposal(id: string, reason: string): Operation<'proposalWithdraw'> {
  return {
    act: 'proposal.withdraw',
    id: 'proposalWithdraw',
    params: { id },
    body: { reason },
    words: [id, ...option('reason', reason)],
  }
}
export function mergeProposal(id: string): Operation<'proposalMerge'> {
  return { act: 'proposal.merge', id: 'proposalMerge', params: { id }, body: undefined, words: [id] }
}
export function disableAgent(id: string): Operation<'agentDisable'> {
  return { act: 'agent.disable', id: 'agentDisable', params: { id }, body: undefined, words: [id] }
}
export function redriveJob(id: string): Operation<'jobRedrive'> {
  return { act: 'job.redrive', id: 'jobRedrive', params: { id }, body: undefined, words: [id] }
}
export function discardJob(id: string): Operation<'jobDiscard'> {
  return { act: 'job.discard', id: 'jobDiscard', params: { id }, body: undefined, words: [id] }
}
export function verifyLedger(): Operation<'ledgerVerify'> {
  return { act: 'ledger.verify', id: 'ledgerVerify', params: undefined, body: undefined, words: [] }
}

/**
 * Performs an act. Its Idempotency-Key is made here, once: when the answer is lost on the way the client sends the same request again,
 * and the server does it once.
 */
export async function perform<K extends JsonOperation>(operation: Operation<K>): Promise<Answer<K>> {
  // One input of all the operations' own shapes: that each operation's parts belong together is said by Operation<K>.
  const key = OPERATIONS[operation.id].method === 'POST' ? { idempotencyKey: newIdempotencyKey() } : {}
  const input: object = { params: operation.params, body: operation.body, ...key }
  return api.call(operation.id, ...([input] as unknown as InputArgs<K>))
}

/** The command line that does the same. */
export function asCommand(operation: Operation): string {
  return ['gatehouse', ...commandOf(operation.act).split(' '), ...operation.words].map(shellWord).join(' ')
}

/** The same by curl: address and token come from the environment, so that nothing secret is copied. */
export function asCurl(operation: Operation): string {
  const { method, path } = OPERATIONS[operation.id]
  const params: Readonly<Record<string, string>> = operation.params ?? {}
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}"$GATEHOUSE_URL${address}"`]
  lines.push('-H "Authorization: Bearer $GATEHOUSE_TOKEN"')
  if (method === 'POST') lines.push('-H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)"')
  if (operation.body !== undefined)
    lines.push("-H 'Content-Type: application/json'", `-d ${shellQuoted(JSON.stringify(operation.body))}`)
  return lines.join(' \\\n  ')
}

/** A word as a POSIX shell reads it back: quoted unless it is plainly safe. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : shellQuoted(word)
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
