import { lstatSync, readFileSync, readlinkSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { HOME, TOOLS, WORKSPACE } from './isolation-plan.ts'

/** A host folder or file shown inside, read-only. */
export interface ReadOnlyBind {
  readonly source: string
  readonly target: string
}

/** What the private root is made of: folders, links and files to make, then mounts in this order. */
export interface RootPlan {
  readonly folders: readonly string[]
  readonly links: readonly { readonly path: string; readonly target: string }[]
  /** Files to make empty, as places to bind a file on. */
  readonly files: readonly string[]
  readonly binds: readonly ReadOnlyBind[]
}

const ETC_FILES = ['ld.so.cache', 'ld.so.conf', 'localtime', 'mime.types', 'ssl/openssl.cnf']
const ETC_FOLDERS = ['ld.so.conf.d', 'alternatives', 'ssl/certs']
const TOP = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'] as const

/** Plans the minimal root from what this machine has. `nodeFolder` is shown at /opt/gatehouse/node/bin. */
export function planRoot(nodeFolder: string, extra: readonly ReadOnlyBind[]): RootPlan {
  const folders = new Set([
    '/usr',
    '/etc',
    '/etc/ssl',
    '/proc',
    '/dev',
    '/dev/shm',
    '/tmp',
    '/home',
    HOME,
    '/run',
    '/var',
  ])
  for (const folder of [WORKSPACE, TOOLS, '/agent']) folders.add(folder)
  const links: { path: string; target: string }[] = [
    { path: '/dev/fd', target: '/proc/self/fd' },
    { path: '/dev/stdin', target: '/proc/self/fd/0' },
    { path: '/dev/stdout', target: '/proc/self/fd/1' },
    { path: '/dev/stderr', target: '/proc/self/fd/2' },
    { path: '/var/tmp', target: '/tmp' },
  ]
  const files: string[] = []
  const binds: ReadOnlyBind[] = [{ source: '/usr', target: '/usr' }]
  const add = (source: string, target: string): void => {
    for (const parent of parents(target)) folders.add(parent)
    if (lstatOf(source)?.isDirectory()) folders.add(target)
    else files.push(target)
    binds.push({ source, target })
  }
  for (const path of TOP) {
    const stat = lstatOf(path)
    if (stat?.isSymbolicLink()) links.push({ path, target: readlinkSync(path) })
    else if (stat?.isDirectory()) add(path, path)
  }
  // Single files of /etc: the folder itself holds what only root may read.
  for (const name of ETC_FILES) if (existsSync(`/etc/${name}`)) addFile(`/etc/${name}`, files, binds)
  for (const name of ETC_FOLDERS) if (existsSync(`/etc/${name}`)) add(`/etc/${name}`, `/etc/${name}`)
  add(nodeFolder, `${TOOLS}/node/bin`)
  for (const bind of extra) add(bind.source, bind.target)
  return { folders: [...folders], links, files, binds }
}

function addFile(path: string, files: string[], binds: ReadOnlyBind[]): void {
  files.push(path)
  binds.push({ source: path, target: path })
}

function lstatOf(path: string): ReturnType<typeof lstatSync> | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function parents(path: string): string[] {
  const list: string[] = []
  for (let at = dirname(path); at !== '/'; at = dirname(at)) list.unshift(at)
  return list
}

const LOCKED = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime'])

/**
 * Flags of the mount that holds a path. In a user namespace they are locked: a read-only remount that
 * leaves one out is refused (mount_namespaces(7)), so it must repeat them.
 */
export function lockedFlags(mountinfo: string, path: string): string[] {
  let best = ''
  let flags: string[] = []
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ')
    const point = unescapeMount(fields[4] ?? '')
    const inside = point === '/' || path === point || path.startsWith(`${point}/`)
    // A later line on the same point covers the earlier one.
    if (point !== '' && inside && point.length >= best.length) {
      best = point
      flags = (fields[5] ?? '').split(',').filter((flag) => LOCKED.has(flag))
    }
  }
  return flags
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** One word of fstab(5): blanks and backslashes as octal. */
export function fstabWord(text: string): string {
  return text.replace(/[\s\\#]/g, (char) => `\\${(char.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`)
}

/** fstab lines that build the root at `<m>/root`, with the layers at `<m>/l/<n>` (top first) under one overlay. */
export function fstab(request: {
  readonly m: string
  readonly root: RootPlan
  readonly layers: readonly string[]
  readonly overlay: 'overlay' | 'overlay-userxattr' | 'copy'
}): string {
  const { m } = request
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')
  const lines: string[] = []
  const bind = (source: string, target: string, options: readonly string[]): void => {
    lines.push(`${fstabWord(source)} ${fstabWord(target)} none ${['bind', ...options].join(',')} 0 0`)
  }
  const readOnly = (source: string, target: string): void =>
    bind(source, target, [...new Set(['ro', 'nosuid', ...lockedFlags(mountinfo, source)])])
  bind(`${m}/root`, `${m}/root`, ['ro', 'nosuid', 'nodev'])
  for (const entry of request.root.binds) readOnly(entry.source, `${m}/root${entry.target}`)
  for (const device of DEVICES) bind(`/dev/${device}`, `${m}/root/dev/${device}`, [])
  request.layers.forEach((layer, index) => readOnly(layer, `${m}/l/${index}`))
  if (request.overlay === 'copy') bind(`${m}/upper`, `${m}/root${WORKSPACE}`, [])
  else {
    const lower = request.layers.map((_, index) => `${m}/l/${index}`).join(':')
    const kind = request.overlay === 'overlay' ? 'redirect_dir=off,metacopy=off' : 'userxattr'
    const options = `lowerdir=${lower},upperdir=${m}/upper,workdir=${m}/work,${kind},nosuid,nodev`
    lines.push(`overlay ${m}/root${WORKSPACE} overlay ${options} 0 0`)
  }
  bind(`${m}/tmp`, `${m}/root/tmp`, [])
  bind(`${m}/home`, `${m}/root${HOME}`, [])
  bind(`${m}/shm`, `${m}/root/dev/shm`, [])
  return `${lines.join('\n')}\n`
}
