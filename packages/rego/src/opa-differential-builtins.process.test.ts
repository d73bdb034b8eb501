import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { Json } from '@gatehouse/core/kernel/canonical'
import fc from 'fast-check'
import { compareFamilies } from './opa-differential-fixture.ts'

interface Family {
  readonly expressions: readonly string[]
  readonly a: fc.Arbitrary<unknown>
  readonly b: fc.Arbitrary<unknown>
}

const of = fc.constantFrom
const glued = (...parts: string[]): fc.Arbitrary<string> =>
  fc.array(of(...parts), { maxLength: 6 }).map((list) => list.join(''))

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -3, max: 30 }),
    of('a', 'b', 'ab', '', 'é', '2020-01-01', 'x@y.z', 'http://a.b/c'),
    of(null, true, false, 0.5, 2.5),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(of('a', 'b', 'c', '0', 'constructor'), tie('json'), { maxKeys: 4 }),
  ),
}))

const pointer = of('/', '/a', '/b', '/a/b', '/a/0', '/0', '/1', '/-', '/a/-', '/a/b/c', '/01', 'a', '/a~1b', '/x')
const steps: fc.Arbitrary<unknown[]> = fc.array(
  fc.oneof(
    fc.record({ op: of('add', 'replace', 'test'), path: pointer, value: json }),
    fc.record({ op: of('remove'), path: of('/a', '/b', '/a/0', '/0', '/1', '/x', '/a/b') }),
    fc.record({ op: of('move', 'copy'), path: pointer, from: of('/a', '/b', '/a/0', '/0', '/x', '/a/b') }),
    of({ op: 'nope', path: '/a' }, { op: 'add', path: '/a' }, { path: '/a' }, { op: 'remove' }),
  ),
  { maxLength: 3 },
)
/** OPA itself breaks off where anything follows the replacing of the whole document, so that comes last. */
const patch = fc.tuple(steps, of([], [{ op: 'add', path: '', value: [1] }])).map(([list, end]) => [...list, ...end])

/** Schemas of one fault at most where the order of faults is OPA's own chance. */
const word = of('string', 'integer', 'number', 'boolean', 'null', 'object', 'array')
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.record({ type: fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 3 })) }),
    fc.record({ minimum: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ exclusiveMaximum: of(3, 2.5, true), maximum: of(4, 10.5) }),
    fc.record({ multipleOf: of(2, 0.5, 3, 0) }),
    fc.record({ minLength: of(1, 2), maxLength: of(1, 3) }),
    fc.record({ pattern: of('^a', 'b$', '[', '\\d') }),
    fc.record({ format: of('date', 'email', 'uri', 'uuid', 'ipv4', 'hostname', 'regex', 'json-pointer', 'nope') }),
    fc.record({ enum: fc.uniqueArray(of(1, 'a', null, 2.5, true), { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: json }),
    fc.record({ required: fc.uniqueArray(of('a', 'b', 'c'), { maxLength: 3 }) }),
    fc.record({ minItems: of(1, 2), uniqueItems: of(true, false) }),
    fc.record({ items: tie('schema') }),
    fc.record({
      items: fc.array(tie('schema'), { maxLength: 2 }),
      additionalItems: fc.oneof(of(false, true), tie('schema')),
    }),
    fc.record({ contains: tie('schema') }),
    fc.record({ properties: fc.record({ a: tie('schema') }) }),
    fc.record({ maxProperties: of(0, 1), minProperties: of(0, 1, 2) }),
    fc.record({ not: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc
      .tuple(tie('schema'), tie('schema'), tie('schema'))
      .map((parts) => Object.fromEntries(['if', 'then', 'else'].map((key, i) => [key, parts[i]]))),
    fc.record({ dependencies: of({ a: ['b'] }, { a: { required: ['c'] } }) }),
    of(
      { $ref: '#/definitions/x', definitions: { x: { type: 'integer' } } },
      { $ref: '#/nope' },
      { $ref: 'other.json' },
    ),
    of({ $schema: 'http://json-schema.org/draft-04/schema#', exclusiveMinimum: true, minimum: 1 }, { type: 'nope' }),
    of(
      { $id: 'http://a.b/c.json', $ref: '#/definitions/y', definitions: { y: { maximum: 3 } } },
      true,
      5,
      '{"type":"null"}',
    ),
    of({ $ref: 'http://json-schema.org/draft-07/schema#' }, { patternProperties: { '^a': { type: 'string' } } }),
  ),
}))

const yamlText = glued(
  'a: ',
  'b: ',
  '- ',
  '\n',
  '  ',
  '1',
  '0x1f',
  '010',
  'true',
  'yes',
  '~',
  '"x"',
  "'y'",
  '{a: 1}',
  '[1, b]',
  '2020-01-01',
  '1.50',
  '1e3',
  'word',
  '# note',
  '|\n    t\n',
  '&x ',
  '*x',
  '!!str ',
)
const scalar = of(
  '',
  'x',
  'yes',
  'null',
  '1',
  '1.0',
  ' a',
  'a ',
  'a: b',
  '# x',
  'a\nb',
  'a\n',
  '\n',
  'é',
  'a\tb',
  "it's",
  '"q"',
  '- a',
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    scalar,
    of(null, true, 0, -5, 1.5, 100_000.25, 1e20),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(of('a', 'b', 'a10', 'a9', 'x y', '1', 'true', 'A', '-', 'é'), tie('tree'), { maxKeys: 4 }),
  ),
}))

const layout = glued(
  '2006',
  '-',
  '01',
  '02',
  ' ',
  '15',
  ':',
  '04',
  '05',
  'Jan',
  'Mon',
  '_2',
  '.000',
  '.999',
  'Z07:00',
  '-0700',
  'MST',
  '3',
  'PM',
  '002',
  '06',
)
const timeText = glued(
  '2026',
  '-',
  '11',
  '21',
  ' ',
  '09',
  ':',
  '30',
  'Nov',
  'Sat',
  '.5',
  'Z',
  '+0100',
  'UTC',
  '3',
  'AM',
  '7',
)
const uri = glued(
  'http',
  '://',
  'a.b',
  ':80',
  '/',
  'x',
  '%2f',
  '%zz',
  '?',
  'q=1',
  '#',
  'f',
  '[::1]',
  '@',
  'u:p',
  ' ',
  'é',
  '*',
  '..',
)
const glob = glued('a', 'b', 'c', '.', '*', '+', '[a-c]', '[bc]', '[]', '\\.', '[', ']')
const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map((text) => `urn:uuid:${text}`),
  fc.uuid().map((text) => `{${text.toUpperCase()}}`),
  fc.uuid().map((text) => text.replaceAll('-', '')),
  fc.uuid({ version: 1 }),
  glued('0', 'a', '-', 'zz'),
)
const template = glued(
  '{{.a}}',
  '{{.b.c}}',
  '{{if .a}}',
  '{{else}}',
  '{{end}}',
  '{{range .l}}',
  '{{.}}',
  '{{- "t" -}}',
  ' x ',
  '{{len .l}}',
  '{{eq .a "a"}}',
  '{{print .a 1}}',
  '{{$x := .a}}{{$x}}',
  '{{with .b}}',
  '{{index .l 0}}',
  '{{.a | html}}',
)
const templateData = fc.record(
  { a: of('a', '<b>', '', 5, null), b: of({ c: 'd' }, {}, 'x'), l: of([], ['x', 1], [[1], { k: null }]) },
  { requiredKeys: [] },
)

const query = glued(
  '{ ',
  'a',
  ' b',
  ' } ',
  '(x: 1)',
  '{ c }',
  '@skip(if: true)',
  '...F ',
  'fragment F on T { a }',
  'query Q',
  '($v: Int)',
  '$v',
  '"s"',
  '# n\n',
)
const schemas = glued(
  'type Query { a: Int b(x: Int): T }\n',
  'type T { a: Int c: [String!]! }\n',
  'interface I { a: Int }\n',
  'type U implements I { a: Int }\n',
  'union W = T | U\n',
  'enum E { X Y }\n',
  'input N { n: Int! = 1 }\n',
  'extend type T { d: E }\n',
  'scalar D @specifiedBy(url: "u")\n',
  'directive @d(x: Int) repeatable on OBJECT\n',
  '"text" ',
  '# note\n',
  'schema { query: Query }\n',
)

const ALGORITHMS: readonly string[] = ['RS', 'PS', 'ES', 'HS']
  .flatMap((kind) => [256, 384, 512].map((n) => `${kind}${n}`))
  .concat('EdDSA', 'none')

const families: Readonly<Record<string, Family>> = {
  patches: { expressions: ['json.patch(a, b)'], a: json, b: patch },
  schemas: {
    expressions: ['json.verify_schema(b)', 'json.match_schema(json.marshal(a), b)', 'json.match_schema({"a": a}, b)'],
    a: json,
    b: schema,
  },
  'YAML texts': { expressions: ['yaml.unmarshal(a)', 'yaml.is_valid(b)'], a: yamlText, b: yamlText },
  'YAML values': {
    expressions: ['yaml.marshal([a, b])', 'yaml.marshal({"k": a, "l": b})', 'yaml.unmarshal(yaml.marshal(a))'],
    a: tree,
    b: tree,
  },
  times: {
    expressions: ['time.parse_ns(a, b)', 'time.parse_ns("RFC3339", b)', 'time.format([1795253400123456789, "UTC", a])'],
    a: layout,
    b: timeText,
  },
  zones: {
    expressions: [
      'time.format([a, b, "2006-01-02 15:04:05.000 -07:00 002 __2"])',
      'time.clock([a, b])',
      'time.date([a, b])',
      'time.diff([a, b], [0, "UTC"])',
    ],
    a: fc.bigInt({ min: -2_000_000_000n, max: 4_000_000_000n }).map((n) => Number(n) * 1_000_000_000),
    b: of('UTC', '', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Nowhere/No'),
  },
  uris: { expressions: ['uri.parse(a)', 'uri.is_valid(b)'], a: uri, b: uri },
  globs: { expressions: ['regex.globs_match(a, b)'], a: glob, b: glob },
  uuids: { expressions: ['uuid.parse(a)', 'uuid.parse(b)'], a: uuid, b: uuid },
  templates: { expressions: ['strings.render_template(a, b)'], a: template, b: templateData },
  'GraphQL queries': {
    expressions: ['graphql.parse_query(a)', 'graphql.is_valid(a, b)', 'graphql.parse_and_verify(a, b)'],
    a: query,
    b: schemas,
  },
  'GraphQL schemas': {
    expressions: ['graphql.parse_schema(a)', 'graphql.schema_is_valid(a)', 'graphql.schema_is_valid(b)'],
    a: schemas,
    b: schemas,
  },
  casts: {
    expressions: ['strings.split_n(a, "a", 1)', 'strings.split_n(a, b, -2)', 'trace(a)', 'regex.match(a, b)'],
    a: glued('a', 'b', '', '/', '10.0.0.0/8', '10.1.0.0/16'),
    b: glued('a', 'b', '', '10.0.0.0/8', '10.1.2.3'),
  },
  tokens: {
    expressions: [
      'io.jwt.decode(a)',
      ...ALGORITHMS.filter((alg) => !/^(?:HS|none)/.test(alg)).map((alg) => `io.jwt.verify_${alg.toLowerCase()}(a, b)`),
      ...['hs256', 'hs384', 'hs512'].map((alg) => `io.jwt.verify_${alg}(a, "secret")`),
      'io.jwt.decode_verify(a, {"cert": b, "time": 5})',
      'io.jwt.decode_verify(a, {"secret": "secret", "time": 50000000000, "iss": "me"})',
      'io.jwt.encode_sign({"alg": "HS384"}, {"a": a}, {"kty": "oct", "k": "c2VjcmV0"})',
      'io.jwt.encode_sign({"alg": "HS512", "kid": a}, {"a": [a, 1.50]}, {"kty": "oct", "k": "c2VjcmV0"})',
      `io.jwt.encode_sign_raw("{\\"alg\\":\\"HS256\\"}", a, "{\\"kty\\":\\"oct\\",\\"k\\":\\"c2VjcmV0\\"}")`,
      'io.jwt.encode_sign_raw(a, "{}", b)',
    ],
    ...tokens(),
  },
}

/** Tokens that are signed well, ill or not at all, and keys in the forms that policies hold. */
function tokens(): Pick<Family, 'a' | 'b'> {
  const keys: Record<string, { publicKey: KeyObject; privateKey: KeyObject }> = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    EdDSA: generateKeyPairSync('ed25519'),
  }
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signature = (alg: string, content: string): Buffer => {
    const data = Buffer.from(content)
    const key = keys[/^[RP]S/.test(alg) ? 'RS256' : alg]?.privateKey
    const hash = `sha${/\d+/.exec(alg)?.[0] ?? '256'}`
    if (key === undefined) return createHmac(hash, 'secret').update(data).digest()
    if (alg.startsWith('PS')) return sign(hash, data, { key, padding: 6, saltLength: Number(hash.slice(3)) / 8 })
    if (alg === 'EdDSA') return sign(null, data, key)
    return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  }
  const payload = of(
    {},
    { iss: 'me', exp: 60 },
    { exp: 1 },
    { aud: ['x'] },
    { nbf: 10, iss: 'you' },
    { iss: 'me', exp: 50.5 },
  )
  const a = fc
    .tuple(of(...ALGORITHMS), payload, of('', '1', undefined), of(false, false, true))
    .map(([alg, body, kid, spoilt]) => {
      const content = `${part({ alg, ...(kid === undefined ? {} : { kid }) })}.${part(body)}`
      const bytes = signature(alg, content)
      return `${content}.${(spoilt ? bytes.subarray(1) : bytes).toString('base64url')}`
    })
  const jwks = {
    keys: Object.entries(keys).map(([alg, { publicKey }], i) => ({
      ...publicKey.export({ format: 'jwk' }),
      alg,
      kid: `${i}`,
    })),
  }
  const b = of(
    JSON.stringify(jwks),
    ...Object.values(keys).flatMap(({ publicKey, privateKey }) => [
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ]),
    '{"kty":"oct","k":"c2VjcmV0"}',
    '{"keys":[]}',
    'nonsense',
  )
  return { a: fc.oneof({ weight: 9, arbitrary: a }, { weight: 1, arbitrary: glued('a', '.', 'e30', 'bnVsbA') }), b }
}

compareFamilies(
  'builtins over generated %s give byte for byte what OPA gives',
  families,
  200,
  ({ a, b }, seed, numRuns) => fc.sample(fc.tuple(a, b), { seed, numRuns }) as Json[],
)
