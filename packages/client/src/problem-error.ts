import { isProblemSlug, PROBLEMS, type ProblemSlug } from '@gatehouse/core/kernel/problems'

/** A refusal as the server told it (RFC 9457), or what stands for one where no server answered. */
export class ProblemError extends Error {
  /** The catalogue's slug; `internal-error` where the answer is of no known kind. */
  readonly slug: ProblemSlug
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly retryable: boolean
  /** Names the request in the server's logs and ledger; null where no server answered. */
  readonly correlationId: string | null
  /** Further members of the document, such as `missing` of gate-closed. Another's words: check before use. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(problem: ProblemParts, cause?: unknown) {
    super(problem.detail, cause === undefined ? {} : { cause })
    const row = PROBLEMS[problem.slug]
    this.name = 'ProblemError'
    this.slug = problem.slug
    this.status = problem.status ?? row.status
    this.title = problem.title ?? row.title
    this.detail = problem.detail
    this.retryable = problem.retryable ?? row.retryable
    this.correlationId = problem.correlationId ?? null
    this.extra = problem.extra ?? {}
  }
}

interface ProblemParts {
  readonly slug: ProblemSlug
  readonly detail: string
  readonly status?: number
  readonly title?: string
  readonly retryable?: boolean
  readonly correlationId?: string | null
  readonly extra?: Readonly<Record<string, unknown>>
}

const OWN = new Set(['type', 'title', 'status', 'detail', 'code', 'retryable', 'instance'])

/** Reads a refused answer. Whatever it holds, what comes is a ProblemError: a proxy's HTML page too. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const header = response.headers.get('x-correlation-id')
  const document = await readDocument(response)
  const slug = document?.['code']
  if (!document || typeof slug !== 'string' || !isProblemSlug(slug)) {
    const away = response.status >= 502 && response.status <= 504
    return new ProblemError({
      slug: away ? 'not-ready' : response.status === 404 ? 'not-found' : 'internal-error',
      status: response.status,
      detail: `${response.url || 'the server'} answered ${response.status} and no problem document: is this address Gatehouse's?`,
      correlationId: header,
    })
  }
  const text = (key: string) => (typeof document[key] === 'string' ? { [key]: document[key] } : {})
  return new ProblemError({
    slug,
    detail: typeof document['detail'] === 'string' ? document['detail'] : PROBLEMS[slug].title,
    status: response.status,
    ...text('title'),
    ...(typeof document['retryable'] === 'boolean' ? { retryable: document['retryable'] } : {}),
    correlationId: typeof document['instance'] === 'string' ? document['instance'] : header,
    extra: Object.fromEntries(Object.entries(document).filter(([key]) => !OWN.has(key))),
  })
}

async function readDocument(response: Response): Promise<Record<string, unknown> | null> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Where no answer came at all. Acting again is safe only where the request was. */
export function unreachable(url: string, cause: unknown): ProblemError {
  return new ProblemError(
    {
      slug: 'not-running',
      detail: `nothing answers at ${new URL(url).origin} (${reasonOf(cause)}); start it with "gatehouse up", or check the address`,
      retryable: true,
    },
    cause,
  )
}

function reasonOf(error: unknown): string {
  // Node's fetch hides the system's reason one level down, and browsers tell none.
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') return inner.code
  return inner instanceof Error ? inner.message : 'no answer'
}
