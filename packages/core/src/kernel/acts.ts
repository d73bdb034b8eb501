/**
 * Every act once. The name is the ledger's event type, the permission and the policy input's act;
 * `operationId` makes the API's operation and the client's method of it, `command` the command line's words.
 */
export const ACTS = {
  'project.show': { governed: false, summary: 'Show the project, its people and its limits' },
  'person.add': { governed: true, summary: 'Add a person to the project with a role' },
  'person.list': { governed: false, summary: 'List the persons of the project' },
  'person.whoami': { governed: false, command: 'whoami', summary: 'Say who this token is' },
  'membership.change': { governed: true, command: 'person role', summary: "Change a person's role" },
  'token.issue': { governed: true, summary: 'Issue a token for a person' },
  'token.revoke': { governed: true, summary: 'Revoke a token' },
  'session.open': { governed: false, summary: 'Open a console session with a token' },
  'session.close': { governed: false, summary: 'Close the console session' },
  'repository.add': { governed: true, command: 'repo add', summary: 'Bring a repository under the gate' },
  'repository.list': { governed: false, command: 'repo list', summary: 'List repositories' },
  'repository.show': { governed: false, command: 'repo show', summary: 'Show a repository and its settings' },
  'repository.configure': { governed: true, command: 'repo set', summary: "Change a repository's settings" },
  'story.submit': { governed: true, summary: 'Submit a story' },
  'story.triage': { governed: true, summary: 'Set risk and priority of a story' },
  'story.list': { governed: false, summary: 'List stories' },
  'story.show': { governed: false, summary: 'Show a story' },
  'runbook.draft': { governed: true, summary: 'Draft the runbook of a story' },
  'runbook.show': { governed: false, summary: 'Show a runbook' },
  'runbook.accept': { governed: true, summary: 'Accept a runbook' },
  'agent.register': { governed: true, summary: 'Register an agent version by its definition' },
  'agent.list': { governed: false, summary: 'List agents' },
  'agent.show': { governed: false, summary: 'Show an agent' },
  'agent.disable': { governed: true, summary: 'Disable an agent' },
  'task.create': { governed: true, summary: 'Create a task' },
  'task.list': { governed: false, summary: 'List tasks' },
  'task.show': { governed: false, summary: 'Show a task' },
  'task.run': { governed: true, summary: 'Start a run of a task by an agent' },
  'task.cancel': { governed: true, summary: 'Cancel a task' },
  'run.list': { governed: false, summary: 'List runs' },
  'run.show': { governed: false, summary: 'Show a run and its steps' },
  'run.start': { governed: true, summary: 'A worker took a run' },
  'run.finish': { governed: true, summary: 'A run ended' },
  'proposal.submit': { governed: true, summary: 'Submit a proposal from a patch' },
  'proposal.list': { governed: false, summary: 'List proposals' },
  'proposal.show': { governed: false, summary: 'Show a proposal, its evidence and its approvals' },
  'proposal.diff': { governed: false, summary: "Show a proposal's diff" },
  'proposal.validate': { governed: true, summary: 'Validate a proposal on the current base' },
  'proposal.approve': { governed: true, summary: 'Approve exactly this intent' },
  'proposal.reject': { governed: true, summary: 'Reject a proposal' },
  'proposal.revoke': { governed: true, summary: 'Take back your approval' },
  'proposal.supersede': { governed: true, summary: 'Replace a proposal by a new patch; approvals are void' },
  'proposal.withdraw': { governed: true, summary: 'Withdraw a proposal' },
  'proposal.purge': { governed: true, summary: "Erase a closed proposal's stored content, keeping its digests" },
  'proposal.export': { governed: false, summary: 'Export a proposal with its evidence' },
  'proposal.merge': { governed: true, command: 'merge', summary: 'Merge what was approved' },
  'validation.start': { governed: true, summary: 'A validation started' },
  'validation.finish': { governed: true, summary: 'A validation ended' },
  'validation.show': { governed: false, summary: 'Show a validation' },
  'approval.open': { governed: true, summary: 'An approval request opened' },
  'approval.expire': { governed: true, summary: 'An approval request ran out of time' },
  'decision.show': { governed: false, summary: 'Show a policy decision, its input and bundle' },
  'effect.execute': { governed: true, summary: 'The broker carried out a granted effect' },
  'ledger.show': { governed: false, summary: 'Show ledger events' },
  'ledger.verify': { governed: false, summary: 'Verify the ledger' },
  'ledger.export': { governed: false, summary: 'Export the ledger' },
  'job.list': { governed: false, command: 'jobs dead list', summary: 'List dead jobs' },
  'job.show': { governed: false, command: 'jobs dead show', summary: 'Show a dead job' },
  'job.redrive': { governed: true, command: 'jobs dead redrive', summary: 'Put a dead job back to work' },
  'job.discard': { governed: true, command: 'jobs dead discard', summary: 'Discard a dead job' },
  'event.stream': { governed: false, summary: 'Follow the ledger live' },
} as const satisfies Record<string, ActRow>

interface ActRow {
  /** Whether it writes a ledger event in its transaction. */
  readonly governed: boolean
  /** The command line's words, where they differ from the act's own. */
  readonly command?: string
  readonly summary: string
}

export type Act = keyof typeof ACTS

/**
 * Acts of the state tables that this version does not perform: they have no permission, no operation, no command and no event. Building one
 * moves its line to `ACTS`.
 */
export const PLANNED_ACTS = {
  'promotion.approve': 'Approve a promotion',
  'promotion.cancel': 'Cancel a promotion',
  'promotion.execute': 'The broker takes up an approved promotion',
  'promotion.finish': 'The broker bound the version, or could not',
  'promotion.expire': 'A promotion ran out of time',
  'promotion.reject': 'Reject a promotion',
  'promotion.revoke': 'Take back your approval of a promotion',
  'promotion.stale': 'What the promotion was approved for changed',
  'exception.activate': 'An approved exception begins',
  'exception.approve': 'Approve an exception',
  'exception.expire': 'An exception ran out of time',
  'exception.reject': 'Reject an exception',
  'exception.revoke': 'End an exception before its time',
  'exception.withdraw': 'Take back a request for an exception',
} as const satisfies Record<string, string>

export type PlannedAct = keyof typeof PLANNED_ACTS

/** Whether the act of a state table is one that this version does not perform. */
export function isPlanned(act: string): act is PlannedAct {
  return Object.hasOwn(PLANNED_ACTS, act)
}

/** Wire names of older systems, and the act that each means. */
export const ACT_ALIASES = { 'dev_agent.proposal.applied': 'proposal.validate' } as const satisfies Record<string, Act>

export function isAct(text: string): text is Act {
  return Object.hasOwn(ACTS, text)
}

export function actRow(act: Act): ActRow {
  return ACTS[act]
}

/** `proposal.approve` is the operation `proposalApprove`. */
export function operationId(act: Act): string {
  return act.replaceAll(/[._]([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `proposal.approve` is the command `proposal approve`. */
export function commandOf(act: Act): string {
  return actRow(act).command ?? act.replace('.', ' ')
}
