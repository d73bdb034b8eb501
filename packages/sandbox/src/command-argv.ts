import { HOME, TOOLS, WORKSPACE, holderHasPidNamespace, type IsolationPlan } from './isolation-plan.ts'
import type { Holder } from './holder.ts'

/**
 * Last trusted step: tells the host it stands where the command will (fd 3), waits to be measured and put into its
 * cgroup, sets rlimits and becomes the command. Exit code 125 when the host did not say "go".
 */
const LAST_STEP = `printf r >&3
IFS= read -r word <&3 || exit 125
[ "$word" = go ] || exit 125
exec 3>&-
LIMITS
cd -- "$1" || exit 125
shift
exec env -i "$@"`

export interface Rlimits {
  readonly pids: number | null
  readonly cpu_seconds: number | null
  /** Largest file, in MiB; null where a tmpfs of bounded size holds all files anyway. */
  readonly file_mb: number | null
}

/** The last step's script. `ulimit -p` is dash's name for RLIMIT_NPROC, `-u` bash's. */
export function lastStep(limits: Rlimits): string {
  const lines = ['ulimit -c 0']
  if (limits.cpu_seconds !== null) lines.push(`ulimit -t ${limits.cpu_seconds}`)
  if (limits.file_mb !== null) lines.push(`ulimit -f ${limits.file_mb * 2048}`)
  if (limits.pids !== null) lines.push(`ulimit -u ${limits.pids} 2>/dev/null || ulimit -p ${limits.pids}`)
  return LAST_STEP.replace('LIMITS', lines.join('\n'))
}

/** Environment inside, before the request's own names are added. */
export function insideEnvironment(env: Readonly<Record<string, string>>): string[] {
  const all = {
    PATH: `${TOOLS}/node/bin:/usr/local/bin:/usr/bin:/bin`,
    HOME,
    TMPDIR: '/tmp',
    USER: 'sandbox',
    LANG: 'C.UTF-8',
    GATEHOUSE_WORKSPACE: WORKSPACE,
    GATEHOUSE_AGENT_DIR: '/agent',
    ...env,
  }
  return Object.entries(all).map(([name, value]) => `${name}=${value}`)
}

export interface Inside {
  readonly cwd: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly rlimits: Rlimits
}

/** argv of one isolated command. Fd 3 is the conversation with the host, fd 4 the seccomp program if the plan has one. */
export function isolatedArgv(plan: IsolationPlan, holder: Holder, inside: Inside): [string, string[]] {
  const { tools, user } = plan
  const command = [
    '/bin/sh',
    '-c',
    lastStep(inside.rlimits),
    'sandbox',
    inside.cwd,
    ...insideEnvironment(inside.env),
    ...inside.argv,
  ]
  const enter = [tools.nsenter ?? 'nsenter', '-t', String(holder.pid), '-m']
  // Without the holder's pid namespace nothing else ends these first steps when we are killed.
  if (holderHasPidNamespace(plan)) enter.push('-p')
  else enter.unshift(tools.setpriv ?? 'setpriv', '--pdeathsig', 'KILL', '--')
  if (plan.privilege !== 'host-root') enter.push('-U', '--preserve-credentials')
  if (plan.driver === 'util-linux') enter.push('-n')
  // The uid is dropped first: every later step is an ordinary user's, also when a step of ours is wrong.
  if (plan.userns && plan.privilege === 'host-root') enter.push('-S', String(user.uid), '-G', String(user.gid))
  enter.push('--')
  if (plan.userns && plan.privilege === 'mapped-root') enter.push(tools.setpriv ?? 'setpriv', ...toUser(user), '--')
  enter.push(...(plan.driver === 'bubblewrap' ? bubblewrap(plan, holder, command) : utilLinux(plan, holder, command)))
  const [file = 'nsenter', ...argv] = enter
  return [file, argv]
}

function toUser(user: IsolationPlan['user']): string[] {
  return ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups']
}

/** Drops uid and every capability for good, from root without a user namespace. */
function dropAll(plan: IsolationPlan): string[] {
  return ['setpriv', ...toUser(plan.user), '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--']
}

function bubblewrap(plan: IsolationPlan, holder: Holder, command: readonly string[]): string[] {
  const { user } = plan
  const argv = [plan.tools.bwrap ?? 'bwrap', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts']
  argv.push('--unshare-cgroup-try', '--die-with-parent', '--new-session', '--hostname', 'sandbox', '--cap-drop', 'ALL')
  if (plan.userns) {
    argv.push('--unshare-user', '--uid', String(user.uid), '--gid', String(user.gid))
    if (plan.nested_userns_limit) argv.push('--disable-userns')
  } else argv.push('--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP')
  argv.push('--dev-bind', `${holder.m}/root`, '/')
  if (plan.proc === 'fresh') argv.push('--proc', '/proc')
  if (plan.seccomp) argv.push('--seccomp', '4')
  return [...argv, '--', ...(plan.userns ? [] : dropAll(plan)), ...command]
}

function utilLinux(plan: IsolationPlan, holder: Holder, command: readonly string[]): string[] {
  const { user, tools } = plan
  const argv = [
    tools.unshare ?? 'unshare',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--cgroup',
    '--fork',
    '--kill-child=KILL',
  ]
  argv.push('--propagation', 'private')
  if (plan.userns) argv.push('--user', '--map-root-user')
  const steps = ['set -e', `mount --rbind ${holder.m}/root ${holder.m}/new`, `cd ${holder.m}/new`]
  // umount needs to read some /proc: where no fresh one is granted, the old one stands there until it has done so.
  const none = plan.proc === 'none'
  steps.push(none ? 'mount --rbind /proc proc' : 'mount -t proc -o nosuid,nodev,noexec proc proc')
  // One more may be made, which is ours; it counts against this limit, so none can be made inside it.
  if (plan.nested_userns_limit) steps.push('echo 1 >proc/sys/user/max_user_namespaces')
  steps.push('pivot_root . .', 'umount -l .', ...(none ? ['umount -l /proc'] : []), 'set +e')
  const bounded = 'setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"'
  // Without a /proc a second user namespace cannot be mapped: the command sees itself as uid 0, with no right at all.
  const last =
    none && plan.userns
      ? bounded
      : plan.userns
        ? `unshare --user --map-user=${user.uid} --map-group=${user.gid} -- setpriv --no-new-privs -- "$@"`
        : `${dropAll(plan).join(' ')} "$@"`
  // Not exec: this shell stays as init, so that orphans are reaped and signals mean what they mean elsewhere.
  steps.push(last, 'exit $?')
  return [...argv, '--', '/bin/sh', '-c', steps.join('\n'), 'init', ...command]
}
