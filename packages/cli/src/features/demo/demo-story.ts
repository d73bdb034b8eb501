import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { probeIsolation } from '@gatehouse/sandbox/probe'
import { makeClient } from '@gatehouse/client/client'
import { readDefinition } from '../agents/definition-file.ts'
import { git } from './demo-git.ts'
import { expect, refused, short, settledProposal, until, type Persona, type Step, type World } from './demo-world.ts'

async function persona(world: World, login: string, role: 'owner' | 'maintainer'): Promise<Persona> {
  const person = await world.operator.call('personAdd', { body: { login, role } })
  const issued = await world.operator.call('tokenIssue', { params: { id: person.id }, body: { label: 'demo' } })
  return { login, id: person.id, token: issued.token, client: makeClient({ baseUrl: world.url, token: issued.token }) }
}

const people: Step = {
  name: 'people, a repository and an agent',
  async run(world) {
    world.people = {
      ada: await persona(world, 'ada', 'maintainer'),
      ben: await persona(world, 'ben', 'owner'),
      cleo: await persona(world, 'cleo', 'maintainer'),
    }
    const { ada } = world.people
    const source = join(world.folder, 'parcel-rates')
    await cp(join(world.examples, 'parcel-rates'), source, { recursive: true })
    await git(source, ['init', '--quiet', '--initial-branch=main'])
    await git(source, ['add', '--all', '--force'])
    await git(source, ['commit', '--quiet', '--message', 'Parcel rates'])
    const report = await probeIsolation()
    world.isolation = report.driver === 'none' ? null : report.driver
    world.repository = await world.operator.call('repositoryAdd', {
      body: { source, name: 'parcel-rates', settings: { isolation: world.isolation === null ? 'none' : 'required' } },
    })
    expect(world.repository.recipe_source === 'base', 'the recipe was not found in the repository')
    const definition = await readDefinition(
      join(world.examples, 'agents', 'rename-codemod', 'agent.json'),
      'agent.json',
    )
    world.agent = await ada.client.call('agentRegister', { body: { definition } })
    const facts = [
      `ada (maintainer) asks, ben (owner) and cleo (maintainer) decide; each has a token of their own`,
      `parcel-rates at ${short(world.repository.head_commit ?? '')}: ${world.repository.recipe_detail}`,
      `agent ${world.agent.name}, version ${short(world.agent.version)} (the SHA-256 of its definition), answers to ada`,
    ]
    const none = `THIS MACHINE GRANTS NO ISOLATION (${report.missing.filter((m) => !m.startsWith('control groups')).join('; ') || 'no namespaces'}): the demo runs its own example as plain limited processes; the evidence and the console say so`
    return {
      decided: 'brought under the gate',
      by: 'the operator',
      look: '/repositories',
      facts,
      ...(world.isolation === null ? { warning: none } : {}),
    }
  },
}

const story: Step = {
  name: 'a story becomes an accepted runbook',
  async run(world) {
    const { ada, ben } = world.people
    const markdown = await readFile(join(world.examples, 'stories', 'weight-grams.md'), 'utf8')
    const body = { markdown, repository: 'parcel-rates' }
    world.story = await ada.client.call('storySubmit', { body })
    const again = await ada.client.call('storySubmit', { body })
    expect(again.deduplicated && again.id === world.story.id, 'the same story was taken in twice')
    const { runbook, risk, priority } = world.story
    expect(runbook !== null, 'no runbook was drafted')
    await refused('runbook-changed', () =>
      ben.client.call('runbookAccept', { params: { id: runbook.id }, body: { digest: '0'.repeat(64) } }),
    )
    const accepted = await ben.client.call('runbookAccept', {
      params: { id: runbook.id },
      body: { digest: runbook.digest },
    })
    expect(accepted.state === 'ACCEPTED', `the runbook is ${accepted.state}`)
    return {
      decided: `risk ${risk ?? '?'}, priority P${priority ?? '?'}; runbook accepted`,
      by: 'triage, then ben',
      look: `/stories/${world.story.id}`,
      facts: [
        `${world.story.feature_request_id} "${world.story.title}", ${world.story.criteria.length} acceptance criteria; sent twice, one story`,
        ...world.story.planner_notes,
        `runbook ${short(runbook.digest)} accepted by its digest; another digest was refused`,
      ],
    }
  },
}

async function runTask(world: World) {
  const { ada } = world.people
  const id = world.story.task_id ?? ''
  const run = await ada.client.call('taskRun', { params: { id }, body: { agent: world.agent.name } })
  const done = await until(world, 'the run to end', async () => {
    const now = await ada.client.call('runShow', { params: { id: run.id } })
    return ['succeeded', 'failed', 'errored'].includes(now.state) ? now : null
  })
  expect(done.state === 'succeeded' && done.proposal_id !== null, `the run ${done.state}: ${done.reason ?? ''}`)
  const proposal = await settledProposal(world, ada.client, done.proposal_id, ['validated', 'failed'])
  const task = await ada.client.call('taskShow', { params: { id } })
  return { done, proposal, task }
}

const firstRun: Step = {
  name: "the agent's first proposal breaks a test",
  async run(world) {
    const { done, proposal, task } = await runTask(world)
    const facts = proposal.validation?.facts
    expect(
      proposal.state === 'failed' && task.state === 'needs_revision',
      `the proposal is ${proposal.state}, the task ${task.state}`,
    )
    const failing = facts?.candidate_reported.newly_failing_tests ?? []
    const command = facts?.host_measured.commands[0]
    expect(failing.length === 1 && command !== undefined && command.exit_code !== 0, 'no failing test was named')
    return {
      decided: 'failed; the task needs revision',
      by: "validation, by the protected base's recipe",
      look: `/proposals/${proposal.id}?view=validation`,
      facts: [
        `${done.steps.map((s) => `${s.name} ${s.duration_ms ?? 0} ms`).join(', ')}; branch ${done.branch}`,
        `exit code ${command.exit_code ?? 'none'} (host measured), isolation ${proposal.validation?.isolation?.driver ?? '?'}`,
        `failing (reported by the candidate's own tests): ${failing[0]?.id ?? ''}: ${failing[0]?.message.split('\n')[0] ?? ''}`,
      ],
    }
  },
}

const secondRun: Step = {
  name: 'told of it, its second proposal passes',
  async run(world) {
    const { proposal, task } = await runTask(world)
    expect(
      proposal.state === 'validated' && task.state === 'awaiting_approval',
      `the proposal is ${proposal.state} (${proposal.reason ?? ''}), the task ${task.state}`,
    )
    const hooks = proposal.decisions.map((d) => d.hook)
    expect(
      hooks.includes('before_execute') && hooks.includes('after_execute'),
      `policy was asked at ${hooks.join(', ')} only`,
    )
    const decision = proposal.decisions.at(-1)
    const detail = await world.people.ada.client.call('decisionShow', { params: { id: decision?.id ?? '' } })
    expect(detail.input !== undefined, 'the decision has no input')
    const ticked = proposal.validation?.facts?.ticked_tasks.judged ?? []
    expect(
      ticked.length === 3 && ticked.every((t) => t.verdict === 'shown'),
      `ticks were judged ${ticked.map((t) => `${t.id ?? t.path} ${t.verdict}`).join(', ') || 'nowhere'}`,
    )
    world.proposal = proposal
    const reported = proposal.validation?.facts?.candidate_reported
    return {
      decided: `validated; waits for approval`,
      by: 'validation and policy',
      look: `/proposals/${proposal.id}`,
      facts: [
        `${reported?.passed ?? 0} of ${reported?.total ?? 0} tests passed, none removed or skipped`,
        `${ticked.map((t) => t.id).join(', ')} are ticked, and shown by what changed and what was tested (gatehouse proposal show ${short(proposal.id)}…)`,
        `policy: ${proposal.decisions.map((d) => `${d.hook} ${d.outcome}`).join(', ')}; each kept with its exact input (gatehouse decision show ${short(decision?.id ?? '')}…)`,
        ...proposal.missing.map((m) => `needs ${m.what}`),
      ],
    }
  },
}

/** A patch of the examples as ada sends it, when its validation is over; policy has denied it. */
async function deniedPatch(world: World, file: string, title: string, rationale: string) {
  const { ada } = world.people
  const patch = await readFile(join(world.examples, 'patches', file))
  const body = { patch: patch.toString('base64'), title, repository: 'parcel-rates', rationale }
  const submitted = await ada.client.call('proposalSubmit', { body })
  const proposal = await settledProposal(world, ada.client, submitted.id, ['failed', 'validated'])
  const decision = proposal.decisions.at(-1)
  expect(
    proposal.state === 'failed' && decision?.outcome === 'deny',
    `it is ${proposal.state}, policy said ${decision?.outcome ?? 'nothing'}`,
  )
  return { proposal, decision, facts: proposal.validation?.facts }
}

const removedTest: Step = {
  name: 'a patch that deletes the failing test instead',
  async run(world) {
    const { proposal, decision, facts } = await deniedPatch(
      world,
      'delete-failing-test.patch',
      'Weigh in grams',
      'all tests green',
    )
    const removed = facts?.candidate_reported.removed_tests ?? []
    expect(proposal.validation?.state === 'passed' && removed.length > 0, 'the removed test was not named')
    return {
      decided: 'refused: a test is gone',
      by: `policy ${decision.violations[0]?.policy_id ?? ''}`,
      look: `/proposals/${proposal.id}?view=policy`,
      facts: [
        `work from outside is unobserved, and validated all the same: its own tests pass (exit code ${facts?.host_measured.commands[0]?.exit_code ?? '?'})`,
        `removed: ${removed.join('; ')}`,
        decision.violations[0]?.message ?? '',
      ],
    }
  },
}

const emptyTicks: Step = {
  name: 'a patch that ticks every task and does none',
  async run(world) {
    const { proposal, decision, facts } = await deniedPatch(
      world,
      'tick-without-work.patch',
      'T001, T002, T003: done and tested',
      'all tasks complete',
    )
    const ticked = facts?.ticked_tasks.judged ?? []
    expect(
      proposal.validation?.state === 'passed' && ticked.length === 3 && ticked.every((t) => t.verdict !== 'shown'),
      `ticks were judged ${ticked.map((t) => t.verdict).join(', ')}`,
    )
    return {
      decided: 'refused: nothing behind the ticks',
      by: `policy ${decision.violations[0]?.policy_id ?? ''}`,
      look: `/proposals/${proposal.id}?view=validation`,
      facts: ticked.map((t) => `${t.id ?? t.path} is ticked and ${t.verdict}: ${t.evidence[0]?.text ?? ''}`),
    }
  },
}

/** Steps up to a proposal that waits for approval. */
export const STORY_STEPS: readonly Step[] = [people, story, firstRun, secondRun, removedTest, emptyTicks]

/** Writes a file of the demo's folder; for the steps that follow. */
export async function keepFile(world: World, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(world.folder, name)
  await writeFile(path, content)
  return path
}
