import { expect, test } from 'vitest'
import { rewritePath } from './plain-workspace.ts'

test('paths of the sandbox become the real ones only at the start of a word', () => {
  const places = [
    ['/workspace', '/tmp/x/workspace'],
    ['/agent', '/tmp/x/agent'],
  ] as const
  expect(rewritePath('/workspace', places)).toBe('/tmp/x/workspace')
  expect(rewritePath('--file=/agent/a.mjs', places)).toBe('--file=/tmp/x/agent/a.mjs')
  expect(rewritePath('/workspace/a:/workspace/b', places)).toBe('/tmp/x/workspace/a:/tmp/x/workspace/b')
  expect(rewritePath('/workspaces/a', places)).toBe('/workspaces/a')
  expect(rewritePath('see /agent', places)).toBe('see /agent')
})
