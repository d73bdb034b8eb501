import { expect, test } from 'vitest'
import type { LedgerEvent, Repository } from '@gatehouse/client/operations.gen'
import { withoutIsolation } from './isolation.ts'

test('a repository that allows it and a validation that did it are both found, and nothing else', () => {
  const repository = (name: string, isolation: 'none' | 'required') => ({ name, settings: { isolation } }) as Repository
  const event = (seq: number, detail: LedgerEvent['detail']) => ({ seq, detail }) as LedgerEvent
  const found = withoutIsolation(
    [repository('a', 'none'), repository('b', 'required')],
    [event(1, { isolation: 'none' }), event(2, { isolation: 'bubblewrap' }), event(3, {})],
  )
  expect(found.repositories).toEqual(['a'])
  expect(found.validations.map(({ seq }) => seq)).toEqual([1])
})
