import { expect, test } from 'vitest'
import { failureOf, Permanent, storedFailure, withoutSecrets } from './job-error.ts'
import { handlerKey, QUEUE_NAMES, QUEUES } from './queue-names.ts'

test.for([
  ['fatal: https://bot:hunter2@forge.example/a.git not found', 'fatal: https://***@forge.example/a.git not found'],
  ['Authorization: Bearer abcdefgh12345678', 'Authorization: ***'],
  ['sent bearer abcdefgh12345678 twice', 'sent bearer *** twice'],
  ['password=hunter2 host=db', 'password=*** host=db'],
  ['{"api_key":"hunter2hunter2"}', '{"api_key":"***"}'],
  ['used ghp_abcdefghijklmnop0123 today', 'used *** today'],
  ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----', '***'],
  ['exit code 1 in packages/server', 'exit code 1 in packages/server'],
] as const)('%s is stored as %s', ([given, stored]) => {
  expect(withoutSecrets(given)).toBe(stored)
})

test('a failure has no stack and is not endless', () => {
  expect(failureOf(new Permanent('x'.repeat(5000), { code: 'too-long' }))).toEqual({
    message: `${'x'.repeat(1999)}…`,
    code: 'too-long',
  })
  expect(failureOf('thrown text')).toEqual({ message: 'thrown text' })
  expect(failureOf(new Error(''))).toEqual({ message: 'no message' })
})

test('what pg-boss itself stores is read', () => {
  expect(storedFailure({ value: { message: 'job heartbeat timeout' } })).toEqual({ message: 'job heartbeat timeout' })
  expect(storedFailure({ message: 'token=abc', code: 'c', stack: 's' })).toEqual({ message: 'token=***', code: 'c' })
  expect(storedFailure(null)).toEqual({ message: 'no message' })
})

test('every queue has a lease key of its own, and time to work', () => {
  const common = { project_id: 'p', correlation_id: 'c' }
  const keys = [
    handlerKey('run.work', { ...common, run_id: 'x' }),
    handlerKey('validation.work', { ...common, validation_id: 'x' }),
    handlerKey('effect.work', { ...common, effect_id: 'x' }),
    handlerKey('approval.expire', { ...common, request_id: 'x' }),
  ]
  expect(new Set(keys).size).toBe(QUEUE_NAMES.length)
  for (const name of QUEUE_NAMES) expect(QUEUES[name].expire).toBeGreaterThanOrEqual(60)
})
