import { expect, test } from 'vitest'
import { argues, argumentsOf, staleArguments } from './mutation-arguments.ts'
import { parseModule } from './rego-module.ts'

function read(source: string) {
  const module = parseModule(source)
  return argumentsOf(module.comments, [...new Set(module.tokens.map(({ line }) => line))])
}

test('an argument speaks of its line, or of the next line of policy where it stands alone', () => {
  const { found, faults } = read(
    'package p\n\na := 1 # mutate: equivalent - nobody sees it\n\n# mutate: equivalent number, comparison - a list is never so long\n# words in between\nb := 2\n',
  )
  expect(faults).toEqual([])
  expect(found).toEqual([
    { line: 3, commentLine: 3, mutators: null, reason: 'nobody sees it' },
    { line: 7, commentLine: 5, mutators: ['number', 'comparison'], reason: 'a list is never so long' },
  ])
})

test.each([
  '# mutate: equivalent',
  '# mutate: equivalent -',
  '# mutate: eqivalent - x',
  '# mutate: equivalent nmber - x',
])('an argument that gives no reason or is misspelled (%s) is a fault', (comment) => {
  expect(read(`package p\n\n${comment}\na := 1\n`)).toMatchObject({ found: [], faults: [{ line: 3 }] })
})

test('an argument is stale where no mutant of its line survives', () => {
  const argument = { line: 3, commentLine: 2, mutators: null, reason: 'x' } as const
  const killed = { line: 3, mutator: 'number', survived: false } as const
  expect(staleArguments([argument], [killed])).toMatchObject([{ line: 2 }])
  expect(staleArguments([argument], [killed, { ...killed, survived: true }])).toEqual([])
  expect(staleArguments([argument], [{ ...killed, line: 4, survived: true }])).toHaveLength(1)
})

test('an argument for kinds of mutant argues no other kind, and each kind must be needed', () => {
  const argument = { line: 3, commentLine: 2, mutators: ['number', 'string'], reason: 'x' } as const
  expect(argues(argument, { line: 3, mutator: 'number' })).toBe(true)
  expect(argues(argument, { line: 3, mutator: 'comparison' })).toBe(false)
  const number = { line: 3, mutator: 'number', survived: true } as const
  expect(staleArguments([argument], [number])).toMatchObject([
    { message: 'stale: no string mutant of its line survives' },
  ])
})
