import { ACTS, type Act } from './acts.ts'

/** Roles in a project, lowest first; `automation` is a service's own and stands beside the ladder. */
export const ROLES = ['viewer', 'developer', 'maintainer', 'owner', 'automation'] as const
export type Role = (typeof ROLES)[number]

const LADDER = ['viewer', 'developer', 'maintainer', 'owner'] as const

/** Role names of older systems on the wire of `/dev-agent/*`. */
export const ROLE_ALIASES: Readonly<Record<string, Role>> = {
  PlatformEngineer: 'maintainer',
  AutomationService: 'automation',
  CaseAdministrator: 'owner',
}

const LOWEST: Readonly<Record<Act, (typeof LADDER)[number] | 'service'>> = {
  'project.show': 'viewer',
  'person.add': 'owner',
  'person.list': 'viewer',
  'person.whoami': 'viewer',
  'membership.change': 'owner',
  'token.issue': 'owner',
  'token.revoke': 'owner',
  'session.open': 'viewer',
  'session.close': 'viewer',
  'repository.add': 'maintainer',
  'repository.list': 'viewer',
  'repository.show': 'viewer',
  'repository.configure': 'owner',
  'story.submit': 'developer',
  'story.triage': 'service',
  'story.list': 'viewer',
  'story.show': 'viewer',
  'runbook.draft': 'service',
  'runbook.show': 'viewer',
  'runbook.accept': 'maintainer',
  'agent.register': 'maintainer',
  'agent.list': 'viewer',
  'agent.show': 'viewer',
  'agent.disable': 'maintainer',
  'task.create': 'developer',
  'task.list': 'viewer',
  'task.show': 'viewer',
  'task.run': 'developer',
  'task.cancel': 'developer',
  'run.list': 'viewer',
  'run.show': 'viewer',
  'run.start': 'service',
  'run.finish': 'service',
  'proposal.submit': 'developer',
  'proposal.list': 'viewer',
  'proposal.show': 'viewer',
  'proposal.diff': 'viewer',
  'proposal.validate': 'developer',
  'proposal.approve': 'developer',
  'proposal.reject': 'developer',
  'proposal.revoke': 'developer',
  'proposal.supersede': 'developer',
  'proposal.withdraw': 'developer',
  'proposal.purge': 'owner',
  'proposal.export': 'viewer',
  'proposal.merge': 'developer',
  'validation.start': 'service',
  'validation.finish': 'service',
  'validation.show': 'viewer',
  'approval.open': 'service',
  'approval.expire': 'service',
  'decision.show': 'viewer',
  'effect.execute': 'service',
  'ledger.show': 'viewer',
  'ledger.verify': 'viewer',
  'ledger.export': 'viewer',
  'job.list': 'maintainer',
  'job.show': 'maintainer',
  'job.redrive': 'maintainer',
  'job.discard': 'owner',
  'event.stream': 'viewer',
}

/** What a service token (role `automation`) may do beside reading: never approve, accept, configure or purge. */
const AUTOMATION: ReadonlySet<Act> = new Set<Act>([
  'story.submit',
  'task.create',
  'task.run',
  'proposal.submit',
  'proposal.validate',
  'proposal.supersede',
  'proposal.withdraw',
])

/** Whether any of these roles may do this act. Services of our own act outside this table, named as such. */
export function may(roles: readonly Role[], act: Act): boolean {
  // A name outside the table (a cast, a wire value) is refused: indexOf would give -1, and every role is above that.
  const lowest = Object.hasOwn(LOWEST, act) ? LOWEST[act] : 'service'
  if (lowest === 'service') return false
  return roles.some((role) =>
    role === 'automation' ? lowest === 'viewer' || AUTOMATION.has(act) : LADDER.indexOf(role) >= LADDER.indexOf(lowest),
  )
}

/** The roles that may do an act, for refusals that say who can. */
export function rolesFor(act: Act): Role[] {
  return ROLES.filter((role) => may([role], act))
}

/** Whether a role stands at or above another on the ladder. */
export function atLeast(role: Role, lowest: Role): boolean {
  if (role === 'automation' || lowest === 'automation') return role === lowest
  return LADDER.includes(lowest) && LADDER.indexOf(role) >= LADDER.indexOf(lowest)
}

/** Every act has its row; a test holds this against the table of acts. */
export const ACTS_WITH_ACCESS = Object.keys(LOWEST).filter((act): act is Act => Object.hasOwn(ACTS, act))
