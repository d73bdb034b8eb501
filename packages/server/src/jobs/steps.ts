import { sha256Json, type Json, type Sha256 } from '@gatehouse/core/kernel/canonical'
import type { Clock, Instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import type { Db, Trx } from '../db/database.ts'
import { crashPoint } from './crash-point.ts'
import { requireLease, type Lease } from './leases.ts'

/** One checkpointed part of a piece of work. `owner_id` is the run, validation or effect; `name` is unique in it. */
export interface Step {
  owner_id: string
  /** Its place, for people to read. */
  ordinal: number
  name: string
  /** The version of the list of steps. A recorded output of another version is not used. */
  flow_version: number
  /** Everything that the output depends on. A recorded output of another input is not used. */
  input: Json
}

export interface StepResult<T> {
  output: T
  /** `re-executed`: an output was recorded, but for another input or flow version. */
  how: 'executed' | 'recorded' | 're-executed'
}

function inputHash(step: Step): Sha256 {
  return sha256Json({ flow_version: step.flow_version, input: step.input })
}

async function standing(db: Db | Trx, step: Step) {
  const row = await db
    .selectFrom('steps')
    .select(['input_hash', 'output', 'finished_at'])
    .where('owner_id', '=', step.owner_id)
    .where('name', '=', step.name)
    .executeTakeFirst()
  return {
    same: row?.input_hash === inputHash(step),
    finished: row !== undefined && row.finished_at !== null,
    started: row !== undefined,
    output: row?.output,
  }
}

/** The output recorded for this step with this input and flow version, wrapped (an output may be null). */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the shape that its own step recorded
export async function recordedOutput<T extends Json>(db: Db | Trx, step: Step): Promise<{ output: T } | undefined> {
  const { same, finished, output } = await standing(db, step)
  return same && finished ? { output: output as T } : undefined
}

/**
 * Records the output of a step whose effect is in this same transaction: both commit or neither does. Checks the lease
 * (throws LeaseLost). Call it before the ledger's `appendEvents`, which wants to be last.
 */
export async function finishStep(
  trx: Trx,
  options: { lease: Lease; step: Step; output: Json; at: Instant; started_at?: Instant },
): Promise<void> {
  const { lease, step, at } = options
  await requireLease(trx, lease)
  const output = sql`${JSON.stringify(options.output)}::jsonb`
  const done = { ordinal: step.ordinal, input_hash: inputHash(step), output, epoch: lease.epoch, finished_at: at }
  await trx
    .insertInto('steps')
    .values({ owner_id: step.owner_id, name: step.name, ...done, started_at: options.started_at ?? at })
    .onConflict((conflict) => conflict.columns(['owner_id', 'name']).doUpdateSet(done))
    .execute()
}

async function beginStep(db: Db, lease: Lease, step: Step, at: Instant): Promise<void> {
  const begun = {
    ordinal: step.ordinal,
    input_hash: inputHash(step),
    output: null,
    epoch: lease.epoch,
    started_at: at,
    finished_at: null,
  }
  await db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    await trx
      .insertInto('steps')
      .values({ owner_id: step.owner_id, name: step.name, ...begun })
      .onConflict((conflict) => conflict.columns(['owner_id', 'name']).doUpdateSet(begun))
      .execute()
  })
}

interface StepOptions {
  db: Db
  lease: Lease
  step: Step
  at: Clock
  signal: AbortSignal
}

export interface StepContext {
  /** An earlier attempt began this very step and its end is unknown: an effect outside may have happened already. */
  started_before: boolean
}

/**
 * Returns the recorded output, or executes and records it. `execute` works outside any transaction and may run more than
 * once (a worker can die between effect and record), so effects outside need an idempotency key. Throws LeaseLost before
 * executing and before recording when another attempt took over, and whatever `execute` throws.
 * Crash points: `step.<name>.started`, `.executed`, `.finished`.
 */
export async function runStep<T extends Json>(
  options: StepOptions & { execute: (signal: AbortSignal, context: StepContext) => Promise<T> },
): Promise<StepResult<T>> {
  const { db, lease, step, at, signal } = options
  const before = await standing(db, step)
  if (before.same && before.finished) return { output: before.output as T, how: 'recorded' }
  signal.throwIfAborted()
  await beginStep(db, lease, step, at())
  crashPoint(`step.${step.name}.started`)
  const output = await options.execute(signal, { started_before: before.started && before.same })
  crashPoint(`step.${step.name}.executed`)
  await db.transaction().execute((trx) => finishStep(trx, { lease, step, output, at: at() }))
  crashPoint(`step.${step.name}.finished`)
  return { output, how: before.finished ? 're-executed' : 'executed' }
}

/**
 * The same for a step whose whole effect is in our database: what `execute` writes in `trx` and the step's record commit
 * together, so it happens exactly once. `execute` must not wait for anything but the database.
 */
export async function runStepInTransaction<T extends Json>(
  options: StepOptions & { execute: (trx: Trx) => Promise<T> },
): Promise<StepResult<T>> {
  const { db, lease, step, at, signal } = options
  const result = await db.transaction().execute(async (trx): Promise<StepResult<T>> => {
    await requireLease(trx, lease)
    const before = await standing(trx, step)
    if (before.same && before.finished) return { output: before.output as T, how: 'recorded' }
    signal.throwIfAborted()
    crashPoint(`step.${step.name}.started`)
    const output = await options.execute(trx)
    crashPoint(`step.${step.name}.executed`)
    await finishStep(trx, { lease, step, output, at: at() })
    return { output, how: before.finished ? 're-executed' : 'executed' }
  })
  crashPoint(`step.${step.name}.finished`)
  return result
}
