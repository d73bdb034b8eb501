import type { FastifyInstance } from 'fastify'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { performAct, type Acting } from '../../db/act.ts'
import { route } from '../../http/route.ts'
import {
  discardDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
  showDeadLetter,
  type DeadLetter,
} from '../../jobs/dead-letters.ts'
import { refusalProblem } from '../refusal.ts'
import { IdParams, page } from '../schemas.ts'
import { DeadJobView } from './job-schemas.ts'

function view(letter: DeadLetter) {
  return {
    id: letter.id,
    queue: letter.queue,
    data: letter.data,
    error: letter.error.message,
    attempts: letter.attempts,
    created_at: letter.queued_at,
    failed_at: letter.died_at,
  }
}

async function show(context: Context, project: string, id: string) {
  const letter = await showDeadLetter(context.db, id)
  if (!letter || letter.project_id !== project)
    throw new Problem('job-not-found', `there is no dead job ${id}; gatehouse jobs dead list shows those here`)
  return letter
}

/** Puts a dead job back, or discards it, with its event in the same transaction. */
async function settle(context: Context, acting: Acting, id: string, act: 'job.redrive' | 'job.discard') {
  const letter = await show(context, acting.project_id, id)
  await performAct(context, acting, async (tx) => {
    const result =
      act === 'job.redrive' ? await redriveDeadLetter(context.boss, tx.trx, id) : await discardDeadLetter(tx.trx, id)
    if (!result.ok) throw refusalProblem(result)
    tx.record({
      act,
      subject: { kind: 'job', id },
      detail: { queue: letter.queue, error: letter.error.message.slice(0, 500) },
    })
  })
  return view(letter)
}

export function jobRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'jobs'
  route(app, context, {
    act: 'job.list',
    method: 'GET',
    url: '/jobs/dead',
    tag,
    response: page(DeadJobView),
    handler: async ({ caller }) => ({
      items: (await listDeadLetters(context.db, { project_id: caller.project_id, limit: 200 })).map(view),
      next_cursor: null,
    }),
  })
  route(app, context, {
    act: 'job.show',
    method: 'GET',
    url: '/jobs/dead/:id',
    tag,
    params: IdParams,
    response: DeadJobView,
    handler: async ({ caller, params }) => view(await show(context, caller.project_id, params.id)),
  })
  for (const act of ['job.redrive', 'job.discard'] as const)
    route(app, context, {
      act,
      method: 'POST',
      url: `/jobs/dead/:id/${act.slice(4)}`,
      tag,
      params: IdParams,
      response: DeadJobView,
      handler: ({ acting, params }) => settle(context, acting, params.id, act),
    })
}
