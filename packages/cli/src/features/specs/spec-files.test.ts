import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { listSpecFolder, ownerOf } from './spec-files.ts'

afterEach(closeAll)

function tree(...files: string[]): string {
  const outer = realpathSync(scratchFolder())
  for (const file of files) {
    mkdirSync(dirname(join(outer, file)), { recursive: true })
    writeFileSync(join(outer, file), '# x\n')
  }
  return outer
}

const rootOf = (cwd: string, path: string, ceiling = '/nowhere') => listSpecFolder(cwd, ceiling, [path]).root

test('a clone that is itself called openspec is a project of its own', () => {
  const outer = tree('README.md', 'openspec/.git/HEAD', 'openspec/openspec/specs/login/spec.md', 'openspec/docs/a.md')
  const clone = join(outer, 'openspec')
  expect([rootOf(outer, 'openspec'), rootOf(outer, 'openspec/docs')]).toEqual([clone, clone])
  // Inside of its own openspec folder it is still that project, and not what lies around the clone.
  expect(rootOf(outer, 'openspec/openspec/specs/login/spec.md')).toBe(clone)
  expect(listSpecFolder(clone, '/nowhere', []).files).toEqual(['docs/a.md', 'openspec/specs/login/spec.md'])
  expect([ownerOf(clone), ownerOf(join(clone, 'openspec/specs'))]).toEqual([null, { part: 'openspec', around: clone }])
})

test('what lies in a folder of a tool belongs to the project around it', () => {
  const outer = tree(
    'shop/.agent/stories/a.md',
    'shop/openspec/changes/b/tasks.md',
    'shop/.specify/memory/constitution.md',
  )
  for (const path of ['shop/.agent/stories/a.md', 'shop/openspec/changes/b', 'shop/.specify', 'shop'])
    expect([path, rootOf(outer, path)]).toEqual([path, join(outer, 'shop')])
})

test('a feature alone belongs to what holds its specs folder, and the top of a project is never looked for at the ceiling or above', () => {
  const outer = tree('home/.agent/notes.md', 'home/shop/specs/001-a/spec.md', 'home/loose/a.md')
  const home = join(outer, 'home')
  expect(rootOf(home, 'shop/specs/001-a', home)).toBe(join(home, 'shop'))
  expect(rootOf(home, 'loose', home)).toBe(join(home, 'loose'))
  // Named itself, it is what was asked for.
  expect(rootOf(home, '.', home)).toBe(home)
})
