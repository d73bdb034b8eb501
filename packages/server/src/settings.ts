import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseError } from './db/database-error.ts'
import type { DatabaseRole } from './db/database.ts'

/** What a process of ours is started with. */
export interface Settings {
  readonly dataFolder: string
  readonly environment: string
  readonly host: string
  readonly port: number
  readonly baseUrl: string
  readonly tokenPepper: Buffer
  databaseUrl(role: DatabaseRole): string
}

/** Reads a secret of the data folder, or makes it: 32 random bytes, readable by us alone. Two starts at once agree on the first. */
function keptSecret(folder: string, name: string): Buffer {
  mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 })
  const path = join(folder, 'secrets', name)
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
  if (secret.length !== 32)
    throw new Error(`${path} holds no secret of 32 bytes; restore it from a backup: every token depends on it`)
  return secret
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set; start Gatehouse with: gatehouse up`)
  return value
}

/** Port from 1 to 65535, or 0 for any free one. */
export function readPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`GATEHOUSE_PORT: ${text} is no port (0 to 65535)`)
  return port
}

/** The address of a server of your own. Throws `database-unreachable` for what is none, without repeating it: it may hold a password. */
export function readDatabaseUrl(text: string): string {
  if (/^(postgres(ql)?:\/\/|socket:|\/)\S/.test(text)) return text
  throw new DatabaseError(
    'database-unreachable',
    'DATABASE_URL is no address of a PostgreSQL server: one like postgres://db.example.com:5432/gatehouse is wanted, with user and password before the host',
  )
}

/** Settings from the environment of a child process: addresses per role come from its parent, which owns the passwords. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const dataFolder = required(env, 'GATEHOUSE_DATA')
  const host = env['GATEHOUSE_HOST'] ?? '127.0.0.1'
  const port = readPort(env['GATEHOUSE_PORT'] ?? '7410')
  return {
    dataFolder,
    environment: env['GATEHOUSE_ENVIRONMENT'] ?? 'local',
    host,
    port,
    baseUrl: env['GATEHOUSE_BASE_URL'] ?? `http://${host}:${port}`,
    tokenPepper: keptSecret(dataFolder, 'token-pepper'),
    databaseUrl: (role) => env[`GATEHOUSE_DATABASE_URL_${role.toUpperCase()}`] ?? required(env, 'DATABASE_URL'),
  }
}
