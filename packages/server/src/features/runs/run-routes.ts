import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams, page, PageQuery } from '../schemas.ts'
import { listRuns, showRunDetail } from './run-reads.ts'
import { RunDetail, RunView } from './run-schemas.ts'

export function runRoutes(app: FastifyInstance, context: Context): void {
  const { db } = context
  const query = PageQuery.extend({ task: z.string().max(60).optional() })
  route(app, context, {
    act: 'run.list',
    method: 'GET',
    url: '/runs',
    tag: 'runs',
    query,
    response: page(RunView),
    handler: (i) => listRuns(db, i.caller.project_id, i.query),
  })
  route(app, context, {
    act: 'run.show',
    method: 'GET',
    url: '/runs/:id',
    tag: 'runs',
    params: IdParams,
    response: RunDetail,
    handler: (i) => showRunDetail(context, i.caller.project_id, i.params.id),
  })
}
