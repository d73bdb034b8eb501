import { TimeMachine, isComposite, type Composite, type NamedBuiltins, type Traced } from './trace-time-machine.ts'
import type { MachineLimits } from './machine.ts'
import type { TraceClock } from './trace-clock.ts'
import { TimeValue } from './trace-time.ts'
import type { RegoObject, Value } from './value.ts'

/** What a traced evaluation tells beside its result. */
export interface TraceTables {
  readonly builtins: NamedBuiltins
  readonly sites: number
}

/** Told of each comparison, for those who look for values that would compare otherwise. */
export interface Watcher {
  compared(a: Value | undefined, b: Value | undefined): void
  called(builtin: string, operands: readonly Value[]): void
  looked(source: Value | undefined, key: Value, found: boolean): void
}

/** A step of a JSON pointer (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/**
 * The machine of an evaluation that is explained: beside the end of its result it notes which parts of the input were
 * read, which rules fired and which lines were run.
 */
export class TraceMachine extends TimeMachine {
  readonly hits: Uint8Array
  /** By point (see trace-dialect.ts): what the body of the rule read itself. */
  readonly fired = new Map<number, Set<string>>()
  /** JSON pointers that were read; `true` where the whole of what is there was. */
  readonly pointersRead = new Map<string, boolean>()
  /** What the running body of a rule has read. */
  reads: Set<string> = new Set()
  watcher: Watcher | null = null
  private readonly pointers = new WeakMap<object, string>()
  /** Keys that `with` put something else at. */
  private readonly replaced = new WeakMap<object, ReadonlySet<Value>>()

  constructor(
    limits: MachineLimits,
    tables: TraceTables,
    input: Value | undefined,
    clock: { trace: TraceClock; value: TimeValue } | null,
  ) {
    super(limits, tables.builtins, input, clock, true)
    this.hits = new Uint8Array(tables.sites)
    if (isComposite(input)) this.pointers.set(input, '')
  }

  enter(): Set<string> {
    const before = this.reads
    this.reads = new Set()
    return before
  }

  /** A body of a rule begins. */
  begin(): void {
    this.reads = new Set()
  }

  fire(point: number, site: number): void {
    this.hits[site] = 1
    const known = this.fired.get(point)
    if (known === undefined) this.fired.set(point, new Set(this.reads))
    else for (const pointer of this.reads) known.add(pointer)
  }

  private note(pointer: string, whole: boolean): void {
    this.reads.add(pointer)
    if (whole || !this.pointersRead.has(pointer)) this.pointersRead.set(pointer, whole)
  }

  protected override step(source: Traced | undefined, key: Value, found: Value | undefined): Traced | undefined {
    const pointer = isComposite(source) ? this.pointers.get(source) : undefined
    if (pointer !== undefined && isComposite(source) && !this.replaced.get(source)?.has(key)) {
      if (typeof key === 'string' || typeof key === 'number') {
        const path = `${pointer}/${escaped(String(key))}`
        this.note(path, !isComposite(found))
        if (isComposite(found)) this.pointers.set(found, path)
      } else this.note(pointer, true)
    }
    return super.step(source, key, found)
  }

  protected override usedWhole(value: Composite): void {
    const pointer = this.pointers.get(value)
    if (pointer !== undefined) this.note(pointer, true)
    super.usedWhole(value)
  }

  protected override isStill(value: Composite): boolean {
    // Below the input's root only what `with` put there moves.
    const pointer = this.pointers.get(value)
    return super.isStill(value) || (pointer !== undefined && pointer !== '' && !this.replaced.has(value))
  }

  protected override hold(container: Traced | undefined, key: Value, value: Traced): Value {
    const pointer = isComposite(value) ? this.pointers.get(value) : undefined
    if (pointer !== undefined) this.note(pointer, true)
    // Only a hand-made plan writes below the input's root.
    const below = value instanceof TimeValue && isComposite(container) ? this.pointers.get(container) : undefined
    return super.hold(container, key, below === undefined || below === '' ? value : this.used(value))
  }

  protected override looked(source: Value | undefined, key: Value, found: boolean): void {
    this.watcher?.looked(source, key, found)
  }

  protected override compared(a: Value | undefined, b: Value | undefined): void {
    this.watcher?.compared(a, b)
  }

  protected override called(builtin: string, operands: readonly Value[]): void {
    this.watcher?.called(builtin, operands)
  }

  protected override copied(from: RegoObject, to: RegoObject, key: string, replaced: boolean): void {
    const pointer = this.pointers.get(from)
    if (pointer !== undefined) this.pointers.set(to, pointer)
    const below = from.get(key)
    if (pointer !== undefined && isComposite(below) && !this.replaced.get(from)?.has(key))
      this.pointers.set(below, `${pointer}/${escaped(key)}`)
    this.replaced.set(to, new Set([...(this.replaced.get(from) ?? []), ...(replaced ? [key] : [])]))
  }
}
