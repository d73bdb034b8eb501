import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { actingOf } from '../../http/actor.ts'
import { authenticate, SESSION_COOKIE } from '../../http/authentication.ts'
import { route } from '../../http/route.ts'
import { IdParams, page } from '../schemas.ts'
import { listPersons, whoAmI } from './access-reads.ts'
import {
  MembershipChange,
  PersonAdd,
  PersonView,
  TokenIssue,
  TokenIssued,
  TokenView,
  WhoAmI,
} from './access-schemas.ts'
import { addPerson, changeMembership, closeSession, issueToken, openSession, revokeToken } from './access-service.ts'

/** What a stranger may have us read. */
const SESSION_BODY_BYTES = 4096

export function accessRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'access'
  sessionRoutes(app, context)
  route(app, context, {
    act: 'person.whoami',
    method: 'GET',
    url: '/whoami',
    tag,
    response: WhoAmI,
    handler: ({ caller }) => whoAmI(context.db, caller),
  })
  route(app, context, {
    act: 'person.list',
    method: 'GET',
    url: '/persons',
    tag,
    response: page(PersonView),
    handler: async ({ caller }) => ({ items: await listPersons(context.db, caller.project_id), next_cursor: null }),
  })
  route(app, context, {
    act: 'person.add',
    method: 'POST',
    url: '/persons',
    tag,
    body: PersonAdd,
    response: PersonView,
    status: 201,
    handler: ({ acting, body }) => addPerson(context, acting, body),
  })
  route(app, context, {
    act: 'membership.change',
    method: 'POST',
    url: '/persons/:id/role',
    tag,
    params: IdParams,
    body: MembershipChange,
    response: PersonView,
    handler: ({ acting, params, body }) =>
      changeMembership(context, acting, params.id, body.role, body.accountable_person),
  })
  route(app, context, {
    act: 'token.issue',
    method: 'POST',
    url: '/persons/:id/tokens',
    tag,
    params: IdParams,
    body: TokenIssue,
    response: TokenIssued,
    status: 201,
    remember: false,
    handler: ({ acting, params, body }) => issueToken(context, acting, params.id, body),
  })
  route(app, context, {
    act: 'token.revoke',
    method: 'POST',
    url: '/tokens/:id/revoke',
    tag,
    params: IdParams,
    response: TokenView,
    handler: ({ acting, params }) => revokeToken(context, acting, params.id),
  })
}

/** Signing in to the console: the pasted token is exchanged for a session in a cookie that scripts cannot read. */
function sessionRoutes(app: FastifyInstance, context: Context): void {
  const schema = {
    tags: ['access'],
    body: z.strictObject({ token: z.string().min(1).max(200) }),
    response: { 200: WhoAmI },
  }
  app.post(
    '/sessions',
    {
      schema: { ...schema, operationId: 'sessionOpen', summary: 'Open a console session with a token' },
      config: { finds_caller_itself: true },
      bodyLimit: SESSION_BODY_BYTES,
    },
    async (request, reply) => {
      const { token } = schema.body.parse(request.body)
      request.headers.authorization = `Bearer ${token}`
      const caller = await authenticate(context, request)
      const session = await openSession(context, actingOf(caller, context.clock(), request.id), caller.token_id)
      const secure = context.baseUrl.startsWith('https:')
      void reply.setCookie(SESSION_COOKIE, session.token, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure,
        maxAge: 43_200,
      })
      return whoAmI(context.db, caller)
    },
  )
  const closed = z.object({ closed: z.boolean() })
  app.delete(
    '/sessions',
    {
      config: { finds_caller_itself: true },
      bodyLimit: SESSION_BODY_BYTES,
      schema: {
        operationId: 'sessionClose',
        summary: 'Close the console session',
        tags: ['access'],
        response: { 200: closed },
      },
    },
    async (request, reply) => {
      const text = request.cookies[SESSION_COOKIE]
      void reply.clearCookie(SESSION_COOKIE, { path: '/' })
      if (!text) return { closed: false }
      const caller = await authenticate(context, request)
      const acting = actingOf(caller, context.clock(), request.id)
      await closeSession(context, acting, text)
      return { closed: true }
    },
  )
}
