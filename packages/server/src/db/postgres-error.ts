export type PostgresErrorCode =
  | 'already-running'
  | 'data-version-mismatch'
  | 'data-folder-unreachable'
  | 'postgres-binaries-missing'
  | 'postgres-user-missing'
  | 'postgres-init-failed'
  | 'postgres-start-failed'
  | 'postgres-stop-failed'

/** Why the embedded PostgreSQL could not start or stop. `facts` holds what a program wants: pid, port, versions. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError'
  readonly code: PostgresErrorCode
  readonly facts: Readonly<Record<string, string | number>>

  constructor(code: PostgresErrorCode, message: string, facts: Readonly<Record<string, string | number>> = {}) {
    super(message)
    this.code = code
    this.facts = facts
  }
}
