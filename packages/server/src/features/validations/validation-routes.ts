import type { FastifyInstance } from 'fastify'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams } from '../schemas.ts'
import { showValidation } from './validation-reads.ts'
import { ValidationDetail } from './validation-schemas.ts'

export function validationRoutes(app: FastifyInstance, context: Context): void {
  route(app, context, {
    act: 'validation.show',
    method: 'GET',
    url: '/validations/:id',
    tag: 'validations',
    params: IdParams,
    response: ValidationDetail,
    handler: ({ caller, params }) => showValidation(context, caller.project_id, params.id),
  })
}
