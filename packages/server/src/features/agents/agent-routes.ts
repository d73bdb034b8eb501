import type { FastifyInstance } from 'fastify'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams, page } from '../schemas.ts'
import { listAgents, showAgent } from './agent-reads.ts'
import { AgentRegister, AgentView } from './agent-schemas.ts'
import { disableAgent, registerAgent } from './agent-service.ts'

export function agentRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'agents'
  const show = (project: string, key: string) => showAgent(context.db, project, key, context.clock())
  route(app, context, {
    act: 'agent.list',
    method: 'GET',
    url: '/agents',
    tag,
    response: page(AgentView),
    handler: async ({ caller }) => ({
      items: await listAgents(context.db, caller.project_id, context.clock()),
      next_cursor: null,
    }),
  })
  route(app, context, {
    act: 'agent.register',
    method: 'POST',
    url: '/agents',
    tag,
    body: AgentRegister,
    response: AgentView,
    status: 201,
    handler: async ({ acting, body }) => show(acting.project_id, await registerAgent(context, acting, body.definition)),
  })
  route(app, context, {
    act: 'agent.show',
    method: 'GET',
    url: '/agents/:id',
    tag,
    params: IdParams,
    response: AgentView,
    handler: ({ caller, params }) => show(caller.project_id, params.id),
  })
  route(app, context, {
    act: 'agent.disable',
    method: 'POST',
    url: '/agents/:id/disable',
    tag,
    params: IdParams,
    response: AgentView,
    handler: async ({ acting, params }) => show(acting.project_id, await disableAgent(context, acting, params.id)),
  })
}
