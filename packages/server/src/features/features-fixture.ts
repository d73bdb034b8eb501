// A whole server in one process for the tests of features and HTTP: real PostgreSQL, git, policy and blobs; jobs are worked on when told.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import type { Role } from '@gatehouse/core/kernel/access'
import { newId } from '@gatehouse/core/kernel/ids'
import { instant, type Clock } from '@gatehouse/core/kernel/time'
import type { JobWithMetadata } from 'pg-boss'
import { makeEmbeddedForge } from '../adapters/forge/embedded-forge.ts'
import { loadPolicyFolder } from '../adapters/policy/in-process.ts'
import { openBlobFolder } from '../blobs/blob-folder.ts'
import { POLICY_FOLDER } from '../compose.ts'
import type { Context } from '../context.ts'
import type { Acting } from '../db/act.ts'
import { openDatabase, openPool, type Db } from '../db/database.ts'
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts'
import { buildApp } from '../http/app.ts'
import { closeBoss, openBoss } from '../jobs/boss.ts'
import { claimAttempt } from '../jobs/job-attempt.ts'
import type { Lease } from '../jobs/leases.ts'
import { installQueues } from '../jobs/queue-install.ts'
import { handlerKey, QUEUE_DATA, type QueueData, type QueueName } from '../jobs/queue-names.ts'
import type { JobContext } from '../jobs/worker.ts'
import { bootstrap } from './access/access-service.ts'
import { expireRequest } from './approvals/approval-service.ts'
import { workEffect } from './effects/effect-jobs.ts'
import { LedgerWakeup } from './events/event-stream.ts'
import { workRun } from './runs/run-jobs.ts'
import { workValidation } from './validations/validation-jobs.ts'

const run = promisify(execFile)
const GIT_ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
}

/** A JSON answer of the API. Tests read its fields as they are. */
// oxlint-disable-next-line typescript/no-explicit-any -- the shape of each answer is what its test is about
export type Body = any

export interface Answer {
  readonly status: number
  readonly body: Body
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

export interface Someone {
  readonly id: string
  readonly login: string
  readonly token: string
  /** As this person, now, under a correlation id of its own. */
  acting(): Acting
}

export interface Fixture {
  readonly database: TestDatabase
  readonly context: Context
  readonly broker: Db
  readonly app: FastifyInstance
  readonly wakeup: LedgerWakeup
  readonly folder: string
  readonly project: string
  readonly owner: Someone
  /** Log lines that the context and its handlers wrote, parsed. */
  readonly log: Record<string, unknown>[]
  /** Milliseconds by which the context's clock is ahead. */
  ahead: number
  call(
    token: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  person(login: string, role: Role): Promise<Someone>
  /** A repository under the gate with one commit of these files, validated by `recipe` (`true` unless told). */
  repository(
    name: string,
    files: Readonly<Record<string, string>>,
    recipe?: readonly (readonly string[])[],
  ): Promise<{ id: string; name: string; head: string; folder: string }>
  /** Works on the waiting jobs, one after the other, until there is none; `only` leaves other queues alone. */
  work(only?: readonly QueueName[]): Promise<number>
  /** One handler in process, under this lease; what it throws is thrown. */
  handle<Q extends QueueName>(queue: Q, data: QueueData[Q], lease: Lease, context?: Context): Promise<void>
  events(filter?: { subject?: string; act?: string; correlation?: string }): Promise<Body[]>
  close(): Promise<void>
}

/** git in a folder of a test's own. Returns its standard output. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, env: GIT_ENV, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** A patch that adds one file, base64, as `POST /proposals` takes it. */
export function addingPatch(path: string, lines: readonly string[]): string {
  const text = [
    `diff --git a/${path} b/${path}`,
    'new file mode 100644',
    '--- /dev/null',
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((l) => `+${l}`),
    '',
  ]
  return Buffer.from(text.join('\n')).toString('base64')
}

/** A recipe in a repository's settings, of plain commands without reports. */
export function recipeOf(commands: readonly (readonly string[])[]) {
  return {
    version: 1,
    validations: [
      { name: 'check', commands: commands.map((argv, i) => ({ name: `c${i + 1}`, run: argv, timeout_seconds: 30 })) },
    ],
  }
}

export async function startFixture(options: { name?: string } = {}): Promise<Fixture> {
  const database = await createTestDatabase()
  await installQueues(database.url('owner'))
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${options.name ?? 'features'}-`))
  const boss = await openBoss(database.url('app'), { name: 'test-boss' })
  const log: Record<string, unknown>[] = []
  const clock: Clock = () => instant(Date.now() + fixture.ahead)
  mkdirSync(join(folder, 'work'))
  const context: Context = {
    db: openDatabase(database.url('app'), { role: 'app', name: 'test-app', max: 16 }),
    boss,
    forge: makeEmbeddedForge({ folder: join(folder, 'forge') }),
    blobs: await openBlobFolder(join(folder, 'blobs')),
    policy: loadPolicyFolder(POLICY_FOLDER),
    clock,
    log: pino(
      { level: 'debug' },
      { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    tokenPepper: Buffer.alloc(32, 7),
    workFolder: join(folder, 'work'),
    baseUrl: 'http://127.0.0.1:7410',
  }
  const broker = openDatabase(database.url('broker'), { role: 'broker', name: 'test-broker', max: 4 })
  const wakeup = new LedgerWakeup(openPool(database.url('app'), { role: 'app', name: 'test-events', max: 1 }))
  await wakeup.start()
  const app = await buildApp(context, { consoleFolder: null, wakeup })
  let holders = 0

  async function handle<Q extends QueueName>(
    queue: Q,
    data: QueueData[Q],
    lease: Lease,
    using: Context = context,
  ): Promise<void> {
    const job: JobContext<Q> = {
      queue,
      data,
      lease,
      attempt: 1,
      signal: new AbortController().signal,
      correlation_id: data.correlation_id,
      log: using.log.child({ correlation_id: data.correlation_id, queue }),
    }
    if (queue === 'run.work') return workRun(using, job as JobContext<'run.work'>)
    if (queue === 'validation.work') return workValidation(using, job as JobContext<'validation.work'>)
    if (queue === 'effect.work') return workEffect(using, broker, job as JobContext<'effect.work'>)
    return expireRequest(using, data as QueueData['approval.expire'])
  }

  async function workOne(queue: QueueName): Promise<boolean> {
    const [job] = await boss.fetch(queue, { batchSize: 1, includeMetadata: true })
    if (!job) return false
    const { id, retryCount } = job as JobWithMetadata
    const data = QUEUE_DATA[queue].parse(job.data)
    const key = handlerKey(queue, data)
    const claim = await claimAttempt(
      context.db,
      { queue, id, retry_count: retryCount },
      key,
      `test${(holders += 1)}`,
      clock(),
    )
    if (claim.state !== 'held') throw new Error(`the job ${id} of ${queue} is ${claim.state}`)
    await handle(queue, data, { key, epoch: claim.epoch })
    await boss.complete(queue, id)
    return true
  }

  const fixture: Fixture = {
    database,
    context,
    broker,
    app,
    wakeup,
    folder,
    project: '',
    owner: {
      id: '',
      login: '',
      token: '',
      acting: () => {
        throw new Error('not yet')
      },
    },
    log,
    ahead: 0,
    async call(token, method, path, body, headers = {}) {
      const request: InjectOptions = {
        method,
        url: path,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }
      const answer = await app.inject(request)
      let parsed: Body = null
      try {
        parsed = answer.json()
      } catch {
        parsed = null
      }
      return { status: answer.statusCode, body: parsed, text: answer.body, headers: answer.headers }
    },
    async person(login, role) {
      const added = await fixture.call(fixture.owner.token, 'POST', '/api/persons', { login, role })
      if (added.status !== 201) throw new Error(added.text)
      const issued = await fixture.call(fixture.owner.token, 'POST', `/api/persons/${login}/tokens`, {
        label: 'test',
        scopes: ['dev-agent:admin'],
      })
      if (issued.status !== 201) throw new Error(issued.text)
      return someone(added.body.id as string, login, issued.body.token as string, role)
    },
    async repository(name, files, recipe = [['true']]) {
      const source = join(folder, 'sources', name)
      mkdirSync(source, { recursive: true })
      writeFiles(source, files)
      await git(source, 'init', '-q', '-b', 'main')
      await git(source, 'add', '-A')
      await git(source, 'commit', '-q', '-m', 'begin')
      const settings = { isolation: 'none', recipe: recipeOf(recipe) }
      const added = await fixture.call(fixture.owner.token, 'POST', '/api/repositories', { source, name, settings })
      if (added.status !== 201) throw new Error(added.text)
      return { id: added.body.id as string, name, head: added.body.head_commit as string, folder: source }
    },
    async work(only) {
      const queues: readonly QueueName[] = only ?? ['run.work', 'validation.work', 'effect.work', 'approval.expire']
      let done = 0
      for (let again = true; again;) {
        again = false
        for (const queue of queues)
          while (await workOne(queue)) {
            done += 1
            again = true
          }
      }
      return done
    },
    handle,
    async events(filter = {}) {
      let q = database.app.selectFrom('ledger_events').select('body').orderBy('seq')
      if (filter.subject !== undefined) q = q.where('subject_id', '=', filter.subject)
      if (filter.act !== undefined) q = q.where('act', '=', filter.act)
      if (filter.correlation !== undefined) q = q.where('correlation_id', '=', filter.correlation)
      return (await q.execute()).map((row) => JSON.parse(row.body.toString('utf8')))
    },
    async close() {
      await wakeup.stop()
      await app.close()
      await closeBoss(boss)
      await broker.destroy()
      await context.db.destroy()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }

  function someone(id: string, login: string, token: string, role: Role): Someone {
    const acting = (): Acting => {
      const at = clock()
      const actor = {
        kind: 'person' as const,
        id,
        person_id: id,
        on_behalf_of: [],
        fingerprint: 'test',
        roles: [role],
        scopes: [],
      }
      return { project_id: fixture.project, actor, correlation_id: newId('request', Date.parse(at)), at }
    }
    return { id, login, token, acting }
  }

  const first = await bootstrap(context, 'operator')
  if (!first) throw new Error('the new database has a project already')
  const me = await fixture.call(first.token, 'GET', '/api/whoami')
  return Object.assign(fixture, {
    project: me.body.project.id as string,
    owner: someone(first.person_id, 'operator', first.token, 'owner'),
  })
}
