/** Data files that cannot be loaded, builtins that only OPA has, and where a message says that they are. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi, type TestContext } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { putFiles, runPolicy } from './policy-fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

let folder = ''
beforeEach(() => {
  folder = scratchFolder()
})
afterEach(closeAll)

const put = (files: Readonly<Record<string, string>>): void => putFiles(folder, files)

interface Problem {
  readonly code: string
  readonly detail: string
  readonly errors: readonly { readonly file: string; readonly line: number; readonly message: string }[]
  readonly warnings: Problem['errors']
}

/** `gatehouse policy ... --json` from the scratch folder: exit code, and the document or the problem. */
async function policy(ctx: TestContext, ...argv: string[]): Promise<[number, Problem]> {
  const { code, document } = await runPolicy(ctx, folder, [...argv, '--json'])
  return [code, document as unknown as Problem]
}

const FILES = {
  'rel/policies/verdict.rego':
    'package release\n\n# METADATA\n# entrypoint: true\nverdict := "yes" if input.hour < data.hours.last\n',
  'rel/data/hours.json': '{"hours": {"last": 16}}\n',
  'rel/tests/verdict_test.rego':
    'package release_test\n\nimport data.release\n\ntest_yes if release.verdict == "yes" with input as {"hour": 15}\n',
}

test.for([
  ['broken JSON', 'rel/data/more.json', '{\n  "a": 1,\n  b\n}\n', 3],
  ['JSON that ends too early', 'rel/data/more.json', '{\n  "a": [1\n', 2],
  ['broken YAML', 'rel/data/a b.yaml', 'a: [\n b\n', 2],
  ['a list', 'rel/data/list.json', '[1]\n', 0],
  ['another value for the same name', 'rel/data/more.json', '{"hours": {"last": 17}}\n', 0],
  ['data that contradict those of the tests', 'rel/tests/more.json', '{"hours": {"last": 17}}\n', 0],
] as const)('check refuses %s in a data file, and names it', async ([, file, text, line], ctx) => {
  put({ ...FILES, [file]: text })
  const [code, { errors }] = await policy(ctx, 'check', 'rel')
  expect([code, errors.length]).toEqual([4, 1])
  expect(errors[0]).toMatchObject({ file, line, message: expect.stringMatching(/^\S/) })
  expect(errors[0]?.message).not.toContain(file)
  rmSync(join(folder, file))
  expect((await policy(ctx, 'check', 'rel'))[0]).toBe(0)
})

test('check tells all data files that are broken, beside Rego that is, and both files of a contradiction', async (ctx) => {
  put({ ...FILES, 'rel/data/one.json': '{', 'rel/data/two.json': '{"hours": 1}', 'rel/policies/bad.rego': 'package\n' })
  const [, { errors }] = await policy(ctx, 'check', 'rel')
  expect(errors.map(({ file }) => file)).toEqual(['rel/policies/bad.rego', 'rel/data/one.json', 'rel/data/two.json'])
  expect(errors[2]?.message).toMatch(/also defined in rel\/data\/hours\.json$/)
})

test('check refuses a rule where data stand, and a manifest that build refuses', async (ctx) => {
  put({ ...FILES, 'rel/data/more.json': '{"release": {"verdict": "yes"}}' })
  const [code, { errors }] = await policy(ctx, 'check', 'rel')
  expect([code, errors]).toMatchObject([4, [{ file: 'rel/policies/verdict.rego', line: 5 }]])
  rmSync(join(folder, 'rel/data/more.json'))
  put({ 'rel/manifest.json': '{"roots": ["release"]}' })
  const [again, document] = await policy(ctx, 'check', 'rel')
  expect([again, document.errors]).toMatchObject([
    4,
    [{ file: 'rel/manifest.json', message: expect.stringMatching(/^"hours\/last" of the policies/) }],
  ])
})

test('test, build, push, coverage and mutate name a broken data file as the user would', async (ctx) => {
  put({ ...FILES, 'rel/data/one.json': '{', 'rel/data/two.json': '{' })
  for (const command of [
    ['test', 'rel'],
    ['build', 'rel'],
    ['coverage', 'rel'],
    ['mutate', 'rel'],
    ['push', 'rel', 'oci:lay:main', '--release', '1'],
  ]) {
    const [code, { detail }] = await policy(ctx, ...command)
    expect([command[0], code, detail]).toEqual([command[0], 2, expect.stringContaining('rel/data/one.json')])
  }
})

test('a builtin in a test that only OPA has passes check with a warning, and coverage and push say where it is', async (ctx) => {
  put({ ...FILES, 'rel/tests/now_test.rego': 'package now_test\n\ntest_now if {\n\ttime.now_ns() > 0\n}\n' })
  const [code, document] = await policy(ctx, 'check', 'rel')
  expect([code, document.errors]).toEqual([0, []])
  expect(document.warnings).toMatchObject([
    { file: 'rel/tests/now_test.rego', line: 4, message: 'undefined function time.now_ns' },
  ])
  expect((await policy(ctx, 'test', 'rel'))[0]).toBe(0)
  for (const command of [
    ['coverage', 'rel'],
    ['push', 'rel', 'oci:lay:main', '--release', '1'],
  ]) {
    const [, { detail }] = await policy(ctx, ...command)
    expect(detail).toMatch(/(?:^|\s)rel\/tests\/now_test\.rego:4: .*undefined function time\.now_ns/)
  }
})

test('mutate and coverage name a file that does not compile as the user would', async (ctx) => {
  for (const bad of ['package release\n\nverdict := x if\n', 'package release.bad\n\nverdict := nowhere\n']) {
    put({ ...FILES, 'rel/policies/bad.rego': bad })
    for (const command of ['mutate', 'coverage']) {
      const [code, problem] = await policy(ctx, command, 'rel')
      expect([command, code, problem.code]).toEqual([command, 2, 'policy-invalid'])
      expect(problem.detail).toMatch(/^rel\/policies\/bad\.rego:\d+: /)
    }
  }
})
