import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { LedgerEvent, Proposal, WhoAmI } from '@gatehouse/client/operations.gen'
import { ACTS } from '@gatehouse/core/kernel/acts'
import { may } from '@gatehouse/core/kernel/access'
import { PROBLEMS, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import {
  AGENTS,
  DEAD_JOBS,
  id,
  makeEvents,
  makeRepositories,
  makeRuns,
  makeStories,
  makeTasks,
  PERSONS,
  sha,
} from './console-fixture-data.ts'
import { DECISIONS, DIFF, makeProposals } from './console-fixture-proposals.ts'
import { makeValidationDetail } from './console-fixture-validations.ts'

/** The console's built files and canned answers of the API on one address: for tests of the pages alone, not of the server. */
export interface ConsoleFixture {
  readonly url: string
  readonly token: string
  /** What acts were sent, as `POST /proposals/…/approve` with their bodies. */
  readonly sent: { readonly path: string; readonly body: unknown; readonly key: string | null }[]
  readonly state: FixtureState
  /** Writes a ledger event, which every open stream gets. */
  emit(act: string, subject: { readonly kind: string; readonly id: string }): LedgerEvent
  /** Cuts every open stream; the console has to reconnect and go on where it was. */
  cutStreams(): void
  /** What each stream asked to go on from. */
  readonly resumedFrom: (string | null)[]
  close(): Promise<void>
}

interface FixtureState {
  proposals: Proposal[]
  stories: ReturnType<typeof makeStories>
  tasks: ReturnType<typeof makeTasks>
  events: LedgerEvent[]
  isolation: 'required' | 'none'
  empty: boolean
  failing: string | null
  ledgerBroken: boolean
  streams: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const CSP = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

class Refused extends Error {
  readonly slug: ProblemSlug
  constructor(slug: ProblemSlug, detail: string) {
    super(detail)
    this.slug = slug
  }
}

export async function startConsoleFixture(dist: string): Promise<ConsoleFixture> {
  const token = `gh_${'t'.repeat(43)}`
  const streams = new Set<ServerResponse>()
  const sent: ConsoleFixture['sent'] = []
  const resumedFrom: (string | null)[] = []
  let requests = 0
  const state: FixtureState = {
    proposals: makeProposals(),
    stories: makeStories(),
    tasks: makeTasks(),
    events: makeEvents(40),
    isolation: 'required',
    empty: false,
    failing: null,
    ledgerBroken: false,
    streams: true,
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    response.setHeader('content-security-policy', CSP)
    if (!url.pathname.startsWith('/api/')) return serveFile(dist, url.pathname, response)
    const correlation = `req_fixture${String((requests += 1)).padStart(8, '0')}`
    response.setHeader('x-correlation-id', correlation)
    const path = url.pathname.slice('/api'.length)
    try {
      const body: unknown = await readBody(request)
      if (path === '/sessions') return session(request, response, body)
      if (!(request.headers.cookie ?? '').includes(`gatehouse_session=${token}`))
        throw new Refused('token-missing', 'send a token')
      if (path === '/events') return stream(request, response, url)
      if (state.failing !== null && path.startsWith(state.failing))
        throw new Refused('internal-error', 'Gatehouse broke; the log has the details under this request id')
      const diff = /^\/proposals\/[^/]+\/diff$/.test(path)
      if (diff) return void response.setHeader('content-type', 'text/x-diff').end(DIFF)
      const key = request.headers['idempotency-key']
      if (request.method === 'POST') sent.push({ path, body, key: typeof key === 'string' ? key : null })
      const answer = request.method === 'POST' ? act(path, body) : read(path, url.searchParams)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    } catch (error) {
      const slug = error instanceof Refused ? error.slug : 'internal-error'
      const row = PROBLEMS[slug]
      response.statusCode = row.status
      response.setHeader('content-type', 'application/problem+json').end(
        JSON.stringify({
          type: `https://gatehouse.dev/problems/${slug}`,
          title: row.title,
          status: row.status,
          detail: error instanceof Error ? error.message : '',
          code: slug,
          retryable: false,
          instance: correlation,
        }),
      )
    }
  }

  function session(request: IncomingMessage, response: ServerResponse, body: unknown): void {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'DELETE') {
      response.setHeader('set-cookie', 'gatehouse_session=; Path=/; Max-Age=0')
      return void response.end('{"closed":true}')
    }
    const given = typeof body === 'object' && body !== null && 'token' in body ? body.token : null
    if (given !== token) throw new Refused('token-invalid', 'this token is not known here; ask an owner for a new one')
    response.setHeader('set-cookie', `gatehouse_session=${token}; Path=/; HttpOnly; SameSite=Strict`)
    response.end(JSON.stringify(whoami()))
  }

  function stream(request: IncomingMessage, response: ServerResponse, url: URL): void {
    if (!state.streams) throw new Refused('not-ready', 'no streams now')
    const header = request.headers['last-event-id']
    const after = url.searchParams.get('after') ?? (typeof header === 'string' ? header : null)
    resumedFrom.push(after)
    response.setHeader('content-type', 'text/event-stream')
    response.setHeader('cache-control', 'no-store')
    response.write(': open\n\n')
    for (const event of state.events) if (after !== null && event.seq > Number(after)) write(response, event)
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  function write(response: ServerResponse, event: LedgerEvent): void {
    response.write(`id: ${event.seq}\nevent: ledger\ndata: ${JSON.stringify(event)}\n\n`)
  }

  function emit(act: string, subject: { readonly kind: string; readonly id: string }): LedgerEvent {
    const seq = state.events.length + 1
    const event: LedgerEvent = {
      seq,
      time: new Date().toISOString(),
      act,
      outcome: 'ok',
      reason: null,
      actor: { kind: 'person', id: id('per', 2), person_id: id('per', 2) },
      actor_name: 'ben',
      subject: { ...subject },
      correlation_id: id('req', 99),
      decision_id: null,
      rows: [subject.id],
      digests: {},
      detail: {},
      hash: sha(`event ${seq}`),
    }
    state.events.push(event)
    for (const response of streams) write(response, event)
    return event
  }

  function find(path: string): Proposal {
    const proposal = state.proposals.find((each) => path.split('/')[2] === each.id)
    if (!proposal) throw new Refused('not-found', 'there is no such proposal')
    return proposal
  }

  function read(path: string, query: URLSearchParams): unknown {
    const page = <T>(items: readonly T[]) => ({ items: state.empty ? [] : items, next_cursor: null })
    const one = <T extends { readonly id: string }>(items: readonly T[]) => {
      const item = items.find((each) => each.id === path.split('/').at(-1))
      if (!item) throw new Refused('not-found', `there is nothing at ${path}`)
      return item
    }
    if (path === '/whoami') return whoami()
    if (path === '/stories') return page(state.stories)
    if (path.startsWith('/stories/')) return one(state.stories)
    if (path === '/tasks') return page(state.tasks)
    if (path.startsWith('/tasks/')) return one(state.tasks)
    if (path === '/runs') return page(makeRuns().filter((run) => run.task_id === query.get('task')))
    if (path.startsWith('/runs/')) return one(makeRuns())
    if (path === '/proposals') {
      const [wanted, task] = [query.get('state'), query.get('task')]
      return page(
        state.proposals.filter((p) => (wanted === null || p.state === wanted) && (task === null || p.task_id === task)),
      )
    }
    if (path.startsWith('/proposals/')) return find(path)
    if (path.startsWith('/validations/')) {
      const validation = state.proposals.map((p) => p.validation).find((v) => v?.id === path.split('/').at(-1))
      if (!validation) throw new Refused('not-found', 'there is no such validation')
      return makeValidationDetail(validation)
    }
    if (path.startsWith('/decisions/'))
      return { ...one(DECISIONS), input: { hook: 'after_execute', task: { risk: 'medium' } } }
    if (path === '/agents') return page(AGENTS)
    if (path === '/repositories') return page(makeRepositories(state.isolation))
    if (path === '/persons') return page(PERSONS)
    if (path === '/jobs/dead') return page(DEAD_JOBS)
    if (path === '/ledger/verification') return verification()
    if (path === '/ledger') return ledger(query)
    throw new Refused('not-found', `there is nothing at ${path}`)
  }

  function ledger(query: URLSearchParams): unknown {
    const before = Number(query.get('before') ?? Infinity)
    const after = query.get('after')
    const matching = state.events.filter(
      (event) =>
        (query.get('act') ?? event.act) === event.act &&
        (query.get('correlation') ?? event.correlation_id) === event.correlation_id &&
        (query.get('subject') ?? event.subject.id) === event.subject.id &&
        (after === null ? event.seq < before : event.seq > Number(after)),
    )
    const head = state.events.at(-1)
    const ordered = after === null ? matching.toReversed() : matching
    return {
      items: state.empty ? [] : ordered.slice(0, Number(query.get('limit') ?? 100)),
      head: { seq: head?.seq ?? 0, hash: head?.hash ?? '0'.repeat(64) },
    }
  }

  function verification(): unknown {
    const count = state.events.length
    if (state.ledgerBroken)
      return {
        ok: false,
        count,
        head_hash: null,
        root_hash: null,
        code: 'hash-mismatch',
        seq: 7,
        detail: 'event 7: its body was changed after it was written',
        duration_ms: 12.4,
      }
    return {
      ok: true,
      count,
      head_hash: sha(`event ${count}`),
      root_hash: sha('root'),
      code: null,
      seq: null,
      detail: 'verified',
      duration_ms: 18.2,
    }
  }

  function act(path: string, body: unknown): unknown {
    const parts = path.split('/')
    const verb = parts.at(-1) ?? ''
    if (parts[1] === 'runbooks') return state.stories.find((s) => s.runbook?.id === parts[2])?.runbook
    if (parts[1] === 'jobs') return DEAD_JOBS[0]
    if (parts[1] === 'agents') return AGENTS[0]
    if (parts[1] === 'tasks') return makeRuns()[0]
    const proposal = find(path)
    const vote = typeof body === 'object' && body !== null && 'intent_digest' in body ? body.intent_digest : null
    if ((verb === 'approve' || verb === 'reject') && vote !== proposal.approval?.intent_digest)
      throw new Refused(
        'intent-mismatch',
        `you were shown intent ${String(vote)}, but the request is for another: look again`,
      )
    const changed = verb === 'approve' ? approved(proposal) : proposal
    state.proposals = state.proposals.map((each) => (each.id === changed.id ? changed : each))
    emit(`proposal.${verb}`, { kind: 'proposal', id: proposal.id })
    return changed
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    sent,
    state,
    emit,
    resumedFrom,
    cutStreams: () => {
      for (const response of streams) response.destroy()
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function approved(proposal: Proposal): Proposal {
  const person = { id: id('per', 1), login: 'ana' }
  const { approval } = proposal
  if (!approval) return proposal
  return {
    ...proposal,
    approval: {
      ...approval,
      state: 'satisfied',
      requirements: approval.requirements.map((r) => ({ ...r, by: [person], remaining: 0 })),
      votes: [
        {
          id: id('apv', 1),
          person,
          verdict: 'yes',
          comment: '',
          intent_digest: approval.intent_digest,
          at: new Date().toISOString(),
          revoked_at: null,
        },
      ],
    },
    missing: [],
    can: {
      ...proposal.can,
      approve: { ok: false, reason: 'Your vote is recorded already.' },
      reject: { ok: false, reason: 'Your vote is recorded already.' },
      revoke: { ok: true, reason: null },
      merge: { ok: true, reason: null },
    },
  }
}

function whoami(): WhoAmI {
  const [person] = PERSONS
  if (!person) throw new Error('no person')
  const acts = Object.keys(ACTS) as (keyof typeof ACTS)[]
  return { person, project: { id: id('prj', 1), name: 'demo' }, may: acts.filter((each) => may(person.roles, each)) }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? null : (JSON.parse(text) as unknown)
}

async function serveFile(dist: string, path: string, response: ServerResponse): Promise<void> {
  const file = extname(path) === '' ? 'index.html' : normalize(path).replace(/^(\.\.(\/|$))+/, '')
  try {
    const bytes = await readFile(join(dist, file))
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(bytes)
  } catch {
    response.statusCode = 404
    response.end('not found')
  }
}
