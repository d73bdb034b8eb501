import type { Json } from '@gatehouse/core/kernel/canonical'
import { compilePlan, type Entrypoint, type LinkedBuiltin } from './compiler.ts'
import {
  answerOf,
  failure,
  machineLimits,
  readInput,
  unknownEntrypoint,
  type EvaluateOptions,
  type Evaluation,
} from './evaluation.ts'
import type { Plan } from './plan.ts'
import { TraceClock } from './trace-clock.ts'
import { TIMED, traceDialect, type TraceSites } from './trace-dialect.ts'
import { TraceMachine, type Watcher } from './trace-machine.ts'
import { TimeMachine, type NamedBuiltins } from './trace-time-machine.ts'
import { clockValue, HORIZON_NS, instantText, type TimeValue } from './trace-time.ts'
import { RegoObject, type Value } from './value.ts'

/** A body of a rule that gave its value. */
export interface FiredRule {
  /** As OPA names it: `data.gatehouse.outcome`. */
  readonly rule: string
  /** The file's name as `opa build` was given it. */
  readonly file: string
  /** The line of the rule's head, from 1. */
  readonly line: number
  /** Whether it is the rule's default. */
  readonly default: boolean
  /** JSON pointers (RFC 6901) into the input that this body read itself, sorted. */
  readonly reads: readonly string[]
}

/** One evaluation and what can be told of it. What is not asked for is not put together. */
export interface Trace {
  readonly evaluation: Evaluation
  /**
   * The answer is the same for each `input.at` from this evaluation's until this instant, which is excluded, all else
   * being equal. RFC 3339 in UTC with milliseconds, rounded down. Null: no instant before 2262-04-11T23:47:16.854Z,
   * where OPA's nanoseconds end, changes it. Equal to `input.at` (or the year 0 where that is no time): use it once.
   * It is never too late; it is too early where a policy uses the time in a way that cannot be followed.
   */
  readonly validUntil: string | null
  /** In order of file and line. Empty where the input was refused. */
  fired(): readonly FiredRule[]
  /**
   * JSON pointers (RFC 6901) of what the evaluation read of the input, sorted: also of what it looked for and did not
   * find. A place is named where nothing below it was read by itself, or all of it was used.
   */
  reads(): readonly string[]
  /** By file: lines that have code, and whether this evaluation ran them. */
  lines(): ReadonlyMap<string, ReadonlyMap<number, boolean>>
}

export interface TraceOptions extends EvaluateOptions {
  readonly watcher?: Watcher
  /** What fired, was read and was run is noted at once. Without, the first question for it runs the policy again. */
  readonly explained?: boolean
}

/** The clock that an evaluation begins with; null where its input has no time. */
type Told = { readonly trace: TraceClock; readonly value: TimeValue } | null

/** Lines of one expression that are told apart; a forged plan could name millions. */
const MAX_ROWS = 1000

/** Before every instant: an answer that holds until then is never used again. */
export const NEVER = '0000-01-01T00:00:00.000Z'

interface Parts {
  readonly plan: Plan
  readonly builtins: ReadonlyMap<string, LinkedBuiltin>
  readonly data: Value
}

/** The code in which all is followed, with what its numbers stand for. */
interface Whole {
  readonly entrypoints: ReadonlyMap<string, Entrypoint>
  readonly table: TraceSites
}

/**
 * The plan compiled once more, so that evaluations can be followed: once for the time alone, which is what decisions
 * need and costs little, and once for all that can be told, at the first question for it. Evaluations are
 * deterministic, so what is asked for later comes from running the same input again.
 */
export class Tracer {
  private readonly parts: Parts
  private readonly builtins: NamedBuiltins
  private readonly timed: ReadonlyMap<string, Entrypoint>
  private made: Whole | undefined

  constructor(parts: Parts) {
    this.parts = parts
    this.builtins = [...parts.builtins].map(([name, linked]) => ({ name, linked }))
    this.timed = compilePlan(parts.plan, parts.builtins, TIMED)
  }

  private get whole(): Whole {
    if (this.made === undefined) {
      const { dialect, table } = traceDialect(this.parts.plan)
      this.made = { table, entrypoints: compilePlan(this.parts.plan, this.parts.builtins, dialect) }
    }
    return this.made
  }

  trace(entrypoint: string, input: Json, options: TraceOptions): Trace {
    const document = readInput(input, options)
    if (!document.ok) return nothing(document)
    if (!this.timed.has(entrypoint)) return nothing(unknownEntrypoint(entrypoint, [...this.timed.keys()]))
    const root = document.value
    const at = root instanceof RegoObject ? root.get('at') : undefined
    const run = <M extends TimeMachine>(code: ReadonlyMap<string, Entrypoint>, make: (told: Told) => M) => {
      const told = typeof at === 'string' ? clockValue(at) : null
      const clock = told === null ? null : { trace: new TraceClock(told.ns, told.canonical), value: told.value }
      const machine = make(clock)
      let evaluation: Evaluation
      try {
        code.get(entrypoint)?.(machine, root, this.parts.data)
        evaluation = answerOf(entrypoint, machine.results, options)
      } catch (error) {
        evaluation = failure(error)
      }
      const until = validUntil(evaluation, typeof at === 'string' ? at : null, clock?.trace ?? null, machine)
      return { machine, evaluation, until }
    }
    const explained = () =>
      run(this.whole.entrypoints, (clock) => {
        const tables = { builtins: this.builtins, sites: this.whole.table.sites.length }
        const machine = new TraceMachine(machineLimits(options), tables, root, clock)
        machine.watcher = options.watcher ?? null
        return machine
      })
    let full: TraceMachine | undefined
    let answer: { readonly evaluation: Evaluation; readonly until: string | null }
    if (options.watcher !== undefined || options.explained === true) {
      const ran = explained()
      full = ran.machine
      answer = ran
    } else answer = run(this.timed, (clock) => new TimeMachine(machineLimits(options), this.builtins, root, clock))
    const machine = (): TraceMachine => (full ??= explained().machine)
    return {
      evaluation: answer.evaluation,
      validUntil: answer.until,
      fired: () => this.fired(machine()),
      reads: () => outermost(machine().pointersRead.keys(), machine().pointersRead),
      lines: () => this.lines(machine()),
    }
  }

  private fired(machine: TraceMachine): FiredRule[] {
    const rules = [...machine.fired].flatMap(([index, reads]) => {
      const point = this.whole.table.points[index]
      const site = point === undefined ? undefined : this.whole.table.sites[point.site]
      if (point === undefined || site === undefined) return []
      const file = this.parts.plan.files[site.file] ?? ''
      return [
        {
          rule: point.rule,
          file,
          line: site.row,
          default: point.isDefault,
          reads: outermost(reads, machine.pointersRead),
        },
      ]
    })
    return rules.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
  }

  private lines(machine: TraceMachine): Map<string, Map<number, boolean>> {
    const files = new Map<string, Map<number, boolean>>()
    const own = new Set(this.whole.table.sites.map(({ file, row }) => `${file}:${row}`))
    const unplanned = this.parts.plan.unplanned.filter(({ file, row }) => !own.has(`${file}:${row}`))
    for (const [index, { file, row: first, endRow }] of [...this.whole.table.sites, ...unplanned].entries()) {
      const name = this.parts.plan.files[file] ?? ''
      const rows = files.get(name) ?? new Map<number, boolean>()
      files.set(name, rows)
      // A line that only goes on with what began above has no statement of its own.
      for (let row = first; row <= Math.min(endRow, first + MAX_ROWS); row++) {
        if (row === first || !own.has(`${file}:${row}`))
          rows.set(row, machine.hits[index] === 1 || rows.get(row) === true)
      }
    }
    return files
  }
}

function nothing(evaluation: Evaluation): Trace {
  return { evaluation, validUntil: NEVER, fired: () => [], reads: () => [], lines: () => new Map() }
}

function validUntil(
  evaluation: Evaluation,
  at: string | null,
  clock: TraceClock | null,
  machine: TimeMachine,
): string | null {
  if (!evaluation.ok && evaluation.code !== 'policy-undefined') return at ?? NEVER
  if (clock === null) return machine.unreadableTime ? NEVER : null
  if (clock.untilNs === HORIZON_NS) return null
  const until = instantText(clock.untilNs)
  // Rounded down it may lie before a time that was given in more than milliseconds.
  return clock.untilNs - (clock.untilNs % 1_000_000n) <= clock.nowNs ? at : until
}

/** Of what was read, what says most: not the steps on the way to something that was read by itself. */
function outermost(pointers: Iterable<string>, whole: ReadonlyMap<string, boolean>): string[] {
  const all = [...pointers].toSorted()
  const steps = new Set<string>()
  for (const pointer of all) {
    for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
      const above = pointer.slice(0, end)
      if (steps.has(above)) break
      steps.add(above)
      if (end === 0) break
    }
  }
  return all.filter((pointer) => whole.get(pointer) === true || !steps.has(pointer))
}
