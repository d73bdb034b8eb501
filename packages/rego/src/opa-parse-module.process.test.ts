import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOpa } from '../../../tools/opa.ts'
import { Chance } from '../../../tools/opa-policy-chance.ts'
import { REGO } from './builtins/rego-parse-module.ts'
import { readJson } from './json-reader.ts'
import { BuiltinError, Machine } from './machine.ts'
import { RegoObject } from './value.ts'
import { jsonText } from './value-json.ts'
import { testWithOpa } from './opa-fixture.ts'

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const MODULES = Number(process.env['GATEHOUSE_MODULES'] ?? 1500)

/** The module as JSON text, or the word undefined where it is none. */
function parsed(source: string): string {
  const run = REGO['rego.parse_module']
  if (run === undefined) throw new Error('no builtin rego.parse_module')
  try {
    const m = new Machine({ fuel: 5_000_000, maxDepth: 256, strictBuiltinErrors: false })
    return jsonText(run(m, 'x.rego', source))
  } catch (error) {
    if (error instanceof BuiltinError) return 'undefined'
    throw error
  }
}

/** What stands in `terms` of the only expression of `p`. */
function terms(body: string, head = 'import rego.v2'): unknown {
  const text = parsed(`package a\n${head}\np if ${body}`)
  if (text === 'undefined') return undefined
  const { rules } = JSON.parse(text) as { rules: { body: { terms: unknown }[] }[] }
  return rules[0]?.body[0]?.terms
}

const x = { index: 0, terms: { type: 'var', value: 'x' } }
const y = { index: 0, terms: { type: 'var', value: 'y' } }
const z = { index: 0, terms: { type: 'var', value: 'z' } }

test('`and` binds tighter than `or`, and both join from the left', () => {
  const and = { type: 'and', lhs: [y], rhs: [z] }
  expect(terms('x or y and z')).toEqual({ type: 'or', lhs: [x], rhs: [{ index: 0, terms: and }] })
  const or = { type: 'or', lhs: [x], rhs: [y] }
  expect(terms('x or y or z')).toEqual({ type: 'or', lhs: [{ index: 0, terms: or }], rhs: [z] })
})

test('braces around an operand hold a body, and parentheses a group', () => {
  expect(terms('{ x; y } or z')).toEqual({ type: 'or', lhs: [x, { ...y, index: 1 }], rhs: [z], explicit_lhs: true })
  const or = { index: 0, terms: { type: 'or', lhs: [x], rhs: [y] } }
  expect(terms('(x or y) and z')).toEqual({ type: 'and', lhs: [or], rhs: [z] })
  expect(terms('not (x or y)')).toEqual({ type: 'not', body: [or], explicit_body: false })
})

test('`and` and `or` are names where they are not imported, and calls of builtins before a parenthesis', () => {
  const and = { type: 'ref', value: [{ type: 'var', value: 'and' }] }
  expect(terms('and(x, y)')).toEqual([and, x.terms, y.terms])
  expect(terms('and == or', 'import rego.v1')).toHaveLength(3)
  expect(terms('x and y', 'import rego.v1')).toBeUndefined()
})

test('what OPA refuses of operands has no value', () => {
  for (const body of [
    'x with input as y and z',
    '{1, 2} and x',
    '{ x | y } and z',
    'not { x | y }',
    '({ x; y })',
    'x and ()',
    'x and print(y)',
    'x and',
    'or x',
    '{} or x',
  ])
    expect([body, terms(body)]).toEqual([body, undefined])
})

/** What two semicolons part. */
const list = (...texts: string[]): string[] => texts.flatMap((text) => text.split(' ;; '))

const HEADS = [
  'import rego.v2',
  'import rego.v2',
  'import future.keywords',
  'import future.keywords.and',
  'import future.keywords.or',
  'import future.keywords.not',
  'import future.keywords.and\nimport future.keywords.not',
  '',
]
const ATOMS = list(
  'x ;; y ;; input.a ;; x == 1 ;; (x) ;; (x == y) ;; {1, 2} ;; {x} ;; {"a": 1} ;; {} ;; ({}) ;; ({1, 2}) ;; [1] ;; f(x)',
  'print(x) ;; or(x, y) ;; and(x, y) ;; {x | y} ;; {x | y[x]} ;; x | y ;; (x | y) ;; x & y ;; (x) | y ;; not ;; and ;; or',
  'and.x ;; or.x ;; not.x ;; and[0] ;; if ;; contains ;; every ;; some z ;; x in y ;; x = y ;; z := 1 ;; {a | b; c} ;; set()',
  '-1 ;; "s" ;; "a" in x ;; 1, 2 in x',
)
const BODIES: readonly ((body: string) => string)[] = [
  (body) => `p if { ${body} }`,
  (body) => `p if ${body}`,
  (body) => `p if {\n ${body}\n x\n}`,
  (body) => `p := [z | ${body}]`,
  (body) => `p := 1 if x else := 2 if ${body}`,
  (body) => `p := ${body}`,
  (body) => `p contains z if ${body}`,
  (body) => `p if x\nelse if { ${body} }`,
  (body) => `p := $"a{${body}}"`,
  (body) => body,
]
const FORMS = list(
  '? and ? ;; ? or ? ;; not ? ;; (?) ;; { ? } ;; { ?; ? } ;; ? with input as y ;; ? with input as x or y ;; (? or ?)',
  'every z in y { ? } ;; {w | ?} ;; ? and not ?',
)

function generated(c: Chance, depth: number): string {
  if (depth <= 0 || c.yes(0.2)) return c.pick(ATOMS)
  return c.pick(FORMS).replaceAll('?', () => generated(c, depth - 1))
}

testWithOpa(
  'generated bodies of `and`, `or` and `not` are parsed as OPA parses them',
  { timeout: 120_000 },
  ({ opa }) => {
    const c = new Chance(SEED)
    const sources = Array.from(
      { length: MODULES },
      () => `package a\n${c.pick(HEADS)}\n${c.pick(BODIES)(generated(c, c.int(1, 4)))}`,
    )
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-parse-module-'))
    try {
      const policy =
        'package p\n\nr[i] := m if {\n\tsome i, source in input\n\tm := rego.parse_module("x.rego", source)\n}\n'
      writeFileSync(join(folder, 'p.rego'), policy)
      writeFileSync(join(folder, 'input.json'), JSON.stringify(sources))
      const said = runOpa(opa, ['eval', '-d', 'p.rego', '-i', 'input.json', '-f', 'raw', 'data.p.r'], folder)
      const theirs = readJson(said, 5000)
      if (!(theirs instanceof RegoObject)) throw new Error(`OPA said ${said.slice(0, 200)}`)
      const wanted = sources.map((_, i) => {
        const found = theirs.get(String(i))
        return found === undefined ? 'undefined' : jsonText(found)
      })
      expect(sources.filter((source, i) => parsed(source) !== wanted[i])).toEqual([])
      // Where all is refused, nothing was compared.
      expect(wanted.filter((one) => one !== 'undefined').length).toBeGreaterThan(MODULES / 5)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
