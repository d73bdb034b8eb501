import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Role } from '@gatehouse/core/kernel/access'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Context } from '../context.ts'
import { fingerprintOf, tokenHash, type Caller } from './actor.ts'

export const SESSION_COOKIE = 'gatehouse_session'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where strangers are let in to sign in or out: nobody is asked for before the body is read. */
    readonly finds_caller_itself?: boolean
  }
}

/** A body of a stranger that is no larger is read away, so that the connection can be used again. */
const DRAINED_BYTES = 65_536
const callers = new WeakMap<FastifyRequest, Caller>()

/**
 * From here on every route of this scope asks who sent the request before anything of its body is read or parsed. Comes before the
 * routes, and after what limits the rate of strangers.
 */
export function authenticateFirst(app: FastifyInstance, context: Context): void {
  const first = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    try {
      callers.set(request, await authenticate(context, request))
    } catch (error) {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
      if (encoding !== undefined || Number(length ?? 0) > DRAINED_BYTES) void reply.header('connection', 'close')
      throw error
    }
  }
  app.addHook('onRoute', (options) => {
    const hooks = options.onRequest === undefined ? [] : [options.onRequest].flat()
    if (options.config?.finds_caller_itself !== true && !hooks.includes(first)) options.onRequest = [...hooks, first]
  })
}

/** The credential a request carries: a bearer token, git's basic password, or the console's cookie. */
function credential(request: FastifyRequest): { readonly token: string; readonly cookie: boolean } | null {
  const header = request.headers.authorization
  if (header !== undefined) {
    const [scheme = '', value = ''] = header.split(' ', 2)
    if (scheme.toLowerCase() === 'bearer' && value !== '') return { token: value, cookie: false }
    if (scheme.toLowerCase() === 'basic') {
      const password = Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
      if (password !== '') return { token: password, cookie: false }
    }
    return null
  }
  const cookie = request.cookies[SESSION_COOKIE]
  return cookie ? { token: cookie, cookie: true } : null
}

/**
 * Who sent this request. Problems: token-missing, token-invalid, token-expired, token-revoked, cross-site-request,
 * accountable-person-missing.
 * A cookie alone never acts: the browser must say that the request came from our own pages.
 */
export async function authenticate(context: Context, request: FastifyRequest): Promise<Caller> {
  // Reading a body takes time, in which a token can be revoked: then it is asked again.
  const known = request.body === undefined ? callers.get(request) : undefined
  if (known) return known
  const caller = await identify(context, request)
  // From here on every line of this request's log says whose it is.
  request.log = request.log.child({ user_id: caller.person_id })
  return caller
}

/** The same without a trace in the log: for asking again while a stream is open. */
export async function identify(context: Context, request: FastifyRequest): Promise<Caller> {
  const sent = credential(request)
  if (!sent)
    throw new Problem(
      'token-missing',
      'send a token: "Authorization: Bearer gh_..."; gatehouse login keeps one for you',
    )
  if (sent.cookie) requireSameSite(context, request)
  const hash = tokenHash(context.tokenPepper, sent.token)
  const row = await context.db
    .selectFrom('tokens')
    .innerJoin('persons', 'persons.id', 'tokens.person_id')
    .select([
      'tokens.id',
      'tokens.person_id',
      'tokens.scopes',
      'tokens.expires_at',
      'tokens.revoked_at',
      'persons.login',
    ])
    .where('tokens.hash', '=', hash)
    .executeTakeFirst()
  if (!row)
    throw new Problem(
      'token-invalid',
      'this token is not known here; ask an owner for a new one, then: gatehouse login',
    )
  if (row.revoked_at)
    throw new Problem(
      'token-revoked',
      `this token was revoked at ${row.revoked_at.toISOString()}; ask an owner for a new one`,
    )
  if (row.expires_at.getTime() <= millis(context.clock()))
    throw new Problem(
      'token-expired',
      `this token expired at ${row.expires_at.toISOString()}; ask an owner for a new one`,
    )
  const memberships = await context.db
    .selectFrom('memberships')
    .select(['project_id', 'role', 'accountable_person_id'])
    .where('person_id', '=', row.person_id)
    .where('revoked_at', 'is', null)
    .where('repository_id', 'is', null)
    .where('environment', 'is', null)
    .orderBy('created_at')
    .execute()
  const project = memberships[0]?.project_id
  if (project === undefined)
    throw new Problem('forbidden', `${row.login} is no member of any project; ask an owner to add you`)
  const held = memberships.filter((m) => m.project_id === project)
  for (const { role, accountable_person_id } of held)
    if (role === 'automation') await requireAccountable(context, project, row.login, accountable_person_id)
  return {
    person_id: row.person_id,
    login: row.login,
    token_id: row.id,
    fingerprint: fingerprintOf(hash),
    roles: held.map((m) => m.role as Role),
    scopes: row.scopes,
    project_id: project,
  }
}

/** A service account acts only while a person of the project answers for it. Problem: accountable-person-missing. */
async function requireAccountable(
  context: Context,
  project: string,
  login: string,
  person: string | null,
): Promise<void> {
  const answers = await context.db
    .selectFrom('memberships')
    .select('id')
    .where('project_id', '=', project)
    .where('person_id', '=', person ?? '')
    .where('role', '!=', 'automation')
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!answers)
    throw new Problem(
      'accountable-person-missing',
      `nobody in the project answers for the service account ${login}; an owner takes it on with: gatehouse person role ${login} automation`,
    )
}

function requireSameSite(context: Context, request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const own = origin !== undefined && (origin === context.baseUrl || origin === `${request.protocol}://${request.host}`)
  if (site === 'same-origin' || (site === undefined && own)) return
  throw new Problem('cross-site-request', 'a console session acts only from its own pages; use a token from elsewhere')
}
