export type DatabaseErrorCode =
  | 'roles-missing'
  | 'migration-edited'
  | 'migration-failed'
  | 'database-newer'
  | 'database-unreachable'

/** What stops us from using a database. `message` says what was wrong and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
