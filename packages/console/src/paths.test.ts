import { describe, expect, test } from 'vitest'
import { pathOf, paths, safeNext } from './paths.ts'

describe('paths', () => {
  test('what is empty or default is not in the address', () => {
    expect(paths.ledger({ act: '', subject: undefined })).toBe('/ledger')
    expect(paths.proposal('prp_1', 'overview')).toBe('/proposals/prp_1')
    expect(paths.signIn('/')).toBe('/sign-in')
  })
  test('what stands in an address is encoded', () => {
    expect(paths.ledger({ subject: 'a b&c' })).toBe('/ledger?subject=a+b%26c')
    expect(paths.story('../x')).toBe('/stories/..%2Fx')
  })
  test('an id leads to the page of its kind, and one without a page nowhere', () => {
    expect(pathOf('prp_1')).toBe('/proposals/prp_1')
    expect(pathOf('req_1')).toBeNull()
    expect(pathOf('worker')).toBeNull()
  })
})

describe('where signing in leads', () => {
  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '',
    null,
  ])('%j is not followed', (next) => expect(safeNext(next)).toBe('/'))
  test('a page of ours is', () => expect(safeNext('/ledger?act=a.b')).toBe('/ledger?act=a.b'))
})
