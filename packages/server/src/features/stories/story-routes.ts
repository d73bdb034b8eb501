import type { FastifyInstance } from 'fastify'
import type { Context } from '../../context.ts'
import { route } from '../../http/route.ts'
import { IdParams, page, PageQuery } from '../schemas.ts'
import { listStories, showRunbook, showStory } from './story-reads.ts'
import { RunbookAccept, RunbookView, StorySubmit, StorySubmitted, StoryView } from './story-schemas.ts'
import { acceptRunbook, submitStory } from './story-service.ts'

export function storyRoutes(app: FastifyInstance, context: Context): void {
  const { db } = context
  const tag = 'stories'
  route(app, context, {
    act: 'story.list',
    method: 'GET',
    url: '/stories',
    tag,
    query: PageQuery,
    response: page(StoryView),
    handler: ({ caller, query }) => listStories(db, caller.project_id, query),
  })
  route(app, context, {
    act: 'story.submit',
    method: 'POST',
    url: '/stories',
    tag,
    body: StorySubmit,
    response: StorySubmitted,
    status: 201,
    handler: async ({ acting, body }) => {
      const { id, deduplicated } = await submitStory(context, acting, body)
      return { ...(await showStory(db, acting.project_id, id)), deduplicated }
    },
  })
  route(app, context, {
    act: 'story.show',
    method: 'GET',
    url: '/stories/:id',
    tag,
    params: IdParams,
    response: StoryView,
    handler: ({ caller, params }) => showStory(db, caller.project_id, params.id),
  })
  route(app, context, {
    act: 'runbook.show',
    method: 'GET',
    url: '/runbooks/:id',
    tag,
    params: IdParams,
    response: RunbookView,
    handler: ({ caller, params }) => showRunbook(db, caller.project_id, params.id),
  })
  route(app, context, {
    act: 'runbook.accept',
    method: 'POST',
    url: '/runbooks/:id/accept',
    tag,
    params: IdParams,
    body: RunbookAccept,
    response: RunbookView,
    handler: async ({ acting, params, body }) => {
      await acceptRunbook(context, acting, params.id, body.digest)
      return showRunbook(db, acting.project_id, params.id)
    },
  })
}
