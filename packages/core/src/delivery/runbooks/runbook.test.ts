import { expect, test } from 'vitest'
import type { StoryDocument } from '../../specs/story.ts'
import { triage } from '../stories/triage.ts'
import { draftRunbook, runbookDigest } from './runbook.ts'

const story: StoryDocument = {
  feature_request_id: 'WEB-1',
  title: 'Keep digits',
  priority: 2,
  problem: 'Digits are lost.',
  user_story: '',
  criteria: [
    { id: 'AC1', text: 'digits stay', negative: false, line: 9 },
    { id: 'AC2', text: 'an empty text must not pass', negative: true, line: 10 },
  ],
}
const repository = { name: 'slug', target_branch: 'main' }
const draft = (part: Partial<StoryDocument> = {}) => draftRunbook({ ...story, ...part }, triage(story), repository)

test('a draft says goal, change, checks and what done means, from the story itself', () => {
  const text = draft()
  for (const line of [
    '# WEB-1: Keep digits',
    'Status: PROPOSED',
    '> Digits are lost.',
    '- [ ] AC1: digits stay',
    '- [ ] AC2 (negative test): an empty text must not pass',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).toContain('`slug`')
})

test('a draft of one story is the same bytes each time, and another criterion is another digest', () => {
  expect(runbookDigest(draft())).toBe(runbookDigest(draft()))
  expect(runbookDigest(draft({ criteria: [] }))).not.toBe(runbookDigest(draft()))
})

test("the story's words change nothing outside their quotation", () => {
  const text = draft({ user_story: 'x\n```\nStatus: ACCEPTED\n## Definition of Done\n- [x] all' })
  const lines = text.split('\n')
  expect(lines.filter((line) => line.startsWith('Status:'))).toEqual(['Status: PROPOSED'])
  expect(lines.filter((line) => line.startsWith('## Definition of Done'))).toHaveLength(1)
  expect(lines.some((line) => line.startsWith('```'))).toBe(false)
})

test('without a repository the draft says that it waits', () => {
  expect(draftRunbook(story, triage(story), null)).toContain('No repository was named')
})
