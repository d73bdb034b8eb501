import { ROLES, rolesFor, type Role } from '../kernel/access.ts'
import type { Instant } from '../kernel/time.ts'

/** Whose approvals policy needs: `count` distinct persons, each holding one of `roles` or named in `persons` by id. */
export interface Requirement {
  readonly id: string
  readonly policy_id: string
  readonly count: number
  readonly roles: readonly string[]
  readonly persons?: readonly string[] | undefined
  readonly reason: string
}

/** One person's recorded yes or no to one intent digest. */
export interface Vote {
  readonly id: string
  readonly person_id: string
  readonly intent_digest: string
  readonly verdict: 'yes' | 'no'
  readonly at: Instant
  readonly revoked_at: Instant | null
}

/** A person as the deciding transaction finds them: roles are read then, not when they voted. */
export interface Voter {
  readonly person_id: string
  readonly roles: readonly Role[]
}

export interface RequirementState {
  readonly requirement: Requirement
  readonly by: readonly string[]
  readonly remaining: number
}

/** Whether this person, as they are now, is one of those whom the requirement asks for. */
export function fits({ person_id, roles }: Voter, { roles: wanted, persons = [] }: Requirement): boolean {
  return persons.includes(person_id) || roles.some((role) => wanted.includes(role))
}

/** The same in words: roles that exist, and how many persons are named. */
export function askedOf({ roles, persons = [] }: Requirement): string {
  const named =
    persons.length > 0 ? [persons.length === 1 ? 'the person named' : `one of the ${persons.length} persons named`] : []
  const real = roles.filter((role) => named.length === 0 || ROLES.some((known) => known === role))
  return [...real, ...named].join(' or ')
}

/** One text for requirements that ask the same of the same. */
export function requirementKey({ id, count, roles, persons = [] }: Requirement): string {
  return `${id}/${count}/${roles.join()}/${persons.join()}`
}

/** Who could still give what is missing: by id, no author, not one of those who gave it. */
export function eligible(
  { requirement, by }: RequirementState,
  voters: readonly Voter[],
  authors: ReadonlySet<string>,
): string[] {
  return voters
    .filter((v) => fits(v, requirement) && voteProblem(v.person_id, voters, authors) === null)
    .map((v) => v.person_id)
    .filter((person) => !by.includes(person))
}

/** Why a person's yes cannot count, or null where it can. */
export function voteProblem(
  personId: string,
  voters: readonly Voter[],
  authors: ReadonlySet<string>,
): 'self-approval' | 'not-eligible' | null {
  if (authors.has(personId)) return 'self-approval'
  const voter = voters.find((v) => v.person_id === personId)
  if (!voter || !voter.roles.some((role) => rolesFor('proposal.approve').includes(role))) return 'not-eligible'
  return null
}

/**
 * Which requirements stand met by these votes. Only an unrevoked yes to exactly this intent digest by a person who is no author
 * and fits the requirement now is counted, each person once. With no requirement at all, one approval is still needed.
 */
export function quorum(
  requirements: readonly Requirement[],
  votes: readonly Vote[],
  intentDigest: string,
  voters: readonly Voter[],
  authors: ReadonlySet<string>,
): RequirementState[] {
  const yes = new Set(
    votes
      .filter((v) => v.verdict === 'yes' && v.revoked_at === null && v.intent_digest === intentDigest)
      .map((v) => v.person_id)
      .filter((person) => voteProblem(person, voters, authors) === null),
  )
  const needed = requirements.length > 0 ? requirements : [LEAST]
  return needed.map((requirement) => {
    const by = [...yes].filter((person) => voters.some((v) => v.person_id === person && fits(v, requirement)))
    return { requirement, by, remaining: Math.max(0, Math.max(1, requirement.count) - by.length) }
  })
}

export function quorumMet(states: readonly RequirementState[]): boolean {
  return states.length > 0 && states.every((s) => s.remaining === 0)
}

/** The floor under every policy: somebody else looked. A policy that asks for nothing still gets this. */
const LEAST: Requirement = {
  id: 'least',
  policy_id: 'gatehouse.floor',
  count: 1,
  roles: ['maintainer', 'owner'],
  reason: 'every change needs one approval by a person who is not its author',
}
