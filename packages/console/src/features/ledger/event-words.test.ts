import { expect, test } from 'vitest'
import { actWords, shortId, withShortHashes } from './event-words.ts'

test('commits and digests in a sentence are cut, other hexadecimal text is not', () => {
  expect(withShortHashes(`from ${'a'.repeat(40)} to ${'b'.repeat(64)}`)).toBe(
    `from ${'a'.repeat(12)} to ${'b'.repeat(12)}`,
  )
  expect(withShortHashes('deadbeef prp_01a1ff0000a87439ab71c4246b9a4dc1')).toBe(
    'deadbeef prp_01a1ff0000a87439ab71c4246b9a4dc1',
  )
})
test('an id keeps its kind and its end; what is no id stays', () => {
  expect(shortId('prp_01a1ff0000a87439ab71c4246b9a4dc1')).toBe('prp_…6b9a4dc1')
  expect(shortId('service:worker')).toBe('service:worker')
})
test('an act of a newer server is named by its own name', () => {
  expect(actWords('proposal.merge')).toBe('Merge what was approved')
  expect(actWords('toString')).toBe('toString')
})
