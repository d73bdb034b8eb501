import type { Json } from '@gatehouse/core/kernel/canonical'

/** A place of a document, step by step; `-` after a list's last member (RFC 6901). */
export type Pointer = readonly string[]

/** One step of a patch (RFC 6902): `replace` and `remove` need a value at the place, `add` in a list goes before it. */
export interface Change {
  readonly op: 'replace' | 'add' | 'remove'
  readonly path: string
  /** What stood there; absent with `add`. */
  readonly from?: Json
  /** What stands there now; absent with `remove`. */
  readonly value?: Json
}

/** The steps of a pointer; null where the text is none. */
export function readPointer(text: string): Pointer | null {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return null
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function writePointer(pointer: Pointer): string {
  return pointer.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Whether a place is one of the pattern's, or lies below it. A step `*` of the pattern is any step. */
export function isWithin(pointer: Pointer, pattern: Pointer): boolean {
  return pointer.length >= pattern.length && pattern.every((step, i) => step === '*' || step === pointer[i])
}

/** Undefined where there is nothing. Own members only: `__proto__` is a key like any other. */
export function valueAt(document: Json, pointer: Pointer): Json | undefined {
  let node: Json | undefined = document
  for (const step of pointer) {
    if (typeof node !== 'object' || node === null) return undefined
    if (Array.isArray(node)) node = /^(?:0|[1-9]\d*)$/.test(step) ? (node as readonly Json[])[Number(step)] : undefined
    else node = Object.hasOwn(node, step) ? (node as { readonly [key: string]: Json | undefined })[step] : undefined
  }
  return node
}

/** The document with one change made, copied where it differs; null where the change does not fit it. */
export function applyChange(document: Json, change: Change): Json | null {
  const pointer = readPointer(change.path)
  const made = pointer === null ? undefined : changed(document, pointer, change)
  return made === undefined ? null : made
}

function changed(node: Json | undefined, pointer: Pointer, change: Change): Json | undefined {
  const [step, ...rest] = pointer
  if (step === undefined) return change.op === 'remove' ? undefined : change.value
  if (typeof node !== 'object' || node === null) return undefined
  if (Array.isArray(node)) return changedList(node as readonly Json[], step, rest, change)
  const copy = Object.assign(Object.create(null) as Record<string, Json | undefined>, node)
  if (rest.length === 0 && change.op === 'remove') {
    if (!Object.hasOwn(copy, step)) return undefined
    delete copy[step]
    return copy
  }
  const inner = changed(Object.hasOwn(copy, step) ? copy[step] : undefined, rest, change)
  if (inner === undefined) return undefined
  copy[step] = inner
  return copy
}

function changedList(list: readonly Json[], step: string, rest: Pointer, change: Change): Json | undefined {
  const at = step === '-' ? list.length : Number(step)
  if (!Number.isInteger(at) || at < 0 || at > list.length) return undefined
  if (rest.length === 0 && change.op === 'add')
    return change.value === undefined ? undefined : list.toSpliced(at, 0, change.value)
  if (at === list.length) return undefined
  if (rest.length === 0 && change.op === 'remove') return list.toSpliced(at, 1)
  const inner = changed(list[at], rest, change)
  return inner === undefined ? undefined : list.with(at, inner)
}
