import { open } from 'node:fs/promises'
import { isProblemSlug, type ProblemSlug } from '@gatehouse/core/kernel/problems'

/** What one line of the server's log (pino's JSON) says to who waits for its start. */
export interface LogLine {
  readonly message: string
  /** Of the levels error and fatal (pino writes names or numbers); and whatever is not JSON at all, such as a crash of Node. */
  readonly bad: boolean
  readonly slug: ProblemSlug | null
}

const PINO_ERROR = 50

/** Reads a line of the log; null for what is of no use here (requests, empty lines). */
export function readLogLine(line: string): LogLine | null {
  if (line.trim() === '') return null
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    // A crash of Node: its message is of use, its frames are not.
    return /^\s*(at |throw |\^|Node\.js v|node:|file:|[}\]])/.test(line)
      ? null
      : { message: line.trim(), bad: true, slug: null }
  }
  if (typeof entry !== 'object' || entry === null) return null
  const { msg, level, err, code } = entry as Record<string, unknown>
  const error = typeof err === 'object' && err !== null ? (err as Record<string, unknown>) : {}
  const text = typeof msg === 'string' ? msg : ''
  const bad = level === 'error' || level === 'fatal' || (typeof level === 'number' && level >= PINO_ERROR)
  const told = typeof error['message'] === 'string' && bad ? error['message'] : ''
  // A line often is what its error says, sometimes with more behind it: that is told once.
  const message = told.startsWith(text) ? told || text : [text, told].filter((part) => part !== '').join(': ')
  if (message === '' || text === 'request') return null
  const slug = [code, error['code'], error['slug']].find(
    (value): value is ProblemSlug => typeof value === 'string' && isProblemSlug(value),
  )
  return { message, bad, slug: slug ?? null }
}

const CHUNK = 65_536

/** Follows a log from an offset: each call gives the whole lines that came since the last one. */
export function logTail(file: string, from: number): () => Promise<string[]> {
  let offset = from
  let rest = Buffer.alloc(0)
  return async () => {
    const handle = await open(file, 'r')
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, offset)
        if (bytesRead === 0) break
        offset += bytesRead
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      }
    } finally {
      await handle.close()
    }
    const end = rest.lastIndexOf(0x0a)
    const whole = rest.subarray(0, end + 1).toString('utf8')
    rest = rest.subarray(end + 1)
    return whole.split('\n').slice(0, -1)
  }
}
