import type { FastifyRequest } from 'fastify'
import type { Role } from '@gatehouse/core/kernel/access'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Context } from '../context.ts'
import { fingerprintOf, tokenHash, type Caller } from './actor.ts'

export const SESSION_COOKIE = 'gatehouse_session'

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
 * Who sent this request. Problems: token-missing, token-invalid, token-expired, token-revoked, cross-site-request.
 * A cookie alone never acts: the browser must say that the request came from our own pages.
 */
export async function authenticate(context: Context, request: FastifyRequest): Promise<Caller> {
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
    .select(['project_id', 'role'])
    .where('person_id', '=', row.person_id)
    .where('revoked_at', 'is', null)
    .where('repository_id', 'is', null)
    .where('environment', 'is', null)
    .orderBy('created_at')
    .execute()
  const project = memberships[0]?.project_id
  if (project === undefined)
    throw new Problem('forbidden', `${row.login} is no member of any project; ask an owner to add you`)
  return {
    person_id: row.person_id,
    login: row.login,
    token_id: row.id,
    fingerprint: fingerprintOf(hash),
    roles: memberships.filter((m) => m.project_id === project).map((m) => m.role as Role),
    scopes: row.scopes,
    project_id: project,
  }
}

function requireSameSite(context: Context, request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const own = origin !== undefined && (origin === context.baseUrl || origin === `${request.protocol}://${request.host}`)
  if (site === 'same-origin' || (site === undefined && own)) return
  throw new Problem('cross-site-request', 'a console session acts only from its own pages; use a token from elsewhere')
}
