import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { lastStep, type Inside } from './command-argv.ts'
import { TRUSTED_ENV, type HostTools } from './host-tools.ts'
import type { PlacedFile } from './holder.ts'
import { HOME, TOOLS, WORKSPACE } from './isolation-plan.ts'
import type { ReadOnlyBind } from './mounts.ts'
import { childrenOf, kill, processesOfUid, processesWithEnvironment } from './process-tree.ts'
import { ownUidPerRun, sandboxUser, type SandboxUser } from './sandbox-user.ts'

/** A run without isolation: a plain copy of the base, plain processes, their tree found by uid or by a mark. */
export interface PlainWorkspace {
  readonly folder: string
  readonly user: SandboxUser
  readonly command: (inside: Inside) => [string, string[]]
  readonly stop: (pid: number) => void
  readonly settle: (pid: number) => Promise<void>
  readonly close: () => Promise<void>
}

export const PLAIN_NOTES = [
  'no isolation: plain processes of this machine with its network, its files as their user may read them, and its process list',
  'limits are time, output, file size and, with a uid of its own, number of processes; memory is not limited',
] as const

export function openPlainWorkspace(request: {
  readonly layers: readonly string[]
  readonly placed: readonly PlacedFile[]
  readonly tools: readonly ReadOnlyBind[]
  readonly host: HostTools
}): PlainWorkspace {
  const place = mkdtempSync(join(tmpdir(), 'gatehouse-plain-'))
  const workspace = join(place, 'workspace')
  const user = process.getuid?.() === 0 ? ownUidPerRun(Math.floor(Math.random() * 2 ** 31)) : sandboxUser()
  // The bottom layer first: what lies above covers it.
  for (const layer of request.layers.toReversed()) {
    cpSync(layer, workspace, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, force: true })
  }
  for (const name of ['tmp', 'home']) mkdirSync(join(place, name), { mode: 0o700 })
  const places: [string, string][] = [
    [WORKSPACE, workspace],
    [HOME, join(place, 'home')],
    [`${TOOLS}/node/bin`, dirname(process.execPath)],
    ...request.tools.map((bind): [string, string] => [bind.target, bind.source]),
    ['/agent', join(place, 'root', 'agent')],
  ]
  for (const file of request.placed) {
    const at = join(place, 'root', file.path)
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 })
    writeFileSync(at, file.content, { flag: 'wx' })
    chmodSync(at, file.executable === true ? 0o755 : 0o644)
    places.push([file.path, at])
  }
  if (user.own) {
    for (const name of ['workspace', 'tmp', 'home']) giveTo(join(place, name), user)
    // The run's own group may pass, and no other user of the machine.
    chownSync(place, 0, user.gid)
    chmodSync(place, 0o710)
  }
  const mark = `GATEHOUSE_RUN=${randomUUID()}`
  const watchdog = startWatchdog(user, mark, place, request.host)
  const leftovers = (): number[] =>
    (user.own ? processesOfUid(user.uid) : processesWithEnvironment(mark)).filter(
      (pid) => pid !== process.pid && pid !== watchdog.pid,
    )
  const endAll = (pid: number | null): void => {
    const family = pid === null ? [] : descendants(pid)
    for (const other of new Set([...family, ...leftovers()])) kill(other)
  }
  return {
    folder: workspace,
    user,
    command: (inside) => plainArgv(rewrite(inside, places, mark, place), user, request.host),
    stop: (pid) => endAll(pid),
    settle: async () => {
      // A fork in the moment of killing leaves a new one: until none is found, or they are more than we can end.
      for (let round = 0; round < 100 && leftovers().length > 0; round++) {
        endAll(null)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    close: async () => {
      endAll(null)
      const ended = new Promise((resolve) => watchdog.once('exit', resolve))
      watchdog.ref()
      if (watchdog.exitCode === null && watchdog.signalCode === null && watchdog.pid !== undefined) {
        kill(watchdog.pid)
        await ended
      }
      rmSync(place, { recursive: true, force: true })
    },
  }
}

function giveTo(path: string, user: SandboxUser): void {
  lchownSync(path, user.uid, user.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path, { encoding: 'buffer' }))
    giveToBytes(Buffer.concat([Buffer.from(`${path}/`), name]), user)
}

function giveToBytes(path: Buffer, user: SandboxUser): void {
  lchownSync(path, user.uid, user.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path, { encoding: 'buffer' }))
    giveToBytes(Buffer.concat([path, Buffer.from('/'), name]), user)
}

/** Without mounts nothing stands at /workspace or /agent: such paths in arguments and environment are rewritten to the real ones. */
export function rewritePath(text: string, places: readonly (readonly [string, string])[]): string {
  for (const [inside, outside] of places) {
    const pattern = new RegExp(`(^|[=:,])${inside.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=$|[/:,])`, 'g')
    if (pattern.test(text)) return text.replace(pattern, (_, before: string) => before + outside)
  }
  return text
}

function rewrite(inside: Inside, places: readonly [string, string][], mark: string, place: string): Inside {
  const change = (text: string): string => rewritePath(text, places)
  const env: Record<string, string> = Object.fromEntries(
    Object.entries(inside.env).map(([name, value]) => [name, change(value)]),
  )
  const [markName = '', markValue = ''] = mark.split('=')
  return {
    rlimits: inside.rlimits,
    cwd: change(inside.cwd),
    argv: inside.argv.map(change),
    env: {
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(place, 'home'),
      TMPDIR: join(place, 'tmp'),
      USER: 'sandbox',
      LANG: 'C.UTF-8',
      GATEHOUSE_WORKSPACE: join(place, 'workspace'),
      GATEHOUSE_AGENT_DIR: join(place, 'root', 'agent'),
      ...env,
      [markName]: markValue,
    },
  }
}

function plainArgv(inside: Inside, user: SandboxUser, host: HostTools): [string, string[]] {
  const env = Object.entries(inside.env).map(([name, value]) => `${name}=${value}`)
  const shell = ['-c', lastStep(inside.rlimits), 'plain', inside.cwd, ...env, ...inside.argv]
  if (host.setpriv === null) return ['/bin/sh', shell]
  const drop = ['--pdeathsig', 'KILL', '--no-new-privs']
  if (user.own) {
    drop.push(
      '--reuid',
      String(user.uid),
      '--regid',
      String(user.gid),
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
    )
  }
  return [host.setpriv, [...drop, '--', '/bin/sh', ...shell]]
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)])
}

/**
 * Ends the run's processes and folder when we are killed ourselves: a shell that waits for the end of its stdin.
 * With a uid of its own `kill -9 -1` as that uid is exactly the run's tree; without, processes that carry the mark.
 */
function startWatchdog(user: SandboxUser, mark: string, place: string, host: HostTools): ChildProcess {
  const asUser = `${host.setpriv ?? 'setpriv'} --reuid ${user.uid} --regid ${user.gid} --clear-groups`
  const end = user.own
    ? `${asUser} /bin/sh -c 'kill -9 -1' 2>/dev/null`
    : `for f in /proc/[0-9]*/environ; do if grep -qz '^${mark}$' "$f" 2>/dev/null; then p="\${f#/proc/}"; kill -9 "\${p%/environ}"; fi; done`
  const script = `trap '' HUP INT TERM; read -r answer; for round in 1 2 3; do ${end}; done; rm -rf -- "$1"`
  const child = spawn('/bin/sh', ['-c', script, 'watchdog', place], {
    env: TRUSTED_ENV,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  child.on('error', () => {})
  child.stdin?.on('error', () => {})
  child.unref()
  return child
}

export function plainSupported(host: HostTools): boolean {
  return host.sh !== null && spawnSync('/bin/sh', ['-c', ':'], { env: TRUSTED_ENV }).status === 0
}
