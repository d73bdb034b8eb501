import { readFileSync, statSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PostgresError } from './postgres-error.ts'

/** Who the server runs as. `spawn` is given to child_process: empty when that is who we are already. */
export interface PostgresUser {
  uid: number
  gid: number
  spawn: { uid?: number; gid?: number }
}

function passwd(): { name: string; uid: number; gid: number }[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [name, , uid, gid] = line.split(':')
        return name !== undefined && uid !== undefined && gid !== undefined ? [{ name, uid: +uid, gid: +gid }] : []
      })
  } catch {
    return []
  }
}

/**
 * PostgreSQL refuses to run as root, and initdb refuses a uid without a line in /etc/passwd: as root it runs as
 * `uid` when given, else as `postgres`, else as `nobody`. Otherwise it runs as we do.
 */
export function postgresUser(uid?: number): PostgresUser {
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
  if (own.uid !== 0) return { ...own, spawn: {} }
  const users = passwd()
  const user =
    uid === undefined
      ? (users.find((u) => u.name === 'postgres' && u.uid !== 0) ??
        users.find((u) => u.name === 'nobody' && u.uid !== 0))
      : users.find((u) => u.uid === uid && u.uid !== 0)
  if (user === undefined) {
    throw new PostgresError(
      'postgres-user-missing',
      `PostgreSQL does not run as root, and /etc/passwd has no ${uid === undefined ? 'user postgres or nobody' : `other user with uid ${uid}`}. ` +
        'Add one, start Gatehouse as an ordinary user, or set DATABASE_URL to a server of yours.',
    )
  }
  return { uid: user.uid, gid: user.gid, spawn: { uid: user.uid, gid: user.gid } }
}

function allows(stats: Stats, user: PostgresUser, bits: number): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0
  return ((stats.mode >> shift) & bits) === bits
}

/** True when every folder from / down to `path` may be passed by `user`. By mode bits; what does not exist yet is not asked. */
export function mayReach(path: string, user: PostgresUser): boolean {
  if (user.spawn.uid === undefined) return true
  for (let at = resolve(path); ; at = dirname(at)) {
    const stats = statSync(at, { throwIfNoEntry: false })
    if (stats?.isDirectory() === true && !allows(stats, user, 1)) return false
    if (at === dirname(at)) return true
  }
}

/** True when `user` may reach and read a file. */
export function mayRead(file: string, user: PostgresUser): boolean {
  return user.spawn.uid === undefined || (mayReach(dirname(file), user) && allows(statSync(file), user, 4))
}
