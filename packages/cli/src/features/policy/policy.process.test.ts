import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, expect, test, type TestContext } from 'vitest'
import { parse } from 'yaml'
import { runProgram } from '../../program.ts'
import { closeAll, testHost, type TestHost } from '../../test-host.ts'
import { opaEnv, putFiles } from './policy-fixture.ts'

afterEach(closeAll)

/** A host in an empty folder, with OPA by setting, and without any network. */
function hostOf(ctx: TestContext, input = ''): TestHost {
  return { ...testHost({ env: opaEnv(ctx), input }), fetch: () => Promise.reject(new Error('no network here')) }
}

const put = (host: TestHost, files: Readonly<Record<string, string>>): void => putFiles(host.cwd, files)

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly document: Record<string, unknown>
}

/** Runs `gatehouse policy ...` with the same files and fresh output. */
async function policy(host: TestHost, ...argv: string[]): Promise<Ran> {
  const fresh = testHost({ env: host.env as Record<string, string>, input: Buffer.from(await host.readInput()) })
  const code = await runProgram(['policy', ...argv], { ...fresh, cwd: host.cwd, home: host.home, fetch: host.fetch })
  const [out, err] = [fresh.stdout(), fresh.stderr()]
  const document = argv.includes('--json')
    ? (JSON.parse(code === 0 || out !== '' ? out : err) as Record<string, unknown>)
    : {}
  return { code, out, err, document }
}

const ALLOW = `package app

# METADATA
# entrypoint: true
decision := {"outcome": outcome}

default outcome := "deny"

outcome := "allow" if input.n <= data.limit
`
const TEST = `package app_test

import data.app

test_allow if {
	app.decision == {"outcome": "allow"} with input as {"n": 5}
	app.decision == {"outcome": "deny"} with input as {"n": 6}
}
`
const FILES = { 'p/app.rego': ALLOW, 'p/app_test.rego': TEST, 'p/data.json': '{"limit": 5}' }

test('without OPA a command says what to install', async () => {
  const host = testHost({ env: { PATH: '/nowhere', GATEHOUSE_TOOLS_CACHE: '/nowhere' } })
  put(host, FILES)
  for (const command of ['fmt', 'check', 'test', 'build', 'mutate', 'coverage']) {
    const { code, document } = await policy(host, command, 'p', '--json')
    expect([command, code, document['code']]).toEqual([command, 1, 'opa-not-found'])
    expect(document['detail']).toContain('go install')
  }
  const old = join(host.cwd, 'opa')
  writeFileSync(old, "#!/bin/sh\necho 'Version: 0.68.0'\n")
  chmodSync(old, 0o755)
  expect((await policy(host, 'check', 'p', '--json', '--opa', './opa')).document).toMatchObject({ code: 'opa-too-old' })
})

test('fmt --check lists what is not formatted, --write formats it', async (ctx) => {
  const host = hostOf(ctx)
  put(host, { ...FILES, 'p/odd.rego': 'package odd\n\na:=1\n' })
  expect(await policy(host, 'fmt', 'p', '--check', '--json')).toMatchObject({
    code: 4,
    document: { ok: false, changed: ['p/odd.rego'] },
  })
  const shown = await policy(host, 'fmt', 'p')
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('+ a := 1')])
  expect(readFileSync(join(host.cwd, 'p/odd.rego'), 'utf8')).toContain('a:=1')
  expect((await policy(host, 'fmt', 'p', '--write')).code).toBe(0)
  expect(readFileSync(join(host.cwd, 'p/odd.rego'), 'utf8')).toContain('a := 1')
  expect((await policy(host, 'fmt', 'p', '--check')).code).toBe(0)
  put(host, { 'p/odd.rego': 'package odd\n\na if {\n' })
  expect(await policy(host, 'fmt', 'p', '--json')).toMatchObject({
    code: 2,
    document: { code: 'policy-invalid', detail: expect.stringContaining('p/odd.rego:4') },
  })
})

test('check tells errors with file and line, holds policies to the evaluator’s builtins, and tests not', async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  expect(await policy(host, 'check', 'p')).toMatchObject({ code: 0 })
  put(host, { 'p/net.rego': 'package net\n\na := http.send({"url": "x"})\n' })
  expect(await policy(host, 'check', 'p', '--json')).toMatchObject({
    code: 4,
    document: { ok: false, errors: [{ file: 'p/net.rego', line: 3 }] },
  })
  rmSync(join(host.cwd, 'p/net.rego'))
  put(host, { 'p/net_test.rego': 'package net_test\n\ntest_a if time.now_ns() > 0\n' })
  expect(await policy(host, 'check', 'p')).toMatchObject({ code: 0 })
  put(host, { 'p/unused.rego': 'package unused\n\nimport data.app\n\na := 1\n' })
  expect((await policy(host, 'check', 'p')).out).toMatch(/p\/unused\.rego:3:\d+: .*unused/)
  expect((await policy(host, 'check', 'p', '--no-strict')).code).toBe(0)
})

test('test shows a table, ends with 4 where one fails, and writes JUnit XML', async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  expect((await policy(host, 'test', 'p')).out).toMatch(/passed +app_test\.test_allow +p\/app_test\.rego:5 /)
  const broken =
    '\ntest_no if 1 == 2\n\ntest_case[name] if {\n\tsome name, n in {"one & <two>": 1, "three": 3}\n\tn == 3\n}\n'
  put(host, { 'p/app_test.rego': TEST + broken })
  const { code, document } = await policy(host, 'test', 'p', '--json', '--junit', 'report.xml')
  expect([code, document]).toMatchObject([4, { ok: false, passed: 1, failed: 2 }])
  const report = readFileSync(join(host.cwd, 'report.xml'), 'utf8')
  expect(report).toContain('<testsuite name="app_test" tests="3" failures="2"')
  expect(report).toContain('cases one &#38; &#60;two&#62;')
  expect((await policy(host, 'test', 'p', '--run', 'test_allow', '--json')).document).toMatchObject({
    ok: true,
    passed: 1,
  })
  expect((await policy(host, 'test', 'p', '--run', 'nothing_has_it')).code).toBe(4)
  put(host, { 'p/app_test.rego': 'package app_test\n\ntest_a if x\n' })
  expect((await policy(host, 'test', 'p', '--json')).document).toMatchObject({
    code: 'policy-invalid',
    detail: expect.stringContaining('p/app_test.rego:3'),
  })
})

test('build writes the same bytes each time, and --check finds what was not built', async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  const first = await policy(host, 'build', 'p', '--output', 'dist', '--revision', 'v7', '--json')
  expect(first).toMatchObject({
    code: 0,
    document: { ok: true, revision: 'v7', roots: ['app', 'limit'], entrypoints: ['app/decision'] },
  })
  const plan = readFileSync(join(host.cwd, 'dist/plan.json'), 'utf8')
  expect(plan).not.toContain('app_test')
  const again = await policy(host, 'build', 'p', '--output', 'dist', '--revision', 'v7', '--json')
  expect((again.document['files'] as { state: string }[]).every(({ state }) => state === 'unchanged')).toBe(true)
  const check = ['build', 'p', '--output', 'dist', '--revision', 'v7', '--check', '--json']
  expect((await policy(host, ...check)).code).toBe(0)
  put(host, { 'p/data.json': '{"limit": 6}' })
  expect(await policy(host, ...check)).toMatchObject({ code: 4, document: { ok: false } })
  expect(readFileSync(join(host.cwd, 'dist/plan.json'), 'utf8')).toBe(plan)
  expect((await policy(host, 'build', 'p', '--entrypoint', 'app/gone', '--json')).document).toMatchObject({
    code: 'policy-invalid',
  })
  put(host, { 'p/bad.rego': 'package bad\n\na := http.send({})\n' })
  expect((await policy(host, 'build', 'p', '--json')).document).toMatchObject({
    code: 'policy-invalid',
    detail: expect.stringContaining('bad.rego:3'),
  })
})

test('a manifest whose roots do not hold the policies is refused', async (ctx) => {
  const host = hostOf(ctx)
  put(host, { ...FILES, 'p/manifest.json': '{"revision": "1", "roots": ["other"]}' })
  expect((await policy(host, 'build', 'p', '--json')).document).toMatchObject({
    code: 'policy-bundle-unreadable',
    detail: expect.stringContaining('"app"'),
  })
})

test('explain and diff compile what they are asked for, also where the policies name no entrypoint', async (ctx) => {
  const host = hostOf(ctx)
  const files = Object.fromEntries(
    Object.entries(FILES).map(([name, text]) => [name, text.replace('# METADATA\n# entrypoint: true\n', '')]),
  )
  put(host, { ...files, 'in.json': '{"n": 1}', 'golden/a.json': '{"n": 1}' })
  const asked = ['--entrypoint', 'app/decision', '--json']
  expect(await policy(host, 'explain', 'p', '--input', 'in.json', ...asked)).toMatchObject({ code: 0 })
  expect(await policy(host, 'diff', 'p', 'p', '--inputs', 'golden', ...asked)).toMatchObject({ code: 0 })
})

test('diff tells rules, data and decisions that differ, between folders, archives and built bundles', async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  const changed = ALLOW.replace('<=', '<').replace('package app', 'package app\n\n# a comment is no change')
  put(host, {
    'q/app.rego': changed,
    'q/new.rego': 'package new\n\na := 1\n',
    'q/data.json': '{"limit": 5, "more": {"x": [1]}}',
  })
  put(host, { 'golden/five.json': '{"n": 5}', 'golden/deep/six.json': '{"n": 6}' })
  const { document, code } = await policy(host, 'diff', 'p', 'q', '--inputs', 'golden', '--exit-code', '--json')
  expect([code, document]).toMatchObject([
    4,
    {
      same: false,
      policies: [{ change: 'added', package: 'new' }],
      rules: [
        {
          change: 'changed',
          package: 'app',
          rule: 'outcome',
          before: { line: 9 },
          after: { file: 'app.rego', line: 11 },
        },
        { change: 'added', package: 'new', rule: 'a' },
      ],
      data: [{ change: 'added', path: '/more', after: { x: [1] } }],
      inputs: 2,
      flips: 1,
      decisions: [{ input: 'five.json', flip: true, before: { outcome: 'allow' }, after: { outcome: 'deny' } }],
    },
  ])
  expect((await policy(host, 'diff', 'p', 'p', '--inputs', 'golden', '--exit-code')).code).toBe(0)
  expect((await policy(host, 'build', 'p', '--output', 'dist')).code).toBe(0)
  expect((await policy(host, 'diff', 'dist', 'q', '--inputs', 'golden', '--json')).document).toMatchObject({
    flips: 1,
    without_sources: ['dist'],
  })
  const made = spawnSync('tar', ['-czf', join(host.cwd, 'p.tar.gz'), '-C', join(host.cwd, 'p'), '.'])
  if (made.status === 0)
    expect((await policy(host, 'diff', 'p.tar.gz', 'q', '--inputs', 'golden', '--json')).document).toMatchObject({
      flips: 1,
    })
  expect((await policy(host, 'diff', 'p', 'gone', '--json')).document).toMatchObject({ code: 'policy-not-found' })
  put(host, { 'golden/bad.json': '[1]' })
  expect((await policy(host, 'diff', 'p', 'q', '--inputs', 'golden', '--json')).document).toMatchObject({
    code: 'policy-input-invalid',
    detail: expect.stringContaining('bad.json'),
  })
})

test('owners turns a CODEOWNERS file into settings, and leaves nobody out silently', async () => {
  const host = testHost()
  put(host, {
    '.github/CODEOWNERS': '* @shop/team\n/free\n/docs/ @Ada\n',
    'names.yaml': '"@shop/team": { roles: [maintainer] }\n"@ada": { persons: [per_1] }\n',
  })
  const told = await policy(host, 'owners', '--names', 'names.yaml')
  expect(parse(told.out)).toEqual({
    code_owners: [
      { pattern: '*', roles: ['maintainer'], persons: [], count: 1 },
      { pattern: '/docs/', roles: [], persons: ['per_1'], count: 1 },
    ],
  })
  expect(told.err).toContain('.github/CODEOWNERS:2: /free has no owners')
  const unnamed = await policy(host, 'owners', '--json')
  expect(unnamed).toMatchObject({ document: { code: 'policy-input-invalid' } })
  expect(unnamed.document['detail']).toContain('.github/CODEOWNERS:1: @shop/team is not in --names')
  put(host, { odd: '!src @ada\n', 'names.yaml': 'a: 7\n' })
  expect((await policy(host, 'owners', 'odd', '--json')).document['detail']).toContain(
    'odd:1: !src: CODEOWNERS has no negation',
  )
  expect((await policy(host, 'owners', 'odd', '--names', 'names.yaml', '--json')).document['detail']).toContain('a: ')
  expect((await policy(testHost(), 'owners', '--json')).document['detail']).toContain('there is no .github/CODEOWNERS')
})

test('explain shows the rules of the policies that found something, and all of them when asked', async (ctx) => {
  const rule = (name: string) =>
    `package found.${name}\n\nimport rego.v1\n\nviolations contains "no" if input.n > ${name.length}\n`
  const decision =
    'package app\n\nimport rego.v1\n\noutcome := "deny" if count(violations) > 0\n\n' +
    'violations contains {"policy_id": id, "message": m} if {\n\tsome id in ["cost", "speeding"]\n\tsome m in data.found[id].violations\n}\n\n' +
    '# METADATA\n# entrypoint: true\ndecision := {"outcome": outcome, "violations": violations}\n'
  const host = hostOf(ctx)
  put(host, {
    'q/app.rego': decision,
    'q/cost.rego': rule('cost'),
    'q/speeding.rego': rule('speeding'),
    'i.json': '{"n": 5}',
  })
  const shown = await policy(host, 'explain', 'q', '--input', 'i.json', '--no-change')
  expect(shown.out).toContain('data.found.cost.violations')
  expect(shown.out).not.toContain('data.app.outcome')
  expect(shown.out).toMatch(/and \d+ rules of other policies, 1 parts? read in all: --all/)
  const all = await policy(host, 'explain', 'q', '--input', 'i.json', '--no-change', '--all')
  expect(all.out).toContain('data.app.outcome')
  expect(all.out).not.toContain('--all')
})

test('explain tells the decision, rules with file and line, what they read, and the smallest change that passes', async (ctx) => {
  const host = hostOf(ctx, '{"n": 9, "unread": 1}')
  put(host, FILES)
  const { code, document } = await policy(host, 'explain', 'p', '--input', '-', '--json')
  expect([code, document]).toMatchObject([
    0,
    {
      outcome: 'deny',
      decision: { outcome: 'deny' },
      reads: ['/n'],
      smallest_change: { found: true, evaluation: { result: { outcome: 'allow' } } },
    },
  ])
  expect(document['fired']).toContainEqual(
    expect.objectContaining({ rule: 'data.app.outcome', file: 'app.rego', line: 7, default: true }),
  )
  put(host, { 'i.json': '{"n": 4}' })
  const allowed = await policy(host, 'explain', 'p', '--input', 'i.json')
  expect(allowed.out).toMatch(/decision +allow/)
  expect(allowed.out).toContain('app.rego:9  data.app.outcome')
  expect(allowed.out).not.toContain('Smallest change')
  const locked = await policy(host, 'explain', 'p', '--input', '-', '--editable', '/other', '--json')
  expect(locked.document).toMatchObject({ smallest_change: { found: false } })
  expect((await policy(host, 'explain', 'p', '--input', 'gone.json', '--json')).document).toMatchObject({
    code: 'policy-input-invalid',
  })
  expect((await policy(host, 'explain', 'p', '--input', 'i.json', '--hook', 'lunch')).code).toBe(2)
})

test('coverage tells lines that no test runs, of rules that no test reaches as well', async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  expect((await policy(host, 'coverage', 'p', '--min', '100')).code).toBe(0)
  put(host, { 'p/app.rego': `${ALLOW}\nunreached if input.z\n` })
  const { code, document } = await policy(host, 'coverage', 'p', '--min', '100', '--json')
  expect([code, document['ok']]).toEqual([4, false])
  expect(document['files']).toMatchObject({ 'p/app.rego': { not_covered: [{ start: { row: 11 }, end: { row: 11 } }] } })
  expect((await policy(host, 'coverage', 'p', '--min', '50')).code).toBe(0)
  expect((await policy(host, 'coverage', 'p', '--lines')).out).toContain('  11 - unreached if input.z')
})

test('mutate lists survivors with line and change, and ends with 4 below --min', { timeout: 300_000 }, async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  const good = await policy(host, 'mutate', 'p', '--json')
  expect(good).toMatchObject({ code: 0, document: { ok: true, score: 100, survived: 0 } })
  expect(existsSync(join(host.home, '.cache/gatehouse/mutation'))).toBe(true)
  put(host, { 'p/app_test.rego': TEST.replace('{"n": 6}', '{"n": 7}') })
  const weak = await policy(host, 'mutate', 'p', '--no-cache')
  expect(weak.code).toBe(0)
  put(host, { 'p/data.json': '{"limit": 6}', 'p/app.rego': ALLOW.replace('data.limit', '6') })
  const { code, out, document } = await policy(host, 'mutate', 'p', '--json', '--min', '90')
  expect(out).toContain('survived')
  expect([code, document]).toMatchObject([4, { ok: false, survived: 2 }])
  const text = await policy(host, 'mutate', 'p')
  expect(text.out).toContain('survived  p/app.rego:9:31  comparison  <= becomes <')
  expect(text.out).toContain('  + outcome := "allow" if input.n < 6')
  expect((await policy(host, 'mutate', 'p', '--min', '10')).code).toBe(0)
  expect((await policy(host, 'mutate', 'p', '--file', 'p/gone.rego')).code).toBe(5)
  expect((await policy(host, 'mutate', 'p', '--min', '101')).code).toBe(2)
})

test('mutate --since changes only lines that differ from a commit', { timeout: 300_000 }, async (ctx) => {
  const host = hostOf(ctx)
  put(host, FILES)
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'commit.gpgsign=false', ...args], {
      cwd: host.cwd,
      encoding: 'utf8',
    })
  if (git('init', '-q').status !== 0) ctx.skip('git is not installed')
  git('add', '-A')
  expect(git('commit', '-qm', 'first').status).toBe(0)
  expect((await policy(host, 'mutate', 'p', '--since', 'HEAD', '--json')).document).toMatchObject({
    total: 0,
    ok: true,
  })
  put(host, { 'p/app.rego': ALLOW.replace('input.n <=', 'input.n  <='), 'p/other.rego': 'package other\n\na := 1\n' })
  const { document } = await policy(host, 'mutate', 'p', '--since', 'HEAD', '--json')
  const lines = (document['mutants'] as { file: string; line: number }[]).map(({ file, line }) => `${file}:${line}`)
  expect(new Set(lines)).toEqual(new Set(['p/app.rego:9', 'p/other.rego:3']))
  for (const since of ['gone', '--output=x'])
    expect((await policy(host, 'mutate', 'p', `--since=${since}`)).code).toBe(2)
})

test('a place without policies is told with what to do', async () => {
  const host = testHost()
  expect((await policy(host, 'check', '--json')).document).toMatchObject({
    code: 'policy-not-found',
    detail: expect.stringContaining('policy/governance'),
  })
})
