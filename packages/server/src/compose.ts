import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { instant, millis, type Clock } from '@gatehouse/core/kernel/time'
import type { Logger } from 'pino'
import { makeEmbeddedForge } from './adapters/forge/embedded-forge.ts'
import { makeGit } from './adapters/forge/git-command.ts'
import { requireGit } from './adapters/forge/git-version.ts'
import { loadPolicyFolder } from './adapters/policy/in-process.ts'
import { openBlobFolder } from './blobs/blob-folder.ts'
import type { Settings } from './settings.ts'
import type { Context } from './context.ts'
import { openDatabase, openPool } from './db/database.ts'
import { expireRequest } from './features/approvals/approval-service.ts'
import { workEffect } from './features/effects/effect-jobs.ts'
import { LedgerWakeup } from './features/events/event-stream.ts'
import { workRun } from './features/runs/run-jobs.ts'
import { workValidation } from './features/validations/validation-jobs.ts'
import { buildApp } from './http/app.ts'
import { closeBoss, openBoss } from './jobs/boss.ts'
import { makeWorker, type Worker } from './jobs/worker.ts'
import { makeLog } from './log.ts'

export const POLICY_FOLDER = fileURLToPath(new URL('../../../policy/governance', import.meta.url))
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url))

const realClock: Clock = () => instant(Date.now())

/** The plain objects that the features are built of. `boss` is the one that enqueues. */
async function makeContext(settings: Settings, name: string, log: Logger, boss: Context['boss']): Promise<Context> {
  const workFolder = join(settings.dataFolder, 'work')
  mkdirSync(workFolder, { recursive: true, mode: 0o755 })
  return {
    db: openDatabase(settings.databaseUrl('app'), { role: 'app', name: `gatehouse-${name}` }),
    boss,
    forge: makeEmbeddedForge({ folder: join(settings.dataFolder, 'forge') }),
    blobs: await openBlobFolder(join(settings.dataFolder, 'blobs')),
    policy: loadPolicyFolder(POLICY_FOLDER),
    clock: realClock,
    log,
    tokenPepper: settings.tokenPepper,
    workFolder,
    baseUrl: settings.baseUrl,
  }
}

export interface Api {
  readonly app: FastifyInstance
  readonly context: Context
  close(): Promise<void>
}

/** The API process: HTTP, events, console. It holds no forge write and no sandbox. */
export async function composeApi(settings: Settings, consoleFolder: string | null): Promise<Api> {
  const log = makeLog('api', settings.environment)
  const boss = await openBoss(settings.databaseUrl('app'), {
    name: 'gatehouse-api',
    onError: (error) => log.error({ err: error }, 'the queue reported an error'),
  })
  const context = await makeContext(settings, 'api', log, boss)
  const wakeup = new LedgerWakeup(
    openPool(settings.databaseUrl('app'), { role: 'app', name: 'gatehouse-events', max: 1 }),
  )
  await wakeup.start()
  const app = await buildApp(context, { consoleFolder, wakeup })
  return {
    app,
    context,
    async close() {
      await wakeup.stop()
      await app.close()
      await closeBoss(boss)
      await context.db.destroy()
    },
  }
}

export interface WorkerProcess {
  readonly worker: Worker
  close(): Promise<void>
}

/** The worker process: runs, validations and, through the broker's own database role, effects. */
export async function composeWorker(settings: Settings): Promise<WorkerProcess> {
  await requireGit(makeGit())
  const log = makeLog('worker', settings.environment)
  const boss = await openBoss(settings.databaseUrl('app'), {
    name: 'gatehouse-worker',
    onError: (error) => log.error({ err: error }, 'the queue reported an error'),
  })
  const context = await makeContext(settings, 'worker', log, boss)
  const broker = openDatabase(settings.databaseUrl('broker'), { role: 'broker', name: 'gatehouse-broker', max: 4 })
  const worker = makeWorker({
    url: settings.databaseUrl('app'),
    db: context.db,
    log: context.log,
    clock: context.clock,
    handlers: {
      'run.work': (job) => workRun(context, job),
      'validation.work': (job) => workValidation(context, job),
      'effect.work': (job) => workEffect(context, broker, job),
      'approval.expire': (job) => expireRequest(context, job.data),
    },
  })
  await sweepLeftovers(context)
  await worker.start()
  return {
    worker,
    async close() {
      await worker.stop()
      await closeBoss(boss)
      await broker.destroy()
      await context.db.destroy()
    },
  }
}

/** What a killed worker left in the forge costs only room: a failure to remove it is told, and keeps nobody from working. */
async function sweepLeftovers({ forge, clock, log }: Context): Promise<void> {
  try {
    const removed = await forge.sweep(millis(clock()))
    if (removed.length > 0) log.info({ folders: removed.length }, 'removed what killed processes left in the forge')
  } catch (error) {
    log.warn({ err: error }, 'could not remove all that killed processes left in the forge')
  }
}
