/**
 * Each refusal once (RFC 9457). The slug is the end of `type`, the page under docs/reference/problems, the CLI's code and the
 * `reason` in the ledger. `exit` is the command line's exit code.
 */
export interface ProblemRow {
  readonly title: string
  readonly status: number
  readonly retryable: boolean
}

const p = (status: number, title: string, retryable = false): ProblemRow => ({ status, title, retryable })

export const PROBLEMS = {
  // who you are, what you may do
  'token-missing': p(401, 'No token was sent'),
  'token-invalid': p(401, 'The token is not known'),
  'token-expired': p(401, 'The token has expired'),
  'token-revoked': p(401, 'The token was revoked'),
  forbidden: p(403, 'Your role does not allow this'),
  'accountable-person-missing': p(403, 'Nobody answers for this service account'),
  'scope-missing': p(403, 'The token lacks a scope'),
  'cross-site-request': p(403, 'The request came from another site'),
  'last-owner': p(409, 'The project would be left without an owner'),
  'person-exists': p(409, 'This person is in the project already'),
  // requests
  'request-invalid': p(400, 'The request is not well-formed'),
  'not-found': p(404, 'There is no such thing here'),
  'version-conflict': p(409, 'Somebody changed it meanwhile'),
  'idempotency-key-reused': p(422, 'This Idempotency-Key was used for another request'),
  'idempotency-in-flight': p(409, 'The first request with this Idempotency-Key is still running', true),
  'too-large': p(413, 'The request is too large'),
  'too-many-requests': p(429, 'Too many requests', true),
  'wrong-state': p(409, 'The state does not allow this'),
  'internal-error': p(500, 'Gatehouse broke', true),
  'not-ready': p(503, 'Not ready yet', true),
  'clocks-disagree': p(503, 'The clocks of server and database disagree', true),
  // repositories
  'repository-exists': p(409, 'A repository of this name is here already'),
  'repository-empty': p(422, 'The repository has no branch with a commit'),
  'repository-source-not-found': p(422, 'There is no repository at that place'),
  'repository-source-unreadable': p(422, 'The repository cannot be read'),
  'repository-unreachable': p(422, 'The repository cannot be reached'),
  'repository-format-unsupported': p(422, 'This kind of repository is not supported'),
  'repository-not-found': p(500, 'The forge has lost a repository'),
  'repository-too-large': p(422, 'The repository is too large'),
  'credentials-in-url': p(422, 'The URL carries credentials'),
  'url-not-allowed': p(422, 'This kind of URL is not allowed'),
  'private-address': p(403, 'Only an owner adds a repository from a private address'),
  'branch-not-found': p(404, 'There is no such branch'),
  'branch-moved': p(409, 'The branch moved', true),
  'ref-name-invalid': p(422, 'The branch name is not valid'),
  'recipe-missing': p(422, 'The repository says no way to validate it'),
  'recipe-invalid': p(422, 'The recipe cannot be read'),
  'forge-unavailable': p(503, 'The forge does not answer', true),
  'git-failed': p(500, 'git failed'),
  'git-timeout': p(503, 'git took too long', true),
  'git-output-too-large': p(500, 'git printed too much'),
  'git-missing': p(500, 'git is not installed'),
  'git-too-old': p(500, 'git is too old'),
  'git-aborted': p(503, 'git was stopped', true),
  'object-not-found': p(500, 'The forge has lost an object'),
  'name-invalid': p(500, 'A name inside Gatehouse is not valid'),
  // stories, runbooks, agents, tasks
  'story-invalid': p(422, 'The story cannot be read'),
  'story-not-deduplicable': p(409, 'The story under this feature_request_id can no longer change'),
  'runbook-changed': p(409, 'The runbook changed since you read it'),
  'agent-exists': p(409, 'This version is registered already'),
  'agent-disabled': p(409, 'The agent is disabled'),
  'agent-invalid': p(422, 'The agent definition cannot be read'),
  'run-in-progress': p(409, 'A run of this task is live'),
  'no-repository': p(422, 'The task has no repository'),
  // patches and proposals
  'patch-empty': p(422, 'The patch is empty'),
  'patch-malformed': p(422, 'The patch cannot be read'),
  'patch-does-not-apply': p(422, 'The patch does not apply'),
  'patch-too-large': p(413, 'The patch is too large'),
  'patch-binary-without-data': p(422, 'The patch names a binary file without its data'),
  'patch-submodule': p(422, 'The patch changes a submodule'),
  'patch-path-unsafe': p(422, 'The patch touches a path that is not allowed'),
  'patch-symlink-unsafe': p(422, 'The patch makes a link that leads outside'),
  'patch-mode-not-allowed': p(422, 'The patch sets a file mode that is not allowed'),
  'path-not-utf8': p(422, 'A path is not valid UTF-8'),
  'diff-empty': p(422, 'The patch changes nothing'),
  'task-has-live-proposal': p(409, 'The task has a live proposal'),
  'content-purged': p(410, 'The content was purged'),
  'blob-corrupt': p(500, 'Stored content does not match its digest'),
  'blob-missing': p(500, 'Stored content is missing'),
  'blob-too-large': p(413, 'The content is too large to keep'),
  // approvals and the gate
  'self-approval': p(403, 'Authors do not approve'),
  'not-eligible': p(403, 'You have no vote here'),
  'nothing-to-approve': p(409, 'There is nothing to approve'),
  'nothing-to-revoke': p(409, 'There is nothing to take back'),
  'intent-mismatch': p(409, 'The intent is not the one you were shown'),
  'request-expired': p(409, 'The approval request expired'),
  'already-voted': p(409, 'Your vote is recorded already'),
  'effect-granted': p(409, 'The effect was granted'),
  'too-late': p(409, 'Too late'),
  'gate-closed': p(409, 'The gate is closed'),
  'grant-already-used': p(409, 'The grant was used'),
  'direct-push-refused': p(403, 'The branch is protected'),
  // policy, sandbox, jobs, ledger
  'policy-unavailable': p(503, 'Policy cannot be asked', true),
  'policy-denied': p(403, 'Policy refused'),
  'isolation-unavailable': p(503, 'This machine grants no isolation'),
  'sandbox-request-invalid': p(500, 'The sandbox was asked for something impossible'),
  'sandbox-setup-failed': p(500, 'The sandbox could not be set up'),
  'sandbox-aborted': p(503, 'The sandbox was stopped', true),
  'result-refused': p(422, 'What the run left behind is refused'),
  'tree-not-found': p(500, 'The forge has lost a tree'),
  'tree-not-safe': p(422, 'The tree holds a name that is not safe'),
  'run-failed': p(422, 'The run failed'),
  'validation-failed': p(422, 'The validation failed'),
  'job-not-found': p(404, 'There is no such dead job'),
  'job-already-waiting': p(409, 'Such a job is waiting already'),
  'job-data-invalid': p(409, 'The job carries what its queue no longer takes'),
  'queues-not-ready': p(503, 'The job queues are not installed', true),
  'lease-lost': p(409, 'Another worker has taken over'),
  'ledger-broken': p(500, 'The ledger does not verify'),
  // policy bundles as artifacts
  'bundle-unpinned': p(400, 'The bundle is not named by its digest'),
  'bundle-unsigned': p(422, 'The bundle carries no signature'),
  'bundle-signature-invalid': p(422, 'No signature of the bundle verifies'),
  'bundle-identity-mismatch': p(422, 'The bundle was signed by somebody else'),
  'bundle-issuer-mismatch': p(422, 'Another issuer vouches for the signer of the bundle'),
  'bundle-timestamp-missing': p(422, 'The signature lacks trusted timestamps'),
  'bundle-tampered': p(422, 'The content does not match its digest'),
  'bundle-malformed': p(422, 'The bundle cannot be read'),
  'bundle-version-older': p(409, 'The bundle is not newer than the one in force'),
  'bundle-builtin-unknown': p(422, 'The bundle uses a builtin that is not known here'),
  'bundle-tests-failing': p(422, 'The tests of the bundle do not pass'),
  'bundle-over-limits': p(422, 'The bundle is over a limit'),
  'bundle-build-failed': p(422, 'The bundle cannot be built'),
  'artifact-not-found': p(404, 'There is no such artifact'),
  'registry-unreachable': p(503, 'The registry does not answer', true),
  'registry-refused': p(403, 'The registry refused'),
  'registry-failed': p(422, 'The registry gave an answer that cannot be used'),
  'oci-layout-invalid': p(422, 'The folder is no OCI layout'),
  'signing-key-invalid': p(422, 'The key cannot be used'),
  'signing-failed': p(422, 'The bundle could not be signed'),
  'identity-token-missing': p(401, 'There is no identity to sign with'),
  'trust-root-invalid': p(422, 'The trust root cannot be used'),
  // policy tools on files
  'opa-not-found': p(503, 'OPA is not installed'),
  'opa-too-old': p(503, 'OPA is too old'),
  'opa-failed': p(500, 'OPA could not do its work'),
  'policy-not-found': p(404, 'There are no policies at that place'),
  'policy-invalid': p(422, 'The policies cannot be compiled'),
  'policy-tests-failed': p(409, 'The policy tests do not pass'),
  'policy-bundle-unreadable': p(422, 'The policy bundle cannot be read'),
  'policy-input-invalid': p(422, 'The policy input cannot be read'),
  // specifications on files
  'specs-not-found': p(404, 'There are no specifications at that place'),
  'spec-config-invalid': p(422, 'The configuration of specifications cannot be read'),
  'spec-baseline-unreadable': p(422, 'The baseline of specifications cannot be read'),
  // running Gatehouse itself
  'already-running': p(409, 'It is running already'),
  'not-running': p(503, 'Gatehouse is not running'),
  'port-in-use': p(409, 'The port is taken'),
  'data-version-mismatch': p(500, 'The data folder is of another PostgreSQL version'),
  'data-folder-unreachable': p(500, 'The data folder cannot be reached'),
  'postgres-binaries-missing': p(500, 'The PostgreSQL programs are missing'),
  'postgres-user-missing': p(500, 'There is no user to run PostgreSQL as'),
  'postgres-init-failed': p(500, 'PostgreSQL could not make its data folder'),
  'postgres-start-failed': p(500, 'PostgreSQL did not start'),
  'postgres-stop-failed': p(500, 'PostgreSQL did not stop'),
  'roles-missing': p(500, 'The database roles are missing'),
  'migration-failed': p(500, 'A migration failed'),
  'database-unreachable': p(503, 'The database cannot be reached', true),
  'database-newer': p(500, 'The database is newer than this program'),
  'migration-edited': p(500, 'An applied migration was edited'),
  'database-unavailable': p(503, 'The database does not answer', true),
  'not-logged-in': p(401, 'You are not logged in'),
  usage: p(400, 'The command line cannot be read'),
} as const satisfies Record<string, ProblemRow>

export type ProblemSlug = keyof typeof PROBLEMS

export function isProblemSlug(text: string): text is ProblemSlug {
  return Object.hasOwn(PROBLEMS, text)
}

/** A refusal on its way to a person. `detail` says what is wrong and what to do; `extra` are further members of the document. */
export class Problem extends Error {
  readonly slug: ProblemSlug
  readonly extra: Readonly<Record<string, unknown>>

  constructor(slug: ProblemSlug, detail: string, extra: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(detail, cause === undefined ? {} : { cause })
    this.name = 'Problem'
    this.slug = slug
    this.extra = extra
  }
}

export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance?: string
  readonly [extra: string]: unknown
}

/** The RFC 9457 document of a problem. `instance` is the request's id. */
export function problemDocument(problem: Problem, instance?: string): ProblemDocument {
  const row = PROBLEMS[problem.slug]
  const own = {
    type: `https://gatehouse.dev/problems/${problem.slug}`,
    title: row.title,
    status: row.status,
    detail: problem.message,
    code: problem.slug,
    retryable: row.retryable,
    ...(instance ? { instance } : {}),
  }
  // An extension member never replaces one of ours (RFC 9457, section 3.2).
  const extra = Object.entries(problem.extra).filter(([key]) => !Object.hasOwn(own, key))
  return { ...own, ...Object.fromEntries(extra) }
}

/** Somebody or something refused, whatever the HTTP status: policy, or what a bundle must show to be trusted. */
const REFUSALS: ReadonlySet<ProblemSlug> = new Set([
  'policy-denied',
  'bundle-unpinned',
  'bundle-unsigned',
  'bundle-signature-invalid',
  'bundle-identity-mismatch',
  'bundle-issuer-mismatch',
  'bundle-timestamp-missing',
  'bundle-tampered',
  'bundle-version-older',
  'bundle-builtin-unknown',
  'bundle-tests-failing',
  'bundle-over-limits',
] as const)

/**
 * The command line's exit code of a problem: 2 usage or bad input, 3 not allowed, 4 conflict or refused by the gate or policy,
 * 5 not found, 6 try again later, 1 we broke.
 */
export function exitCode(slug: ProblemSlug): number {
  const { status, retryable } = PROBLEMS[slug]
  if (status === 500) return 1
  if (REFUSALS.has(slug)) return 4
  if (retryable) return 6
  if (status === 401 || status === 403) return 3
  if (status === 404 || status === 410) return 5
  if (status === 409) return 4
  if (status < 500) return 2
  return 1
}
