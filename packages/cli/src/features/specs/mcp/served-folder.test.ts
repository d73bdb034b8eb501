import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../../test-host.ts'
import { innerPath, isWithin, rootsWithin, servedFolder } from './served-folder.ts'
import { ToolRefusal } from './tool-refusal.ts'

afterEach(closeAll)

function folder(): { root: string; outer: string } {
  const outer = realpathSync(scratchFolder())
  const root = join(outer, 'shop')
  mkdirSync(join(root, 'specs/001-login'), { recursive: true })
  mkdirSync(join(outer, 'shop-secret'))
  writeFileSync(join(root, 'specs/001-login/spec.md'), '# x\n')
  symlinkSync('specs', join(root, 'inner-link'))
  symlinkSync(join(outer, 'shop-secret'), join(root, 'outer-link'))
  return { root, outer }
}

function codeOf(act: () => unknown): string {
  try {
    return `gave ${JSON.stringify(act())}`
  } catch (error) {
    if (error instanceof ToolRefusal) return error.code
    throw error
  }
}

test('a path inside is told from the folder, by its real place', () => {
  const { root, outer } = folder()
  const inner = (path: string) => innerPath(root, 'paths[0]', path)
  expect([inner('.'), inner('./specs/'), inner(root), inner(join(root, 'specs/001-login/spec.md'))]).toEqual([
    '',
    'specs',
    '',
    'specs/001-login/spec.md',
  ])
  expect(inner('inner-link/001-login')).toBe('specs/001-login')
  // A folder beside whose name begins the same is outside.
  expect(codeOf(() => inner(join(outer, 'shop-secret')))).toBe('path-outside')
  expect(codeOf(() => inner('outer-link'))).toBe('path-outside')
})

test('whatever is given, what comes back lies inside', () => {
  const { root } = folder()
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'specs',
    '001-login',
    'outer-link',
    'inner-link',
    '~',
    'C:',
    '\\',
    '..\\',
    '%2e%2e',
    '\u0000',
    'spec.md',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, absolute) => {
      const given = `${absolute ? '/' : ''}${parts.join('/')}`
      let found: string
      try {
        found = innerPath(root, 'path', given)
      } catch (error) {
        expect(error).toBeInstanceOf(ToolRefusal)
        return
      }
      expect(isWithin(root, realpathSync(join(root, found)))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('outside, it cannot be told from the answer whether something is there', () => {
  const { root, outer } = folder()
  const said = (path: string) => {
    try {
      innerPath(root, 'path', path)
    } catch (error) {
      return String(error)
    }
    return ''
  }
  expect(said(join(outer, 'shop-secret'))).toBe(said(join(outer, 'nothing-here')))
  expect(said('outer-link/there')).toBe(said('outer-link'))
})

test('roots narrow, together; what is around the folder or unreadable counts for what it is', () => {
  const { root, outer } = folder()
  const url = (path: string) => pathToFileURL(path).href
  expect(rootsWithin(root, [])).toEqual([''])
  expect(rootsWithin(root, [url(outer)])).toEqual([''])
  expect(rootsWithin(root, [url(root), url(join(root, 'specs'))])).toEqual([''])
  expect(rootsWithin(root, [url(join(root, 'specs/001-login')), url(join(root, 'specs'))])).toEqual(['specs'])
  expect(rootsWithin(root, [url(join(root, 'specs')), 'https://x/y', 'nonsense', url(join(outer, 'none'))])).toEqual([
    'specs',
  ])
  expect(codeOf(() => rootsWithin(root, ['https://x/y']))).toBe('roots-elsewhere')
  expect(codeOf(() => rootsWithin(root, [url(join(root, 'outer-link'))]))).toBe('roots-elsewhere')
})

test('the folder to serve is a real one whose project does not lie around it', () => {
  const { root, outer } = folder()
  expect(servedFolder(outer, '/nowhere', 'shop')).toBe(root)
  expect(() => servedFolder(outer, outer, undefined)).toThrow('name the folder to serve')
  expect(servedFolder(outer, outer, '.')).toBe(outer)
  expect(() => servedFolder(root, outer, 'specs/001-login')).toThrow(`serve ${root}`)
  writeFileSync(join(root, 'specs/001-login/gatehouse-specs.yaml'), '')
  expect(servedFolder(root, outer, 'specs/001-login')).toBe(join(root, 'specs/001-login'))
  mkdirSync(join(root, '.agent/stories'), { recursive: true })
  expect(() => servedFolder(root, outer, '.agent/stories')).toThrow(`serve ${root}`)
})

test('a checkout that is itself called as a folder of specifications is served, and what lies in such a folder of it is not', () => {
  const outer = realpathSync(scratchFolder())
  for (const name of ['openspec', '.agent', 'specs']) {
    const clone = join(outer, name)
    mkdirSync(join(clone, '.git'), { recursive: true })
    mkdirSync(join(clone, 'openspec/changes/a'), { recursive: true })
    mkdirSync(join(clone, 'packages/a'), { recursive: true })
    expect(servedFolder(outer, '/nowhere', name)).toBe(clone)
    expect(() => servedFolder(clone, '/nowhere', 'openspec/changes')).toThrow(
      `around openspec, and only the folder that is served may be read: serve ${clone}`,
    )
  }
  // Reading would begin beside a checkout called "specs": its own top is named.
  expect(() => servedFolder(outer, '/nowhere', 'specs/packages/a')).toThrow(`serve ${join(outer, 'specs')},`)
})
