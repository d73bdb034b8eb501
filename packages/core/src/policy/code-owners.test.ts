import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOwnerRules, readCodeOwners } from './code-owners.ts'

test('lines are patterns and owners; comments and blank lines are none', () => {
  const text =
    '\uFEFF# Owners\n\n*  @ada # all\r\n/docs/ @shop/writers docs@example.com\na\\ b/ @ben\n\\#odd.js @ben\n  indented @cyd\t@ada\napps/free\n'
  expect(readCodeOwners(text)).toEqual({
    faults: [],
    lines: [
      { line: 3, pattern: '*', owners: ['@ada'] },
      { line: 4, pattern: '/docs/', owners: ['@shop/writers', 'docs@example.com'] },
      { line: 5, pattern: 'a b/', owners: ['@ben'] },
      { line: 6, pattern: '#odd.js', owners: ['@ben'] },
      { line: 7, pattern: 'indented', owners: ['@cyd', '@ada'] },
      { line: 8, pattern: 'apps/free', owners: [] },
    ],
  })
})

test.each([
  ['!src/ @ada', 'no negation'],
  ['[Docs] @ada', 'GitLab'],
  ['^[Docs]', 'GitLab'],
  ['src/[a-z].js @ada', 'no character ranges'],
  ['/ @ada', 'the root'],
  ['src/ ada', 'ada is no owner'],
  ['src/ @ada @', '@ is no owner'],
  ['src/ @a/b/c', '@a/b/c is no owner'],
])('%s is a fault', (line, detail) => {
  const { lines, faults } = readCodeOwners(`# first\n${line}\n`)
  expect(lines).toEqual([])
  expect(faults).toEqual([{ line: 2, detail: expect.stringContaining(detail) }])
})

test('owners become roles and persons; nobody is left out silently', () => {
  const { lines } = readCodeOwners('* @Ada @shop/team\n/free\n/lost @who @ada\n')
  const names = {
    '@ada': { roles: [], persons: ['per_1'] },
    '@shop/team': { roles: ['maintainer'], persons: ['per_1'] },
  }
  expect(codeOwnerRules(lines, names)).toEqual({
    rules: [
      { pattern: '*', roles: ['maintainer'], persons: ['per_1'], count: 1 },
      { pattern: '/lost', roles: [], persons: ['per_1'], count: 1 },
    ],
    unknown: [{ line: 3, owner: '@who' }],
    unowned: [{ line: 2, pattern: '/free', owners: [] }],
  })
  expect(codeOwnerRules([{ line: 1, pattern: '*', owners: ['__proto__', 'toString'] }], {}).unknown).toHaveLength(2)
})

test('every line that is not blank or a comment is read or a fault', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', '*', '/', ' ', '#', '@', '\\', '[', '!', '\t') })),
      (rows) => {
        const { lines, faults } = readCodeOwners(rows.join('\n'))
        const told = new Set([...lines, ...faults].map(({ line }) => line))
        const meant = rows.flatMap((row, i) => (/^\s*(?:#|$)/.test(row) ? [] : [i + 1]))
        expect([...told].toSorted((a, b) => a - b)).toEqual(meant)
      },
    ),
  )
})
