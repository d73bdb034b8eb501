import type { Logger } from 'pino'
import type { PgBoss } from 'pg-boss'
import type { Clock } from '@gatehouse/core/kernel/time'
import type { EmbeddedForge } from './adapters/forge/embedded-forge.ts'
import type { PolicyEngine } from './adapters/policy/policy-engine.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import type { Db } from './db/database.ts'

/** What the features are built of: plain objects, made once by compose.ts. */
export interface Context {
  readonly db: Db
  readonly boss: PgBoss
  readonly forge: EmbeddedForge
  readonly blobs: BlobStore
  readonly policy: PolicyEngine
  readonly clock: Clock
  readonly log: Logger
  /** Keys the digests of tokens, so that a stolen database gives no token away. */
  readonly tokenPepper: Buffer
  /** Where this process keeps throw-away and cached files. */
  readonly workFolder: string
  /** The address people reach us at, without a slash at its end. */
  readonly baseUrl: string
}
