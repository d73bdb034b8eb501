/** Policies that are not Gatehouse's: other packages, another entrypoint, odd names, links, and what is not in order with them. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi, type TestContext } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { putFiles, runPolicy, type Ran } from './policy-fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

let folder = ''
beforeEach(() => {
  folder = scratchFolder()
})
afterEach(closeAll)

const at = (name: string) => join(folder, name)

const put = (files: Readonly<Record<string, string>>): void => putFiles(folder, files)

const VERDICT = `package release

import data.release.window

# METADATA
# entrypoint: true
verdict := {"outcome": outcome}

default outcome := "deny"

outcome := "allow" if window.open
`
const WINDOW = 'package release.window\n\nopen if input.hour < data.hours.last\n'
const TEST = `package release_test

import data.release

test_allows if release.verdict.outcome == "allow" with input as {"hour": 15}

test_denies if release.verdict.outcome == "deny" with input as {"hour": 16}
`
const RELEASE = {
  'rel/policies/verdict.rego': VERDICT,
  'rel/policies/window.rego': WINDOW,
  'rel/data/hours.yaml': 'hours:\n  last: 16\n',
  'rel/tests/verdict_test.rego': TEST,
}

/** `gatehouse policy ...`; words that are files of the folder are given with `at`. */
const policy = (ctx: TestContext | null, ...argv: string[]): Promise<Ran> => runPolicy(ctx, process.cwd(), argv)

const push = (ctx: TestContext | null, source: string, ...more: string[]) =>
  policy(ctx, 'push', at(source), `oci:${at('oci')}:main`, '--release', '1', '--json', ...more)

test('push takes the entrypoint that METADATA names, another where one is given, and tells which', async (ctx) => {
  put(RELEASE)
  expect((await push(ctx, 'rel')).document).toMatchObject({ entrypoints: ['release/verdict'], tests: 2 })
  const other = await push(ctx, 'rel', '--release', '2', '--entrypoint', 'release/outcome')
  expect(other.document['entrypoints']).toContain('release/outcome')
})

test('push says how to name an entrypoint where there is none, and where it is not in the policies', async (ctx) => {
  put({ ...RELEASE, 'rel/policies/verdict.rego': VERDICT.replace('# METADATA\n# entrypoint: true\n', '') })
  for (const more of [[], ['--entrypoint', 'release/nope']]) {
    const { code, document } = await push(ctx, 'rel', ...more)
    expect([code, document['code']]).toEqual([2, 'bundle-build-failed'])
    expect(document['detail']).toContain('--entrypoint package/rule')
  }
})

test.for(['', 'data.release.verdict', 'release.verdict', 'data/release/verdict', 'release//verdict', 'release/'])(
  'an entrypoint spelled "%s" is told how it is spelled',
  async (name, ctx) => {
    put(RELEASE)
    const asked = ['--entrypoint', name, '--json']
    for (const { code, document } of [
      await policy(ctx, 'build', at('rel'), ...asked),
      await push(ctx, 'rel', ...asked),
    ]) {
      expect([code, document['code']]).toEqual([2, 'usage'])
      expect(document['detail']).toContain(`--entrypoint "${name}"`)
    }
  },
)

test('verify tells what the bundle can be asked, and refuses one that cannot be asked what is needed', async (ctx) => {
  put(RELEASE)
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(at('key.pem'), keys.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  writeFileSync(at('pub.pem'), keys.publicKey.export({ format: 'pem', type: 'spki' }))
  const reference = String((await push(ctx, 'rel')).document['reference'])
  expect((await policy(ctx, 'sign', reference, '--key', at('key.pem'))).code).toBe(0)
  const verify = ['verify', reference, '--key', at('pub.pem'), '--without-timestamps', '--json']
  expect((await policy(null, ...verify)).document).toMatchObject({ entrypoints: ['release/verdict'] })
  expect((await policy(null, ...verify, '--entrypoint', 'release/verdict')).code).toBe(0)
  const { code, document } = await policy(null, ...verify, '--entrypoint', 'gatehouse/decision')
  expect([code, document['code']]).toEqual([2, 'bundle-malformed'])
  expect(document['detail']).toContain('cannot be asked gatehouse/decision; its entrypoints are release/verdict')
})

test('a built bundle keeps its entrypoints: --entrypoint beside it is refused', async (ctx) => {
  put(RELEASE)
  const reference = String((await push(ctx, 'rel')).document['reference'])
  expect((await policy(null, 'pull', reference, at('b.tar.gz'))).code).toBe(0)
  const { document } = await push(null, 'b.tar.gz', '--entrypoint', 'release/outcome')
  expect(document).toMatchObject({ code: 'usage', detail: expect.stringContaining('--entrypoint goes with a folder') })
})

test('push without OPA ends as the other commands do', async () => {
  put(RELEASE)
  expect(await push(null, 'rel')).toMatchObject({ code: 1, document: { code: 'opa-not-found' } })
})

test.for([
  ['roots that do not hold a package', '{"roots": ["hours", "release/verdict"]}', 'release'],
  ['roots that do not hold the data', '{"roots": ["release", "hours/first"]}', 'hours/last'],
  ['no object', '[]', 'a JSON object is needed'],
  ['roots that are no list', '{"roots": "release"}', 'a list of texts'],
  ['no JSON', '{', 'no JSON'],
] as const)('a manifest with %s is refused by build and by push', async ([, manifest, why], ctx) => {
  put({ ...RELEASE, 'rel/manifest.json': manifest })
  for (const { code, document } of [await policy(ctx, 'build', at('rel'), '--json'), await push(ctx, 'rel')]) {
    expect([code, document['code']]).toMatchObject([
      2,
      expect.stringMatching(/^(policy-bundle-unreadable|bundle-build-failed)$/),
    ])
    expect(document['detail']).toContain('manifest.json')
    expect(document['detail']).toContain(why)
  }
  expect(existsSync(at('oci'))).toBe(false)
})

test('a link in the folder is refused: OPA would follow it out of the folder', async (ctx) => {
  put({ ...RELEASE, 'outside.json': '{"secret": 1}', 'more/extra.rego': 'package release.extra\n' })
  symlinkSync(at('outside.json'), at('rel/data/secret.json'))
  const commands = ['fmt', 'check', 'test', 'build', 'coverage', 'mutate']
  for (const command of commands) {
    const { document } = await policy(ctx, command, at('rel'), '--json')
    expect([command, document['code']]).toEqual([command, 'policy-invalid'])
    expect(document['detail']).toContain('data/secret.json is a link')
  }
  expect((await push(ctx, 'rel')).document).toMatchObject({ code: 'bundle-build-failed' })
  expect((await policy(ctx, 'diff', at('rel'), at('rel'), '--json')).document).toMatchObject({ code: 'policy-invalid' })
  rmSync(at('rel/data/secret.json'))
  expect((await policy(ctx, 'check', at('rel'))).code).toBe(0)
  symlinkSync(at('more'), at('rel/policies/more'))
  expect((await policy(ctx, 'check', at('rel'), '--json')).document['detail']).toContain('policies/more is a link')
})

test('packages and folders with spaces and letters of other alphabets are tested, pushed and decided', async (ctx) => {
  const name = 'größe 1'
  put({
    'ünï cödé/a b☃.rego': `package release["${name}"]\n\n# METADATA\n# entrypoint: true\nverdict := "yes" if input.x == 1\n`,
    'ünï cödé/a_test.rego': `package release["${name}"]\n\ntest_yes if data.release["${name}"].verdict == "yes" with input as {"x": 1}\n`,
  })
  expect((await policy(ctx, 'check', at('ünï cödé'))).code).toBe(0)
  const { code, document } = await push(ctx, 'ünï cödé')
  expect([code, document['tests']]).toEqual([0, 1])
})

test('a second test of one name is refused by push: compiled they would be one', async (ctx) => {
  put({ ...RELEASE, 'rel/tests/two_test.rego': 'package release_test\n\ntest_allows if 1 == 1\n' })
  expect((await policy(ctx, 'test', at('rel'))).code).toBe(0)
  expect((await push(ctx, 'rel')).document).toMatchObject({
    code: 'bundle-build-failed',
    detail: expect.stringContaining('more than one test data.release_test.test_allows'),
  })
})

test('of tests alone nothing is built, covered, mutated or pushed', async (ctx) => {
  put({ 't/a_test.rego': 'package t_test\n\ntest_a if 1 == 1\n' })
  for (const command of ['build', 'coverage', 'mutate']) {
    const { code, document } = await policy(ctx, command, at('t'), '--json')
    expect([command, code, document['code']]).toEqual([command, 5, 'policy-not-found'])
    expect(document['detail']).toContain('tests only')
  }
  expect((await push(ctx, 't')).document['detail']).toContain('tests only')
})

test('build in a plain folder can be repeated: its data is not read as more data', async (ctx) => {
  const flat = {
    'f/a.rego': VERDICT,
    'f/w.rego': WINDOW,
    'f/h.yaml': RELEASE['rel/data/hours.yaml'],
    'f/a_test.rego': TEST,
  }
  put(flat)
  for (const state of ['written', 'unchanged']) {
    const { code, document } = await policy(ctx, 'build', at('f'), '--json')
    expect(code).toBe(0)
    expect((document['files'] as { state: string }[]).map((file) => file.state)).toEqual([state, state, state])
  }
  expect((await policy(ctx, 'build', at('f'), '--check')).code).toBe(0)
  const inside = await policy(ctx, 'build', at('f'), '--output', at('f/dist'), '--json')
  expect(inside.document).toMatchObject({ code: 'usage', detail: expect.stringContaining('--output') })
  expect((await policy(ctx, 'build', at('f'), '--output', at('dist'))).code).toBe(0)
  expect(JSON.parse(readFileSync(at('dist/data/data.json'), 'utf8'))).toEqual({ hours: { last: 16 } })
})

test('a place that cannot be written is told by build, push and pull', async (ctx) => {
  put({ ...RELEASE, taken: 'a file', 'odd/manifest.json': '{' })
  const built = await policy(ctx, 'build', at('rel'), '--output', at('taken'), '--json')
  expect(built).toMatchObject({ code: 2, document: { code: 'usage', detail: expect.stringContaining('taken') } })
  expect((await policy(ctx, 'build', at('rel'), '--output', at('odd'))).code).toBe(0)
  const pushed = await policy(ctx, 'push', at('rel'), `oci:${at('taken')}:main`, '--release', '1', '--json')
  expect(pushed).toMatchObject({ code: 2, document: { code: 'oci-layout-invalid' } })
  expect(pushed.document['detail']).toContain('cannot be written')
})

test('options that cannot be are told by their name', async (ctx) => {
  put({ ...RELEASE, 'flat/--write.rego': 'package a\n' })
  const test = await policy(ctx, 'test', at('rel'), '--run', '(', '--json')
  expect(test.document).toMatchObject({ code: 'usage', detail: expect.stringContaining('--run "("') })
  const none = await policy(ctx, 'test', at('rel'), '--run', 'nowhere')
  expect([none.code, none.out]).toEqual([4, expect.stringContaining('matches --run nowhere')])
  const check = await policy(ctx, 'check', at('rel'), '--capabilities', at('gone.json'), '--json')
  expect(check.document).toMatchObject({ code: 'usage', detail: expect.stringContaining('--capabilities') })
  expect((await policy(ctx, 'fmt', at('flat'), '--check')).code).toBe(0)
})

test('without OPA nothing is decided from a folder whose data cannot all be read', async (ctx) => {
  put({ ...RELEASE, 'in.json': '{"hour": 1}' })
  expect((await policy(ctx, 'build', at('rel'))).code).toBe(0)
  const asked = ['explain', at('rel'), '--input', at('in.json'), '--json']
  expect((await policy(ctx, ...asked)).document).toMatchObject({ outcome: 'allow' })
  const { code, document } = await policy(null, ...asked)
  expect([code, document['code']]).toEqual([1, 'opa-not-found'])
  expect(document['detail']).toContain('data/hours.yaml')
})
