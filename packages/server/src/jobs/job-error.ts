/** What stops the queues as a whole. */
export class JobsError extends Error {
  override readonly name = 'JobsError'
  readonly code: 'queues-not-ready'

  constructor(code: 'queues-not-ready', message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Thrown by a handler when trying again cannot help: the job goes to the dead letters at once. */
export class Permanent extends Error {
  override readonly name = 'Permanent'
  readonly code: string

  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = options.code ?? 'permanent'
  }
}

/** A job's failure as it is stored and shown: no stack, no secrets, at most 2,000 characters. */
export interface JobFailure {
  message: string
  code?: string
}

const LONGEST = 2000
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@'],
  [/\b(authorization["']?\s*[=:]\s*)[^\n"']+/gi, '$1***'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  [/\b((?:[\w-]*(?:password|passwd|secret|token|api[_-]?key))["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi, '$1***'],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|sk-|xox[a-z]-|AKIA|gth_)[\w-]{8,}/g, '***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
]

/** Masks what looks like a credential (URL user parts, bearer tokens, key=value secrets, well-known token shapes, private keys). */
export function withoutSecrets(text: string): string {
  const masked = SECRETS.reduce((left, [pattern, put]) => left.replace(pattern, put), text)
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST - 1)}…` : masked
}

/** Reads what a handler threw. */
export function failureOf(error: unknown): JobFailure {
  const message = withoutSecrets(error instanceof Error ? error.message : String(error))
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { message: message === '' ? 'no message' : message, ...(code === undefined ? {} : { code }) }
}

/** Reads a failure that pg-boss stored: ours, a serialised Error, or `{value: {message}}` of its own supervisor. */
export function storedFailure(output: unknown): JobFailure {
  if (typeof output !== 'object' || output === null) return failureOf(output ?? 'no message')
  if ('value' in output) return storedFailure(output.value)
  const message = 'message' in output && typeof output.message === 'string' ? output.message : 'no message'
  const code = 'code' in output && typeof output.code === 'string' ? output.code : undefined
  return { message: withoutSecrets(message), ...(code === undefined ? {} : { code }) }
}
