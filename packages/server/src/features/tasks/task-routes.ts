import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { STATES } from '@gatehouse/core/delivery/states'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { showRun } from '../runs/run-reads.ts'
import { RunView } from '../runs/run-schemas.ts'
import { startRun } from '../runs/run-service.ts'
import { IdParams, page, PageQuery } from '../schemas.ts'
import { listTasks, showTask } from './task-reads.ts'
import { TaskRun, TaskView } from './task-schemas.ts'
import { cancelTask } from './task-service.ts'

export function taskRoutes(app: FastifyInstance, context: Context): void {
  const { db } = context
  const tag = 'tasks'
  route(app, context, {
    act: 'task.list',
    method: 'GET',
    url: '/tasks',
    tag,
    query: PageQuery.extend({ state: z.enum(STATES.task).optional() }),
    response: page(TaskView),
    handler: ({ caller, query }) => listTasks(db, caller.project_id, query),
  })
  route(app, context, {
    act: 'task.show',
    method: 'GET',
    url: '/tasks/:id',
    tag,
    params: IdParams,
    response: TaskView,
    handler: ({ caller, params }) => showTask(db, caller.project_id, params.id),
  })
  route(app, context, {
    act: 'task.run',
    method: 'POST',
    url: '/tasks/:id/run',
    tag,
    params: IdParams,
    body: TaskRun,
    response: RunView,
    status: 202,
    handler: async ({ acting, params, body }) =>
      showRun(db, acting.project_id, await startRun(context, acting, params.id, body.agent)),
  })
  route(app, context, {
    act: 'task.cancel',
    method: 'POST',
    url: '/tasks/:id/cancel',
    tag,
    params: IdParams,
    response: TaskView,
    handler: async ({ acting, params }) => {
      await cancelTask(context, acting, params.id)
      return showTask(db, acting.project_id, params.id)
    },
  })
}
