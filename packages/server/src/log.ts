import { pino, type DestinationStream, type Logger } from 'pino'
import { withoutSecrets } from './jobs/job-error.ts'

const STACK_LONGEST = 8000
const DEEPEST = 4

/**
 * JSON lines on standard output (or `to`); every line says the environment and which process wrote it. Tokens never pass; an `err` is told with
 * message, code and stack whatever was thrown.
 */
export function makeLog(name: string, environment: string, level = 'info', to?: DestinationStream): Logger {
  const options = {
    level,
    base: { name, environment, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => loggedError(error) },
    redact: {
      paths: [
        'token',
        '*.token',
        'req.headers.authorization',
        'req.headers.cookie',
        'headers.authorization',
        'headers.cookie',
      ],
      censor: '[secret]',
    },
  }
  return to === undefined ? pino(options) : pino(options, to)
}

/** What a log line says of something thrown. */
export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  /** The queue it happened at, where pg-boss says so. */
  readonly queue?: string
  readonly cause?: LoggedError
  /** The parts of an AggregateError: a refused connection tried over two addresses has its words only there. */
  readonly errors?: readonly LoggedError[]
}

/**
 * Reads whatever was thrown or emitted, without credentials. pg-boss emits plain objects that carry message and stack of an Error; what has
 * neither is told as JSON, so that no line is an empty object.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (typeof error !== 'object' || error === null)
    return { type: typeof error, message: withoutSecrets(String(error)) || 'no message' }
  const part = (name: string): unknown =>
    name in error ? (error as Readonly<Record<string, unknown>>)[name] : undefined
  const text = (name: string) => {
    const value = part(name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [code, stack, queue, cause, errors] = [
    text('code'),
    text('stack'),
    text('queue'),
    part('cause'),
    part('errors'),
  ]
  const inner = Array.isArray(errors) ? errors.slice(0, 5) : []
  return {
    type: error instanceof Error ? error.constructor.name : (/^(\w+):/.exec(stack ?? '')?.[1] ?? 'Object'),
    message: withoutSecrets(text('message') ?? (error instanceof Error ? (code ?? 'no message') : jsonOf(error))),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: stackOf(stack) }),
    ...(queue === undefined ? {} : { queue }),
    ...(cause === undefined || cause === null || depth >= DEEPEST ? {} : { cause: loggedError(cause, depth + 1) }),
    ...(inner.length === 0 || depth >= DEEPEST ? {} : { errors: inner.map((e) => loggedError(e, depth + 1)) }),
  }
}

/** Line by line: masking keeps no more than 2,000 characters of a text. */
function stackOf(stack: string): string {
  return stack
    .split('\n')
    .map((line) => withoutSecrets(line))
    .join('\n')
    .slice(0, STACK_LONGEST)
}

function jsonOf(value: object): string {
  try {
    return JSON.stringify(value) ?? 'no message'
  } catch {
    return 'no message'
  }
}
