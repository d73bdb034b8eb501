import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Persona, Proposal, Step, World } from './demo-world.ts'
import { git } from './demo-git.ts'
import { keepFile } from './demo-story.ts'
import { expect, refused, settledProposal, short } from './demo-world.ts'
import { verifyText } from './demo-ledger.ts'

/** Everybody whose approval is still missing and who may give it approves exactly the intent shown. Gives who did. */
async function approveAll(world: World, id: string): Promise<{ by: string[]; proposal: Proposal }> {
  const deciders = [world.people.ben, world.people.cleo]
  const by: string[] = []
  let proposal = await world.people.ada.client.call('proposalShow', { params: { id } })
  for (const decider of deciders) {
    const lacking = proposal.approval?.requirements.filter((r) => r.remaining > 0) ?? []
    const wanted = lacking.some((r) => r.eligible.some((person) => person.id === decider.id))
    if (!wanted || proposal.approval === null) continue
    proposal = await decider.client.call('proposalApprove', {
      params: { id },
      body: { intent_digest: proposal.approval.intent_digest, comment: 'read and tried' },
    })
    by.push(decider.login)
  }
  return { by, proposal }
}

const selfApproval: Step = {
  name: 'the author approves; then others do',
  async run(world) {
    const { ada } = world.people
    const { id, approval } = world.proposal
    expect(approval !== null, 'no approval was asked for')
    const no = await refused('self-approval', () =>
      ada.client.call('proposalApprove', { params: { id }, body: { intent_digest: approval.intent_digest } }),
    )
    const closed = await refused('gate-closed', () => ada.client.call('proposalMerge', { params: { id } }))
    const { by, proposal } = await approveAll(world, id)
    expect(proposal.approval?.state === 'satisfied', `the request is ${proposal.approval?.state ?? 'gone'}`)
    world.proposal = proposal
    return {
      decided: `ada is refused; approved by ${by.join(' and ')}`,
      by: by.join(', '),
      look: `/proposals/${id}`,
      facts: [
        `ada: ${no.detail}`,
        `merged too early, the gate lists all that is missing: ${missingOf(closed)}`,
        `${by.join(' and ')} approved intent ${short(approval.intent_digest)} (diff, target, agent version, environment)`,
      ],
    }
  },
}

function missingOf(problem: { readonly extra: Readonly<Record<string, unknown>> }): string {
  const { missing } = problem.extra
  return Array.isArray(missing) ? missing.map((m: { code?: string }) => m.code ?? '').join(', ') : ''
}

/** The same diff with one letter of a line that it adds to the README changed. */
function oneByteOff(diff: Buffer): Buffer {
  const lines = diff.toString('latin1').split('\n')
  const readme = lines.findIndex((line) => line.startsWith('+++ ') && line.includes('README'))
  const next = lines.findIndex((line, i) => i > readme && line.startsWith('diff --git'))
  const target = lines.findIndex((line, i) => i > readme && (next < 0 || i < next) && /^\+.*[a-z]/.test(line))
  expect(readme >= 0 && target > readme, 'the proposal adds no line to the README that could be changed')
  const letter = /([a-z])([^a-z]*)$/
  lines[target] = (lines[target] ?? '').replace(
    letter,
    (_, old: string, rest: string) => (old === 'x' ? 'y' : 'x') + rest,
  )
  return Buffer.from(lines.join('\n'), 'latin1')
}

const oneByte: Step = {
  name: 'one byte of the diff changes: the approval is void',
  async run(world) {
    const { ada } = world.people
    const before = world.proposal
    const diff = Buffer.from(await (await ada.client.raw('proposalDiff', { params: { id: before.id } })).arrayBuffer())
    const changed = oneByteOff(diff)
    const next = await ada.client.call('proposalSupersede', {
      params: { id: before.id },
      body: { patch: changed.toString('base64') },
    })
    const old = await ada.client.call('proposalShow', { params: { id: before.id } })
    const validated = await settledProposal(world, ada.client, next.id, ['validated', 'failed'])
    expect(
      old.state === 'superseded' && old.approval?.state === 'stale',
      `the old request is ${old.approval?.state ?? 'gone'}`,
    )
    expect(
      validated.state === 'validated' && validated.approval?.state === 'open' && validated.approval.votes.length === 0,
      `the new proposal is ${validated.state} (${validated.reason ?? ''})`,
    )
    await refused('gate-closed', () => ada.client.call('proposalMerge', { params: { id: next.id } }))
    const { by, proposal } = await approveAll(world, next.id)
    expect(
      proposal.approval?.state === 'satisfied',
      `the request is ${proposal.approval?.state ?? 'gone'}: ${proposal.missing.map((m) => m.what).join('; ')}`,
    )
    world.proposal = proposal
    return {
      decided: `void; validated anew, approved anew by ${by.join(' and ')}`,
      by: by.join(', '),
      look: `/proposals/${next.id}`,
      facts: [
        `diff ${short(before.diff_digest)} became ${short(validated.diff_digest)}: approval request ${old.approval.state} (${old.approval.reason ?? ''})`,
        `risk now ${validated.risk}; the authors of the old diff stay authors: ${[...new Set(validated.authors.map((a) => a.person.login))].join(', ')}`,
      ],
    }
  },
}

const merge: Step = {
  name: 'the gate grants once, the merge takes exactly that tree',
  async run(world) {
    const { ada } = world.people
    const { id } = world.proposal
    const asked = await ada.client.call('proposalMerge', { params: { id } })
    expect(asked.effect !== null, 'no effect was granted')
    const merged = await settledProposal(world, ada.client, id, ['merged'])
    const clone = join(world.folder, 'clone')
    const cloned = await git(world.folder, ['clone', '--quiet', world.repository.clone_url, clone], ada.token)
    expect(cloned.code === 0, `git clone: ${cloned.err}`)
    const tree = await git(clone, ['rev-parse', 'HEAD^{tree}'])
    expect(tree.out === merged.result_tree, `main has the tree ${tree.out}, approved was ${merged.result_tree}`)
    const direct = await pushDirectly(clone, ada)
    const second = await refused('grant-already-used', () => ada.client.call('proposalMerge', { params: { id } }))
    world.proposal = merged
    return {
      decided: 'merged, once',
      by: `the gate; asked for by ada, decided by ${merged.approval?.votes.map((v) => v.person.login).join(' and ') ?? ''}`,
      look: `/proposals/${id}`,
      facts: [
        `before_effect ${merged.decisions.find((d) => d.hook === 'before_effect' && d.outcome !== 'deny')?.outcome ?? '?'}; grant ${short(merged.effect?.grant_id ?? '')} spent; commit ${short(merged.effect?.result_commit ?? '')}`,
        `git clone: main's tree is ${short(tree.out)}, exactly the approved one`,
        `a direct push to main: ${direct}`,
        `the same grant again: ${second.slug}`,
      ],
    }
  },
}

async function pushDirectly(clone: string, ada: Persona): Promise<string> {
  const before = await git(clone, ['rev-parse', 'HEAD'])
  await git(clone, ['commit', '--quiet', '--allow-empty', '--message', 'past the gate'])
  const pushed = await git(clone, ['push', '--quiet', 'origin', 'HEAD:main'], ada.token)
  await git(clone, ['fetch', '--quiet', 'origin'], ada.token)
  const after = await git(clone, ['rev-parse', 'origin/main'])
  expect(pushed.code !== 0 && after.out === before.out, 'a direct push reached main')
  return (pushed.err.split('\n').find((line) => line.includes('remote: gatehouse')) ?? pushed.err)
    .replace(/^remote: /, '')
    .trim()
}

const ledger: Step = {
  name: 'the ledger proves it, and shows a byte that was changed',
  async run(world) {
    const { ada } = world.people
    const there = await ada.client.call('ledgerVerify')
    expect(there.ok, `the server's ledger does not verify: ${there.detail}`)
    const exported = Buffer.from(await (await ada.client.raw('ledgerExport')).arrayBuffer())
    const file = await keepFile(world, 'ledger.jsonl', exported)
    const good = await verifyText(exported)
    expect(good.ok, 'the export does not verify offline')
    const forged = Buffer.from(exported)
    const at = Math.floor(forged.length / 2)
    const lines = forged.subarray(0, at).toString('latin1').split('\n').length
    forged[at] = forged[at] === 0x41 ? 0x42 : 0x41
    const copy = await keepFile(world, 'ledger-one-byte-changed.jsonl', forged)
    const bad = await verifyText(await readFile(copy))
    expect(!bad.ok && bad.line === lines, `the changed byte in line ${lines} was not found there`)
    return {
      decided: `${there.count} events verify; the copy does not`,
      by: 'anyone, offline',
      look: '/ledger',
      facts: [
        `server: head ${short(there.head_hash ?? '')}, root ${short(there.root_hash ?? '')}; the same offline from ${file}`,
        `one byte changed in a copy: line ${bad.line ?? '?'}, event ${bad.seq ?? '?'}: ${bad.code}`,
        `try it: gatehouse ledger verify ${copy}`,
      ],
    }
  },
}

/** Steps from approval to proof. */
export const GATE_STEPS: readonly Step[] = [selfApproval, oneByte, merge, ledger]
