import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Act } from '@gatehouse/core/kernel/acts'
import type { Context } from '../../context.ts'
import type { Acting } from '../../db/act.ts'
import { requireMay } from '../../http/actor.ts'
import { authenticate } from '../../http/authentication.ts'
import { route, type RouteInput } from '../../http/route.ts'
import { noteForbidden, revoke, vote } from '../approvals/approval-service.ts'
import { requestMerge } from '../effects/effect-service.ts'
import { IdParams, page } from '../schemas.ts'
import { purgeProposal, withdrawProposal } from './closing-service.ts'
import { exportProposal, proposalDiff } from './proposal-export.ts'
import { listProposals } from './proposal-reads.ts'
import { revalidateProposal } from './revalidation-service.ts'
import {
  ProposalQuery,
  ProposalRow,
  ProposalSubmit,
  ProposalSupersede,
  ProposalView,
  PATCH_MAX_BYTES,
  Reason,
  Reject,
  Vote,
} from './proposal-schemas.ts'
import { submitProposal, supersedeProposal } from './proposal-service.ts'
import { showProposal } from './proposal-view.ts'

/** Acts whose refusal is an event (decision 9). */
const AT_THE_GATE: ReadonlySet<Act> = new Set<Act>([
  'proposal.approve',
  'proposal.reject',
  'proposal.revoke',
  'proposal.merge',
])
const PATCH_BODY = Math.ceil((PATCH_MAX_BYTES * 4) / 3) + 65_536

export function proposalRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'proposals'
  type Input = Pick<RouteInput<unknown, unknown, unknown>, 'caller' | 'acting'>
  const show = ({ caller, acting }: Input, id: string) => showProposal(context, caller, acting, id)
  route(app, context, {
    act: 'proposal.list',
    method: 'GET',
    url: '/proposals',
    tag,
    query: ProposalQuery,
    response: page(ProposalRow),
    handler: ({ caller, query }) => listProposals(context.db, caller.project_id, query),
  })
  route(app, context, {
    act: 'proposal.show',
    method: 'GET',
    url: '/proposals/:id',
    tag,
    params: IdParams,
    response: ProposalView,
    handler: (input) => show(input, input.params.id),
  })
  route(app, context, {
    act: 'proposal.submit',
    method: 'POST',
    url: '/proposals',
    tag,
    body: ProposalSubmit,
    response: ProposalView,
    status: 201,
    bodyLimit: PATCH_BODY,
    handler: async (input) => show(input, await submitProposal(context, input.acting, input.body)),
  })
  route(app, context, {
    act: 'proposal.supersede',
    method: 'POST',
    url: '/proposals/:id/supersede',
    tag,
    params: IdParams,
    body: ProposalSupersede,
    response: ProposalView,
    status: 201,
    bodyLimit: PATCH_BODY,
    handler: async (input) => show(input, await supersedeProposal(context, input.acting, input.params.id, input.body)),
  })
  const acts: readonly {
    act: Act
    path: string
    body?: z.ZodType
    status?: 202
    perform: (input: RouteInput<{ id: string }, unknown, never>) => Promise<void>
  }[] = [
    {
      act: 'proposal.validate',
      path: 'validate',
      status: 202,
      perform: ({ acting, params }) => revalidateProposal(context, acting, params.id),
    },
    {
      act: 'proposal.approve',
      path: 'approve',
      body: Vote,
      perform: ({ acting, params, body }) => vote(context, acting, params.id, { ...Vote.parse(body), verdict: 'yes' }),
    },
    {
      act: 'proposal.reject',
      path: 'reject',
      body: Reject,
      perform: ({ acting, params, body }) => vote(context, acting, params.id, { ...Reject.parse(body), verdict: 'no' }),
    },
    { act: 'proposal.revoke', path: 'revoke', perform: ({ acting, params }) => revoke(context, acting, params.id) },
    {
      act: 'proposal.withdraw',
      path: 'withdraw',
      body: Reason,
      perform: ({ acting, params, body }) => withdrawProposal(context, acting, params.id, Reason.parse(body).reason),
    },
    {
      act: 'proposal.purge',
      path: 'purge',
      body: Reason,
      perform: ({ acting, params, body }) => purgeProposal(context, acting, params.id, Reason.parse(body).reason),
    },
    {
      act: 'proposal.merge',
      path: 'merge',
      status: 202,
      perform: ({ acting, params }) => requestMerge(context, acting, params.id),
    },
  ]
  for (const { act, path, body, status, perform } of acts) {
    route(app, context, {
      act,
      method: 'POST',
      url: `/proposals/:id/${path}`,
      tag,
      params: IdParams,
      ...(body ? { body } : {}),
      response: ProposalView,
      ...(status ? { status } : {}),
      ...(AT_THE_GATE.has(act)
        ? { refused: (acting: Acting, params: { id: string }) => noteForbidden(context, acting, act, params.id) }
        : {}),
      handler: async (input) => {
        await perform(input as RouteInput<{ id: string }, unknown, never>)
        return show(input, input.params.id)
      },
    })
  }
  rawRoutes(app, context)
}

/** Answers that are not our JSON views: the diff's exact bytes, and the export as one document to keep. */
function rawRoutes(app: FastifyInstance, context: Context): void {
  const raw = (operationId: string, summary: string, type: string) => ({
    operationId,
    summary,
    tags: ['proposals'],
    security: [{ token: [] }],
    params: IdParams,
    response: { 200: z.unknown().describe(type) },
    produces: [type],
  })
  app.get(
    '/proposals/:id/diff',
    { schema: raw('proposalDiff', "Show a proposal's diff, byte for byte", 'text/x-diff') },
    async (request, reply) => {
      const caller = await authenticate(context, request)
      requireMay(caller, 'proposal.diff')
      const bytes = await proposalDiff(context, caller.project_id, IdParams.parse(request.params).id)
      return reply.type('text/x-diff; charset=utf-8').header('content-disposition', 'inline').send(Buffer.from(bytes))
    },
  )
  route(app, context, {
    act: 'proposal.export',
    method: 'GET',
    url: '/proposals/:id/export',
    tag: 'proposals',
    params: IdParams,
    response: z.looseObject({ schema: z.literal('gatehouse.proposal-export/v1') }),
    handler: ({ caller, acting, params }) => exportProposal(context, caller, acting, params.id),
  })
}
