import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { BUILTINS } from './builtins/registry.ts'
import { readJson } from './json-reader.ts'
import { BuiltinError, Machine } from './machine.ts'
import { setOf, type Value } from './value.ts'
import { jsonText } from './value-json.ts'

/** A builtin, its operands as JSON texts (`set` before a list for a set, `sets` before one of lists for a set of sets), and what OPA 1.22.2 gives: JSON text, or undefined. */
type Case = readonly [builtin: string, operands: readonly string[], wanted: string | undefined]

/** Differences that generated operands showed once, each made small by hand. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  'the empty key of replace_n goes before each byte and each other match': [
    ['strings.replace_n', ['{"":"X","a":"Y"}', '"ab"'], '"XYXbX"'],
    ['strings.replace_n', ['{"":"-","é":"e"}', '"aéb"'], '"-a-e-b-"'],
    ['strings.replace_n', ['{"":"-"}', '"日x"'], String.raw`"-\ufffd-\ufffd-\ufffd-x-"`],
    ['strings.replace_n', ['{"":""}', '"é"'], '"é"'],
  ],
  'replacing the empty text cuts characters into bytes': [
    ['replace', ['"É"', '""', '" "'], String.raw`" \ufffd \ufffd "`],
    ['replace', ['"ab"', '""', '"-"'], '"-a-b-"'],
  ],
  'numbers of a text are bounded by their binary exponent': [
    ['json.unmarshal', ['"{\\"a\\":[1e40000]}"'], undefined],
    ['json.unmarshal', ['"1e2147483648"'], undefined],
    ['json.unmarshal', ['"9e30102"'], '9e30102'],
    ['json.unmarshal', ['"1e30103"'], undefined],
    ['json.unmarshal', ['"1e-30104"'], undefined],
    ['json.unmarshal', ['"0e40000"'], '0e40000'],
    ['json.is_valid', ['"1e40000"'], 'true'],
    ['to_number', ['"1e400"'], undefined],
    ['to_number', ['"1e-40000"'], undefined],
    ['to_number', ['"1e4009999"'], undefined],
  ],
  'to_number reads all that Go reads': [
    ['plus', ['to_number "0x1p4"', '1'], '17'],
    ['plus', ['to_number "-0x1.8p1"', '0'], '-3'],
    ['plus', ['to_number "1_0.5"', '0'], '10.5'],
    ['sprintf', ['"%v"', 'list to_number "0x1_0p4"'], '"0x1_0p4"'],
    ['to_number', ['"0x10"'], undefined],
    ['to_number', ['"1__0"'], undefined],
    ['to_number', ['"0x1p1024"'], undefined],
  ],
  'a value before null is read, whatever follows': [
    ['json.unmarshal', ['"1null"'], '1'],
    ['json.unmarshal', ['"true nullx"'], 'true'],
    ['json.unmarshal', ['"1 2"'], undefined],
    ['json.is_valid', ['"1null"'], 'false'],
  ],
  'directives of sprintf that do not suit': [
    ['sprintf', ['"%+v|%+d"', '[255,255]'], '"255|+255"'],
    ['sprintf', ['"%b"', '[0.0]'], '"0p-1074"'],
    ['sprintf', ['"%.1T"', '[65]'], '"i"'],
    ['sprintf', ['"%.[1]*s"', '[55296]'], '"%!s(MISSING)"'],
    ['sprintf', ['"%5[1d"', '[5]'], '"%!1(BADINDEX)d"'],
    ['sprintf', ['"%.10d"', '[12345678.9]'], '"%!d(float64=12345678.9)"'],
    ['sprintf', ['"%.20e"', '[0.000001]'], '"9.99999999999999954748e-07"'],
    ['sprintf', ['"%.5g"', '[1e-320]'], '"9.9999e-321"'],
    ['sprintf', ['"%-.20U"', '[128512]'], '"U+0000000000000001F600"'],
    ['sprintf', ['"%#+12v"', '[255]'], '"         255"'],
    ['sprintf', ['"%w"', '[18446744073709551617]'], '"%!w(*big.Int=\\u0026{false [1 1]})"'],
    ['sprintf', ['"%"', '[]'], '"%!(NOVERB)"'],
  ],
  'a network of IPv6 that holds IPv4 addresses is one of IPv4': [
    ['net.cidr_contains', ['"10.0.0.0/8"', '"::ffff:10.0.0.0/104"'], 'true'],
    ['net.cidr_expand', ['"::ffff:1.2.3.4/127"'], '["1.2.3.4","1.2.3.5"]'],
    ['net.cidr_merge', ['["::/0","10.1.0.0/16"]'], '["::/0"]'],
    ['net.cidr_merge', ['["10.1.2.3","192.168.0.0/30"]'], '["10.1.2.3/8","192.168.0.0/30"]'],
  ],
  'networks that no pair asks for are not read': [
    ['net.cidr_contains_matches', ['"x"', '[]'], '[]'],
    ['net.cidr_contains_matches', ['[]', '[1]'], '[]'],
    ['net.cidr_contains_matches', ['[1]', '[]'], undefined],
    ['net.cidr_contains_matches', ['"x"', '["10.0.0.1"]'], undefined],
  ],
  'an integer may have 64 bits, and be written with a point': [
    ['array.slice', ['[1,2,3]', '2', '9223372036854775807'], '[3]'],
    ['substring', ['"aébc"', '2', '9223372036854775807'], '"bc"'],
    ['strings.split_n', ['"a,b"', '","', '9223372036854775807'], '["a","b"]'],
    ['object.get', ['{"a":[1,2]}', '["a",1.0]', '0'], '2'],
    ['object.get', ['{"a":[1,2]}', '["a",1e0]', '0'], '0'],
    ['bits.rsh', ['5', '18446744073709551616'], '5'],
  ],
  'of equal numbers the last one is the least or the greatest': [
    ['min', ['[1,1.0]'], '1.0'],
    ['max', ['[1.0,1]'], '1'],
  ],
  'a set in a list is counted as OPA counts it': [
    ['object.subset', ['[1]', 'set []'], 'true'],
    ['object.subset', ['[]', 'set []'], 'false'],
    ['object.subset', ['[1,1]', 'set [1,2]'], 'true'],
  ],
  'classes of globs': [
    ['glob.match', ['"[a-]x"', '[]', '"ax"'], undefined],
    ['glob.match', ['"[]a]"', '[]', '"]"'], undefined],
    ['glob.match', ['"[ac-e]"', '[]', '"-"'], 'true'],
    ['glob.match', ['"[--a]"', '[]', '"A"'], 'true'],
    ['glob.match', ['"[a-c-e]"', '[]', '"b"'], undefined],
  ],
  'the empty pattern splits the empty text into nothing': [
    ['regex.split', ['""', '""'], '[]'],
    ['regex.split', ['"a"', '""'], '[""]'],
  ],
  'base64url counts line ends as length': [
    ['base64url.decode', ['"7Q\\n"'], undefined],
    ['base64url.decode', ['"YWI"'], '"ab"'],
    ['base64url.decode', ['"YWJj\\n\\n\\n\\n"'], '"abc"'],
  ],
  'each byte that is no UTF-8 is replaced by itself': [
    ['hex.decode', ['"e5a0"'], String.raw`"\ufffd\ufffd"`],
    ['hex.decode', ['"e5a041c3a9f09f98"'], String.raw`"\ufffd\ufffdAé\ufffd\ufffd\ufffd"`],
  ],
  'fractions of durations are doubles, and days are hours': [
    ['time.parse_duration_ns', ['"0.1d"'], '8640000000000'],
    ['time.parse_duration_ns', ['"0\u03bcs1.5d"'], undefined],
    ['time.parse_duration_ns', ['"1.2.3d"'], undefined],
    ['time.parse_duration_ns', ['"0.123456789123h"'], '444444440842'],
    ['time.parse_duration_ns', ['"-9223372036854775808ns"'], '-9223372036854775808'],
    ['time.parse_duration_ns', ['"9223372036854775808ns"'], undefined],
  ],
  'the shortest digits of a wide number are those that Go finds': [
    ['plus', ['1e+21', '-3835485105466439.5'], '999996164514894533560'],
    ['plus', ['1e+21', '3532431181.049834'], '1000000000003532431160'],
    ['product', ['[0.00030303202229059115,1e+21]'], '303032022290591160'],
  ],
  'of members that are equal those of the smaller set stay': [['intersection', ['sets [[-0,"a"],[0,1,2]]'], '[-0]']],
  'a number beyond doubles is text in YAML': [['yaml.marshal', ['{"c":1e400}'], '"c: 1e400\\n"']],
}

const m = (strictBuiltinErrors = false): Machine => new Machine({ fuel: 1e7, maxDepth: 256, strictBuiltinErrors })

function called(name: string, operands: readonly Value[]): Value {
  const builtin = BUILTINS.get(name)
  if (builtin === undefined) throw new Error(`no builtin ${name}`)
  return builtin(m(), ...operands)
}

function operand(text: string): Value {
  if (text.startsWith('sets ')) return setOf((readJson(text.slice(5)) as Value[]).map((list) => setOf(list as Value[])))
  if (text.startsWith('set ')) return setOf(readJson(text.slice(4)) as Value[])
  if (text.startsWith('list ')) return [operand(text.slice(5))]
  return text.startsWith('to_number ') ? called('to_number', [readJson(text.slice(10))]) : readJson(text)
}

test.for(Object.entries(CASES))('%s', ([, cases]) => {
  const given = cases.map(([name, operands]) => {
    try {
      return [name, operands, jsonText(called(name, operands.map(operand)))]
    } catch (error) {
      if (error instanceof BuiltinError) return [name, operands, undefined]
      throw error
    }
  })
  expect(given).toEqual(cases)
})

test('a signature by RSA-PSS without its leading zero is none', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const content = `${Buffer.from('{"alg":"PS256"}').toString('base64url')}.e30`
  let signature: Buffer
  // One in 256 begins with a zero: each has its own salt.
  do signature = sign('sha256', Buffer.from(content), { key: privateKey, padding: 6, saltLength: 32 })
  while (signature[0] !== 0)
  const key = JSON.stringify(publicKey.export({ format: 'jwk' }))
  const verified = (bytes: Buffer): Value =>
    called('io.jwt.verify_ps256', [`${content}.${bytes.toString('base64url')}`, key])
  expect(verified(signature)).toBe(true)
  expect(verified(signature.subarray(1))).toBe(false)
})
