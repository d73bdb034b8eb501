import { expect, test } from 'vitest'
import { applyEdits, mutantsOf, type MutatorName } from './mutants.ts'
import { parseModule } from './rego-module.ts'
import { RegoSourceError } from './rego-tokens.ts'

/** The sources that mutants of one kind, or of all, make of a rule. */
function mutated(rule: string, mutator: MutatorName | null = null): string[] {
  const source = `package p\n\n${rule}\n`
  return mutantsOf(parseModule(source))
    .filter((mutant) => mutator === null || mutant.mutator === mutator)
    .map((mutant) => applyEdits(source, mutant.edits).replace('package p\n\n', '').trim())
}

test('each comparison is exchanged for its neighbours', () => {
  expect(mutated('a if input.x < 3', 'comparison')).toEqual(['a if input.x <= 3', 'a if input.x >= 3'])
  expect(mutated('a if input.x >= 3', 'comparison')).toEqual(['a if input.x > 3', 'a if input.x < 3'])
  expect(mutated('a if input.x == 3', 'comparison')).toEqual(['a if input.x != 3'])
  expect(mutated('a := input.x != 3', 'comparison')).toEqual(['a := input.x == 3'])
})

test('arithmetic and set operators are exchanged, signs and bars of comprehensions are not', () => {
  expect(mutated('a := input.x + 1', 'arithmetic')).toEqual(['a := input.x - 1'])
  expect(mutated('a := -1', 'arithmetic')).toEqual([])
  expect(mutated('a := {x | some x in input.xs}', 'arithmetic')).toEqual([])
  expect(mutated('a := [x | some x in input.xs]', 'arithmetic')).toEqual([])
  expect(mutated('a := {x: 1 | some x in input.xs}', 'arithmetic')).toEqual([])
  expect(mutated('a := input.s | {x | some x in input.xs}', 'arithmetic')).toEqual([
    'a := input.s & {x | some x in input.xs}',
  ])
  expect(mutated('a := input.s & input.t', 'arithmetic')).toEqual(['a := input.s | input.t'])
})

test('constants change: numbers by one, texts, booleans, null', () => {
  expect(mutated('a := 7', 'number')).toEqual(['a := 8', 'a := 6'])
  expect(mutated('a := 1.5', 'number')).toEqual(['a := 2.5', 'a := 0.5'])
  expect(mutated('a := 123456789012345678901234567890', 'number')).toEqual([
    'a := 123456789012345678901234567891',
    'a := 123456789012345678901234567889',
  ])
  expect(mutated('a := input.xs[0]', 'number')).toEqual(['a := input.xs[1]'])
  expect(mutated('a := "x"', 'string')).toEqual(['a := ""'])
  expect(mutated('a := ""', 'string')).toEqual(['a := "mutated"'])
  expect(mutated('a := `x`', 'string')).toEqual(['a := ""'])
  expect(mutated('a := true', 'boolean')).toEqual(['a := false'])
  expect(mutated('default a := false', 'boolean')).toEqual(['default a := true'])
  expect(mutated('a := null', 'boolean')).toEqual(['a := false'])
})

test('constant collections are emptied, empty ones filled, others are left', () => {
  expect(mutated('a := ["x", 1]', 'collection')).toEqual(['a := []'])
  expect(mutated('a := {"x", 1}', 'collection')).toEqual(['a := set()'])
  expect(mutated('a := {"x": 1}', 'collection')).toEqual(['a := {}'])
  expect(mutated('a := []', 'collection')).toEqual(['a := ["mutated"]'])
  expect(mutated('a := {}', 'collection')).toEqual(['a := {"mutated": true}'])
  expect(mutated('a := set()', 'collection')).toEqual(['a := {"mutated"}'])
  expect(mutated('a := [input.x]', 'collection')).toEqual([])
  expect(mutated('a := input.xs[0]', 'collection')).toEqual([])
  expect(mutated('a if {\n\ttrue\n}', 'collection')).toEqual([])
})

test('conditions of rules, else, every and comprehensions are dropped and negated', () => {
  expect(mutated('a if {\n\tinput.x\n\tnot input.y\n}', 'condition-dropped')).toEqual([
    'a if {\n\ttrue\n\tnot input.y\n}',
    'a if {\n\tinput.x\n\ttrue\n}',
  ])
  expect(mutated('a if {\n\tinput.x\n\tnot input.y\n}', 'condition-negated')).toEqual([
    'a if {\n\tnot input.x\n\tnot input.y\n}',
    'a if {\n\tinput.x\n\tinput.y\n}',
  ])
  expect(mutated('a := 1 if input.x else := 2 if input.y', 'condition-dropped')).toEqual([
    'a := 1 if true else := 2 if input.y',
    'a := 1 if input.x else := 2 if true',
  ])
  expect(mutated('a := {x | some x in input.xs; x > input.n}', 'condition-negated')).toEqual([
    'a := {x | some x in input.xs; not x > input.n}',
  ])
  expect(mutated('a if every x in input.xs { x > input.n }', 'condition-negated')).toEqual([
    'a if every x in input.xs { not x > input.n }',
  ])
})

test('what gives a value to a name that is used is not dropped', () => {
  expect(mutated('a if {\n\tx := input.x\n\tx > input.n\n}', 'condition-dropped')).toEqual([
    'a if {\n\tx := input.x\n\ttrue\n}',
  ])
  expect(mutated('a if some x in input.xs', 'condition-dropped')).toEqual(['a if true'])
})

test('every branch of a rule is switched off by itself', () => {
  expect(mutated('a := 1', 'rule-removed')).toEqual(['a := 1 if { false }'])
  expect(mutated('a if input.x', 'rule-removed')).toEqual(['a if { false; input.x }'])
  expect(mutated('a := 1 if { input.x } else := 2', 'rule-removed')).toEqual(['a := 1 if { false; input.x } else := 2'])
  expect(mutated('a := 1 if { input.x } else := 2', 'else-removed')).toEqual([
    'a := 1 if { input.x } else := 2 if { false }',
  ])
  expect(mutated('default a := input.x', 'rule-removed')).toEqual([])
})

test('every becomes some, and some becomes every', () => {
  expect(
    mutated('a if every x in input.xs { x > input.n }', 'quantifier').map((s) => s.replaceAll(/\s+/g, ' ')),
  ).toEqual(['a if some x in input.xs x > input.n'])
  expect(mutated('a if {\n\tsome x in input.xs\n\tx > input.n\n}', 'quantifier')).toEqual([
    'a if {\n\tevery x in input.xs { x > input.n }\n}',
  ])
  // The head gives one value for each x.
  expect(mutated('a contains x if {\n\tsome x in input.xs\n\tx > input.n\n}', 'quantifier')).toEqual([])
  expect(mutated('a if {\n\tsome x\n\tinput.xs[x] > input.n\n}', 'quantifier')).toEqual([])
})

test('builtins are exchanged for their counterparts, or left out', () => {
  expect(mutated('a if startswith(input.x, input.y)', 'builtin')).toEqual(['a if endswith(input.x, input.y)'])
  expect(mutated('a := sort(input.xs)', 'builtin')).toEqual(['a := (input.xs)'])
  expect(mutated('a := lower(input.x)', 'builtin')).toEqual(['a := upper(input.x)', 'a := (input.x)'])
  expect(mutated('a := object.remove(input.x, ["k"])', 'builtin')).toEqual(['a := object.filter(input.x, ["k"])'])
  // A rule's own name, and a rule that is called like a builtin, stay.
  expect(mutated('min(x) := x', 'builtin')).toEqual([])
  expect(mutated('a := data.p.min(input.x)', 'builtin')).toEqual([])
})

test('lines and columns are those of the change, also behind comments and texts of several lines', () => {
  const source = 'package p\n\n# a } comment with "quotes\na := `one\ntwo` # more\n\nb if {\n\tinput.x == 3 # {\n}\n'
  const found = mutantsOf(parseModule(source)).map(({ mutator, line, column }) => [mutator, line, column])
  expect(found).toContainEqual(['comparison', 8, 10])
  expect(found).toContainEqual(['string', 4, 6])
})

test('statements go on over lines where an operator or a bracket says so', () => {
  const module = parseModule(
    'package p\n\na if {\n\tinput.x ==\n\t\t3\n\tf(\n\t\t1,\n\t\t2,\n\t)\n\tinput.y with input as\n\t\t{}\n}\n\nb := 1\n',
  )
  expect(module.rules.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(module.rules[0]?.branches[0]?.body?.statements).toHaveLength(3)
})

test('a package with odd parts, imports and several rules of one name are read', () => {
  const module = parseModule(
    'package a["b-c"].d\n\nimport data.x.y as z\nimport rego.v1\n\nf(x) := 1 if x == z\nf(x) := 2 if x != z\nallow.more contains 1\n',
  )
  expect(module.packageName).toBe('a.b-c.d')
  expect(module.rules.map(({ name }) => name)).toEqual(['f', 'f', 'allow.more'])
})

test('template strings are one text, with braces and texts in them', () => {
  expect(mutated('a := $"x {sprintf("%d}", [input.n])} y"', 'string')).toEqual(['a := ""'])
})

test.each(['a := "x', 'a := `x', 'a := (1', 'a := 1)', 'a if {\n\tx[1}\n', 'a := ;§'])(
  'what is no Rego (%j) is told with its line',
  (rule) => {
    expect(() => parseModule(`package p\n\n${rule}\n`)).toThrow(RegoSourceError)
  },
)
