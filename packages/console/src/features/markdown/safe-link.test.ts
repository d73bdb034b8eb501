import { expect, test } from 'vitest'
import { safeLink } from './safe-link.ts'

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '/api/sessions',
  '//x',
  'vbscript:x',
  '',
])('%j is no link', (url) => expect(safeLink(url)).toBeNull())
test.each(['https://example.org/a', 'http://example.org/', 'mailto:a@b.example'])('%j is one', (url) =>
  expect(safeLink(url)).toBe(url),
)
