import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import type { ZodType, z } from 'zod'
import { may } from '@gatehouse/core/kernel/access'
import { actRow, operationId, type Act } from '@gatehouse/core/kernel/acts'
import type { Acting } from '../db/act.ts'
import type { Context } from '../context.ts'
import { actingOf, requireMay, type Caller } from './actor.ts'
import { authenticate } from './authentication.ts'
import { idempotent } from './idempotency.ts'

export interface RouteInput<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  readonly acting: Acting
  readonly request: FastifyRequest
}

interface RouteSpec<P extends ZodType, Q extends ZodType, B extends ZodType, R extends ZodType> {
  readonly act: Act
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly tag: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly response: R
  readonly status?: 200 | 201 | 202
  readonly bodyLimit?: number
  /** False where the answer holds a secret: it is then never kept for a repeat under the same Idempotency-Key. */
  readonly remember?: boolean
  /** Called before the caller is refused for their role, where the ledger keeps that it was tried. */
  readonly refused?: (acting: Acting, params: z.infer<P>) => Promise<void>
  readonly handler: (input: RouteInput<z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<z.input<R>>
}

/**
 * One operation of the API: its act names it, the table of access guards it, an acting POST honours `Idempotency-Key`,
 * and the schemas make both the checks and openapi.json.
 */
export function route<P extends ZodType, Q extends ZodType, B extends ZodType, R extends ZodType>(
  app: FastifyInstance,
  context: Context,
  spec: RouteSpec<P, Q, B, R>,
): void {
  const status = spec.status ?? 200
  const schema: FastifySchema = {
    operationId: operationId(spec.act),
    summary: actRow(spec.act).summary,
    tags: [spec.tag],
    security: [{ token: [] }],
    ...(spec.params ? { params: spec.params } : {}),
    ...(spec.query ? { querystring: spec.query } : {}),
    ...(spec.body ? { body: spec.body } : {}),
    response: { [status]: spec.response },
  }
  app.route({
    method: spec.method,
    url: spec.url,
    ...(spec.bodyLimit ? { bodyLimit: spec.bodyLimit } : {}),
    schema,
    handler: async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const caller = await authenticate(context, request)
      const acting = actingOf(caller, context.clock(), request.id)
      if (!may(caller.roles, spec.act)) await spec.refused?.(acting, request.params as z.infer<P>)
      requireMay(caller, spec.act)
      const perform = async () => ({
        status,
        body: await spec.handler({
          params: request.params as z.infer<P>,
          query: request.query as z.infer<Q>,
          body: request.body as z.infer<B>,
          caller,
          acting,
          request,
        }),
      })
      const answer =
        spec.method === 'POST' && spec.remember !== false
          ? await idempotent(context, caller, request, perform)
          : { ...(await perform()), replayed: false }
      if (answer.replayed) void reply.header('idempotency-replayed', 'true')
      return reply.code(answer.status).send(answer.body)
    },
  })
}
