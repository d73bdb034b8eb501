import type { FastifyInstance } from 'fastify'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams } from '../schemas.ts'
import { showDecision } from './decision-reads.ts'
import { DecisionDetail } from './decision-schemas.ts'

export function decisionRoutes(app: FastifyInstance, context: Context): void {
  route(app, context, {
    act: 'decision.show',
    method: 'GET',
    url: '/decisions/:id',
    tag: 'decisions',
    params: IdParams,
    response: DecisionDetail,
    handler: ({ caller, params }) => showDecision(context.db, caller.project_id, params.id),
  })
}
