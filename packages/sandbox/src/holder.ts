import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TRUSTED_ENV } from './host-tools.ts'
import { SandboxSetupError, holderHasPidNamespace, type IsolationPlan } from './isolation-plan.ts'
import { DEVICES, fstab, type RootPlan } from './mounts.ts'
import { childrenOf, kill } from './process-tree.ts'

/** A file put in read-only: bytes at an absolute path inside. */
export interface PlacedFile {
  readonly path: string
  readonly content: Uint8Array
  readonly executable?: boolean
}

export interface HolderRequest {
  readonly plan: IsolationPlan
  readonly root: RootPlan
  /** Host folders, top first. */
  readonly layers: readonly string[]
  readonly disk_mb: number
  readonly inodes: number
  readonly placed: readonly PlacedFile[]
}

/**
 * The process that keeps a run's private mounts (and its pid namespace) alive between two commands.
 * It is init of that pid namespace, if it has one: when it ends, for whatever reason, the kernel kills everything of the run.
 * It ends when its stdin does, so a killed Node leaves nothing behind and nothing mounted.
 */
export interface Holder {
  readonly pid: number
  /** Mount point, as seen inside the private mount namespace. */
  readonly m: string
  /** A path of the private mount namespace as the host can open it. */
  host(path: string): string
  readonly loopback: boolean
  close(): Promise<void>
}

const LOOPBACK_PERL = 'socket(my $s,2,2,0) or exit 1; ioctl($s,0x8914,my $r=pack("a16 s x22","lo",0x41)) or exit 1'

export async function startHolder(request: HolderRequest): Promise<Holder> {
  const place = mkdtempSync(join(privateTmp(), 'gatehouse-run-'))
  // The sandbox user must pass through on its way to the mount point; names in here are not secret.
  chmodSync(place, 0o711)
  const m = join(place, 'm')
  mkdirSync(m)
  writeFileSync(
    join(place, 'fstab'),
    fstab({ m, root: request.root, layers: request.layers, overlay: request.plan.overlay }),
  )
  const child = spawn(...holderArgv(request, place), {
    env: TRUSTED_ENV,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const talk = new Conversation(child)
  const close = async (): Promise<void> => {
    child.stdin?.destroy()
    kill(child.pid ?? 0)
    await talk.ended
    rmSync(place, { recursive: true, force: true })
  }
  try {
    await talk.expect('unshared')
    const pid = childrenOf(child.pid ?? 0)[0]
    if (pid === undefined) throw new SandboxSetupError('the namespace holder has no child process')
    if (request.plan.privilege === 'mapped-root') writeMaps(pid, request.plan.user)
    talk.say('mapped')
    await talk.expect('tmpfs')
    populate(`/proc/${pid}/root${m}`, request)
    talk.say('populated')
    const loopback = (await talk.expect('ready')).endsWith('up')
    return { pid, m, host: (path) => `/proc/${pid}/root${path}`, loopback, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A folder for mount points whose path needs no escaping in mount options. */
function privateTmp(): string {
  return /[^\w./-]/.test(tmpdir()) ? '/tmp' : tmpdir()
}

function holderArgv(request: HolderRequest, place: string): [string, string[]] {
  const { plan } = request
  const setpriv = plan.tools.setpriv ?? 'setpriv'
  const names = ['--mount', '--fork', '--kill-child=KILL', '--propagation', 'private']
  if (holderHasPidNamespace(plan)) names.push('--pid')
  if (plan.privilege !== 'host-root') names.push('--user')
  if (plan.privilege === 'user') names.push('--map-root-user')
  // bubblewrap makes a network namespace with the loopback up by itself; util-linux cannot, so it shares the holder's.
  if (plan.driver === 'util-linux') names.push('--net')
  return [
    setpriv,
    [
      '--pdeathsig',
      'KILL',
      '--',
      plan.tools.unshare ?? 'unshare',
      ...names,
      '--',
      '/bin/sh',
      '-c',
      holderScript(request, place),
    ],
  ]
}

function holderScript(request: HolderRequest, place: string): string {
  const { plan } = request
  const m = join(place, 'm')
  const options = `size=${request.disk_mb}m,nr_inodes=${request.inodes},mode=0711,nosuid`
  const up: string[] = []
  if (plan.driver === 'util-linux') {
    if (plan.tools.ip !== null) up.push(`${plan.tools.ip} link set lo up 2>/dev/null`)
    if (plan.tools.perl !== null) up.push(`${plan.tools.perl} -e '${LOOPBACK_PERL}' 2>/dev/null`)
    up.push('state=down')
  }
  const copies = request.layers.map((_, index) => `cp -a l/${index}/. upper/`).toReversed()
  return [
    'set -e; umask 022',
    'echo unshared; read -r answer',
    // Over the host's: tools that look for a process by its number must find it under the number they know.
    ...(plan.proc === 'fresh' ? ['mount -t proc -o nosuid,nodev,noexec proc /proc'] : []),
    `mount -t tmpfs -o ${options} tmpfs ${m}; cd ${m}`,
    'echo tmpfs; read -r answer',
    `mount -a -T ${place}/fstab >&2`,
    ...(plan.overlay === 'copy' ? copies : []),
    `state=up; ${up.join(' || ') || ':'}`,
    'echo "ready $state"',
    // Ends at the end of stdin: nobody ever writes a line here.
    'read -r answer || exit 0',
  ].join('\n')
}

/** Two ids of a user namespace: its root, and the sandbox user. Root with CAP_SETUID may write them (user_namespaces(7)). */
function writeMaps(pid: number, user: { readonly uid: number; readonly gid: number }): void {
  try {
    writeFileSync(`/proc/${pid}/uid_map`, `0 0 1\n${user.uid} ${user.uid} 1\n`)
    writeFileSync(`/proc/${pid}/gid_map`, `0 0 1\n${user.gid} ${user.gid} 1\n`)
  } catch (error) {
    throw new SandboxSetupError(`cannot map ids into a user namespace: ${String(error)}`, { cause: error })
  }
}

function populate(base: string, request: HolderRequest): void {
  const { uid, gid, own } = request.plan.user
  const root = join(base, 'root')
  const writable = ['upper', 'tmp', 'home', 'shm']
  for (const name of ['root', 'l', 'work', 'new', ...writable]) mkdirSync(join(base, name))
  request.layers.forEach((_, index) => mkdirSync(join(base, 'l', String(index))))
  for (const name of writable) {
    if (own) chownSync(join(base, name), uid, gid)
    chmodSync(join(base, name), name === 'upper' ? 0o755 : 0o700)
  }
  for (const folder of request.root.folders) mkdirSync(join(root, folder), { recursive: true, mode: 0o755 })
  for (const link of request.root.links) symlinkSync(link.target, join(root, link.path))
  for (const file of request.root.files) writeFileSync(join(root, file), '')
  for (const device of DEVICES) writeFileSync(join(root, 'dev', device), '')
  for (const [name, text] of Object.entries(accounts(uid, gid)))
    writeFileSync(join(root, 'etc', name), text, { mode: 0o644 })
  for (const file of request.placed) {
    mkdirSync(join(root, dirname(file.path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(root, file.path), file.content, { flag: 'wx' })
    chmodSync(join(root, file.path), file.executable === true ? 0o755 : 0o644)
  }
}

/** The sandbox's own account files: the host's would tell its users' names. */
function accounts(uid: number, gid: number): Record<string, string> {
  return {
    passwd: `root:x:0:0:root:/:/usr/sbin/nologin\nsandbox:x:${uid}:${gid}:sandbox:/home/sandbox:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
    group: `root:x:0:\nsandbox:x:${gid}:\nnogroup:x:65534:\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
    hostname: 'sandbox\n',
    'resolv.conf': '',
  }
}

/** Lines to and from the holder, with what it said on stderr when it ends early. */
class Conversation {
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #rest = ''
  #stderr = ''
  #over = false
  #wake: () => void = () => {}

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n')
      this.#rest = parts.pop() ?? ''
      this.#lines.push(...parts)
      this.#wake()
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4_000)
    })
    child.stdin?.on('error', () => {})
    this.ended = new Promise((resolve) => {
      const over = (): void => {
        this.#over = true
        this.#wake()
        resolve()
      }
      child.on('error', (error) => {
        this.#stderr += String(error)
        over()
      })
      child.on('close', over)
    })
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async expect(word: string): Promise<string> {
    const deadline = setTimeout(() => kill(this.#child.pid ?? 0), 15_000)
    try {
      for (;;) {
        const line = this.#lines.shift()
        if (line?.startsWith(word) === true) return line
        if (this.#over)
          throw new SandboxSetupError(
            `the sandbox could not be set up before "${word}": ${this.#stderr.trim() || 'no message'}`,
          )
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(deadline)
    }
  }
}
