import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RISKS, type StoryDocument } from '../../specs/story.ts'
import { triage } from './triage.ts'

const story = (part: Partial<StoryDocument> = {}): StoryDocument => ({
  feature_request_id: 'WEB-1',
  title: 'A button is blue',
  priority: null,
  problem: '',
  user_story: '',
  criteria: [],
  ...part,
})
const criterion = (text: string) => [{ id: 'AC1', text, negative: false, line: 1 }]

test.each([
  ['nothing of note', {}, 'low', 3],
  ['an API', { problem: 'Callers of the API wait' }, 'medium', 2],
  ['a rename', { title: 'Rename the function' }, 'medium', 2],
  ['a password', { user_story: 'I forgot my password' }, 'high', 1],
  ['stored data in a criterion', { criteria: criterion('then personal data is gone') }, 'high', 1],
  ['money', { title: 'Pay: payment fails' }, 'critical', 1],
  ['money and an API: the higher counts', { title: 'The payment API' }, 'critical', 1],
  ['a word within a word', { title: 'The tokenizer is capital' }, 'low', 3],
] as const)('a story about %s has its risk', (_, part, risk, priority) => {
  const result = triage(story(part))
  expect([result.risk, result.priority]).toEqual([risk, priority])
  expect(result.reasons).toHaveLength(2)
  expect(result.reasons[0]).toContain(`[risk:${risk}]`)
})

test("the story's own priority stands, and the reason says so", () => {
  expect(triage(story({ priority: 0, title: 'payment' }))).toMatchObject({ risk: 'critical', priority: 0 })
  expect(triage(story({ priority: 7 })).reasons[1]).toContain("the story's own")
})

test('triage of one story is always the same, and never throws', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (title, problem) => {
      const result = triage(story({ title, problem }))
      expect(result).toEqual(triage(story({ title, problem })))
      expect(RISKS).toContain(result.risk)
    }),
  )
})
