import { lchownSync, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { sandboxUser } from '@gatehouse/sandbox/sandbox-user'

/** A folder of installed dependencies that lies in a checkout and in no commit. */
export interface DependencyFolder {
  /** From the repository's top. */
  readonly path: string
  /** Where a sandbox shows it, read-only. */
  readonly target: string
}

const BY_MANIFEST: Readonly<Record<string, readonly string[]>> = {
  'package.json': ['node_modules'],
  'pyproject.toml': ['.venv', 'venv'],
  'requirements.txt': ['.venv', 'venv'],
  'setup.py': ['.venv', 'venv'],
  'setup.cfg': ['.venv', 'venv'],
  'composer.json': ['vendor'],
  'go.mod': ['vendor'],
}
const MAX_FOLDERS = 90
/** Of the hidden entries of a node_modules only these are installed; the others are caches, which tools must be able to write. */
const INSTALLED = /^(?:[^.]|\.(?:bin|pnpm|store|prisma|package-lock\.json|modules\.yaml|yarn)(?:$|[-.]))/

/**
 * Dependency folders beside the manifests of a commit, as a sandbox without network needs them: `node_modules`, `.venv`, `vendor`. What the
 * commit itself holds is left out, and so is a link: it may lead anywhere.
 */
export function dependencyFolders(top: string, tree: ReadonlyMap<string, unknown>): DependencyFolder[] {
  const beside = [...tree.keys()].flatMap((path) =>
    (BY_MANIFEST[posix.basename(path)] ?? []).map((name) => posix.join(posix.dirname(path), name)),
  )
  const held = new Set([...tree.keys()].flatMap((path) => foldersOf(path)))
  return [...new Set(beside)]
    .filter((path) => !held.has(path) && !tree.has(path))
    .filter((path) => isPlainFolder(top, path))
    .slice(0, MAX_FOLDERS)
    .map((path, i) => ({ path, target: `/agent/dependencies/${i}/${posix.basename(path)}` }))
}

function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'))
}

/** A folder that is reached without any link. */
function isPlainFolder(top: string, path: string): boolean {
  const parts = path.split('/')
  return parts.every(
    (_, i) => lstatSync(join(top, ...parts.slice(0, i + 1)), { throwIfNoEntry: false })?.isDirectory() === true,
  )
}

/**
 * Fills `layer`, to be put above a checked-out commit, with links to the dependency folders. A `node_modules` becomes a folder of links, so that
 * tools can write beside them and that links to the project's own packages lead into the workspace. `shown` gives where a folder is seen.
 */
export function linkDependencies(
  top: string,
  folders: readonly DependencyFolder[],
  layer: string,
  shown: (folder: DependencyFolder) => string,
): void {
  const user = sandboxUser()
  const own = (path: string) => {
    if (user.own) lchownSync(path, user.uid, user.gid)
  }
  const folder = (path: string) => {
    const made = mkdirSync(join(layer, path), { recursive: true, mode: 0o755 })
    if (made === undefined) return
    for (let at = join(layer, path); at.length >= made.length; at = dirname(at)) own(at)
  }
  const link = (path: string, target: string) => {
    symlinkSync(target, join(layer, path))
    own(join(layer, path))
  }
  own(layer)
  for (const dependency of folders) {
    const { path } = dependency
    if (posix.basename(path) !== 'node_modules') {
      folder(posix.dirname(path))
      link(path, shown(dependency))
      continue
    }
    folder(path)
    for (const { name, kind } of packagesOf(join(top, path))) {
      if (kind === 'scope') folder(`${path}/${name}`)
      else link(`${path}/${name}`, inward(top, `${path}/${name}`, path) ?? `${shown(dependency)}/${name}`)
    }
  }
}

/** Entries of a node_modules, `@scope/name` one by one. */
function packagesOf(folder: string): { readonly name: string; readonly kind: 'scope' | 'package' }[] {
  const installed = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => INSTALLED.test(name))
  return installed.flatMap((entry) =>
    entry.name.startsWith('@') && entry.isDirectory()
      ? [
          { name: entry.name, kind: 'scope' as const },
          ...readdirSync(join(folder, entry.name)).map((name) => ({
            name: `${entry.name}/${name}`,
            kind: 'package' as const,
          })),
        ]
      : [{ name: entry.name, kind: 'package' as const }],
  )
}

/** The target of a link that leads out of its node_modules and stays in the repository: a package of the project's own. */
function inward(top: string, path: string, modules: string): string | null {
  const full = join(top, path)
  if (!lstatSync(full).isSymbolicLink()) return null
  const target = readlinkSync(full)
  const there = relative(top, join(dirname(full), target))
    .split(sep)
    .join('/')
  const outside = target.startsWith('/') || there === '..' || there.startsWith('../') || there.startsWith(`${modules}/`)
  return outside ? null : target
}

/** The folder on the way to a dependency folder that only its owner may pass; null without one, and where tests run as ourselves. */
export function closedTo(top: string, { path }: DependencyFolder): string | null {
  if (!sandboxUser().own) return null
  for (let at = join(top, path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return at
    if (dirname(at) === at) return null
  }
}

/** What of the machine's environment tells where its tools and modules are. */
export type HostEnvironment = Readonly<Record<'PATH' | 'HOME' | 'GOMODCACHE' | 'GOPATH', string | undefined>>

/** Go's cache of modules, where a commit with a `go.mod` brings none of its own: Go keeps them outside of the project. */
export function goModules(tree: ReadonlyMap<string, unknown>, host: HostEnvironment): string | null {
  const paths = [...tree.keys()]
  if (!paths.some((path) => posix.basename(path) === 'go.mod')) return null
  if (paths.some((path) => /(?:^|\/)vendor\/modules\.txt$/.test(path))) return null
  const path = host.GOPATH?.split(':')[0] || (host.HOME ? join(host.HOME, 'go') : '')
  const cache = host.GOMODCACHE || (path === '' ? '' : join(path, 'pkg', 'mod'))
  return cache.startsWith('/') && lstatSync(cache, { throwIfNoEntry: false })?.isDirectory() === true ? cache : null
}

/** Where programs are looked for: Gatehouse's Node, then those folders of the PATH that a sandbox shows, which are those of the system. */
export function shownPath(path: string | undefined): string {
  const shown = (path ?? '').split(':').filter((folder) => /^\/(?:usr|bin|sbin)(?:\/|$)/.test(folder))
  return [...new Set(['/opt/gatehouse/node/bin', ...shown, '/usr/local/bin', '/usr/bin', '/bin'])].join(':')
}
