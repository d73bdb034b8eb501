import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runOpa } from '../../../../tools/opa.ts'
import { readJson } from '../json-reader.ts'
import { BuiltinError, LimitError, Machine } from '../machine.ts'
import { RegoObject } from '../value.ts'
import { jsonText } from '../value-json.ts'
import { BUILTIN_NAMES } from './rego-builtin-names.ts'
import { REGO } from './rego-parse-module.ts'
import { testWithOpa } from '../opa-fixture.ts'

const SEED = Number(process.env['GATEHOUSE_SEED'] ?? 20_261_121)
const RUNS = Number(process.env['GATEHOUSE_RUNS'] ?? 1500)
const POLICY = fileURLToPath(new URL('../../../../policy/governance', import.meta.url))
const CORPUS = fileURLToPath(new URL('../../../../../shared/corpora/opa-compliance/v1', import.meta.url))

/** The module as JSON text, the word undefined where it is none, or what is not supported. */
function parsed(source: string, filename = 'x.rego', fuel = 5_000_000): string {
  const run = REGO['rego.parse_module']
  if (run === undefined) throw new Error('no builtin rego.parse_module')
  try {
    return jsonText(run(new Machine({ fuel, maxDepth: 256, strictBuiltinErrors: false }), filename, source))
  } catch (error) {
    if (error instanceof BuiltinError) return 'undefined'
    if (error instanceof LimitError) return `limit: ${error.message}`
    throw error
  }
}

interface Head {
  readonly name?: string
  readonly ref: readonly unknown[]
  readonly args?: readonly { readonly value: unknown }[]
  readonly key?: unknown
  readonly value?: unknown
  readonly assign?: boolean
}

interface Rule {
  readonly head: Head
  readonly body: readonly Record<string, unknown>[]
  readonly else?: Rule
}

interface Module {
  readonly imports?: readonly unknown[]
  readonly rules?: readonly Rule[]
  readonly comments?: readonly { readonly Text: string | null; readonly Location: unknown }[]
}

const module = (source: string): Module => JSON.parse(parsed(source)) as Module
const rule = (source: string): Rule => {
  const [first] = module(`package a\n${source}`).rules ?? []
  if (first === undefined) throw new Error('no rule')
  return first
}
const name = (value: string): unknown => ({ type: 'var', value })
const number = (value: number): unknown => ({ type: 'number', value })
const text = (value: string): unknown => ({ type: 'string', value })
const ref = (...value: unknown[]): unknown => ({ type: 'ref', value })

/** Every module of the compliance cases. */
function corpusModules(): string[] {
  const found: string[] = []
  for (const folder of readdirSync(CORPUS)) {
    for (const file of readdirSync(join(CORPUS, folder))) {
      const { cases } = JSON.parse(readFileSync(join(CORPUS, folder, file), 'utf8')) as {
        cases: { modules?: (string | { module?: string })[] }[]
      }
      for (const one of cases.flatMap(({ modules }) => modules ?? [])) {
        const source = typeof one === 'string' ? one : one.module
        if (source !== undefined) found.push(source)
      }
    }
  }
  return [...new Set(found)]
}

function governanceModules(): string[] {
  return ['policies', 'tests'].flatMap((folder) =>
    readdirSync(join(POLICY, folder))
      .filter((file) => file.endsWith('.rego'))
      .map((file) => readFileSync(join(POLICY, folder, file), 'utf8')),
  )
}

/** What OPA says of each module, and what is said here; equal ones and what is not supported are left out. */
function differences(opa: string, sources: readonly string[]): { different: string[]; limits: number } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-rego-parser-'))
  try {
    writeFileSync(
      join(folder, 'p.rego'),
      'package p\n\nr[i] := m if {\n\tsome i, source in input\n\tm := rego.parse_module("x.rego", source)\n}\n',
    )
    writeFileSync(join(folder, 'input.json'), JSON.stringify(sources))
    const said = runOpa(opa, ['eval', '-d', 'p.rego', '-i', 'input.json', '-f', 'raw', 'data.p.r'], folder)
    const theirs = readJson(said, 5000)
    if (!(theirs instanceof RegoObject)) throw new Error(`OPA said ${said.slice(0, 200)}`)
    let limits = 0
    const different: string[] = []
    for (const [i, source] of sources.entries()) {
      const found = theirs.get(String(i))
      const want = found === undefined ? 'undefined' : jsonText(found)
      const got = parsed(source)
      if (got.startsWith('limit: ')) limits++
      else if (got !== want) different.push(`${source.slice(0, 1000)}\nOPA: ${want}\nhere: ${got}`)
    }
    return { different, limits }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const SIGNS =
  '{ } [ ] ( ) , : := = == | & + - * . ; _ 1 .5 007 1e9 "s" "\\u00e9" `r` $"a{x}b" $`{ $" set() é" .x [x] {"k":1}'
const WORDS = 'x if contains in every some not else default with as import null input data'
const LINES = ['\n', ' ', '\r\n', '#c\n', '\nimport future.keywords.not\n', '\nimport rego.v1\n']
const PIECES = [...SIGNS.split(' '), ...WORDS.split(' ').map((word) => ` ${word} `), ...LINES]

/** Modules with something put in, taken out or cut off; the same ones for the same seed. */
function spoiled(sources: readonly string[], count: number): string[] {
  let state = SEED
  const upTo = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const small = sources.filter(({ length }) => length < 3000)
  return Array.from({ length: count }, () => {
    const source = small[upTo(small.length)] ?? ''
    const at = upTo(source.length)
    const piece = PIECES[upTo(PIECES.length)] ?? ''
    if (upTo(8) === 0) return source.slice(0, at).toWellFormed()
    // OPA reads half of a surrogate pair as U+FFFD.
    return (source.slice(0, at) + (upTo(3) > 0 ? piece : '') + source.slice(at + upTo(5))).toWellFormed()
  })
}

test('a module is its package, imports, rules and comments, as OPA writes them', () => {
  expect(parsed('package a.b\n\nimport data.x as y\n\np := 1 # one\n')).toBe(
    '{"comments":[{"Location":{"col":8,"file":"x.rego","row":5},"Text":"IG9uZQ=="}],' +
      '"imports":[{"alias":"y","path":{"type":"ref","value":[{"type":"var","value":"data"},{"type":"string","value":"x"}]}}],' +
      '"package":{"path":[{"type":"var","value":"data"},{"type":"string","value":"a"},{"type":"string","value":"b"}]},' +
      '"rules":[{"body":[{"generated":true,"index":0,"terms":{"type":"boolean","value":true}}],' +
      '"head":{"assign":true,"name":"p","ref":[{"type":"var","value":"p"}],"value":{"type":"number","value":1}}}]}',
  )
})

test('infix operators are calls, the tighter ones within, and the left of equals first', () => {
  const { head } = rule('p := 1 - 2 - 3 * 4')
  const call = (operator: string, ...operands: unknown[]): unknown => ({
    type: 'call',
    value: [ref(name(operator)), ...operands],
  })
  expect(head.value).toEqual(call('minus', call('minus', number(1), number(2)), call('mul', number(3), number(4))))
})

test('members of a set and keys of an object are written once and in order', () => {
  expect(rule('p := {"b", 1.0, x, 1, "a"}').head.value).toEqual({
    type: 'set',
    value: [number(1), text('a'), text('b'), name('x')],
  })
  expect(rule('p := {"b": 1, "a": 2, "b": 3}').head.value).toEqual({
    type: 'object',
    value: [
      [text('a'), number(2)],
      [text('b'), number(3)],
    ],
  })
})

test('wildcards are numbered, those of a function anew for each else', () => {
  const found = rule('f(_, x) := 1 if data.a[_] else := 2')
  expect(found.head.args?.map(({ value }) => value)).toEqual(['$0', 'x'])
  expect(found.else?.head.args?.map(({ value }) => value)).toEqual(['$2', 'x'])
})

test('a number keeps its text, a string loses its escapes and a raw string keeps them', () => {
  expect(parsed('package a\np := [1.50, 1E3, -0]')).toMatch(/:1\.50\}.*:1E3\}.*:-0\}/)
  expect(rule(String.raw`p := "a\u00e9\n"`).head.value).toEqual(text('aé\n'))
  expect(rule('p := `a\\n`').head.value).toEqual(text('a\\n'))
})

test('a template string has its texts and expressions as parts', () => {
  expect(rule(String.raw`p := $"a\{ {x} {1}"`).head.value).toEqual({
    type: 'templatestring',
    value: {
      multi_line: false,
      parts: [text('a{ '), { index: 0, terms: name('x') }, text(' '), number(1)],
    },
  })
})

test('not is a flag, and a body of its own where that is imported', () => {
  expect(rule('p if not x').body).toEqual([{ index: 0, negated: true, terms: name('x') }])
  expect(rule('import future.keywords.not\np if not { x; y }').body).toEqual([
    {
      index: 0,
      terms: {
        type: 'not',
        explicit_body: true,
        body: [
          { index: 0, terms: name('x') },
          { index: 1, terms: name('y') },
        ],
      },
    },
  ])
})

const BAD = [
  '',
  'p := 1',
  'package a\npackage b',
  'package a\np { true }',
  'package a\np[1]',
  'package a\np := 01',
  'package a\np := .5',
  'package a\np := "\\x"',
  'package a\np := "a',
  'package a\np := 1;',
  'package a\nif := 1',
  'package a\ncount(x)',
  'package a\nimport foo.bar',
  'package a\nimport data.x.if',
  'package a\ndefault p := x',
  'package a\ndefault f(_, 1) := 2',
  'package a\np contains 1 if true else := 2',
  'package a\np if true else := 1 {true}',
  'package a\np := 1e200000',
  'package a\np := 1e30103',
  'package a\np := "\\ufeff"',
  'package a\n# \0\np := 1',
  'package a\np := $"{x := 1}"',
]

test('what is no module of Rego v1 has no value', () => {
  expect(BAD.filter((source) => parsed(source) !== 'undefined')).toEqual([])
})

test('numbers too large to be compared here end the evaluation where they are members of a set', () => {
  expect(parsed('package a\np := {1e30000, 1e29999}')).toBe('limit: a number is too large to compute with')
  expect(parsed('package a\np := [1e30000, 1e29999]')).toContain('1e30000')
})

test('a module that is nested too deep, or longer than the steps allow, is refused and not run to the end', () => {
  const n = 100_000
  const deep = ['['.repeat(n), '('.repeat(n), '{'.repeat(n), `1${' + 1'.repeat(n)}`, `f${'(1)[0]'.repeat(n)}`]
  for (const term of deep)
    expect(parsed(`package a\np := ${term}`, 'x', 50_000_000)).toMatch(/^limit: .*nested too deep/)
  expect(parsed(`package a\np if true${' else := 1 if true'.repeat(9000)}`, 'x', 50_000_000)).toMatch(/nested too deep/)
  expect(parsed(`package a\np := [${'1,'.repeat(n)}1]`, 'x', 100_000)).toBe('limit: the policy took too many steps')
})

test('steps are charged by the length of the text, by what is read of it and by what is written', () => {
  const over = 'limit: the policy took too many steps'
  expect(parsed('a'.repeat(900_000), 'x', 100_000)).toBe(over)
  expect(parsed(`package a\np := [${'1,'.repeat(20_000)}`, 'x', 50_000)).toBe(over)
  expect(parsed(`package a\np := [${'1,'.repeat(20_000)}1]`, 'x', 200_000)).toBe(over)
})

test('a term is read once or twice, however deep the brackets that could be several things', () => {
  const deep = (open: string, close: string): string => `package a\np := ${open.repeat(24)}1${close.repeat(24)}`
  for (const [open = '', close = ''] of [
    ['[a | {b: ', ', "c": 2}]'],
    ['{a | [', ', c]}'],
    ['{"a": {b |', ', c}}'],
  ]) {
    expect(parsed(deep(open, close), 'x', 200_000)).not.toContain('too many steps')
  }
})

testWithOpa('the names of all builtins are those of OPA', ({ opa }) => {
  const said = JSON.parse(runOpa(opa, ['capabilities', '--current'], tmpdir())) as {
    builtins: { name: string }[]
  }
  expect([...BUILTIN_NAMES].toSorted()).toEqual(said.builtins.map((one) => one.name).toSorted())
})

const EDGES = [
  'package a\n#\r\n# é',
  'package a\n#\n#  \r\r\n\t# 😀é x',
  '\ufeffpackage a # bom',
  'package a\np := null\nq := [null, true, $"", $`a\\{b{input.x}`]',
  'package a\nf() := 1\ng(x)\ninput := 3',
  'package a\np.q[x].r := 1 if x in [1]\np[x] if some x in y\np["x"].y contains z',
  'package a\np [x] := 1 if x := 2\nf (x) := y if y := -x\ng(- 5)',
  'package a\nimport data\nimport input as i\nimport rego.v1\nimport future.keywords',
  'package a\np if {1} {2}\nf(_) if {1} {2}',
  'package a\np := {x | x := 1; x | y}\nq := {1 | 2, 3}\nr := {a: b | c, d: e}\ns := [1 | 2, 3]',
  'package input\np := not.x\nq := if.contains["in"]',
  'package a\np := x in y in z\nq if every k, v in input { v with input as {} with data.x as 1 }\nr := (1, 2 in z)',
  'package a\nimport future.keywords.every.x\nimport rego.v2\np if not { x }',
  'package a\nimport future.keywords["in"]\nimport future["keywords"]',
  'package a\nimport rego.v2\np if { {\ny |\n\tsome y in xs\n} }',
  'package a\np if {}\nz if some x\nq if {1, 2}\nr if {"a": 1}\ns if [1]\nt := {,1}\nu := [,1,]\nv := {,}',
]

testWithOpa('every module of the shipped policy and odd ones besides are parsed as OPA parses them', ({ opa }) => {
  const lines = EDGES.flatMap((source) => source.split('\n').map((line) => `package a\n${line}`))
  const sources = [...governanceModules(), ...EDGES, ...BAD, ...lines]
  expect(differences(opa, sources)).toEqual({ different: [], limits: 0 })
})

testWithOpa(
  'every module of the compliance cases is parsed as OPA parses it',
  { timeout: 120_000 },
  ({ opa, skip }) => {
    if (!existsSync(CORPUS)) skip('the corpus ../shared/corpora/opa-compliance is not on this machine')
    expect(differences(opa, corpusModules())).toEqual({ different: [], limits: 0 })
  },
)

testWithOpa('spoiled modules are refused or parsed as OPA does', { timeout: 120_000 }, ({ opa }) => {
  const sources = [...EDGES, ...governanceModules(), ...(existsSync(CORPUS) ? corpusModules() : [])]
  expect(differences(opa, spoiled(sources, RUNS)).different).toEqual([])
})
