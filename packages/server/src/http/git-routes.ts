import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { may } from '@gatehouse/core/kernel/access'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../context.ts'
import { authenticate, authenticateFirst } from './authentication.ts'
import { repositoryByName } from '../features/repositories/repository-reads.ts'

/** `git clone` and `git push` of the embedded forge: /git/<repository>.git, password is a token. Pushes reach `task/*` only. */
export function gitRoutes(app: FastifyInstance, context: Context): void {
  authenticateFirst(app, context)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: 512 * 1024 * 1024 }, (_request, payload, done) => done(null, payload))
  const params = z.object({ repository: z.string().max(120), '*': z.string().max(200) })
  app.route({
    method: ['GET', 'POST'],
    url: '/:repository/*',
    schema: { hide: true, params },
    handler: async (request, reply) => {
      const caller = await authenticate(context, request)
      if (!may(caller.roles, 'repository.show'))
        throw new Problem('forbidden', 'your role does not let you read this repository')
      const { repository, '*': rest } = params.parse(request.params)
      const row = await repositoryByName(context.db, caller.project_id, repository.replace(/\.git$/, ''))
      const response = await context.forge.serve(row.id, {
        method: request.method,
        path: `/${rest}`,
        query: request.url.split('?')[1] ?? '',
        headers: {
          content_type: request.headers['content-type'] ?? null,
          content_encoding: request.headers['content-encoding'] ?? null,
        },
        body: request.method === 'POST' ? (request.body as NodeJS.ReadableStream) : request.raw,
        actor: { name: caller.login, may_push_branches: may(caller.roles, 'proposal.submit') ? ['task/*'] : [] },
      })
      return reply.code(response.status).headers(response.headers).send(response.body)
    },
  })
}
