/** What diff and explain are given: how it was made, what they say of answers without an outcome, and of what is not here. */
import { existsSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi, type TestContext } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { opaEnv, putFiles, runPolicy, type Ran } from './policy-fixture.ts'

vi.setConfig({ testTimeout: 180_000 })

let folder = ''
beforeEach(() => {
  folder = scratchFolder()
})
afterEach(closeAll)

const put = (files: Readonly<Record<string, string>>): void => putFiles(folder, files)

/** `gatehouse policy ...` from the scratch folder; without a test's context there is no OPA. */
const policy = (ctx: TestContext | null, ...argv: string[]): Promise<Ran> => runPolicy(ctx, folder, argv)

const rego = (rule: string) => `package release\n\n# METADATA\n# entrypoint: true\n${rule}\n`
const OLD = rego('verdict := {"hour": input.hour, "limits": {"cpu": 1, "ram": 2}}')
const NEW = rego('verdict := {"hour": input.hour, "limits": {"cpu": 4, "ram": 2}, "note": "more"}')

test('diff and explain say in the document whether the policies were compiled now', async (ctx) => {
  put({ 'a/policies/v.rego': OLD, 'a/data/d.json': '{}', 'in/one.json': '{"hour": 3}' })
  expect((await policy(ctx, 'build', 'a')).code).toBe(0)
  // The plan is older now than what it was built from.
  put({ 'a/policies/v.rego': NEW })
  const diff = ['diff', 'a', 'a', '--json']
  const explain = ['explain', 'a', '--input', 'in/one.json', '--json']
  const compiled = { name: 'a', plan: 'compiled' }
  expect((await policy(ctx, ...diff)).document).toMatchObject({ before: compiled, after: compiled })
  expect((await policy(ctx, ...explain)).document).toMatchObject({
    policies: compiled,
    decision: { limits: { cpu: 4 } },
  })
  const built = { name: 'a', plan: 'as-built' }
  expect((await policy(null, ...diff)).document).toMatchObject({ before: built, after: built })
  expect((await policy(null, ...explain)).document).toMatchObject({ policies: built, decision: { limits: { cpu: 1 } } })
})

test('a built folder without Rego and an archive with a plan are taken as built', async (ctx) => {
  put({
    'a/policies/v.rego': OLD,
    'a/data/d.json': '{}',
    'a/tests/v_test.rego': 'package t_test\n\ntest_a if 1 == 1\n',
  })
  expect((await policy(ctx, 'build', 'a', '--output', 'dist')).code).toBe(0)
  expect((await policy(ctx, 'push', 'a', 'oci:lay:main', '--release', '1')).code).toBe(0)
  const { document } = await policy(ctx, 'diff', 'dist', 'oci:lay:main', '--json')
  expect(document).toMatchObject({ before: { plan: 'as-built' }, after: { plan: 'as-built' } })
})

test('diff shows what differs in answers that have no outcome', async (ctx) => {
  put({ 'a/v.rego': OLD, 'b/v.rego': NEW, 'in/one.json': '{"hour": 3}', 'in/two.json': '{"hour": 4}' })
  const { out } = await policy(ctx, 'diff', 'a', 'b', '--inputs', 'in')
  for (const input of ['one', 'two'])
    expect(out).toContain(`~ ${input}.json\n    ~ /limits/cpu  1 -> 4\n    + /note  "more"\n`)
  put({ 'a/v.rego': rego('verdict := [input.hour]'), 'b/v.rego': rego('verdict := [input.hour, 1]') })
  expect((await policy(ctx, 'diff', 'a', 'b', '--inputs', 'in')).out).toContain('    ~ answer  [3] -> [3,1]\n')
})

test('of an answer that differs in many places ten are shown, and how many more there are', async (ctx) => {
  const many = (value: number) =>
    rego(`verdict := {${Array.from({ length: 12 }, (_, at) => `"k${at}": ${value}`).join(', ')}}`)
  put({ 'a/v.rego': many(1), 'b/v.rego': many(2), 'in/one.json': '{}' })
  expect((await policy(ctx, 'diff', 'a', 'b', '--inputs', 'in')).out).toContain('    and 2 more: --json\n')
})

test.for(['diff', 'explain', 'scan'])(
  '%s says of a reference to a registry that it has to be pulled first',
  async (command) => {
    put({ 'in.json': '{}' })
    const digest = `sha256:${'a'.repeat(64)}`
    for (const [name, named] of [
      ['ghcr.io/acme/policy:main', 'ghcr.io/acme/policy:main@sha256:...'],
      [`localhost:5000/policy@${digest}`, `localhost:5000/policy@${digest}`],
    ] as const) {
      const more = { diff: [name, name], explain: [name, '--input', 'in.json'], scan: [name, 'in.json'] }[command] ?? []
      const { code, document } = await policy(null, command, ...more, '--json')
      expect([code, document['code']]).toEqual([5, 'policy-not-found'])
      expect(document['detail']).toContain(`gatehouse policy pull ${named} bundle.tar.gz`)
    }
    const { document } = await policy(null, 'diff', 'old/governance', 'new', '--json')
    expect(document['detail']).toMatch(/^old\/governance is not there/)
  },
)

test('build, pull and push to a place below /proc end with a word', async (ctx) => {
  if (!existsSync('/proc/self')) ctx.skip('there is no /proc here')
  put({ 'a/policies/v.rego': OLD, 'a/tests/v_test.rego': 'package t_test\n\ntest_a if 1 == 1\n' })
  const pushed = await policy(ctx, 'push', 'a', 'oci:lay:main', '--release', '1', '--json')
  const program = fileURLToPath(new URL('../../../bin/gatehouse.js', import.meta.url))
  for (const words of [
    ['pull', `oci:lay@${String(pushed.document['digest'])}`, 'oci:/proc/nope:x'],
    ['push', 'a', 'oci:/proc/nope:x', '--release', '1'],
    ['build', 'a', '--output', '/proc/nope/x'],
  ]) {
    // In a process of its own: what it guards against cannot be stopped by anything milder.
    const ran = spawnSync(process.execPath, [program, 'policy', ...words, '--json'], {
      cwd: folder,
      env: { ...process.env, HOME: folder, ...opaEnv(ctx) },
      timeout: 60_000,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    })
    expect([words[0], ran.signal, ran.status]).toEqual([words[0], null, 2])
    expect(ran.stderr).toContain('cannot be written')
  }
  rmSync(join(folder, 'lay'), { recursive: true })
})
