import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { answerHere, compareBatch, type Answer } from '../../../tools/opa-differential-batch.ts'
import { keptCases } from '../../../tools/opa-differential-case.ts'
import { runLimited } from '../../../tools/opa-differential-limits.ts'
import type { GeneratedPolicy, GeneratedRule } from '../../../tools/opa-policy-generator.ts'
import { testWithOpa } from './opa-fixture.ts'

const RUN = fileURLToPath(new URL('../../../tools/opa-differential-run.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-runner-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const rule = (name: string, ...bodies: (readonly [value: string, line: string])[]): GeneratedRule => ({
  name,
  isFunction: false,
  clauses: bodies.map(([value, line]) => ({ head: `${name} := ${value}`, lines: [line] })),
})

/** A value, nothing and an error: what OPA can answer. */
const THREE: GeneratedPolicy = {
  seed: 0,
  modules: [
    {
      package: 'PKG',
      rules: [
        rule('r0', ['input.s', 'true']),
        rule('r1', ['1', 'input.none']),
        rule('r2', ['1', 'input.s'], ['2', 'input.n']),
      ],
    },
  ],
  data: '{}',
  base: '{}',
  inputs: ['{"n":1.50,"s":"ab"}'],
}

/** Entrypoints whose answers are said to differ where this evaluator answers one of them so. */
async function seen(opa: string, entrypoint: string, wrong: Answer): Promise<string[]> {
  const result = await compareBatch(opa, [THREE], {
    answer: (policy, asked, input) => (asked === entrypoint ? wrong : answerHere(policy, asked, input)),
  })
  return result.differences.map((difference) => difference.entrypoint)
}

testWithOpa(
  'values, undefined and errors that are the same are no difference',
  { timeout: 120_000 },
  async ({ opa }) => {
    const { differences, counts } = await compareBatch(opa, [THREE])
    expect(differences).toEqual([])
    // The package as a whole holds r2, and so fails too.
    expect(counts).toEqual({ value: 1, undefined: 1, error: 2, overLimit: 0, opaOverLimit: 0 })
  },
)

const WRONG: readonly (readonly [what: string, entrypoint: string, wrong: Answer])[] = [
  ['a value of another byte', 'p0/r0', { value: '"aB"' }],
  ['a number that is written otherwise', 'p0/r0', { value: '"ab" ' }],
  ['undefined for a value', 'p0/r0', { undefined: true }],
  ['an error for a value', 'p0/r0', { error: 'eval_conflict_error' }],
  ['a value for undefined', 'p0/r1', { value: '1' }],
  ['an error for undefined', 'p0/r1', { error: 'eval_builtin_error' }],
  ['undefined for an error', 'p0/r2', { undefined: true }],
  ['a value for an error', 'p0/r2', { value: '1' }],
  ['another error', 'p0/r2', { error: 'eval_builtin_error' }],
]

testWithOpa.for(WRONG)('%s is a difference', { timeout: 120_000 }, async ([, entrypoint, wrong], { opa }) => {
  expect(await seen(opa, entrypoint, wrong)).toEqual([entrypoint])
})

testWithOpa('what runs over our limits is counted, and no difference', { timeout: 120_000 }, async ({ opa }) => {
  const { differences, counts } = await compareBatch(opa, [THREE], {
    answer: () => ({ error: 'policy-over-limit' }),
  })
  expect(differences).toEqual([])
  expect(counts.overLimit).toBe(4)
})

/** The long mode as a command. */
function run(cases: string, opa: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [RUN, '--cases', cases, ...args], {
    encoding: 'utf8',
    env: { ...process.env, GATEHOUSE_OPA: opa },
    timeout: 280_000,
  })
}

/** A program that is OPA, but for the data that it evaluates with: there each `true` is false. */
function distorted(opa: string): string {
  const file = join(scratch, 'opa-distorted')
  const lines = [
    '#!/bin/sh',
    'case "$1" in run|eval) sed "s/true/false/g" data.json > data.tmp && mv data.tmp data.json;; esac',
    `exec '${opa}' "$@"`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  chmodSync(file, 0o755)
  return file
}

testWithOpa(
  'a difference is made small, kept as a case with its seed, and ends the command with 1',
  { timeout: 300_000 },
  ({ opa }) => {
    const cases = mkdtempSync(join(scratch, 'cases-'))
    const said = run(cases, distorted(opa), '--policies', '1', '--seed', '9')
    expect(said.status).toBe(1)
    expect(readdirSync(cases)).toEqual(['9.json'])
    expect(said.stdout).toContain('seeds that differ: 9\n')
    const [kept] = keptCases(cases)
    expect(kept).toMatchObject({ seed: 9, reason: 'not looked into yet' })
    const [lines = 0] = Object.values(kept?.policy ?? {}).map((text) => text.split('\n').length)
    expect(lines).toBeLessThan(15)
  },
)

testWithOpa(
  'without a difference the command ends with 0, and the same seed gives the same run',
  { timeout: 300_000 },
  ({ opa }) => {
    const cases = mkdtempSync(join(scratch, 'cases-'))
    const [first, second, other] = ['8', '8', '9'].map((seed) =>
      run(cases, opa, '--policies', '4', '--seed', seed, '--batch', '4'),
    )
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first?.stdout).toMatch(/^4 policies .* 0 differing; go on with --seed 12\n$/)
    expect(second?.stdout).toBe(first?.stdout)
    expect(other?.stdout).not.toBe(first?.stdout)
    expect(readdirSync(cases)).toEqual([])
  },
)

test('where OPA is absent the command says so and ends with 2', () => {
  const said = run(scratch, join(scratch, 'no-opa'))
  expect(said).toMatchObject({ status: 2, stdout: '' })
  expect(said.stderr).toContain('GATEHOUSE_OPA')
})

test('a command that takes too long is stopped', () => {
  const said = runLimited('/bin/sleep', ['30'], scratch, { memoryMb: 6000, seconds: 1 })
  expect(said).toMatchObject({ isOver: true, status: null })
})

test('a command has no more memory than it was given', (ctx) => {
  const bounded = spawnSync('/bin/sh', ['-c', 'ulimit -v 1000000; ulimit -v'], { encoding: 'utf8' }).stdout
  if (bounded !== '1000000\n') ctx.skip('the shell of this machine cannot bound memory')
  const limits = { memoryMb: 1234, seconds: 30 }
  const said = runLimited('/bin/sh', ['-c', 'ulimit -v; echo $GOMEMLIMIT'], scratch, limits).stdout.split('\n')
  expect(said).toEqual(['1263616', '617MiB', ''])
})

testWithOpa(
  'a policy that OPA cannot hold in memory is counted, and the next one is compared',
  { timeout: 200_000 },
  async ({ opa }) => {
    const huge: GeneratedPolicy = {
      ...THREE,
      modules: [{ package: 'PKG', rules: [rule('r0', ['count(numbers.range(1, 400000000))', 'true'])] }],
    }
    const { differences, counts } = await compareBatch(opa, [huge, THREE], {
      limits: { memoryMb: 2500, seconds: 15 },
    })
    expect(differences).toEqual([])
    expect(counts.opaOverLimit).toBe(2)
    expect(counts.value).toBe(1)
  },
)

test('a kept case names its seed and what was wrong', () => {
  for (const { seed, reason, policy } of keptCases()) {
    expect(seed).toBeGreaterThanOrEqual(0)
    expect(reason).not.toBe('not looked into yet')
    expect(reason.length).toBeGreaterThan(20)
    expect(Object.keys(policy).length).toBeGreaterThan(0)
  }
})

test('the file of a kept case is named by its seed', () => {
  const folder = fileURLToPath(new URL('differential-cases', import.meta.url))
  for (const file of readdirSync(folder)) {
    const { seed } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { seed: number }
    expect(file.replace(/(?:-[a-z-]+)?\.json$/, '')).toBe(String(seed))
  }
})
