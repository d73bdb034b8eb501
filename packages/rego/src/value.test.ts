import { expect, test } from 'vitest'
import { BUILTINS } from './builtins/registry.ts'
import { Machine } from './machine.ts'
import { toJson } from './value-json.ts'
import { BigNum, objectOf, RegoSet, setOf, type Value } from './value.ts'

function call(name: string, ...operands: readonly Value[]): Value {
  const run = BUILTINS.get(name)
  if (run === undefined) throw new Error(`no builtin ${name}`)
  return run(new Machine({ fuel: 100_000, maxDepth: 100, strictBuiltinErrors: true }), ...operands)
}

test('a set with one list in it finds it however its numbers are written, and the first that was added stays', () => {
  const set = new RegoSet()
  const first: Value = [new BigNum('1.0'), 'a']
  set.add(first)
  expect(set.size).toBe(1)
  expect(set.has([1, 'a'])).toBe(true)
  expect(set.has([2, 'a'])).toBe(false)
  expect(set.has(new BigNum('1.0'))).toBe(false)
  set.add([1, 'a'])
  expect(set.size).toBe(1)
  expect(set.sorted()[0]).toBe(first)
})

test('a set with one list in it takes others, numbers and texts in, each once, in order', () => {
  const set = setOf([['b']])
  for (const value of [['a'], 'x', new BigNum('1e40'), ['b'], 3, ['a'], new BigNum('10e39'), null] as Value[])
    set.add(value)
  expect(set.size).toBe(6)
  expect(toJson(setOf(set.sorted()), 10, 1000)).toEqual([null, 3, 1e40, 'x', ['a'], ['b']])
  expect(set.has(['b'])).toBe(true)
  expect(set.has(['c'])).toBe(false)
  set.add(['d'])
  expect(set.size).toBe(7)
  expect(set.has(['a'])).toBe(true)
})

test.for([
  [['a","b'], ['a', 'b']],
  [['a', '1"b'], ['a,1"b']],
  [['1"a'], ['a']],
  [['#1'], [1]],
  [['true'], [true]],
  [['', ''], [',']],
  [['[]'], [[]]],
])('texts that hold what tells members apart make no two of them one: %j', ([a, b]) => {
  const set = setOf([a as Value, b as Value])
  expect(set.size).toBe(2)
  expect(
    objectOf([
      [a as Value, 1],
      [b as Value, 2],
    ]).get(a as Value),
  ).toBe(1)
})

test('the union with an empty set holds the members of the other, and is another set', () => {
  const some = setOf(['a', ['b']])
  for (const union of [call('or', some, new RegoSet()), call('or', new RegoSet(), some)] as RegoSet[]) {
    expect(union.sorted()).toEqual(['a', ['b']])
    union.add('c')
  }
  expect(some.size).toBe(2)
})

test('an object without some of its keys has the others as they were written', () => {
  const object = objectOf([
    [new BigNum('1.50'), 'a'],
    [['list'], 'b'],
    ['text', 'c'],
  ])
  const told = (name: string, keys: Value): unknown => toJson(call(name, object, keys), 10, 1000)
  expect(told('object.remove', ['text'])).toEqual({ '1.50': 'a', '["list"]': 'b' })
  expect(told('object.filter', setOf([['list'], 2]))).toEqual({ '["list"]': 'b' })
  expect(told('object.remove', objectOf([[1.5, 0]]))).toEqual({ text: 'c', '["list"]': 'b' })
})

test('each call of trim takes its own characters away, whichever were taken away before', () => {
  expect(call('trim', '--a--', '-')).toBe('a')
  expect(call('trim', '--a--', '-a')).toBe('')
  expect(call('trim', '--a--', '-')).toBe('a')
  expect(call('trim_left', '..a..', '.')).toBe('a..')
  expect(call('trim_right', '--a--', '-')).toBe('--a')
})

test('keys that are no texts become texts, and of two with one name the later in order stands', () => {
  const object = objectOf([
    [0, 'number'],
    ['0', 'text'],
    [['a'], 'list'],
  ])
  expect(toJson(object, 10, 1000)).toEqual({ '0': 'text', '["a"]': 'list' })
})
