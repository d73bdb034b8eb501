import { expect, test } from 'vitest'
import { loggedError, makeLog } from './log.ts'

function lineOf(error: unknown): Record<string, unknown> {
  const lines: string[] = []
  makeLog('worker', 'test', 'info', { write: (line) => void lines.push(line) }).error({ err: error }, 'it happened')
  return (JSON.parse(lines[0] ?? '{}') as { err: Record<string, unknown> }).err
}

test('a plain object that pg-boss emits while PostgreSQL restarts keeps message, code and stack', () => {
  const { message, stack } = new Error('terminating connection due to administrator command')
  // What pg-boss makes of it: the error spread into a plain object, with message and stack put beside the rest.
  const emitted = { code: '57P01', message, stack, queue: 'run.work', worker: 'w' }
  const line = lineOf(emitted)
  expect(line).toMatchObject({
    type: 'Error',
    message: 'terminating connection due to administrator command',
    code: '57P01',
    queue: 'run.work',
  })
  expect(line['stack']).toContain('log.test.ts')
})

test('an error keeps its cause, and an aggregate the words of its parts', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })
  const line = lineOf(
    new Error('the database does not answer', {
      cause: Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' }),
    }),
  )
  expect(line).toMatchObject({
    type: 'Error',
    message: 'the database does not answer',
    cause: {
      type: 'AggregateError',
      message: 'ECONNREFUSED',
      errors: [{ message: 'connect ECONNREFUSED 127.0.0.1:5432' }],
    },
  })
})

test.each([
  [{ what: 'odd' }, '{"what":"odd"}'],
  ['thrown text', 'thrown text'],
  [undefined, 'undefined'],
  [null, 'null'],
])('what is no error is told all the same: %j', (thrown, message) => {
  expect(loggedError(thrown).message).toBe(message)
})

test('no credential of an address passes, neither in the message nor in the stack; a chain of causes ends', () => {
  const error = new Error('cannot reach postgres://app:hunter2@db/gatehouse')
  expect(JSON.stringify(loggedError(error))).not.toContain('hunter2')
  const circle: { message: string; cause?: unknown } = { message: 'round' }
  circle.cause = circle
  expect(JSON.stringify(loggedError(circle)).length).toBeLessThan(500)
})
