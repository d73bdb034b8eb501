import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { accessRoutes } from '../features/access/access-routes.ts'
import { agentRoutes } from '../features/agents/agent-routes.ts'
import { decisionRoutes } from '../features/decisions/decision-routes.ts'
import { devAgentRoutes } from '../features/dev-agent/dev-agent-routes.ts'
import { eventRoutes, type LedgerWakeup } from '../features/events/event-stream.ts'
import { jobRoutes } from '../features/jobs/job-routes.ts'
import { ledgerRoutes } from '../features/ledger/ledger-routes.ts'
import { proposalRoutes } from '../features/proposals/proposal-routes.ts'
import { repositoryRoutes } from '../features/repositories/repository-routes.ts'
import { runRoutes } from '../features/runs/run-routes.ts'
import { storyRoutes } from '../features/stories/story-routes.ts'
import { taskRoutes } from '../features/tasks/task-routes.ts'
import { validationRoutes } from '../features/validations/validation-routes.ts'
import { authenticateFirst } from './authentication.ts'

/** Every feature's operations, one line a feature. */
export function featureRoutes(api: FastifyInstance, context: Context, wakeup: LedgerWakeup): void {
  authenticateFirst(api, context)
  accessRoutes(api, context)
  repositoryRoutes(api, context)
  storyRoutes(api, context)
  agentRoutes(api, context)
  taskRoutes(api, context)
  runRoutes(api, context)
  proposalRoutes(api, context)
  validationRoutes(api, context)
  decisionRoutes(api, context)
  ledgerRoutes(api, context)
  jobRoutes(api, context)
  devAgentRoutes(api, context)
  eventRoutes(api, context, wakeup)
}
