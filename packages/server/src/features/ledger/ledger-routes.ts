import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { exportLedger } from '../../db/ledger-export.ts'
import { verifyLedger } from '../../db/ledger-verify.ts'
import { requireMay } from '../../http/actor.ts'
import { authenticate } from '../../http/authentication.ts'
import { route } from '../../http/route.ts'
import { listEvents, requireWholeLedger } from './ledger-reads.ts'
import { LedgerPage, LedgerQuery, LedgerVerified } from './ledger-schemas.ts'

export function ledgerRoutes(app: FastifyInstance, context: Context): void {
  const tag = 'ledger'
  route(app, context, {
    act: 'ledger.show',
    method: 'GET',
    url: '/ledger',
    tag,
    query: LedgerQuery,
    response: LedgerPage,
    handler: ({ caller, query }) => listEvents(context.db, caller.project_id, query),
  })
  route(app, context, {
    act: 'ledger.verify',
    method: 'GET',
    url: '/ledger/verification',
    tag,
    query: z.object({
      expect_head: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional()
        .describe('a head hash known from elsewhere'),
    }),
    response: LedgerVerified,
    handler: async ({ query }) => {
      const started = performance.now()
      const result = await verifyLedger(context.db, { expect_head: query.expect_head })
      const duration_ms = Math.round(performance.now() - started)
      if (result.ok)
        return {
          ...result,
          code: null,
          seq: null,
          detail: `${result.count} events, each hashed into the next; the head agrees`,
          duration_ms,
        }
      return {
        ok: false,
        count: (result.seq ?? 1) - 1,
        head_hash: null,
        root_hash: null,
        code: result.code,
        seq: result.seq,
        detail: result.detail,
        duration_ms,
      }
    },
  })
  app.get(
    '/ledger/export',
    {
      schema: {
        operationId: 'ledgerExport',
        summary: 'Export the ledger',
        tags: [tag],
        security: [{ token: [] }],
        produces: ['application/jsonl'],
        response: { 200: z.unknown().describe('application/jsonl: gatehouse.ledger-export/v1') },
      },
    },
    async (request, reply) => {
      const caller = await authenticate(context, request)
      requireMay(caller, 'ledger.export')
      await requireWholeLedger(context.db, caller.person_id)
      return reply
        .type('application/jsonl')
        .header('content-disposition', 'attachment; filename="ledger.jsonl"')
        .send(Readable.from(exportLedger(context.db)))
    },
  )
}
