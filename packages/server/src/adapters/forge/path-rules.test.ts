import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePath, hasUnprintable, isGitFolderName, unsafeLink, unsafePath } from './path-rules.ts'

test('every spelling of .git that a file system could take for it is known', () => {
  for (const name of [
    '.git',
    '.GIT',
    '.Git',
    'git~1',
    'GIT~2',
    '.git ',
    '.git.',
    '.git. .',
    '.git::$INDEX_ALLOCATION',
    '.git:x',
    '.g\u200cit',
    '\ufeff.git',
    '.git\u202e',
    '\uff0egit',
  ]) {
    expect([name, isGitFolderName(name)]).toEqual([name, true])
  }
  for (const name of ['.gitignore', '.gitattributes', '.github', 'git', 'x.git', '.git-x', 'agit~1']) {
    expect([name, isGitFolderName(name)]).toEqual([name, false])
  }
})

test('a path that is safe stays below its folder', () => {
  const part = fc.constantFrom('..', '.', 'a', 'b', '', '.git', 'C:', '\\', 'x')
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const name = parts.join('/')
      if (unsafePath(name) !== null) return
      expect(path.posix.normalize(name)).toBe(name)
      expect(path.posix.join('/root', name).startsWith('/root/')).toBe(true)
    }),
  )
})

test('a path into a git folder is never safe', () => {
  for (const name of ['.git', '.git/config', 'a/.GIT/hooks/x', 'git~1/x'])
    expect([name, unsafePath(name)]).toEqual([name, expect.stringContaining('own folder')])
  expect(unsafePath('.github/workflows/x.yml')).toBeNull()
})

test('a link that is safe stays below the root, wherever its parts lead', () => {
  const part = fc.constantFrom('..', '.', 'a', 'b', '')
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }),
      fc.array(part, { minLength: 1, maxLength: 6 }),
      (at, to) => {
        const [link, target] = [at.join('/'), to.join('/')]
        if (unsafeLink(link, target) !== null) return
        const end = path.posix.join('/root/repository', path.posix.dirname(link), target)
        expect(`${end}/`.startsWith('/root/repository/')).toBe(true)
        expect(target.replace(/^(\.{1,2}\/+)*/, '')).not.toMatch(/(^|\/)\.\.(\/|$)(?!$)/)
      },
    ),
  )
  expect(unsafeLink('a/l', 'b/../c')).toContain('after going down')
  expect(unsafeLink('a/b/l', '../../c')).toBeNull()
  expect(unsafeLink('a/l', 'b/../../..')).toContain('after going down')
})

test('bytes that are not UTF-8 are shown, never taken for text', () => {
  expect(decodePath(Uint8Array.from([0x61, 0xe9]))).toEqual({ path: 'a\\xe9', utf8: false })
  expect(decodePath(Buffer.from('é'))).toEqual({ path: 'é', utf8: true })
  expect(hasUnprintable('a\u202eb')).toBe(true)
  expect(hasUnprintable('日本語 é')).toBe(false)
})
