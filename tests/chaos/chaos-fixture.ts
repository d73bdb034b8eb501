// Real worker processes beside an API in this process, and a story that needs them: for kill -9 and SIGSTOP.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { git, type Body, type Fixture, type Someone } from '../../packages/server/src/features/features-fixture.ts'

const WORKER = fileURLToPath(new URL('../../packages/server/src/main-worker.ts', import.meta.url))

export interface WorkerChild {
  readonly child: ChildProcess
  /** Its log, line by line. */
  readonly lines: string[]
  errors(): string
}

/** The real `main-worker.ts` on the fixture's database and folders; ready when this resolves, or ended where it was to crash at once. */
export async function startWorker(f: Fixture, env: Readonly<Record<string, string>> = {}): Promise<WorkerChild> {
  const child = fork(WORKER, {
    env: {
      ...process.env,
      GATEHOUSE_DATA: f.folder,
      GATEHOUSE_ENVIRONMENT: 'chaos',
      GATEHOUSE_DATABASE_URL_APP: f.database.url('app'),
      GATEHOUSE_DATABASE_URL_BROKER: f.database.url('broker'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => void (errors += chunk.toString()))
  await Promise.race([once(child, 'message'), once(child, 'exit')])
  return { child, lines, errors: () => errors }
}

export async function until<T>(
  what: string,
  read: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limit = 170_000,
): Promise<T> {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(50)) {
    const value = await read()
    if (value !== undefined && value !== null && value !== false) return value
  }
  throw new Error(`waited ${limit} ms for ${what}`)
}

export function hasEnded({ child }: WorkerChild): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Runs a worker until it kills itself at the crash point. */
export async function crashAt(f: Fixture, point: string): Promise<void> {
  const worker = await startWorker(f, { GATEHOUSE_CRASH_AT: point })
  await until(`the worker to die at ${point}; it said ${worker.errors()} ${worker.lines.slice(-3).join('\n')}`, () =>
    hasEnded(worker),
  ).catch(async (error: unknown) => {
    await stopWorker(worker)
    throw new Error(`${String(error)}: ${worker.errors()} ${worker.lines.slice(-8).join('\n')}`, { cause: error })
  })
  if (worker.child.signalCode !== 'SIGKILL' || !worker.errors().includes(`crash point ${point.split('#')[0]}`))
    throw new Error(
      `the worker was to die at ${point} and ended by ${worker.child.signalCode ?? worker.child.exitCode}: ${worker.errors()}`,
    )
}

/** Runs a worker until it stops itself at the freeze point; wake it with SIGCONT. */
export async function freezeAt(f: Fixture, point: string): Promise<WorkerChild> {
  const worker = await startWorker(f, { GATEHOUSE_FREEZE_AT: point })
  await until(
    `the worker to freeze at ${point}`,
    () => worker.errors().includes(`crash point ${point}`) || hasEnded(worker),
  )
  if (hasEnded(worker)) throw new Error(`the worker ended: ${worker.errors()}`)
  return worker
}

export async function stopWorker(worker: WorkerChild): Promise<void> {
  if (hasEnded(worker)) return
  const ended = once(worker.child, 'exit')
  worker.child.kill('SIGKILL')
  await ended
}

export interface Told {
  readonly repository: string
  readonly head: string
  readonly task: string
  readonly ada: Someone
  readonly ben: Someone
  readonly correlation: string
}

const STORY = (id: string) =>
  `# Say hello\n\nfeature_request_id: ${id}\n\n## Problem\n\nNobody says hello.\n\n## Acceptance Criteria\n\n- Given the repository, when it is read, then hello.txt says hello.\n`

/** A story accepted, its agent registered and its run started: everything up to the first job of a worker. */
export async function tellStory(f: Fixture): Promise<Told> {
  const ada = await f.person('ada', 'maintainer')
  const ben = await f.person('ben', 'owner')
  const repo = await f.repository('demo', { 'a.txt': 'one\n' }, [['test', '-f', 'a.txt']])
  const must = async (
    who: Someone,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Body> => {
    const answer = await f.call(who.token, 'POST', path, body, headers)
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`)
    return answer.body
  }
  const story = await must(ada, '/api/stories', { markdown: STORY('CHAOS-1'), repository: 'demo' })
  await must(ben, `/api/runbooks/${story.runbook.id}/accept`, { digest: story.runbook.digest })
  const definition = {
    identity: { name: 'greeter', role_class: 'automator' },
    anatomy: { command: { run: ['sh', '-c', 'echo hello > hello.txt'] }, capabilities: {} },
    limits: {},
  }
  await must(ada, '/api/agents', { definition })
  const correlation = 'chaos-correlation-1'
  await must(ada, `/api/tasks/${story.task_id}/run`, { agent: 'greeter' }, { 'x-correlation-id': correlation })
  return { repository: repo.id, head: repo.head, task: story.task_id as string, ada, ben, correlation }
}

export async function taskState(f: Fixture, task: string): Promise<string> {
  return (await f.context.db.selectFrom('tasks').select('state').where('id', '=', task).executeTakeFirstOrThrow()).state
}

/** Another person approves, and the author asks for the merge: the last job is the effect's. */
export async function approveAndMerge(f: Fixture, { task, ada, ben }: Told): Promise<void> {
  const { id } = await f.context.db
    .selectFrom('proposals')
    .select('id')
    .where('task_id', '=', task)
    .executeTakeFirstOrThrow()
  const shown = await f.call(ben.token, 'GET', `/api/proposals/${id}`)
  if (shown.status !== 200) throw new Error(shown.text)
  const approved = await f.call(ben.token, 'POST', `/api/proposals/${id}/approve`, {
    intent_digest: shown.body.approval.intent_digest,
  })
  if (approved.status !== 200) throw new Error(approved.text)
  const merged = await f.call(ada.token, 'POST', `/api/proposals/${id}/merge`, undefined, {
    'x-correlation-id': 'chaos-correlation-2',
  })
  if (merged.status !== 202) throw new Error(merged.text)
}

/** Everything that must be there once, by name: counted in rows, ledger, forge and queues. */
export async function countOnce(f: Fixture, { repository, task, head }: Told) {
  const { db, forge } = f.context
  const gitDir = forge.repositoryFolder(repository)
  const proposals = await db.selectFrom('proposals').selectAll().where('task_id', '=', task).execute()
  const validations = await db.selectFrom('validations').select(['id', 'state']).execute()
  const effects = await db
    .selectFrom('effects')
    .innerJoin('grants', 'grants.effect_id', 'effects.id')
    .select(['effects.state', 'effects.result_commit', 'grants.spent_at'])
    .execute()
  const events = await f.events()
  const count = (act: string, outcome = 'ok') => events.filter((e) => e.act === act && e.outcome === outcome).length
  const main = await git(gitDir, 'rev-list', '--first-parent', 'main')
  return {
    proposals: proposals.map((p) => p.state),
    validations: validations.map((v) => v.state),
    effects: effects.map((e) => `${e.state} ${e.spent_at === null ? 'unspent' : 'spent'}`),
    merges: main
      .trim()
      .split('\n')
      .filter((c) => c !== head).length,
    merged_is_effect: main.startsWith(effects[0]?.result_commit ?? 'nothing'),
    branch_is_proposal: (await forge.readRef(repository, `task/${task}`)) === proposals[0]?.head_commit,
    kept: (await git(gitDir, 'for-each-ref', '--format=%(refname)', 'refs/gatehouse')).trim().split('\n').length,
    events: Object.fromEntries(
      [
        'proposal.submit',
        'run.finish',
        'validation.start',
        'validation.finish',
        'approval.open',
        'proposal.approve',
        'proposal.merge',
        'effect.execute',
      ].map((act) => [act, count(act)]),
    ),
    failures: events.filter((e) => e.outcome !== 'ok').map((e) => `${String(e.act)}: ${String(e.reason)}`),
    story: (await db.selectFrom('stories').select('state').executeTakeFirstOrThrow()).state,
    task: await taskState(f, task),
  }
}

export const ONCE = {
  proposals: ['merged'],
  validations: ['passed'],
  effects: ['effected spent'],
  merges: 1,
  merged_is_effect: true,
  branch_is_proposal: true,
  kept: 1,
  events: {
    'proposal.submit': 1,
    'run.finish': 1,
    'validation.start': 1,
    'validation.finish': 1,
    'approval.open': 1,
    'proposal.approve': 1,
    'proposal.merge': 1,
    'effect.execute': 1,
  },
  failures: [],
  story: 'delivered',
  task: 'merged',
}
