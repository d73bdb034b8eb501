import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Host } from './host.ts'

interface Login {
  readonly token: string
  readonly login: string
  readonly saved_at: string
}

interface Credentials {
  readonly schema: 'gatehouse.credentials/v1'
  /** The address that commands go to. */
  readonly current: string | null
  readonly servers: Readonly<Record<string, Login>>
}

const NONE: Credentials = { schema: 'gatehouse.credentials/v1', current: null, servers: {} }

/** `$XDG_CONFIG_HOME/gatehouse/credentials.json`, by default under ~/.config. */
export function credentialsFile(host: Host): string {
  // A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
  const config = host.env['XDG_CONFIG_HOME']
  return join(config?.startsWith('/') ? config : join(host.home, '.config'), 'gatehouse', 'credentials.json')
}

/** Reads the file. A file that is not there holds nothing; one that is not ours is a `usage` problem that says so. */
export function readCredentials(host: Host): Credentials {
  const file = credentialsFile(host)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NONE
    throw new Problem('usage', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const found = parse(text)
  if (!found) throw new Problem('usage', `${file} is not a file of credentials; move it away and log in again`)
  // Somebody else could have read it: close it again rather than only warn.
  if (host.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  return found
}

function parse(text: string): Credentials | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { schema, current, servers } = value as Record<string, unknown>
  if (schema !== NONE.schema || !(current === null || typeof current === 'string')) return null
  if (typeof servers !== 'object' || servers === null) return null
  const logins = Object.entries(servers).filter((entry): entry is [string, Login] => isLogin(entry[1]))
  return { schema: NONE.schema, current, servers: Object.fromEntries(logins) }
}

function isLogin(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string'
}

function write(host: Host, credentials: Credentials): void {
  const file = credentialsFile(host)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Renamed into place: a crash never leaves half a file, and nobody reads it before its mode is right.
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(fresh, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(fresh, file)
}

/** Keeps a token for an address, and makes that address the current one. */
export function saveLogin(host: Host, url: string, token: string, login: string): void {
  const known = readCredentials(host)
  const saved = { token, login, saved_at: new Date(host.now()).toISOString() }
  write(host, { ...known, current: url, servers: { ...known.servers, [url]: saved } })
}

/** Forgets the token of an address. Whether there was one. */
export function forgetLogin(host: Host, url: string): boolean {
  const known = readCredentials(host)
  if (!Object.hasOwn(known.servers, url)) return false
  const servers = Object.fromEntries(Object.entries(known.servers).filter(([address]) => address !== url))
  write(host, { ...known, current: known.current === url ? null : known.current, servers })
  return true
}

/** An address as it is kept: http or https, without user, path, query and last slash. `usage` for anything else. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Problem('usage', `"${text}" is not an address; write it as http://host:port`)
  if (url.username !== '' || url.password !== '')
    throw new Problem(
      'usage',
      'the address carries a user or password; give the token apart: --token-file or --token-stdin',
    )
  return url.origin + url.pathname.replace(/\/+$/, '')
}

export interface Server {
  readonly url: string
  readonly token: string
}

/** The address in force: GATEHOUSE_URL, else the one of the last login. Null where there is none. */
export function currentUrl(host: Host): string | null {
  const fromEnv = host.env['GATEHOUSE_URL']
  return fromEnv ? serverUrl(fromEnv) : readCredentials(host).current
}

/** Where commands go and with what. A token is never sent to an address other than its own. `not-logged-in` says what to do. */
export function currentServer(host: Host): Server {
  const url = currentUrl(host)
  const fromEnv = host.env['GATEHOUSE_TOKEN']
  if (url === null)
    throw new Problem(
      'not-logged-in',
      fromEnv
        ? 'GATEHOUSE_TOKEN is set, but not where to: set GATEHOUSE_URL too'
        : 'start Gatehouse here with "gatehouse up", or log in to one: gatehouse login http://host:port',
    )
  const token = fromEnv ?? readCredentials(host).servers[url]?.token
  if (!token) throw new Problem('not-logged-in', `no token is kept for ${url}; log in: gatehouse login ${url}`)
  return { url, token }
}
