import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  branchMatches,
  branchRegExp,
  isBranchName,
  isBranchPattern,
  isKeepName,
  isRefName,
  isRepositoryId,
} from './ref-names.ts'

test('good names of branches are taken', () => {
  for (const name of ['main', 'task/tsk_01', 'feature/a.b-c', 'ünïcode', 'a/b/c', 'x@y'])
    expect([name, isBranchName(name)]).toEqual([name, true])
})

test('names that git refuses, or that mean something else, are refused', () => {
  for (const name of [
    '',
    '-x',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a..b',
    'a.',
    '@',
    'a@{1}',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a\u0000',
    'a\u007f',
    'a\nb',
    'HEAD',
    'a'.repeat(40),
    'refs/heads/main',
    'x'.repeat(201),
    '\ud800',
  ])
    expect([name, isBranchName(name)]).toEqual([name, false])
})

test('whatever we take as a ref, git takes too', () => {
  const piece = fc.string({
    unit: fc.constantFrom('a', '.', '/', '@', '{', '-', '~', '*', ' ', 'lock', '\\', 'é', '..', '['),
    maxLength: 8,
  })
  const names = [...new Set(fc.sample(piece, 300).map((p) => `refs/heads/${p}`))].filter(isRefName)
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) expect(() => execFileSync('git', ['check-ref-format', name])).not.toThrow()
})

test('a star stays in its segment, two stars cross, and everything else is literal', () => {
  expect(branchMatches('task/*', 'task/tsk_1')).toBe(true)
  expect(branchMatches('task/*', 'task/a/b')).toBe(false)
  expect(branchMatches('task/*', 'xtask/a')).toBe(false)
  expect(branchMatches('task/**', 'task/a/b')).toBe(true)
  expect(branchMatches('**', 'any/thing')).toBe(true)
  expect(branchMatches('a.b', 'axb')).toBe(false)
  expect(branchMatches('a+(b)|c', 'a+(b)|c')).toBe(true)
  expect(branchMatches('main', 'main2')).toBe(false)
  expect(isBranchPattern('../*')).toBe(false)
  expect(branchMatches('task/?', 'task/a')).toBe(false)
})

test('grep reads the expression of a pattern as we do', () => {
  const branches = ['task/a', 'task/a/b', 'a.b', 'axb', 'a+(b)|c', 'x{1}$']
  for (const pattern of ['task/*', 'task/**', 'a.b', 'a+(b)|c', 'x{1}$', '**']) {
    const said = execFileSync('sh', ['-c', 'grep -E -e "$1" || true', 'sh', branchRegExp(pattern)], {
      input: branches.join('\n'),
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    })
    expect(said.toString().split('\n').filter(Boolean)).toEqual(branches.filter((b) => branchMatches(pattern, b)))
  }
})

test('ids of repositories are safe names of folders', () => {
  for (const id of ['..', 'a/b', '', 'A', '.x', '-x', 'x.git', 'a'.repeat(90)])
    expect([id, isRepositoryId(id)]).toEqual([id, false])
  expect(isRepositoryId('rep_0192')).toBe(true)
  expect(isKeepName('proposals/prp_1')).toBe(true)
  expect(isKeepName('../../heads/main')).toBe(false)
})
