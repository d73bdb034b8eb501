import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ACTS, operationId, type Act } from '../packages/core/src/kernel/acts.ts'
import { OPERATIONS } from '../packages/client/src/operations.gen.ts'
import { generate, type OpenApi } from './client-generate.ts'
import { typeOf, type Schema } from './client-schema.ts'

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')

test('the client is what openapi.json gives', () => {
  const document = JSON.parse(read('../openapi.json')) as OpenApi
  expect(generate(document) === read('../packages/client/src/operations.gen.ts')).toBe(true)
})

test('every operation is named by an act, or is of an older wire', () => {
  const ids = new Set((Object.keys(ACTS) as Act[]).map(operationId))
  const others = Object.keys(OPERATIONS).filter((id) => !ids.has(id))
  expect(others).toEqual(['devAgentApply', 'devAgentProposals'])
})

test.each<[Schema, string]>([
  [{ type: 'string' }, 'string'],
  [{ type: 'integer' }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['a', 1] }, '"a" | 1'],
  [{ const: 'x' }, '"x"'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }, { type: 'string' }] }, 'string | null'],
  [{ allOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] }, '(A) & (B)'],
  [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
  [{ type: 'array', items: { $ref: '#/components/schemas/A' } }, 'A[]'],
  [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
  [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
  [{ type: 'object' }, 'Record<string, unknown>'],
  [{}, 'unknown'],
  [
    { type: 'object', properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] },
    '{\n  a: string\n  "b-c"?: unknown\n}',
  ],
  [
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: {} },
    '{\n  a?: string | undefined\n  [further: string]: unknown\n}',
  ],
])('the schema %j is the type %s', (schema, type) => expect(typeOf(schema)).toBe(type))

test('what is not understood is refused, not guessed', () => {
  expect(() => typeOf({ type: 'file' })).toThrow('"file"')
  expect(() => typeOf({ $ref: 'other.json#/A' })).toThrow('other.json#/A')
})

function document(paths: OpenApi['paths'], schemas: Record<string, Schema> = {}): OpenApi {
  return { paths, components: { schemas } }
}

const json = (schema: Schema) => ({ '200': { content: { 'application/json': { schema } } } })

test('components that no operation reaches are left out, their twins for input among them', () => {
  const thing = { type: 'object', properties: { part: { $ref: '#/components/schemas/Part' } } }
  const text = generate(
    document(
      { '/api/things': { get: { operationId: 'thingList', responses: json({ $ref: '#/components/schemas/Thing' }) } } },
      { Thing: thing, ThingInput: thing, Part: {}, Other: {} },
    ),
  )
  expect(text).toContain('export type Thing =')
  expect(text).toContain('export type Part =')
  expect(text).not.toMatch(/ThingInput|Other/)
})

test('an answer without a shape comes raw; a comment cannot be ended by a description', () => {
  const text = generate(
    document({
      '/api/x': { get: { operationId: 'x', summary: 'a */ b', responses: json({ description: 'a stream' }) } },
    }),
  )
  expect(text).toContain("x: { method: 'GET', path: '/api/x', answer: 'raw' }")
  expect(text).toContain('/** a * / b */')
})

test('an operation that stands under /api and at the root is taken once, from /api', () => {
  const get = { operationId: 'x', responses: json({ type: 'string' }) }
  expect(generate(document({ '/x': { get }, '/api/x': { get } }))).toContain("path: '/api/x'")
  expect(generate(document({ '/api/x': { get }, '/x': { get } }))).toContain("path: '/api/x'")
  expect(() => generate(document({ '/api/x': { get }, '/api/y': { get } }))).toThrow('stands at')
  expect(() => generate(document({ '/api/x': { get: {} } }))).toThrow('no operationId')
})

test('a reference to a component that is not there is refused', () => {
  expect(() =>
    generate(
      document({ '/api/x': { get: { operationId: 'x', responses: json({ $ref: '#/components/schemas/Gone' }) } } }),
    ),
  ).toThrow('Gone')
})
