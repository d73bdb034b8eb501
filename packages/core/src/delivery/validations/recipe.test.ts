import fc from 'fast-check'
import { expect, test } from 'vitest'
import { globMatch, Recipe, recipeDigest, validationsFor } from './recipe.ts'

const validation = { name: 'unit', commands: [{ name: 'test', run: ['node', '--test'] }] }

test('a recipe needs little, and says its defaults', () => {
  const recipe = Recipe.parse({ version: 1, validations: [validation] })
  expect(recipe.validations[0]).toEqual({
    name: 'unit',
    branches: ['**'],
    environments: ['*'],
    commands: [{ name: 'test', run: ['node', '--test'], timeout_seconds: 300 }],
    reports: [],
  })
  expect(recipe.test_paths).toContain('**/tests/**')
})

test.each([
  ['of another version', { version: 2, validations: [validation] }],
  ['without validations', { version: 1, validations: [] }],
  ['without commands', { version: 1, validations: [{ ...validation, commands: [] }] }],
  [
    'with a shell line instead of words',
    { version: 1, validations: [{ ...validation, commands: [{ name: 'x', run: 'npm test' }] }] },
  ],
  ['with an empty command', { version: 1, validations: [{ ...validation, commands: [{ name: 'x', run: [] }] }] }],
  [
    'with a command that never ends',
    { version: 1, validations: [{ ...validation, commands: [{ name: 'x', run: ['y'], timeout_seconds: 3601 }] }] },
  ],
  ['with a field we do not know', { version: 1, validations: [validation], allow_failure: true }],
  [
    'with a report format we do not read',
    { version: 1, validations: [{ ...validation, reports: [{ format: 'tap', path: 'x' }] }] },
  ],
  [
    'with a report outside the workspace',
    { version: 1, validations: [{ ...validation, reports: [{ format: 'junit', path: '../x.xml' }] }] },
  ],
  [
    'with a report at an absolute path',
    { version: 1, validations: [{ ...validation, reports: [{ format: 'junit', path: '/etc/passwd' }] }] },
  ],
  [
    'with a NUL in a command',
    { version: 1, validations: [{ ...validation, commands: [{ name: 'x', run: ['a\u0000b'] }] }] },
  ],
  ['that is a list', []],
  ['that is nothing', null],
])('a recipe %s is refused', (_, document) => {
  expect(Recipe.safeParse(document).success).toBe(false)
})

test('what holds for a branch and an environment is found in order', () => {
  const recipe = Recipe.parse({
    version: 1,
    validations: [
      { ...validation, name: 'all' },
      { ...validation, name: 'release', branches: ['release/*'] },
      { ...validation, name: 'production', environments: ['production'] },
    ],
  })
  const names = (branch: string, environment: string) => validationsFor(recipe, branch, environment).map((v) => v.name)
  expect(names('main', 'sandbox')).toEqual(['all'])
  expect(names('release/1', 'production')).toEqual(['all', 'release', 'production'])
  expect(names('release/1/2', 'sandbox')).toEqual(['all'])
})

test('a recipe that spells its defaults out is the same recipe', () => {
  const short = Recipe.parse({ version: 1, validations: [validation] })
  expect(recipeDigest(Recipe.parse(short))).toBe(recipeDigest(short))
  expect(recipeDigest(Recipe.parse({ ...short, test_paths: [] }))).not.toBe(recipeDigest(short))
})

test.each([
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/*.ts', 'src/.ts', true],
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'src', false],
  ['**/*.test.*', 'a.test.ts', true],
  ['**/*.test.*', 'x/y/a.test.ts', true],
  ['a**/b', 'ab', false],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/**/b', 'axb', false],
  ['?.md', 'a.md', true],
  ['?.md', '/.md', false],
  ['?', '😀', true],
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['***', 'a/b', true],
  ['[ab].ts', 'a.ts', false],
  ['[ab].ts', '[ab].ts', true],
  ['a.b', 'axb', false],
  ['*', 'a\nb', true],
] as const)('the pattern %j takes %j: %s', (pattern, text, expected) => {
  expect(globMatch(pattern, text)).toBe(expected)
})

/** The same rules read off one by one, slow and plain. */
function reference(pattern: string, text: string, start = true): boolean {
  if (pattern === '') return text === ''
  if (start && pattern.startsWith('**/')) {
    const rest = pattern.slice(3)
    if (reference(rest, text)) return true
    return [...text.matchAll(/\//g)].some((slash) => reference(rest, text.slice(slash.index + 1)))
  }
  if (pattern.startsWith('**'))
    return Array.from({ length: text.length + 1 }, (_, i) => i).some((i) =>
      reference(pattern.slice(2), text.slice(i), false),
    )
  const [first, rest] = [pattern[0], pattern.slice(1)]
  if (first === '*')
    return reference(rest, text, false) || (text !== '' && text[0] !== '/' && reference(pattern, text.slice(1), false))
  if (text === '' || (first === '?' ? text[0] === '/' : first !== text[0])) return false
  return reference(rest, text.slice(1), first === '/')
}

test('patterns mean what the plain reference says', () => {
  const pattern = fc
    .array(fc.constantFrom('*', '**', '**/', '/', 'a', 'b', '?'), { maxLength: 6 })
    .map((p) => p.join(''))
  const text = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 7 }).map((p) => p.join(''))
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      expect(globMatch(p, t), `${p} on ${t}`).toBe(reference(p, t))
    }),
    { numRuns: 3000 },
  )
})

test('no pattern blows up: the longest ones over a long path', () => {
  const path = 'a/'.repeat(2000)
  for (const pattern of [
    '**/'.repeat(66),
    '*a'.repeat(100),
    '**a'.repeat(66),
    '**/*'.repeat(50),
    `${'?*'.repeat(99)}b`,
  ])
    expect(globMatch(`${pattern}!`, path), `${pattern.slice(0, 6)}...`).toBe(false)
})
