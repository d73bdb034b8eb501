import { expect, test } from 'vitest'
import { tokenProblem } from './token-text.ts'

test('a token is told from other text before it is sent', () => {
  expect(tokenProblem('gh_abc')).toBeNull()
  expect(tokenProblem('')).toContain('Paste')
  expect(tokenProblem('ghp_abc')).toContain('gh_')
  expect(tokenProblem('gh_a\nb')).toContain('blank')
})
