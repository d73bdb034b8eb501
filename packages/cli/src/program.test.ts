import { ACTS, commandOf, type Act } from '@gatehouse/core/kernel/acts'
import type { Command } from 'commander'
import { afterEach, expect, test } from 'vitest'
import { commandAct, commandExamples } from './command.ts'
import { buildProgram, runProgram } from './program.ts'
import { Interrupted } from './host.ts'
import { closeAll, run, testApi, testHost } from './test-host.ts'
import { PROPOSAL_ID, sampleProposal } from './test-samples.ts'

afterEach(closeAll)

/** Acts without a command, and why. */
const NO_COMMAND: { readonly [A in Act]?: string } = {
  'project.show': 'there is one project for now; whoami shows it',
  'session.open': 'of the console: a browser keeps a cookie, the command line a token',
  'session.close': 'of the console',
  'story.triage': 'done by the worker',
  'runbook.draft': 'done by the worker',
  'task.create': 'done by runbook.accept and proposal.submit',
  'run.start': 'done by the worker',
  'run.finish': 'done by the worker',
  'validation.start': 'done by the worker',
  'validation.finish': 'done by the worker',
  'approval.open': 'done by the worker',
  'approval.expire': 'done by the worker',
  'effect.execute': 'done by the broker',
  'event.stream': '--wait and ledger show --follow use it',
}

/** Commands without an act: what only the command line has, and what works on files of policies and specifications. */
const NO_ACT = new Set(['up', 'down', 'status', 'login', 'logout', 'demo'])
const hasNoAct = (path: string): boolean => NO_ACT.has(path) || /^(?:policy|spec) /.test(path)

function leaves(command: Command, words: readonly string[] = []): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path: words.join(' '), command }]
  return command.commands.flatMap((sub) => leaves(sub, [...words, sub.name()]))
}

const program = buildProgram(testHost())
const commands = leaves(program)

test.each(Object.keys(ACTS) as Act[])('the act %s has its command, or a reason for none', (act) => {
  const found = commands.filter(({ command }) => commandAct(command) === act).map(({ path }) => path)
  expect(found).toEqual(NO_COMMAND[act] === undefined ? [commandOf(act)] : [])
})

test.each(commands.map(({ path }) => path))('the command "%s" does an act, or is known to do none', (path) => {
  const command = commands.find((c) => c.path === path)?.command as Command
  expect(commandAct(command) === null).toBe(hasNoAct(path))
})

test.each(commands.map(({ path }) => path))(
  '"%s --help" has --json, examples that parse, and exit codes',
  async (path) => {
    const host = testHost()
    expect(await runProgram([...path.split(' '), '--help'], host)).toBe(0)
    expect(host.stderr()).toBe('')
    for (const part of ['--json', 'Examples:', 'Exit codes:']) expect(host.stdout()).toContain(part)
    for (const line of host.stdout().split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    const command = commands.find((c) => c.path === path)?.command as Command
    expect(commandExamples(command).length).toBeGreaterThan(0)
    for (const [example] of commandExamples(command)) expect(example).toContain(`gatehouse ${path}`)
  },
)

test('the help of the program names every group', async () => {
  const host = testHost()
  expect(await runProgram(['--help'], host)).toBe(0)
  for (const command of program.commands) expect(host.stdout()).toContain(`  ${command.name()}`)
})

test.each([
  [['nonsense'], "unknown command 'nonsense'"],
  [['proposal', 'lst'], 'Did you mean list?'],
  [['proposal', 'show'], "missing required argument 'id'"],
  [['proposal', 'show', 'a', 'b'], 'too many arguments'],
  [['proposal', 'list', '--state', 'bogus'], 'Allowed choices are pending'],
  [['proposal', 'reject', 'x'], "required option '--comment <text>'"],
  [['ledger', 'show', '--limit', '0'], 'a whole number from 1 to 500'],
  [['ledger', 'show', '--limit', '1e2'], 'a whole number from 1 to 500'],
  [['login', '--token', 'gh_1'], "unknown option '--token'"],
])('what cannot be read, %j, is a usage problem with exit code 2', async (argv, said) => {
  const { code, stderr, stdout } = await run(argv, await testApi({}))
  expect(code).toBe(2)
  expect(stderr()).toContain(said)
  expect(stderr()).toContain('(usage)')
  expect(stdout()).toBe('')
})

test('a group without its word shows its help on standard error and exits with 2', async () => {
  const { code, stderr, stdout } = await run(['proposal'], null)
  expect([code, stdout()]).toEqual([2, ''])
  expect(stderr()).toContain('Usage: gatehouse proposal')
})

test('with --json a problem is one problem document on standard error, also for usage', async () => {
  const { code, stderr, stdout } = await run(['proposal', 'show', '--json'], null)
  expect([code, stdout()]).toEqual([2, ''])
  expect(JSON.parse(stderr())).toMatchObject({
    code: 'usage',
    status: 400,
    type: 'https://gatehouse.dev/problems/usage',
  })
})

test('who is not logged in is told how to, with exit code 3', async () => {
  const { code, stderr } = await run(['proposal', 'list'], null)
  expect(code).toBe(3)
  expect(stderr()).toContain('gatehouse up')
  expect(stderr()).toContain('gatehouse login http')
})

test('Ctrl-C at a question exits with 130 and does nothing', async () => {
  const api = await testApi({ proposalShow: () => ({ json: sampleProposal() }) })
  const host = testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'gh_x' } })
  const ask = () => Promise.reject(new Interrupted('stopped'))
  expect(await runProgram(['proposal', 'approve', PROPOSAL_ID], { ...host, canAsk: true, ask })).toBe(130)
  expect(api.calls.map((call) => call.operation)).toEqual(['proposalShow'])
})

test('a command that was stopped by Ctrl-C exits with 130 and says no error', async () => {
  const api = await testApi({})
  const host = testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'gh_x' } })
  const code = runProgram(['ledger', 'show', '--follow'], host)
  while (api.streams() === 0) await new Promise((done) => setTimeout(done, 5))
  host.stop()
  expect([await code, host.stderr()]).toEqual([130, ''])
})

test('--version behind a command is not taken for a question about the program', async () => {
  const host = testHost()
  expect(await runProgram(['policy', 'push', 'policies', 'oci:store:1', '--version', '1'], host)).toBe(2)
  expect(host.stdout()).toBe('')
  expect(host.stderr()).toContain('--version')
  const asked = testHost()
  expect(await runProgram(['--version'], asked)).toBe(0)
  expect(asked.stdout()).toBe('0.1.0\n')
})
