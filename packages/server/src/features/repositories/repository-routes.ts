import type { FastifyInstance } from 'fastify'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams, page } from '../schemas.ts'
import { listRepositoryRows, repositoryByName, repositoryDetail, repositoryView } from './repository-reads.ts'
import { RepositoryAdd, RepositoryConfigure, RepositoryView } from './repository-schemas.ts'
import { addRepository, configureRepository } from './repository-service.ts'

export function repositoryRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'repositories'
  route(app, context, {
    act: 'repository.list',
    method: 'GET',
    url: '/repositories',
    tag,
    response: page(RepositoryView),
    handler: async ({ caller }) => {
      const rows = await listRepositoryRows(context.db, caller.project_id)
      return { items: await Promise.all(rows.map((row) => repositoryView(context, row))), next_cursor: null }
    },
  })
  route(app, context, {
    act: 'repository.add',
    method: 'POST',
    url: '/repositories',
    tag,
    body: RepositoryAdd,
    response: RepositoryView,
    status: 201,
    handler: async ({ acting, body }) => repositoryDetail(context, await addRepository(context, acting, body)),
  })
  route(app, context, {
    act: 'repository.show',
    method: 'GET',
    url: '/repositories/:id',
    tag,
    params: IdParams,
    response: RepositoryView,
    handler: async ({ caller, params }) =>
      repositoryDetail(context, await repositoryByName(context.db, caller.project_id, params.id)),
  })
  route(app, context, {
    act: 'repository.configure',
    method: 'PATCH',
    url: '/repositories/:id',
    tag,
    params: IdParams,
    body: RepositoryConfigure,
    response: RepositoryView,
    handler: async ({ acting, params, body }) =>
      repositoryDetail(context, await configureRepository(context, acting, params.id, body)),
  })
}
