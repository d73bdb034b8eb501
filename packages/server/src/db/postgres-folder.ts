import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { DATABASE_ROLES } from './database.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { PostgresError } from './postgres-error.ts'
import { mayReach, type PostgresUser } from './postgres-user.ts'

export const ADMIN = 'gatehouse_admin'
const POINTER = 'moved-to'
const CREDENTIALS = 'gatehouse-credentials.json'
const UNREACHED_HOMES = '/var/lib/gatehouse-postgres'
const HALF_MADE_AGE_MS = 600_000

/** Passwords, each 43 random characters; the file is mode 0600 in the data folder. */
const Credentials = z.object({ admin: z.string(), roles: z.record(z.enum(DATABASE_ROLES), z.string()) })
export type Credentials = z.infer<typeof Credentials>

function newCredentials(): Credentials {
  const password = (): string => randomBytes(32).toString('base64url')
  return {
    admin: password(),
    roles: { owner: password(), app: password(), broker: password(), gateway: password(), reader: password() },
  }
}

/**
 * Where the server's files really stand: `folder`, or, when we are root and the server's user may not pass through a
 * parent of it (a mode-700 home), a folder under /var/lib that `folder/moved-to` names.
 */
export async function postgresHome(folder: string, user: PostgresUser): Promise<string> {
  const wanted = resolve(folder)
  await mkdir(wanted, { recursive: true })
  const pointer = join(wanted, POINTER)
  if (existsSync(pointer)) return (await readFile(pointer, 'utf8')).trim()
  // Only to be passed through: what lies in it has its own mode.
  if (user.spawn.uid !== undefined) await chmod(wanted, 0o711)
  if (mayReach(wanted, user)) return wanted
  const home = join(UNREACHED_HOMES, randomBytes(8).toString('hex'))
  try {
    await mkdir(home, { recursive: true })
    await chmod(UNREACHED_HOMES, 0o711)
    await chmod(home, 0o711)
  } catch (error) {
    throw new PostgresError(
      'data-folder-unreachable',
      `PostgreSQL runs as uid ${user.uid}, which may not enter ${wanted}, and ${home} cannot be made ` +
        `(${error instanceof Error ? error.message : String(error)}). Choose a data folder that uid ${user.uid} can reach.`,
    )
  }
  // Of two first starts one names its folder, and both use that one.
  const named = `${pointer}.${randomBytes(6).toString('hex')}`
  await writeFile(named, `${home}\n`)
  await link(named, pointer).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    await rm(home, { recursive: true })
  })
  await rm(named)
  return (await readFile(pointer, 'utf8')).trim()
}

/** The uid that an existing data folder belongs to: its server must run as that user. */
export function dataOwner(folder: string): number | undefined {
  const pointer = join(folder, POINTER)
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : folder
  return statSync(join(home, 'data'), { throwIfNoEntry: false })?.uid
}

async function run(file: string, args: string[], user: PostgresUser): Promise<{ code: number | null; output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(file, args, {
      ...user.spawn,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.resume()
    child.stderr.on('data', (data: Buffer) => (output += data.toString('utf8')))
    child.on('error', failed)
    child.on('close', (code) => done({ code, output: output.trim() }))
  })
}

async function initialize(home: string, binaries: PostgresBinaries, user: PostgresUser): Promise<void> {
  const data = join(home, 'data')
  const fresh = `${data}.new-${randomBytes(6).toString('hex')}`
  const passwordFile = `${fresh}.password`
  const credentials = newCredentials()
  try {
    await mkdir(fresh, { mode: 0o700 })
    await writeFile(passwordFile, credentials.admin, { mode: 0o600 })
    if (user.spawn.uid !== undefined) {
      await chown(fresh, user.uid, user.gid)
      await chown(passwordFile, user.uid, user.gid)
    }
    const args = ['-D', fresh, '-U', ADMIN, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const { code, output } = await run(binaries.initdb, [...args, '--no-locale', '--encoding=UTF8'], user)
    if (code !== 0) {
      throw new PostgresError(
        'postgres-init-failed',
        `initdb could not make the data folder ${data} as uid ${user.uid}: ${output || `exit code ${code}`}` +
          (output.includes('could not look up effective user')
            ? `\nGive uid ${user.uid} a line in /etc/passwd, or set DATABASE_URL to a server of yours.`
            : ''),
      )
    }
    const file = join(fresh, CREDENTIALS)
    await writeFile(file, JSON.stringify(credentials), { mode: 0o600, flush: true })
    if (user.spawn.uid !== undefined) await chown(file, user.uid, user.gid)
    await rename(fresh, data).catch((error: NodeJS.ErrnoException) => {
      // Another start finished first: its folder is the one.
      if (!existsSync(join(data, 'PG_VERSION'))) throw error
    })
  } finally {
    await rm(passwordFile, { force: true })
    await rm(fresh, { recursive: true, force: true })
  }
}

async function removeHalfMade(home: string): Promise<void> {
  for (const entry of await readdir(home)) {
    if (!entry.startsWith('data.new-')) continue
    const path = join(home, entry)
    const stats = await stat(path).catch(() => undefined)
    if (stats !== undefined && Date.now() - stats.mtimeMs > HALF_MADE_AGE_MS)
      await rm(path, { recursive: true, force: true })
  }
}

/**
 * The data folder in `home`, made by initdb when there is none. Throws PostgresError `postgres-init-failed` (with what
 * initdb said) and `data-version-mismatch`.
 */
export async function openDataFolder(
  home: string,
  binaries: PostgresBinaries,
  user: PostgresUser,
): Promise<{ data: string; credentials: Credentials }> {
  const data = join(home, 'data')
  const versionFile = join(data, 'PG_VERSION')
  const owner = statSync(data, { throwIfNoEntry: false })?.uid
  if (owner !== undefined && owner !== user.uid) {
    throw new PostgresError(
      'data-folder-unreachable',
      `The data folder ${data} belongs to uid ${owner}, PostgreSQL would run as uid ${user.uid}. ` +
        'Start Gatehouse as the user who made it (or as root), or choose another data folder.',
      { owner, uid: user.uid },
    )
  }
  if (!existsSync(versionFile)) {
    await removeHalfMade(home)
    await initialize(home, binaries, user)
  }
  const found = (await readFile(versionFile, 'utf8')).trim()
  if (found !== String(binaries.major)) {
    throw new PostgresError(
      'data-version-mismatch',
      `The data folder ${data} was made by PostgreSQL ${found}, this version of Gatehouse brings PostgreSQL ${binaries.major}. ` +
        `Export with the version of Gatehouse that made it and import here; ${dirname(data)} was not touched.`,
      { found, expected: String(binaries.major) },
    )
  }
  const file = join(data, CREDENTIALS)
  try {
    return { data, credentials: Credentials.parse(JSON.parse(await readFile(file, 'utf8'))) }
  } catch (error) {
    throw new PostgresError(
      'postgres-start-failed',
      `${file} cannot be read (${error instanceof Error ? error.message : String(error)}): restore it, it holds the server's passwords.`,
    )
  }
}
