import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { builtin, giveLocal3, handMadePlan, stmt, text } from '../plan-fixture.ts'
import { loadBundle } from '../rego.ts'
import { BuiltinError, LimitError, Machine } from '../machine.ts'
import { fromJson, toJson } from '../value-json.ts'
import type { Value } from '../value.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { NONDETERMINISTIC } from './link.ts'
import { BUILTINS, NOT_HERE } from './registry.ts'

function call(name: string, operands: readonly unknown[], fuel = 5_000_000): Value {
  const machine = new Machine({ fuel, maxDepth: 256, strictBuiltinErrors: false })
  const run = BUILTINS.get(name)
  if (run === undefined) throw new Error(`no builtin ${name}`)
  return run(machine, ...operands.map((operand) => fromJson(operand as never, 5000)))
}

/** The first of a builtin's several results. */
function first(name: string, operands: readonly unknown[], fuel?: number): unknown {
  const result = call(name, operands, fuel)
  return Array.isArray(result) ? result[0] : result
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token with an expiry and no given time ends the evaluation, and one without is verified', () => {
  const token = (payload: unknown): string => {
    const signed = call('io.jwt.encode_sign', [{ alg: 'HS256' }, payload, { kty: 'oct', k: part('k') }])
    return typeof signed === 'string' ? signed : ''
  }
  const secret = Buffer.from(part('k'), 'base64url').toString()
  expect(() => call('io.jwt.decode_verify', [token({ exp: 5 }), { secret }])).toThrow(NondeterministicError)
  expect(() => call('io.jwt.decode_verify', [token({ nbf: 5 }), { secret }])).toThrow(NondeterministicError)
  expect(first('io.jwt.decode_verify', [token({ a: 1 }), { secret }])).toBe(true)
  expect(first('io.jwt.decode_verify', [token({ exp: 5 }), { secret, time: 6e9 }])).toBe(false)
})

test('a token that says none, or an HMAC with a public key as its secret, is not verified', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  for (const alg of ['none', 'HS256', '__proto__', 'constructor']) {
    const token = `${part({ alg })}.${part({})}.`
    expect(first('io.jwt.decode_verify', [token, { cert, time: 1 }])).toBe(false)
  }
})

test('a signature that takes random numbers is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  expect(() => call('io.jwt.encode_sign', [{ alg: 'ES256' }, {}, jwk])).toThrow(NondeterministicError)
})

test('certificates are not verified by the machine’s clock', () => {
  const { BEGIN, END } = { BEGIN: '-----BEGIN CERTIFICATE-----\n', END: '\n-----END CERTIFICATE-----\n' }
  expect(NONDETERMINISTIC.has('crypto.x509.parse_and_verify_certificates')).toBe(true)
  expect(first('crypto.x509.parse_and_verify_certificates_with_options', [`${BEGIN}AAAA${END}`, {}])).toBe(false)
})

test('a schema that would have to be fetched ends the evaluation', () => {
  const schema = { $ref: 'https://example.com/schema.json' }
  expect(() => call('json.match_schema', [{}, schema])).toThrow(NondeterministicError)
  expect(() => call('json.verify_schema', [schema])).toThrow(NondeterministicError)
  const meta = { $ref: 'http://json-schema.org/draft-07/schema#' }
  expect(first('json.match_schema', [{ type: 5 }, meta])).toBe(false)
})

test('the machine’s own zone and the short names of zones are not known', () => {
  expect(() => call('time.clock', [[0, 'Local']])).toThrow(NondeterministicError)
  expect(() => call('time.format', [[0, 'Europe/Berlin', 'MST']])).toThrow(NondeterministicError)
  expect(call('time.format', [[0, 'UTC', 'MST']])).toBe('UTC')
})

const stars = '.*'.repeat(400)
const bomb = `${Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`).join('\n')}\n`
const fragments = Array.from({ length: 60 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 2} a }`).join('\n')

test('globs that meet at every turn are told apart in steps that grow with their lengths', () => {
  const [one, two] = [`${'.*a'.repeat(25)}c*`, `${'a*.'.repeat(25)}d+`]
  expect(call('regex.globs_match', [one, two], 300_000)).toBe(false)
})

test('a text of YAML that is mostly aliases is refused as OPA refuses it, in time', () => {
  expect(() => call('yaml.unmarshal', [bomb])).toThrow('document contains excessive aliasing')
})

test.for([
  ['regex.globs_match', [`${stars}c`, `${stars}d`]],
  ['strings.render_template', ['{{define "T"}}{{template "T" .}}{{template "T" .}}{{end}}{{template "T" .}}', {}]],
  ['strings.render_template', [`${'{{range 900}}'.repeat(3)}x${'{{end}}'.repeat(3)}`, {}]],
  [
    'json.match_schema',
    [{}, { $ref: '#/definitions/a', definitions: { a: { allOf: [{ $ref: '#/definitions/a' }] } } }],
  ],
  ['json.match_schema', [{}, { allOf: [{ $ref: '#' }, { $ref: '#' }] }]],
  [
    'graphql.is_valid',
    [`query { t { ...F0 } }\n${fragments}`, `type Query { t: T } type T { a: Int }${' '.repeat(9)}`],
  ],
] as const)('%s stops at its limit or ends in time', ([name, operands]) => {
  try {
    call(name, operands)
  } catch (error) {
    expect(error).toBeInstanceOf(LimitError)
  }
})

test.for(['yaml.unmarshal', 'io.jwt.decode', 'graphql.parse_schema', 'uri.parse', 'time.parse_ns'])(
  '%s charges a giant text before it reads it',
  (name) => {
    const giant = 'a'.repeat(4_000_000)
    expect(() => call(name, name === 'time.parse_ns' ? [giant, giant] : [giant], 10_000)).toThrow(LimitError)
  },
)

test('deep nesting in texts is an error or a limit, and never breaks the process', () => {
  for (const [name, source] of [
    ['graphql.parse_query', '{a'.repeat(50_000)],
    ['graphql.parse_query', `{a(x: ${'['.repeat(50_000)}`],
    ['strings.render_template', '{{if .a}}'.repeat(5000)],
    ['strings.render_template', `{{${'('.repeat(5000)}`],
    ['json.verify_schema', `${'{"not":'.repeat(2000)}true${'}'.repeat(2000)}`],
  ] as const) {
    const run = (): unknown => first(name, name === 'strings.render_template' ? [source, {}] : [source], 1e8)
    try {
      expect(run()).toBe(false)
    } catch (error) {
      expect(error instanceof BuiltinError || error instanceof LimitError).toBe(true)
    }
  }
})

test('names that look like code are keys like others', () => {
  const patched = call('json.patch', [{ a: 1 }, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(Object.keys(toJson(patched, 9, 999) as object)).toEqual(['__proto__', 'a'])
  expect(call('strings.render_template', ['{{.constructor}}', {}])).toBe('<undefined>')
  expect(Object.keys(toJson(call('yaml.unmarshal', ['__proto__: 1']), 9, 99) as object)).toEqual(['__proto__'])
})

test('what is no builtin here is refused at load, by its name', () => {
  for (const name of [...NONDETERMINISTIC, ...NOT_HERE.keys()]) {
    const stmts = [stmt('CallStmt', { func: name, args: [text(0)], result: 3 }), ...giveLocal3, stmt('NopStmt', {})]
    const loaded = loadBundle({ plan: handMadePlan({ stmts, builtins: [builtin(name, 1)] }), data: {} })
    expect(loaded.ok).toBe(false)
    if (!loaded.ok) expect(loaded.detail).toContain(name)
  }
})
