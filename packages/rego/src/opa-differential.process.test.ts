import type { Json } from '@gatehouse/core/kernel/canonical'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findOpa } from '../../../tools/opa.ts'
import { differences } from '../../../tools/opa-differential.ts'

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const RUNS = Number(process.env['GATEHOUSE_RUNS'] ?? 300)

/** Expressions over one generated operand `a`, or two, `a` and `b`. Each result is compared as the JSON text OPA writes. */
const NUMBERS = [
  'a + b',
  'a - b',
  'a * b',
  'a / b',
  'a % b',
  'abs(a)',
  'round(a)',
  'ceil(a)',
  'floor(a)',
  'a < b',
  'a == b',
  'sum([a, b, a])',
  'product([a, b])',
  'max([a, b])',
  'sort([b, a])',
  'format_int(a, 16)',
  'sprintf("%v %d %s", [a, b, a])',
  'sprintf("%5.2f|%e|%g|%x|%08d", [a, a, a, b, b])',
  'bits.and(a, b)',
  'bits.xor(a, b)',
  'bits.negate(a)',
  'to_number(json.marshal(a))',
  '{a, b}',
  '{a: b}[b]',
  'units.parse(sprintf("%vMi", [a]))',
  'units.parse_bytes(sprintf("%vGb", [a]))',
  'time.date(a)',
  'time.clock(a)',
  'time.weekday(a)',
  'time.add_date(a, 1, 2, b)',
  'time.diff(a, b)',
]
const TEXTS = [
  'concat(a, [b, b])',
  'contains(a, b)',
  'startswith(a, b)',
  'endswith(a, b)',
  'indexof(a, b)',
  'indexof_n(a, b)',
  'lower(a)',
  'upper(a)',
  'split(a, b)',
  'substring(a, 1, 3)',
  'substring(a, 0, -1)',
  'replace(a, sprintf("%s", [[x | some x in [b, "a"]; x != ""][0]]), "-")',
  'strings.reverse(a)',
  'strings.count(a, b)',
  'strings.replace_n({"a": "1", "b": "22", "é": "e"}, a)',
  'trim(a, b)',
  'trim_left(a, b)',
  'trim_right(a, b)',
  'trim_prefix(a, b)',
  'trim_suffix(a, b)',
  'trim_space(a)',
  'sprintf("%s|%q|%v|%x|%10s|%-5s|%.2s", [a, b, [a], a, a, b, a])',
  'sprintf("%d %z %!", [a])',
  'count(a)',
  'a < b',
  'sort([a, b, "m"])',
  'base64.encode(a)',
  'base64.decode(a)',
  'base64url.encode(a)',
  'hex.encode(a)',
  'urlquery.encode(a)',
  'urlquery.decode(a)',
  'urlquery.encode_object({a: b})',
  'json.marshal({a: [b]})',
  'json.unmarshal(a)',
  'json.is_valid(a)',
  'regex.is_valid(a)',
  'regex.match(a, b)',
  'regex.split("[ab]+", a)',
  'regex.find_n("[a-c]*", a, -1)',
  'regex.replace(a, "([a-z])([0-9]?)", "<$2$1>")',
  'regex.find_all_string_submatch_n("(a)(b)?", a, -1)',
  'glob.match(a, ["/"], b)',
  'glob.match("{a,b}*/[!c-d]?**", ["/"], a)',
  'glob.quote_meta(a)',
  'crypto.sha256(a)',
  'semver.is_valid(a)',
  'semver.compare(a, b)',
  'net.cidr_is_valid(a)',
  'net.cidr_contains(a, b)',
  'net.cidr_merge([a, b])',
  'net.cidr_intersects(a, b)',
  'units.parse(a)',
  'units.parse_bytes(a)',
  'to_number(a)',
  'time.parse_rfc3339_ns(a)',
  'time.parse_duration_ns(a)',
]
const VALUES = [
  'a == b',
  'a < b',
  'count(a)',
  'sort([a, b, 1, "x", null])',
  'type_name(a)',
  'object.get(a, "a", b)',
  'object.get(a, ["a", 0], b)',
  'object.keys(a)',
  'object.union(a, b)',
  'object.union_n([a, b, a])',
  'object.remove(a, ["a"])',
  'object.filter(a, {"a", "b"})',
  'object.subset(a, b)',
  'array.concat(a, b)',
  'array.reverse(a)',
  'array.slice(a, 0, 1)',
  'array.flatten([a, b])',
  'json.filter(a, ["a/b", "b"])',
  'json.remove(a, ["a/0", "b"])',
  '[x | walk(a, x)]',
  'sprintf("%v", [{a, b}])',
  '$"{a}"',
  'json.marshal_with_options(a, {"pretty": true})',
  '{x | some x in a} | {x | some x in b}',
  '{x | some x in a} & {x | some x in b}',
  '{x | some x in a} - {x | some x in b}',
  'a in b',
  '[k | some k, _ in a]',
  'every_text(a)',
  'all_in(a, b)',
  'json.unmarshal(json.marshal(a))',
  'graph.reachable(a, b)',
]

const integer = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, 255, 2 ** 31, 2 ** 53, 1e15, 1732000000000000000),
)
const number = fc.oneof(
  integer,
  fc.constantFrom(0.1, 0.2, -0.5, 1.5, 2.5, 1e-7, 123456.789, 1e21, 1e300, 0.30000000000000004),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => n === 0 || (Math.abs(n) > 1e-30 && Math.abs(n) < 1e30)),
)
const piece = fc.constantFrom(
  'a',
  'b',
  'c',
  'ab',
  'A',
  'é',
  'ß',
  '😀',
  '日',
  ' ',
  '/',
  '*',
  '**',
  '?',
  '[a-c]',
  '.',
  '-',
  '1',
  '07',
  '"',
  '\\',
  '<',
  '%',
  '=',
  '&',
  '\n',
  '1.2.3',
  '1.2.3-rc.1',
  '10.0.0.0/8',
  '10.1.2.3',
  '192.168.0.0/17',
  '2001:db8::/32',
  '::1',
  '1.5Mi',
  '3k',
  '12h5m',
  '2026-11-21T15:04:05Z',
  '{"a":[1.50]}',
  '1e3',
  '+',
  '|',
  '(',
  ')',
)
const word = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(''))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    integer,
    fc.constantFrom('a', 'b', 'é', ''),
    fc.constantFrom(null, true, false, 0.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0', '__proto__', 'constructor'), tie('value'), { maxKeys: 3 }),
  ),
}))

const families = {
  numbers: { expressions: NUMBERS, operand: number as fc.Arbitrary<unknown> },
  texts: { expressions: TEXTS, operand: word as fc.Arbitrary<unknown> },
  values: { expressions: VALUES, operand: value },
}

test.for(Object.entries(families))(
  'builtins over generated %s give byte for byte what OPA gives',
  { timeout: 120_000 },
  ([family, { expressions, operand }], ctx) => {
    const found = findOpa()
    if (!found.ok) {
      ctx.skip(found.reason)
      return
    }
    const pairs = fc.sample(fc.tuple(operand, operand), { seed: SEED, numRuns: RUNS }) as Json[]
    const differing = differences(found.path, expressions, pairs)
    process.stdout.write(
      `against OPA: ${family}: ${expressions.length} expressions, ${pairs.length} operands, seed ${SEED}\n`,
    )
    expect(differing.slice(0, 40)).toEqual([])
  },
)
