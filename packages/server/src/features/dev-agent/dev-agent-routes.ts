import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { actingOf, requireMay, type Caller } from '../../http/actor.ts'
import { authenticate } from '../../http/authentication.ts'
import { proposalRecord, proposalsByRisk } from '../proposals/proposal-reads.ts'
import { revalidateProposal } from '../proposals/revalidation-service.ts'
import { latestValidation, showValidation } from '../validations/validation-reads.ts'
import { applyAgain, patchProposal } from './patch-proposal.ts'

const SCOPE = 'dev-agent:admin'
const WAIT_MS = 120_000
const ApplyBody = z.object({ proposal_id: z.string().max(60), task_id: z.string().max(60).optional() })

/** Who may use the older endpoints: the scope, and PlatformEngineer or AutomationService; a CaseAdministrator passes the check of roles. */
function requireDevAgent(caller: Caller): void {
  if (!caller.scopes.includes(SCOPE))
    throw new Problem(
      'scope-missing',
      `the token lacks the scope ${SCOPE}; issue one with: gatehouse token issue <login> --scope ${SCOPE}`,
    )
  if (!caller.roles.some((role) => role === 'maintainer' || role === 'automation' || role === 'owner'))
    throw new Problem(
      'forbidden',
      'this needs PlatformEngineer (maintainer), AutomationService (automation) or CaseAdministrator (owner)',
    )
}

/** The dev agent's older wire (FORMATS, "Dev agent"), spoken on the same services: nothing here decides anything by itself. */
export function devAgentRoutes(app: FastifyInstance, context: Context): void {
  const { db } = context
  app.get(
    '/dev-agent/proposals',
    {
      schema: {
        operationId: 'devAgentProposals',
        summary: 'Proposals, the riskiest first',
        tags: ['dev-agent'],
        security: [{ token: [] }],
        response: { 200: z.array(z.looseObject({ proposal_id: z.string() })) },
      },
    },
    async (request) => {
      const caller = await authenticate(context, request)
      requireMay(caller, 'proposal.list')
      requireDevAgent(caller)
      const rows = await proposalsByRisk(db, caller.project_id)
      return Promise.all(rows.map((row) => patchProposal(context, row)))
    },
  )
  const schema = {
    operationId: 'devAgentApply',
    summary: 'Validate a proposal and wait for the result',
    tags: ['dev-agent'],
    security: [{ token: [] }],
    body: ApplyBody,
    response: { 200: z.looseObject({ proposal_id: z.string() }), 422: z.looseObject({ proposal_id: z.string() }) },
  }
  app.post('/dev-agent/apply', { schema }, async (request, reply) => {
    const caller = await authenticate(context, request)
    requireMay(caller, 'proposal.validate')
    requireDevAgent(caller)
    const { proposal_id } = ApplyBody.parse(request.body)
    const before = await proposalRecord(db, caller.project_id, proposal_id)
    if (before.state !== 'validating')
      await revalidateProposal(context, actingOf(caller, context.clock(), request.id), proposal_id)
    const validation = await ended(context, caller.project_id, proposal_id)
    const row = await proposalRecord(db, caller.project_id, proposal_id)
    const success = row.state === 'validated' || row.state === 'merged'
    const shown = await showValidation(context, caller.project_id, validation)
    const commands = [
      await applyAgain(context, row),
      ...shown.commands.map((c) => ({
        command: c.argv,
        return_code: c.exit_code ?? -1,
        stdout: c.stdout.text,
        stderr: c.stderr.text,
        duration_ms: c.duration_ms,
      })),
    ]
    const body = {
      proposal_id,
      task_id: row.task_id,
      status: success ? 'validated' : 'failed',
      workspace_id: validation,
      success,
      commands,
    }
    return reply
      .code(success ? 200 : 422)
      .send(success ? { ...body, task: { status: row.state } } : { ...body, detail: row.reason })
  })
}

/** The id of the proposal's validation once it has ended. Problem not-ready after two minutes: the worker goes on, and asking again waits again. */
async function ended(context: Context, project: string, proposal: string): Promise<string> {
  for (let waited = 0; waited < WAIT_MS; waited += 100) {
    const row = await latestValidation(context.db, project, proposal)
    if (row && row.state !== 'running') return row.id
    await sleep(100)
  }
  throw new Problem('not-ready', 'the validation still runs; ask again to go on waiting')
}
