import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../context.ts'
import { newCorrelationId } from '../db/act.ts'
import { devAgentRoutes } from '../features/dev-agent/dev-agent-routes.ts'
import type { LedgerWakeup } from '../features/events/event-stream.ts'
import { authenticateFirst } from './authentication.ts'
import { consoleFiles, isConsoleAddress, sendConsole } from './console-files.ts'
import { featureRoutes } from './feature-routes.ts'
import { gitRoutes } from './git-routes.ts'
import { handleError } from './problem-handler.ts'
import { refuseBrokenText } from './text-check.ts'

const BODY_LIMIT = 1_048_576
const CORRELATION = /^[A-Za-z0-9_-]{8,80}$/

/** The HTTP application: API under /api, git under /git, console elsewhere. Not listening yet. */
export async function buildApp(
  context: Context,
  options: { readonly consoleFolder: string | null; readonly wakeup: LedgerWakeup },
): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = context.log
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    requestIdHeader: false,
    // An address that cannot be decoded never reaches a route, nor the handler of errors.
    frameworkErrors: (error, request, reply) => handleError(error, request, reply),
    genReqId: (request) => {
      const sent = request.headers['x-correlation-id']
      return typeof sent === 'string' && CORRELATION.test(sent) ? sent : newCorrelationId(context.clock())
    },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlation_id' }),
    routerOptions: { maxParamLength: 200 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) => {
    if (options.consoleFolder !== null && isConsoleAddress(request)) return sendConsole(reply)
    const path = request.url.split('?')[0]
    return handleError(new Problem('not-found', `there is nothing at ${request.method} ${path}`), request, reply)
  })
  app.addHook('preValidation', async (request) =>
    request.routeOptions.url?.startsWith('/git') ? undefined : refuseBrokenText(request),
  )
  app.addHook('onSend', async (request, reply) => void reply.header('x-correlation-id', request.id))
  app.addHook('onResponse', async (request, reply) =>
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    ),
  )
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: context.baseUrl.startsWith('https:'),
  })
  await app.register(rateLimit, { max: 3000, timeWindow: '1 minute' })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gatehouse',
        version: '0.1.0',
        description: 'A control plane for the software agents that change code.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  healthRoutes(app, context)
  await app.register(async (api) => featureRoutes(api, context, options.wakeup), { prefix: '/api' })
  await app.register(async (git) => gitRoutes(git, context), { prefix: '/git' })
  // The older wire's clients know these paths at the root; /api has them too.
  await app.register(async (root) => {
    root.addHook('onRoute', (r) => void (r.schema = { ...r.schema, hide: true }))
    authenticateFirst(root, context)
    devAgentRoutes(root, context)
  })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  if (options.consoleFolder !== null) await consoleFiles(app, options.consoleFolder)
  return app
}

/** `/healthz`: this process runs. `/readyz`: it could serve a request now: database, ledger head, policy. */
function healthRoutes(app: FastifyInstance, context: Context): void {
  app.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const checks: Record<string, string> = {}
    const check = async (name: string, probe: () => Promise<unknown>) => {
      try {
        await probe()
        checks[name] = 'ok'
      } catch (error) {
        // Anybody may ask: what exactly is wrong stands in the log.
        checks[name] = 'failed'
        context.log.warn({ err: error, check: name }, 'not ready')
      }
    }
    await check('database', () => sql`select 1`.execute(context.db))
    await check('ledger', () => context.db.selectFrom('ledger_head').select('seq').executeTakeFirstOrThrow())
    await check('policy', async () => context.policy.identity())
    const ready = Object.values(checks).every((state) => state === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', checks })
  })
}
