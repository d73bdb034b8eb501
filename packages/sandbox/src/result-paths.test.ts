import { expect, test } from 'vitest'
import { isGitName, nameProblem, symlinkStaysInside } from './result-paths.ts'

test.each([
  '.git',
  '.GIT',
  '.Git',
  '.git.',
  '.git ',
  '.git...',
  '.git::$INDEX_ALLOCATION',
  'GIT~1',
  'git~2',
  '.g\u200cit',
  '.git\ufeff',
])('%j is a name of git on some file system', (name) => expect(isGitName(name)).toBe(true))

test.each(['.gitignore', '.github', 'git', 'xgit~1', '.gi', 'git~x'])('%j is an ordinary name', (name) =>
  expect(isGitName(name)).toBe(false),
)

test('names that would leave the folder or are no text are refused', () => {
  expect(nameProblem('..')).toBe('name-forbidden')
  expect(nameProblem('a\0b')).toBe('name-forbidden')
  expect(nameProblem('a\\..\\b')).toBe('name-forbidden')
  expect(nameProblem('x\\.git')).toBe('name-forbidden')
  expect(nameProblem('\xff\xfe')).toBe('name-not-utf8')
  expect(nameProblem(Buffer.from('größe').toString('latin1'))).toBeNull()
  expect(nameProblem('with\nnewline')).toBeNull()
})

test('a symlink may point anywhere in the tree and nowhere else', () => {
  expect(symlinkStaysInside('a/b/link', '../c')).toBe(true)
  expect(symlinkStaysInside('link', 'x/y')).toBe(true)
  for (const target of [
    '/etc/passwd',
    '../../x',
    'x/../y',
    'x/../../../y',
    '../..',
    '',
    '..\\..\\x',
    'C:\\x',
    '.git/config',
    '../.GIT/hooks',
  ]) {
    expect(symlinkStaysInside('a/link', target)).toBe(false)
  }
})
