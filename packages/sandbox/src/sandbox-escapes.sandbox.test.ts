import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, readdirSync, chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findHostTools } from './host-tools.ts'
import { probeIsolation, type IsolationReport } from './probe.ts'
import { runCommands, type SandboxRun } from './sandbox.ts'
import { privilege, sandboxUser } from './sandbox-user.ts'
import type { SandboxRequest } from './sandbox-request.ts'

const LIMITS = { memory_mb: 256, pids: 64, disk_mb: 32, output_bytes: 20_000 }
let place = ''
let base = ''
let report: IsolationReport
let server: Server
let port = 0

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  base = join(place, 'base')
  chmodSync(place, 0o755)
  execFileSync('mkdir', ['-p', join(base, 'src')])
  writeFileSync(join(base, 'src', 'a.txt'), 'base\n')
  const user = sandboxUser()
  if (user.own) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, base])
  report = await probeIsolation()
  server = createServer((socket) => socket.end('reached'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterAll(() => {
  server.close()
  rmSync(place, { recursive: true, force: true })
})

async function run(
  driver: 'bubblewrap' | 'util-linux' | 'none',
  script: string,
  more: Partial<SandboxRequest> = {},
): Promise<SandboxRun> {
  const result = await runCommands({
    workspace: { base },
    commands: [{ name: 'try', argv: ['sh', '-c', script], timeout_ms: 20_000 }],
    limits: LIMITS,
    driver,
    isolation: 'none-allowed',
    ...more,
  })
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result
}

const first = (result: SandboxRun): SandboxRun['envelope']['commands'][number] => {
  const [command] = result.envelope.commands
  if (command === undefined) throw new Error('no command ran')
  return command
}

/** Host pids of `sleep` with this argument (not of the steps before it, which carry it in theirs). */
function processesSaying(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'latin1') === `sleep\0${text}\0`
      } catch {
        return false
      }
    })
    .map(Number)
}

async function until(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += 20) {
    if (condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return condition()
}

let mark = 700_000 + (process.pid % 10_000) * 10

describe.each(['bubblewrap', 'util-linux'] as const)('with %s', (driver) => {
  test('/etc/shadow cannot be read, nor can any capability be had back', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here: ${report.missing.join('; ')}`)
    const result = await run(
      driver,
      'cat /etc/shadow; cat /proc/1/root/etc/shadow; id -u; grep -E "CapEff|NoNewPrivs" /proc/self/status; chroot / id; echo --; unshare -U id',
    )
    const { stdout } = first(result)
    const [own = '', nested = ''] = stdout.text.split('--\n')
    expect(own).not.toMatch(/root:[^x]/)
    expect(own).not.toMatch(/uid=/)
    // Where the machine leaves us no /proc the host's own measurement below is all there is.
    if (result.envelope.isolation.proc === 'fresh')
      expect(own).toContain(`${sandboxUser().uid}\nCapEff:\t0000000000000000\nNoNewPrivs:\t1`)
    // A user namespace of its own can be had where the envelope says so, and in it nobody's rights only.
    expect(nested).toMatch(result.envelope.isolation.nested_userns === 'on' ? /^uid=65534/ : /^$/)
    const { isolation } = result.envelope
    expect(isolation).toMatchObject({ driver, network: 'none', pid: 'own-namespace', disk_limit: 'tmpfs-size' })
    expect(isolation.user).toMatchObject({
      uid: sandboxUser().uid,
      capabilities: '0000000000000000',
      no_new_privs: true,
    })
    // A container's own filter is inherited, so without ours there may be one all the same.
    if (report.plans[driver]?.seccomp === true) expect(isolation.seccomp).toBe('filter')
    expect(isolation.nested_userns).toBe(report.nested[driver])
  })

  test('nothing outside workspace, home and /tmp can be written, and the base stays as it is', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const result = await run(
      driver,
      `for f in /x /usr/x /etc/x /bin/x /opt/gatehouse/node/bin/x /agent/x /dev/x /proc/sys/kernel/core_pattern ${base}/x; do (echo 1 >$f) 2>/dev/null && echo wrote $f; done; echo changed >src/a.txt; rm -f /agent/given; echo end`,
      { placed: [{ path: '/agent/given', content: 'x' }] },
    )
    expect(first(result).stdout.text).toBe('end\n')
    expect(readFileSync(join(base, 'src', 'a.txt'), 'utf8')).toBe('base\n')
    expect(result.envelope.isolation.writable.toSorted()).toEqual(['/dev/shm', '/home/sandbox', '/tmp', '/workspace'])
  })

  test("the host's loopback and name servers are out of reach", async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const script = `
      const net = require('node:net'), dns = require('node:dns')
      const socket = net.connect(${port}, '127.0.0.1')
      socket.on('data', (data) => console.log('loopback ' + data)).on('error', (error) => console.log('loopback ' + error.code))
      dns.lookup('example.com', (error) => console.log('lookup ' + (error ? error.code : 'answered')))
      const resolver = new dns.Resolver({ timeout: 500, tries: 1 })
      resolver.setServers(['8.8.8.8'])
      resolver.resolve4('example.com', (error) => console.log('resolve ' + (error ? error.code : 'answered')))`
    const result = await run(driver, '', {
      commands: [{ name: 'net', argv: ['node', '-e', script], timeout_ms: 10_000 }],
    })
    const { text } = first(result).stdout
    expect(text).toMatch(/loopback (?:ECONNREFUSED|ENETUNREACH)/)
    expect(text).not.toMatch(/reached|answered/)
    expect(text.split('\n').filter((line) => line.startsWith('lookup') || line.startsWith('resolve'))).toHaveLength(2)
  })

  test('a child that forks twice and starts its own session does not outlive its command', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    mark += 1
    const result = await run(
      driver,
      `(setsid sh -c "sleep ${mark} & sleep ${mark}" >/dev/null 2>&1 &) ; sleep 0.1; echo end`,
    )
    expect(first(result).exit_code).toBe(0)
    expect(processesSaying(String(mark))).toEqual([])
  })

  test('a fork burst ends at the limit', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const result = await run(driver, 'i=0; while [ $i -lt 300 ]; do sleep 5 & i=$((i+1)); done; echo all')
    expect(first(result).stdout.text).not.toContain('all')
    expect(first(result).stderr.text).toMatch(/fork/i)
    expect(result.envelope.limits.enforced).toContain('pids')
  })

  test('a memory hog is killed and said to be', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    if (report.cgroup?.controllers.includes('memory') !== true) ctx.skip('no memory control group here')
    const hog =
      'const all = []; for (let i = 0; i < 64; i++) all.push(Buffer.alloc(16 * 1048576, 1)); console.log("held")'
    const result = await run(driver, '', { commands: [{ name: 'hog', argv: ['node', '-e', hog], timeout_ms: 20_000 }] })
    expect(first(result)).toMatchObject({ oom_killed: true, signal: 'SIGKILL' })
    expect(first(result).stdout.text).not.toContain('held')
  })

  test('the disk is full at the limit, in every place that can be written', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const script =
      'for p in /workspace /tmp $HOME /dev/shm; do dd if=/dev/zero of=$p/big bs=1M count=20 2>&1 | grep -c "No space"; done; du -sm --total /workspace/big /tmp $HOME /dev/shm | tail -1'
    const lines = first(await run(driver, script))
      .stdout.text.trim()
      .split('\n')
    expect(lines.slice(0, 4)).toEqual(['0', '1', '1', '1'])
    expect(Number(lines[4]?.split('\t')[0])).toBeLessThanOrEqual(32)
  })

  test('50 MB of output is counted and digested, not kept', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const { stdout } = first(await run(driver, 'echo begin; head -c 52428800 /dev/zero; echo end'))
    expect(stdout.bytes).toBe(52_428_810)
    expect(stdout.dropped).toBe(52_428_810 - LIMITS.output_bytes)
    expect(stdout.text.startsWith('begin\n')).toBe(true)
    expect(stdout.text.endsWith('end\n')).toBe(true)
  })

  test('a command that hangs past its time is ended with all it started', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    mark += 1
    const result = await run(driver, '', {
      commands: [
        { name: 'hang', argv: ['sh', '-c', `trap "" TERM INT; setsid sleep ${mark} & sleep ${mark}`], timeout_ms: 300 },
      ],
    })
    expect(first(result)).toMatchObject({ timed_out: true })
    expect(first(result).duration_ms).toBeLessThan(30_000)
    expect(result.passed).toBe(false)
    expect(processesSaying(String(mark))).toEqual([])
  })

  test('what is kept is read without following links and without waiting for pipes', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    const paths = ['link', 'dir/shadow', 'pipe', 'big', 'src/a.txt', 'none']
    const result = await run(
      driver,
      'ln -s /etc/passwd link; ln -s /etc dir; mkfifo pipe; head -c 5000 /dev/zero >big',
      {
        keep: paths.map((path) => ({ path, max_bytes: 1_000 })),
      },
    )
    expect(result.envelope.files.map((file) => ('problem' in file ? file.problem : file.size))).toEqual([
      'not-a-regular-file',
      'not-a-regular-file',
      'not-a-regular-file',
      'too-large',
      5,
      'missing',
    ])
    expect(result.kept.map((file) => file.content.toString())).toEqual(['base\n'])
  })

  test('an abort ends the running command', async (ctx) => {
    if (report.plans[driver] === null) ctx.skip(`no ${driver} here`)
    mark += 1
    const abort = new AbortController()
    const going = runCommands(
      {
        workspace: { base },
        commands: [{ name: 'long', argv: ['sleep', String(mark)], timeout_ms: 60_000 }],
        limits: LIMITS,
        driver,
      },
      { signal: abort.signal },
    )
    await until(() => processesSaying(String(mark)).length > 0, 30_000)
    abort.abort()
    expect(await going).toMatchObject({ ok: true, passed: false, envelope: { commands: [{ aborted: true }] } })
    expect(processesSaying(String(mark))).toEqual([])
  })
})

test.each(['bubblewrap', 'util-linux', 'none'] as const)(
  'killing Node with SIGKILL leaves no process behind (%s)',
  async (driver) => {
    const known = driver === 'none' || report.plans[driver] !== null
    mark += 1
    const script = `
    import { runCommands } from ${JSON.stringify(new URL('./sandbox.ts', import.meta.url).href)}
    await runCommands({ workspace: { base: ${JSON.stringify(base)} }, driver: ${JSON.stringify(driver)}, isolation: 'none-allowed', limits: ${JSON.stringify(LIMITS)},
      commands: [{ name: 'stay', argv: ['sh', '-c', 'setsid sleep ${mark} & sleep ${mark}'], timeout_ms: 60000 }] })`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const started = await until(() => processesSaying(String(mark)).length >= 2, 30_000)
    parent.kill('SIGKILL')
    const gone = await until(() => processesSaying(String(mark)).length === 0, 30_000)
    expect([started, gone]).toEqual([known, true])
  },
)

test('root with every right and the tools installed gets both drivers, whole', (ctx) => {
  const tools = findHostTools()
  if (privilege() !== 'host-root') ctx.skip('not root with CAP_SYS_ADMIN')
  for (const driver of ['bubblewrap', 'util-linux'] as const) {
    if (driver === 'bubblewrap' ? tools.bwrap === null : tools.unshare === null) continue
    expect(report.plans[driver]).toMatchObject({
      proc: 'fresh',
      userns: true,
      overlay: 'overlay',
    })
  }
})

describe('without isolation', () => {
  test('a run is refused unless the request allows it, and says what to do', async () => {
    const result = await runCommands({ workspace: { base }, commands: [], limits: LIMITS, driver: 'none' })
    expect(result).toMatchObject({ ok: false, code: 'isolation-unavailable' })
    expect(result.ok ? '' : result.detail).toContain('--isolation none')
  })

  test('the base is untouched, placed files are found, and the evidence says there was no isolation', async () => {
    const result = await run('none', 'echo changed >src/a.txt; cat "$GATEHOUSE_AGENT_DIR/given"; pwd >&2', {
      placed: [{ path: '/agent/given', content: 'given\n' }],
      keep: [{ path: 'src/a.txt', max_bytes: 100 }],
    })
    expect(first(result).stdout.text).toBe('given\n')
    expect(result.kept[0]?.content.toString()).toBe('changed\n')
    expect(readFileSync(join(base, 'src', 'a.txt'), 'utf8')).toBe('base\n')
    expect(result.envelope.isolation).toMatchObject({
      driver: 'none',
      network: 'host',
      pid: 'host',
      filesystem: 'plain-copy',
    })
    expect(result.envelope.isolation.notes[0]).toContain('no isolation')
    expect(existsSync(first(result).stderr.text.trim())).toBe(false)
  })

  test('an orphan of one command is gone before the next begins', async () => {
    mark += 1
    const look = `for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done 2>/dev/null | grep -c '^sleep ${mark}'`
    const commands = [`(setsid sleep ${mark} >/dev/null 2>&1 &); sleep 0.1`, look].map((script, index) => ({
      name: `c${index}`,
      argv: ['sh', '-c', script],
      timeout_ms: 5_000,
    }))
    const result = await run('none', '', { commands })
    expect(result.envelope.commands[1]?.stdout.text).toBe('0\n')
  })

  test('a hang and a child of its own session end with the run', async () => {
    mark += 1
    const result = await run('none', '', {
      commands: [{ name: 'hang', argv: ['sh', '-c', `setsid sleep ${mark} & sleep ${mark}`], timeout_ms: 300 }],
    })
    expect(first(result).timed_out).toBe(true)
    expect(await until(() => processesSaying(String(mark)).length === 0, 20_000)).toBe(true)
  })
})

test('commands run in order in one workspace and stop at the first that fails', async () => {
  const commands = ['echo 1 >f', 'cat f; false', 'echo never'].map((script, index) => ({
    name: `c${index}`,
    argv: ['sh', '-c', script],
    timeout_ms: 5_000,
  }))
  const driver = report.driver
  const stopped = await run(driver, '', { commands })
  expect(stopped.envelope.commands.map((command) => command.exit_code)).toEqual([0, 1])
  expect(stopped.envelope.commands[1]?.stdout.text).toBe('1\n')
  const all = await run(driver, '', { commands, continue_on_failure: true })
  expect(all.envelope.commands.map((command) => command.exit_code)).toEqual([0, 1, 0])
})

test('nothing of the host environment is inherited', async () => {
  process.env['GATEHOUSE_TEST_SECRET'] = 'hunter2'
  for (const driver of [report.driver, 'none'] as const) {
    const result = await run(driver, 'env; cat /proc/self/environ /proc/1/environ 2>/dev/null | tr "\\0" "\\n"', {
      env: { GIVEN: 'yes' },
    })
    expect(first(result).stdout.text).toContain('GIVEN=yes')
    expect(first(result).stdout.text).not.toContain('hunter2')
  }
  delete process.env['GATEHOUSE_TEST_SECRET']
})

test('a request with a path that leaves the workspace is refused by name', async () => {
  const bad = {
    workspace: { base },
    commands: [{ name: 'x', argv: ['true'], timeout_ms: 10, cwd: '../..' }],
    limits: LIMITS,
  }
  expect(await runCommands(bad)).toMatchObject({
    ok: false,
    code: 'sandbox-request-invalid',
    detail: expect.stringContaining('commands.0.cwd') as string,
  })
  const placed = { workspace: { base }, commands: [], limits: LIMITS, placed: [{ path: '/etc/passwd', content: '' }] }
  expect(await runCommands(placed)).toMatchObject({ ok: false, code: 'sandbox-request-invalid' })
})
