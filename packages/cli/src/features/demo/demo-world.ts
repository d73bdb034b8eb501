import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Client } from '@gatehouse/client/client'
import { ProblemError } from '@gatehouse/client/problem-error'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'

export type Proposal = Answer<'proposalShow'>
export type Task = Answer<'taskShow'>

/** One of the demo's people, with a token of their own. */
export interface Persona {
  readonly login: string
  readonly id: string
  readonly token: string
  readonly client: Client
}

/** What the steps hand on to each other. */
export interface World {
  readonly url: string
  /** Where the demo keeps its throw-away files. */
  readonly folder: string
  readonly examples: string
  readonly signal: AbortSignal
  readonly operator: Client
  /** Set where the machine grants no isolation at all. */
  isolation: string | null
  people: Record<'ada' | 'ben' | 'cleo', Persona>
  repository: Answer<'repositoryAdd'>
  story: Answer<'storySubmit'>
  agent: Answer<'agentRegister'>
  /** The proposal that goes on to the merge. */
  proposal: Proposal
}

/** What a step has to say: each line is a fact that was checked. */
export interface Told {
  /** What was decided, and by whom. */
  readonly decided: string
  readonly by: string
  /** Where in the console to look, a path. */
  readonly look: string
  readonly facts: readonly string[]
  /** Said loudly. */
  readonly warning?: string
}

export interface Step {
  readonly name: string
  readonly run: (world: World) => Promise<Told>
}

/** A step did not come out as told. */
export class NotAsTold extends Error {
  override readonly name = 'NotAsTold'
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new NotAsTold(what)
}

/** Calls what must be refused and gives the refusal; anything else is not as told. */
export async function refused(slug: string, call: () => Promise<unknown>): Promise<ProblemError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof ProblemError && error.slug === slug) return error
    throw error
  }
  throw new NotAsTold(`it should have been refused as ${slug}, and was not`)
}

const LIMIT_MS = 60_000

/** Waits until `look` gives something; the event stream would do as well, but a look every 40 ms is easier to follow. */
export async function until<T>(world: Pick<World, 'signal'>, what: string, look: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + LIMIT_MS
  while (Date.now() < end) {
    const found = await look()
    if (found !== null) return found
    await pause(40, undefined, { signal: world.signal })
  }
  throw new NotAsTold(`waited ${LIMIT_MS / 1000} s for ${what}`)
}

export async function settledProposal(
  world: World,
  client: Client,
  id: string,
  states: readonly Proposal['state'][],
): Promise<Proposal> {
  return until(world, `${id} to be ${states.join(' or ')}`, async () => {
    const proposal = await client.call('proposalShow', { params: { id }, signal: world.signal })
    return states.includes(proposal.state) ? proposal : null
  })
}

export function short(id: string): string {
  return id.slice(0, 12)
}

export type { LedgerEvent }
