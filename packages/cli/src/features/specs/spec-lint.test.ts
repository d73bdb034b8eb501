import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, scratchFolder, testHost } from '../../test-host.ts'

afterEach(closeAll)

const SPEC = `# Feature Specification: Login

**Status**: Draft

## User Scenarios & Testing

### User Story 1 - Sign in (Priority: P1)

**Acceptance Scenarios**:

1. **Given** a member, **When** the right password is sent, **Then** the start page is shown

## Requirements

- **FR-001**: System MUST refuse a wrong password with 401
- **FR-002**: System MUST answer quickly

## Success Criteria

- **SC-001**: 95 % of sign-ins end within 2 seconds
`
const PLAN = '# Implementation Plan: Login\n\n## Technical Context\n\n**Testing**: vitest\n'
const TASKS =
  '# Tasks: Login\r\n\r\n- [ ] **T001** Refuse a wrong password in src/login.ts, per FR-001\r\n- [ ] T002 Answer in src/answer.ts, per FR-002 (depends on T009)\r\n'

function put(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return realpathSync(root)
}

function project(more: Readonly<Record<string, string>> = {}): string {
  return put(scratchFolder(), {
    '.specify/feature.json': '{}\n',
    'specs/001-login/spec.md': SPEC,
    'specs/001-login/plan.md': PLAN,
    'specs/001-login/tasks.md': TASKS,
    ...more,
  })
}

interface Found {
  readonly ok: boolean
  readonly counts: { readonly error: number; readonly warning: number; readonly note: number }
  readonly in_baseline: number
  readonly findings: readonly {
    rule: string
    severity: string
    path: string
    line: number
    fingerprint: string
    fixable: boolean
  }[]
}

async function lint(...args: string[]) {
  const ran = await run(['spec', 'lint', ...args, '--json'], null)
  return { ...ran, found: (ran.code === 0 || ran.code === 4 ? JSON.parse(ran.stdout()) : null) as Found }
}

const rulesOf = (found: Found) => found.findings.map((f) => f.rule)

test('findings are told by file with place, reason and what to do, and the exit code follows --fail-on', async () => {
  const root = project()
  const ran = await run(['spec', 'lint', root], null)
  expect(ran.code).toBe(4)
  expect(ran.stdout()).toContain('specs/001-login/tasks.md\n')
  expect(ran.stdout()).toMatch(
    / {2}4:\d+ {2}error +T002 depends on T009, which does not exist.*unknown-reference\n +fix: Name the one/,
  )
  expect(ran.stdout()).toContain(
    '1 error, 1 warning, 1 note in 3 files. 1 can be mended by "gatehouse spec lint --fix".',
  )
  const codes = []
  for (const on of ['error', 'warning', 'note', 'never'])
    codes.push((await run(['spec', 'lint', join(root, 'specs/001-login/spec.md'), '--fail-on', on], null)).code)
  expect(codes).toEqual([0, 4, 4, 0])
  expect((await run(['spec', 'lint', root, '--fail-on', 'all'], null)).stderr()).toContain('--fail-on "all"')
})

test('a folder or a file is read in its project and only its own findings are told', async () => {
  const root = project()
  const one = await lint(join(root, 'specs/001-login/tasks.md'))
  expect(rulesOf(one.found)).toEqual(['task-format', 'unknown-reference'])
  const all = await lint(root)
  expect(rulesOf(all.found)).toEqual(['vague-requirement', 'task-format', 'unknown-reference'])
  expect(all.found.findings[0]?.path).toBe(join(root, 'specs/001-login/spec.md'))
})

test('a place without specifications is a problem, never a clean result', async () => {
  const root = put(scratchFolder(), { 'README.md': '# Nothing\n' })
  const ran = await run(['spec', 'lint', root], null)
  expect(ran.code).toBe(5)
  expect(ran.stderr()).toContain('holds no specification')
  expect((await run(['spec', 'lint', join(root, 'none')], null)).code).toBe(5)
})

test('node_modules, repositories inside and links that lead out are not followed', async () => {
  const outside = project()
  const root = project({
    'node_modules/x/specs/001-a/spec.md': SPEC,
    'sub/.git': 'gitdir: elsewhere\n',
    'sub/specs/001-a/spec.md': SPEC,
  })
  symlinkSync(join(outside, 'specs'), join(root, 'specs', 'linked'))
  expect(
    (await lint(root)).found.findings.map(
      (f) => f.path.includes('node_modules') || f.path.includes('linked') || f.path.includes('/sub/'),
    ),
  ).not.toContain(true)
})

test('--fix changes what it means to change byte for byte, and --dry-run nothing', async () => {
  const root = project()
  const file = join(root, 'specs/001-login/tasks.md')
  const dry = await run(['spec', 'lint', root, '--fix', '--dry-run'], null)
  expect(dry.stdout()).toContain('would mend')
  expect(readFileSync(file, 'utf8')).toBe(TASKS)
  const ran = await run(['spec', 'lint', root, '--fix'], null)
  expect(ran.stdout()).toMatch(/mended .*tasks\.md:3 {2}Write "T001"/)
  expect(readFileSync(file, 'utf8')).toBe(TASKS.replace('**T001**', 'T001'))
  expect(readFileSync(join(root, 'specs/001-login/spec.md'), 'utf8')).toBe(SPEC)
  expect((await run(['spec', 'lint', root, '--dry-run'], null)).code).toBe(2)
})

test('a file that is not UTF-8 is left as it is', async () => {
  const root = project()
  const file = join(root, 'specs/001-login/tasks.md')
  const bytes = Buffer.concat([Buffer.from(TASKS), Buffer.from([0xff, 0xfe, 0x0a])])
  writeFileSync(file, bytes)
  const ran = await run(['spec', 'lint', root, '--fix'], null)
  expect(ran.stdout()).toContain('is not UTF-8')
  expect(readFileSync(file)).toEqual(bytes)
})

test('a baseline leaves out what is known, also where lines moved, and lets new findings through', async () => {
  const root = project()
  expect((await run(['spec', 'lint', root, '--write-baseline'], null)).stdout()).toContain('3 findings accepted')
  const clean = await lint(root)
  expect([clean.code, clean.found.in_baseline, rulesOf(clean.found)]).toEqual([0, 3, []])
  put(root, {
    'specs/001-login/tasks.md': TASKS.replace(
      '# Tasks: Login\r\n',
      '# Tasks: Login\r\n\r\nMore words.\r\n\r\n- [ ] T003 Wait (depends on T088)\r\n',
    ),
  })
  expect(rulesOf((await lint(root)).found)).toEqual(['unknown-reference'])
  put(root, { 'wrong.json': '{"version":1,"findings":[{}]}' })
  const wrong = await run(['spec', 'lint', root, '--baseline', join(root, 'wrong.json')], null)
  expect([wrong.code, wrong.stderr()]).toEqual([2, expect.stringContaining('findings[0].fingerprint')])
  expect((await run(['spec', 'lint', root, '--baseline', join(root, 'none.json')], null)).code).toBe(2)
})

test('the configuration beside the specifications sets severities, paths and options', async () => {
  const root = project({
    '.gatehouse/specs.yaml':
      'rules:\n  task-format: off\n  vague-requirement:\n    severity: error\n  unknown-reference:\n    ignore: ["specs/001-*/tasks.md"]\noptions:\n  vague_words: [refuse]\n',
  })
  const { found } = await lint(root)
  expect(found.findings.map((f) => [f.rule, f.severity])).toEqual([
    ['vague-requirement', 'error'],
    ['vague-requirement', 'error'],
  ])
  put(root, { '.gatehouse/specs.yaml': 'ignore: [specs]\n' })
  expect(rulesOf((await lint(root)).found)).toEqual([])
})

test('a wrong configuration is refused with its line and key', async () => {
  const said = async (text: string) => {
    const root = project({ 'gatehouse-specs.yaml': text })
    const ran = await run(['spec', 'lint', root], null)
    expect(ran.code).toBe(2)
    return ran.stderr()
  }
  expect(await said('rules:\n  vague-requirements: off\n')).toMatch(
    /gatehouse-specs\.yaml:2: rules\.vague-requirements: there is no such rule; did you mean vague-requirement\?/,
  )
  expect(await said('rules:\n  task-format: loud\n')).toMatch(
    /:2: rules\.task-format: one of error, warning, note or off/,
  )
  expect(await said('options:\n  max_clarifications: many\n')).toMatch(
    /:2: options\.max_clarifications: a whole number/,
  )
  expect(await said('ignor: []\n')).toMatch(/:1: ignor: no such key/)
  expect(await said('rules: [\n')).toMatch(/gatehouse-specs\.yaml:\d/)
})

test('SARIF has what the schema of 2.1.0 asks for: rules, places, fingerprints and fixes', async () => {
  const root = project({ '.git/HEAD': '' })
  const ran = await run(['spec', 'lint', root, '--format', 'sarif'], null)
  expect(ran.code).toBe(4)
  const log = JSON.parse(ran.stdout()) as {
    version: string
    runs: {
      tool: { driver: { name: string; rules: { id: string; helpUri: string; shortDescription: { text: string } }[] } }
      results: {
        ruleId: string
        ruleIndex: number
        level: string
        message: { text: string }
        partialFingerprints: Record<string, string>
        locations: { physicalLocation: { artifactLocation: { uri: string }; region: Record<string, number> } }[]
        fixes?: {
          description: { text: string }
          artifactChanges: {
            artifactLocation: { uri: string }
            replacements: { deletedRegion: Record<string, number>; insertedContent?: { text: string } }[]
          }[]
        }[]
      }[]
    }[]
  }
  expect(log.version).toBe('2.1.0')
  const [only] = log.runs
  expect(log.runs).toHaveLength(1)
  const rules = only?.tool.driver.rules ?? []
  expect(only?.tool.driver.name).toBe('gatehouse spec lint')
  for (const rule of rules) {
    expect(new URL(rule.helpUri).pathname).toBe(`/spec-rules/${rule.id}`)
    expect(rule.shortDescription.text).not.toBe('')
  }
  expect(only?.results).toHaveLength(3)
  for (const result of only?.results ?? []) {
    expect(rules[result.ruleIndex]?.id).toBe(result.ruleId)
    expect(['error', 'warning', 'note', 'none']).toContain(result.level)
    expect(result.message.text).not.toBe('')
    expect(result.partialFingerprints['gatehouseSpec/v1']).toMatch(/^[0-9a-f]{32}$/)
    const place = result.locations[0]?.physicalLocation
    expect(place?.artifactLocation.uri).toMatch(/^specs\/001-login\/(?:spec|tasks)\.md$/)
    for (const key of ['startLine', 'startColumn', 'endLine', 'endColumn'])
      expect(place?.region[key]).toBeGreaterThan(0)
  }
  const fixed = only?.results.find((r) => r.ruleId === 'task-format')?.fixes?.[0]?.artifactChanges[0]
  expect(fixed?.artifactLocation.uri).toBe('specs/001-login/tasks.md')
  expect(fixed?.replacements).toEqual([
    { deletedRegion: { startLine: 3, startColumn: 6, endLine: 3, endColumn: 16 }, insertedContent: { text: ' T001 ' } },
  ])
})

test('many findings of one rule in a file are counted, and --all shows each', async () => {
  const tasks = `# Tasks: Login\n\n${Array.from({ length: 9 }, (_, i) => `- [ ] **T00${i + 1}** Refuse in src/login.ts, per FR-001 and FR-002\n`).join('')}`
  const root = project({ 'specs/001-login/tasks.md': tasks })
  const short = (await run(['spec', 'lint', root], null)).stdout()
  expect(short).toContain('and 8 more of task-format, line 4, 5, 6')
  expect((await run(['spec', 'lint', root, '--all'], null)).stdout().match(/task-format/g)).toHaveLength(9)
})

test('names and words of files cannot write to the terminal', async () => {
  const root = project({ 'specs/001-login/spec.md': SPEC.replace('**FR-002**', '**FR-002**: \u001b]0;x\u0007') })
  const ran = await run(['spec', 'lint', root], null)
  expect(ran.stdout()).not.toContain('\u001b')
})

test('--watch tells again after a change, survives a wrong configuration, and ends with the signal', async () => {
  const root = project()
  const host = testHost()
  const ended = runProgram(['spec', 'lint', root, '--watch'], host)
  const until = async (done: () => boolean) => {
    for (let i = 0; i < 1200 && !done(); i += 1) await pause(25)
    expect([done(), host.stdout(), host.stderr()]).toEqual([true, expect.anything(), expect.anything()])
  }
  await until(() => host.stdout().includes('unknown-reference'))
  writeFileSync(join(root, 'specs/001-login/tasks.md'), TASKS.replace(' (depends on T009)', ''))
  await until(() => host.stdout().includes('1 warning, 1 note in 3 files'))
  writeFileSync(join(root, 'gatehouse-specs.yaml'), 'rules: 3\n')
  await until(() => host.stderr().includes('keys with values are needed'))
  writeFileSync(join(root, 'gatehouse-specs.yaml'), 'rules:\n  task-format: off\n')
  await until(() => host.stdout().includes('1 warning in 3 files'))
  host.stop()
  expect(await ended).toBe(0)
}, 120_000)
