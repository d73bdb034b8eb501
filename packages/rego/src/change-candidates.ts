import type { Json } from '@gatehouse/core/kernel/canonical'
import { isWithin, valueAt, writePointer, type Change, type Pointer } from './input-pointer.ts'
import type { Block, Operand, Plan } from './plan.ts'
import type { Watcher } from './trace-machine.ts'
import { instantNs, instantText } from './trace-time.ts'
import { isNumber, numberText, RegoObject, RegoSet, type Value } from './value.ts'

type Scalar = null | boolean | number | string

const MAX_HINTS = 40

function scalarOf(value: Value | undefined): Scalar | undefined {
  return value === null || ['boolean', 'number', 'string'].includes(typeof value) ? (value as Scalar) : undefined
}

function put<K>(map: Map<K, Set<Scalar>>, key: K, value: Scalar): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, new Set([value]))
  else if (known.size < MAX_HINTS) known.add(value)
}

/** What one evaluation compared with what: where a value of the input was held against another, the other is a hint. */
export class HintWatcher implements Watcher {
  readonly beside = new Map<Scalar, Set<Scalar>>()
  /** Wanted as members, by the text of the list they were looked for in. */
  readonly members = new Map<string, Set<Scalar>>()
  /** Every other side of every comparison, for what was changed before it was compared. */
  readonly all = new Set<Scalar>()
  private readonly times = new Map<string, string>()

  compared(a: Value | undefined, b: Value | undefined): void {
    const [x, y] = [scalarOf(a), scalarOf(b)]
    if (isNumber(a) && isNumber(b)) this.instants(numberText(a), numberText(b))
    // Two numbers that are the same stand at a bound: what lies beside them is a hint.
    if (x === undefined || y === undefined || (x === y && typeof x !== 'number')) return
    this.pair(x, y)
    this.pair(y, x)
  }

  called(builtin: string, operands: readonly Value[]): void {
    const [a, b, c] = operands
    if (builtin === 'time.parse_rfc3339_ns' && typeof a === 'string') {
      const ns = instantNs(a)
      if (ns !== null) this.times.set(ns.toString(), a)
    } else if (builtin === 'internal.member_2') {
      const x = scalarOf(a)
      if (x === undefined) return
      for (const member of membersOf(b)) this.pair(x, member)
      if (Array.isArray(b)) put(this.members, textOf(b), x)
    } else if (builtin === 'glob.match' || builtin === 'regex.match') {
      // A pattern that is a text matches it.
      const text = builtin === 'glob.match' ? c : b
      if (typeof a === 'string' && typeof text === 'string') put(this.beside, a, text)
    } else if (typeof a === 'string' && typeof b === 'string') {
      if (builtin === 'startswith') this.pair(a, `${b}${a}`)
      else if (builtin === 'endswith' || builtin === 'contains') this.pair(a, `${a}${b}`)
    }
  }

  looked(source: Value | undefined, key: Value, found: boolean): void {
    const wanted = scalarOf(key)
    if (found || typeof wanted !== 'string') return
    if (source instanceof RegoObject) for (const name of membersOf(source.sorted().keys)) this.pair(wanted, name)
    else for (const member of membersOf(source)) this.pair(wanted, member)
  }

  private pair(value: Scalar, other: Scalar): void {
    put(this.beside, value, other)
    if (this.all.size < MAX_HINTS) this.all.add(other)
  }

  /** Nanoseconds that were compared hint at the texts that they were read from. */
  private instants(a: string, b: string): void {
    for (const [mine, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const text = this.times.get(mine)
      if (text === undefined || !/^\d{1,18}$|^[1-8]\d{18}$/.test(other)) continue
      const ns = BigInt(other)
      for (const near of [ns, ns + 1_000_000n, ns - 1_000_000n]) if (near >= 0n) this.pair(text, instantText(near))
    }
  }
}

function membersOf(value: Value | undefined): Scalar[] {
  const list = value instanceof RegoSet ? value.sorted() : Array.isArray(value) ? value : []
  return list.slice(0, MAX_HINTS).flatMap((member) => {
    const scalar = scalarOf(member)
    return scalar === undefined ? [] : [scalar]
  })
}

function textOf(list: readonly unknown[]): string {
  return JSON.stringify(
    list.length > 1000 ? list.length : list.map((one) => (typeof one === 'object' && one !== null ? 0 : one)),
  )
}

const COMPARING = new Set(['equal', 'neq', 'lt', 'lte', 'gt', 'gte', 'startswith', 'endswith', 'contains'])

/** Constants that a plan compares with what it reads at a key: what could stand where nothing stands yet. */
export function constantsByKey(plan: Plan): ReadonlyMap<string, ReadonlySet<Scalar>> {
  const found = new Map<string, Set<Scalar>>()
  const walk = (block: Block, keys: Map<number, string>, constants: Map<number, Scalar>): void => {
    const constant = (operand: Operand): Scalar | undefined => {
      if ('string' in operand) return plan.strings[operand.string] ?? ''
      return 'bool' in operand ? operand.bool : constants.get(operand.local)
    }
    const pair = (a: Operand, b: Operand): void => {
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const) {
        const key = 'local' in x ? keys.get(x.local) : undefined
        const value = constant(y)
        if (key !== undefined && value !== undefined) put(found, key, value)
      }
    }
    for (const s of block) {
      if (s.type === 'Dot' && 'string' in s.key) keys.set(s.target, plan.strings[s.key.string] ?? '')
      else if (s.type === 'AssignVar' && 'local' in s.source) {
        const key = keys.get(s.source.local)
        const value = constants.get(s.source.local)
        if (key !== undefined) keys.set(s.target, key)
        if (value !== undefined) constants.set(s.target, value)
      } else if (s.type === 'AssignVar') constants.set(s.target, constant(s.source) ?? null)
      else if (s.type === 'MakeNumberRef') constants.set(s.target, Number(plan.strings[s.index]))
      else if (s.type === 'MakeNull') constants.set(s.target, null)
      else if (s.type === 'SetAdd') pair({ local: s.set }, s.value)
      else if (s.type === 'Equal' || s.type === 'NotEqual') pair(s.a, s.b)
      else if (s.type === 'Call' && (COMPARING.has(s.func) || s.func === 'internal.member_2')) {
        const [a, b] = s.args
        if (a !== undefined && b !== undefined) pair(a, b)
        // Members of a set that is written out stand beside its local.
        if (a !== undefined && b !== undefined && 'local' in a && 'local' in b) {
          const key = keys.get(a.local)
          for (const member of sets(block, b.local, constant)) if (key !== undefined) put(found, key, member)
        }
      }
      if (s.type === 'Block') for (const inner of s.blocks) walk(inner, keys, constants)
      else if ('block' in s) walk(s.block, keys, constants)
    }
  }
  for (const { blocks } of [...plan.functions, ...plan.entrypoints]) {
    const [keys, constants] = [new Map<number, string>(), new Map<number, Scalar>()]
    for (const block of blocks) walk(block, keys, constants)
  }
  return found
}

function sets(block: Block, local: number, constant: (operand: Operand) => Scalar | undefined): Scalar[] {
  return block.flatMap((s) => {
    const value = s.type === 'SetAdd' && s.set === local ? constant(s.value) : undefined
    return value === undefined ? [] : [value]
  })
}

export interface CandidateSource {
  readonly editable: readonly Pointer[]
  readonly constants: ReadonlyMap<string, ReadonlySet<Scalar>>
}

/** Changes of what an evaluation read, most promising first. */
export function candidateChanges(
  document: Json,
  reads: Iterable<Pointer>,
  hints: HintWatcher,
  { editable, constants }: CandidateSource,
): Change[] {
  const ranked: [number, Change][] = []
  const may = (pointer: Pointer): boolean => editable.some((pattern) => isWithin(pointer, pattern))
  for (const pointer of withAbove(reads)) {
    const value = valueAt(document, pointer)
    const path = writePointer(pointer)
    const key = pointer.findLast((step) => !/^\d+$/.test(step)) ?? ''
    const known = [...(constants.get(key) ?? [])]
    if (Array.isArray(value)) {
      if (may([...pointer, '-'])) ranked.push(...ofList(path, value as readonly Json[], hints, known))
      continue
    }
    if (!may(pointer)) continue
    if (value !== undefined) ranked.push([isIndex(pointer, document) ? 2 : 5, { op: 'remove', path, from: value }])
    if (typeof value === 'object' && value !== null) continue
    for (const [rank, wanted] of ofScalar(value, hints, known)) {
      if (wanted !== value)
        ranked.push([
          rank,
          value === undefined
            ? { op: 'add', path, value: wanted }
            : { op: 'replace', path, from: value, value: wanted },
        ])
    }
  }
  const seen = new Set<string>()
  return ranked
    .toSorted(([a], [b]) => a - b)
    .map(([, change]) => change)
    .filter((change) => {
      const text = JSON.stringify([change.op, change.path, change.value])
      return !seen.has(text) && seen.add(text)
    })
}

function isIndex(pointer: Pointer, document: Json): boolean {
  return Array.isArray(valueAt(document, pointer.slice(0, -1)))
}

function withAbove(reads: Iterable<Pointer>): Pointer[] {
  const all = new Map<string, Pointer>()
  for (const pointer of reads)
    for (let length = pointer.length; length > 0; length--)
      all.set(writePointer(pointer.slice(0, length)), pointer.slice(0, length))
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pointer]) => pointer)
}

/** Values to stand at a place, each with a rank: what it was compared with, then what the plan compares, then any. */
function ofScalar(value: Json | undefined, hints: HintWatcher, known: readonly Scalar[]): [number, Json][] {
  const out: [number, Json][] = []
  if (typeof value === 'boolean') out.push([0, !value])
  const beside = value === undefined ? [] : [...(hints.beside.get(value as Scalar) ?? [])]
  for (const [rank, wanted] of [...beside.map((one) => [0, one] as const), ...known.map((one) => [1, one] as const)]) {
    out.push([rank, wanted])
    if (typeof wanted === 'number') out.push([rank + 1, wanted - 1], [rank + 1, wanted + 1])
  }
  for (const wanted of hints.all) if (value === undefined || typeof wanted === typeof value) out.push([4, wanted])
  if (value === undefined || value === null) out.push([3, true], [3, false], [5, 0], [5, 1], [5, ''], [5, []], [5, {}])
  if (typeof value === 'number') out.push([3, 0], [4, 1])
  if (value !== undefined && value !== null) out.push([6, null])
  return out
}

function ofList(path: string, list: readonly Json[], hints: HintWatcher, known: readonly Scalar[]): [number, Change][] {
  const out: [number, Change][] = []
  for (const [index, from] of list.slice(0, 100).entries())
    out.push([2, { op: 'remove', path: `${path}/${index}`, from }])
  const wanted = new Set<Scalar>([...(hints.members.get(textOf(list)) ?? []), ...known])
  for (const member of list) for (const other of hints.beside.get(member as Scalar) ?? []) wanted.add(other)
  for (const value of wanted) if (!list.includes(value)) out.push([1, { op: 'add', path: `${path}/-`, value }])
  for (const value of hints.all) if (!list.includes(value)) out.push([4, { op: 'add', path: `${path}/-`, value }])
  const cuts = [...(hints.beside.get(list.length) ?? [])].flatMap((n) => (typeof n === 'number' ? [n, n - 1] : []))
  for (const length of [...cuts, 0]) {
    if (length >= 0 && length < list.length)
      out.push([3, { op: 'replace', path, from: list, value: list.slice(0, length) }])
  }
  return out
}
