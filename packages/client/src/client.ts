import { bodyChunks, streamMessages } from './event-stream.ts'
import { OPERATIONS, type LedgerEvent, type Operations } from './operations.gen.ts'
import { ProblemError, readProblem, unreachable } from './problem-error.ts'

export type OperationId = keyof Operations
/** Operations whose answer is a JSON document. */
export type JsonOperation = { [K in OperationId]: Operations[K]['answer'] extends undefined ? never : K }[OperationId]
/** Operations whose answer comes as it is: a diff, an export, a stream. */
export type RawOperation = Exclude<OperationId, JsonOperation>
export type Answer<K extends OperationId> = Operations[K]['answer']

type Part<Name extends string, T> = [T] extends [undefined]
  ? { readonly [K in Name]?: undefined }
  : Record<string, never> extends T
    ? { readonly [K in Name]?: T }
    : { readonly [K in Name]: T }

interface CallOptions {
  /** 1 to 200 printable characters. With it a POST may be sent again where no answer came: the server acts once. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type Input<K extends OperationId> = Part<'params', Operations[K]['params']> &
  Part<'query', Operations[K]['query']> &
  Part<'body', Operations[K]['body']> &
  CallOptions
/** An input may be left out where nothing of it is needed. */
export type InputArgs<K extends OperationId> =
  Record<string, never> extends Input<K> ? [input?: Input<K>] : [input: Input<K>]

export interface ClientOptions {
  /** The server's address; an empty string is this page's own origin (browsers). */
  readonly baseUrl: string
  /** Sent as a bearer token. Without one the browser's session cookie counts. */
  readonly token?: string | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Attempts in all, the first one counted. */
  readonly attempts?: number
  /** Milliseconds before the second attempt; doubled for each further one, up to ten seconds. */
  readonly backOffMs?: number
}

export interface EventOptions {
  /** Events with a greater seq only; without it, from now on. */
  readonly after?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called once the stream is open, and again whenever it was lost and is open again. */
  readonly onOpen?: (() => void) | undefined
}

export interface Client {
  /** Does one operation. Throws ProblemError for every refusal, and the signal's reason when aborted. */
  call<K extends JsonOperation>(id: K, ...input: InputArgs<K>): Promise<Answer<K>>
  /** Does one operation whose body is to be read as it comes. Throws ProblemError where the answer is a refusal. */
  raw<K extends RawOperation>(id: K, ...input: InputArgs<K>): Promise<Response>
  /** Ledger events as they are written. A lost stream is taken up again after the last event seen; ends only by `signal` or a refusal. */
  events(options?: EventOptions): AsyncGenerator<LedgerEvent>
}

const BACK_OFF_MAX_MS = 10_000

/** A new Idempotency-Key: 128 random bits. */
export function newIdempotencyKey(): string {
  // Not randomUUID: a browser has it only on https and localhost.
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return `idem_${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`
}

interface AnyInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
}

/** A client of one server. Keeps no state but its options. */
export function makeClient(options: ClientOptions): Client {
  const base = options.baseUrl.replace(/\/+$/, '')
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const attempts = Math.max(1, options.attempts ?? 4)
  const backOff = options.backOffMs ?? 250

  function headers(more: Readonly<Record<string, string>>): Record<string, string> {
    return options.token === undefined ? { ...more } : { ...more, authorization: `Bearer ${options.token}` }
  }

  async function once(id: OperationId, input: AnyInput, more: Readonly<Record<string, string>>): Promise<Response> {
    const { method, path } = OPERATIONS[id]
    const url = base + pathOf(path, input.params) + queryOf(input.query)
    let response: Response
    try {
      response = await send(url, {
        method,
        headers: headers({
          ...more,
          ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
        }),
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
        ...(input.signal ? { signal: input.signal } : {}),
        // A redirect would carry the token to another address.
        redirect: 'error',
      })
    } catch (error) {
      input.signal?.throwIfAborted()
      throw unreachable(absolute(url), error)
    }
    if (!response.ok) throw await readProblem(response)
    return response
  }

  async function repeated<T>(
    id: OperationId,
    input: AnyInput,
    read: (response: Response) => Promise<T>,
    accept: string,
  ): Promise<T> {
    const method: string = OPERATIONS[id].method
    const safe = method === 'GET' || (method === 'POST' && input.idempotencyKey !== undefined)
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(await once(id, input, { accept }))
      } catch (error) {
        const again = error instanceof ProblemError && error.retryable && repeatable(error)
        if (!safe || !again || attempt >= attempts) throw error
        await pause(Math.min(BACK_OFF_MAX_MS, backOff * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2), input.signal)
      }
    }
  }

  return {
    call: (id, ...[input]) =>
      repeated(
        id,
        (input ?? {}) as AnyInput,
        (response) => readJson(response, input?.signal),
        'application/json',
      ) as Promise<Answer<typeof id>>,
    raw: (id, ...[input]) => repeated(id, (input ?? {}) as AnyInput, async (response) => response, '*/*'),
    async *events({ after, signal, onOpen } = {}) {
      let last = after === undefined ? undefined : String(after)
      for (let failures = 0; ; failures++) {
        try {
          const more = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) }
          const response = await once(
            'eventStream',
            { signal, ...(last === undefined ? {} : { query: { after: last } }) },
            more,
          )
          if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
            throw new ProblemError({
              slug: 'internal-error',
              retryable: false,
              detail: `${response.url} answered no event stream`,
            })
          onOpen?.()
          for await (const message of streamMessages(bodyChunks(response.body))) {
            if (message.event !== 'ledger') continue
            failures = 0
            if (message.id !== '') last = message.id
            yield JSON.parse(message.data) as LedgerEvent
          }
        } catch (error) {
          signal?.throwIfAborted()
          // A refusal (401, 403) ends the stream; a lost connection does not.
          if (error instanceof ProblemError && !error.retryable) throw error
        }
        await pause(Math.min(BACK_OFF_MAX_MS, backOff * 2 ** Math.min(failures, 10)), signal)
      }
    },
  }
}

/** 503 and no answer at all, 429, and a first request under our key that is still running. Never a 500: it may have broken half way. */
function repeatable(error: ProblemError): boolean {
  return (
    error.status === 503 ||
    error.status === 502 ||
    error.status === 504 ||
    error.status === 429 ||
    error.slug === 'idempotency-in-flight'
  )
}

function pathOf(path: string, params: Readonly<Record<string, unknown>> | undefined): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params?.[name]
    // "." and ".." would be taken as folders by every URL parser, encoded or not.
    if (typeof value !== 'string' || value === '' || value === '.' || value === '..')
      throw new ProblemError({
        slug: 'request-invalid',
        detail: `${name}: "${String(value)}" cannot be part of an address`,
      })
    return encodeURIComponent(value)
  })
}

function queryOf(query: Readonly<Record<string, unknown>> | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(Object.fromEntries(given.map(([key, value]) => [key, String(value)]))).toString()}`
}

async function readJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  let text: string
  try {
    text = await response.text()
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(absolute(response.url), error)
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new ProblemError({
      slug: 'internal-error',
      retryable: false,
      detail: `${response.url || 'the server'} answered ${response.status} with something that is not JSON: is this address Gatehouse's?`,
      correlationId: response.headers.get('x-correlation-id'),
    })
  }
}

function absolute(url: string): string {
  return URL.canParse(url) ? url : 'http://localhost/'
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((done, failed) => {
    const stop = () => {
      clearTimeout(timer)
      failed(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      done()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
