import { expect, test } from 'vitest'
import { z } from 'zod'
import { issueWords } from './schema-words.ts'

const said = (schema: z.ZodType, input: unknown) => {
  const result = schema.safeParse(input, { error: (issue) => issueWords(issue) })
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

test.each<[string, z.ZodType, unknown, string[]]>([
  ['a missing field', z.object({ source: z.string() }), {}, ['source: is missing: text is wanted']],
  ['a wrong kind', z.object({ version: z.int() }), { version: '1' }, ['version: must be a number']],
  ['a number that is not whole', z.object({ n: z.int() }), { n: 1.5 }, ['n: must be a whole number']],
  [
    'a choice',
    z.object({ settings: z.object({ isolation: z.enum(['required', 'none']) }) }),
    { settings: { isolation: 'maybe' } },
    ['settings.isolation: must be one of "required", "none"'],
  ],
  ['one value', z.object({ v: z.literal(1) }), { v: 2 }, ['v: must be 1']],
  [
    'an unknown field',
    z.strictObject({ a: z.string() }),
    { a: 'x', sauce: 1 },
    [': has a field that no one reads: "sauce"; check the spelling, or leave it out'],
  ],
  ['empty text', z.object({ name: z.string().min(1) }), { name: '' }, ['name: must not be empty']],
  ['an empty list', z.object({ run: z.array(z.string()).min(1) }), { run: [] }, ['run: must not be empty']],
  [
    'too long',
    z.object({ name: z.string().max(3) }),
    { name: 'abcd' },
    ['name: must have at most 3 characters, not 4'],
  ],
  [
    'too many',
    z.object({ run: z.array(z.string()).max(1) }),
    { run: ['a', 'b'] },
    ['run: must have at most 1 item, not 2'],
  ],
  ['too small a number', z.object({ limit: z.int().min(1) }), { limit: 0 }, ['limit: must be at least 1']],
  [
    'too great a number',
    z.object({ limit: z.coerce.number().max(200) }),
    { limit: '900' },
    ['limit: must be at most 200'],
  ],
  ['no number', z.object({ limit: z.coerce.number() }), { limit: 'many' }, ['limit: must be a number']],
  [
    'a digest',
    z.object({ d: z.string().regex(/^[0-9a-f]{64}$/) }),
    { d: 'x' },
    ['d: must be 64 hexadecimal characters (0-9, a-f)'],
  ],
  ['a time', z.object({ at: z.iso.datetime() }), { at: 'noon' }, ['at: must be a time like 2026-01-31T12:00:00Z']],
  ['text or null', z.object({ c: z.union([z.string(), z.null()]) }), { c: 7 }, ['c: must be text or null']],
  [
    'text or a number, missing',
    z.object({ c: z.union([z.string(), z.number()]) }),
    {},
    ['c: is missing: text or a number is wanted'],
  ],
  ['nothing at all', z.object({ a: z.string() }), null, [': must be an object of named fields']],
  [
    'a nested item',
    z.object({ list: z.array(z.boolean()) }),
    { list: [true, 'no'] },
    ['list.1: must be true or false'],
  ],
])('%s is told in plain words', (_, schema, input, words) => {
  expect(said(schema, input)).toEqual(words)
})

test("a schema's own words stand, and the jargon of the schema library is in none of ours", () => {
  const own = z.object({ name: z.string().regex(/^a$/, 'letters and digits') })
  expect(said(own, { name: 'b' })).toEqual(['name: letters and digits'])
  const odd = z.object({
    a: z.record(z.string().max(1), z.int()),
    b: z.union([z.object({ k: z.literal('x') }), z.object({ k: z.literal('y'), n: z.int() })]),
    c: z.number().multipleOf(5),
    d: z.email(),
    e: z.string().startsWith('gth_'),
  })
  for (const line of said(odd, { a: { long: 1 }, b: { k: 'z' }, c: 7, d: '?', e: 'x' }))
    expect(line).not.toMatch(/Invalid|expected|received|Unrecognized|Too (small|big)|>=|<=/)
})
