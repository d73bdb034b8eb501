import { BuiltinError, type Machine } from '../machine.ts'
import { equal, isNumber, RegoObject, RegoSet, setOf, typeName, type Value } from '../value.ts'
import { isComposite } from './casts.ts'
import { pathSegments } from './json-paths.ts'
import { integerOfText, arrayAt, writtenInteger, type Builtins } from './operand.ts'

/**
 * A document that is being patched: what was not touched is the value as it was. Patching what is a set works by
 * member, as OPA has it beyond RFC 6902.
 */
class Node {
  /** The value under all changes. */
  private base: Value
  /** Of objects and sets: what replaced a member, null where it is gone. Found by key. */
  private changed: RegoIndex | undefined
  /** Of arrays: each place holds a position of the base, or a node. */
  private slots: (number | Node)[] | undefined

  constructor(base: Value) {
    this.base = base
    if (Array.isArray(base)) this.slots = base.map((_, i) => i)
  }

  render(m: Machine): Value {
    const { base } = this
    if (Array.isArray(base)) {
      m.spend(this.slots?.length ?? 0)
      return (this.slots ?? []).map((slot) => (slot instanceof Node ? slot.render(m) : (base[slot] as Value)))
    }
    if (this.changed === undefined) return base
    if (base instanceof RegoObject) {
      m.spend(base.size)
      const out = base.copy()
      const merged = new RegoObject()
      const { keys, values } = out.sorted()
      for (const [i, key] of keys.entries()) if (!this.changed.has(key)) merged.set(key, values[i] as Value)
      for (const [key, node] of this.changed.entries()) if (node !== null) merged.set(key, node.render(m))
      return merged
    }
    if (base instanceof RegoSet) {
      const { changed } = this
      m.spend(base.size)
      const out = setOf(base.sorted().filter((item) => !changed.has(item)))
      for (const [, node] of changed.entries()) if (node !== null) out.add(node.render(m))
      return out
    }
    return base
  }

  /** The node at a path, so that what is below it can be changed. */
  find(m: Machine, path: readonly Value[]): Node {
    const [key, ...rest] = path
    if (key === undefined) return this
    m.spend(1)
    const { base } = this
    if (Array.isArray(base)) {
      const slots = this.slots ?? []
      const index = indexOf(slots.length, key)
      const slot = slots[index]
      if (slot instanceof Node) return slot.find(m, rest)
      // OPA looks in the array as it was before the patch, by the position of now.
      const item = index >= 0 ? base[index] : undefined
      if (item === undefined || slot === undefined) throw new BuiltinError(`path ${index} does not exist in array term`)
      const node = new Node(item)
      slots[index] = node
      return node.find(m, rest)
    }
    if (!(base instanceof RegoObject) && !(base instanceof RegoSet)) {
      throw new BuiltinError(`expected composite type, found ${typeName(base)}`)
    }
    const known = this.changes(m, key).get(key)
    if (known === null) throw new BuiltinError('a path goes through what the patch removed')
    if (known !== undefined) return known.find(m, rest)
    const item = memberOf(this.base, key)
    if (item === undefined) throw new BuiltinError('a path does not exist')
    const node = new Node(item)
    this.changes(m, key).set(key, node)
    return node.find(m, rest)
  }

  insert(m: Machine, key: Value, value: Value): void {
    m.spend(1)
    const { base } = this
    if (Array.isArray(base)) {
      const slots = this.slots ?? []
      const index = indexOf(slots.length, key)
      if (index < 0 || index > slots.length) throw new BuiltinError('index for array insertion out of bounds')
      m.spend(slots.length >> 3)
      slots.splice(index, 0, new Node(value))
      return
    }
    if (base instanceof RegoObject) this.changes(m, key).set(key, new Node(value))
    else if (base instanceof RegoSet) {
      if (!equal(key, value)) throw new BuiltinError('set key does not equal value to be inserted')
      this.changes(m, key).set(key, new Node(value))
    } else throw new BuiltinError(`expected composite type, found ${typeName(base)}`)
  }

  remove(m: Machine, key: Value): void {
    m.spend(1)
    const { base } = this
    if (Array.isArray(base)) {
      const slots = this.slots ?? []
      const index = indexOf(slots.length, key)
      if (index < 0 || index >= slots.length) throw new BuiltinError('index for array delete out of bounds')
      m.spend(slots.length >> 3)
      slots.splice(index, 1)
      return
    }
    if (!(base instanceof RegoObject) && !(base instanceof RegoSet)) {
      throw new BuiltinError(`expected composite type, found ${typeName(base)}`)
    }
    const changes = this.changes(m, key)
    const known = changes.get(key)
    if (known === null) throw new BuiltinError('cannot delete what is already deleted')
    if (known === undefined && memberOf(this.base, key) === undefined) {
      throw new BuiltinError('cannot delete a key that does not exist')
    }
    changes.set(key, null)
  }

  /** What changed; a set whose member that is a composite is named takes all its changes first, as OPA does. */
  private changes(m: Machine, key: Value): RegoIndex {
    if (this.base instanceof RegoSet && isComposite(key) && this.changed !== undefined) {
      this.base = this.render(m)
      this.changed = undefined
    }
    this.changed ??= new RegoIndex()
    return this.changed
  }
}

/** Nodes by key of any kind. */
class RegoIndex {
  private readonly places = new RegoObject()
  private readonly list: { key: Value; node: Node | null }[] = []

  get(key: Value): Node | null | undefined {
    const at = this.places.get(key)
    return typeof at === 'number' ? this.list[at]?.node : undefined
  }

  has(key: Value): boolean {
    return this.places.has(key)
  }

  set(key: Value, node: Node | null): void {
    const at = this.places.get(key)
    if (typeof at === 'number') this.list[at] = { key, node }
    else {
      this.places.set(key, this.list.length)
      this.list.push({ key, node })
    }
  }

  *entries(): Generator<[Value, Node | null]> {
    for (const { key, node } of this.list) yield [key, node]
  }
}

function memberOf(base: Value, key: Value): Value | undefined {
  if (base instanceof RegoObject) return base.get(key)
  return base instanceof RegoSet && base.has(key) ? key : undefined
}

function indexOf(length: number, key: Value): number {
  if (typeof key === 'string') {
    if (key === '-') return length
    const index = integerOfText(key)
    if (index === null) throw new BuiltinError('invalid string for indexing')
    if (key !== '0' && key.startsWith('0')) throw new BuiltinError('leading zeros are not allowed in JSON paths')
    return Number(index)
  }
  if (!isNumber(key)) throw new BuiltinError('invalid type for indexing')
  const index = writtenInteger(key)
  if (index === null) throw new BuiltinError('invalid number type for indexing')
  return Number(index)
}

function needed(operation: RegoObject, name: string): Value {
  const value = operation.get(name)
  if (value === undefined) throw new BuiltinError(`missing required attribute '${name}'`)
  return value
}

/** RFC 6902, with OPA's paths: pointers, or arrays of keys. */
function patched(m: Machine, document: Value, operations: readonly Value[]): Value {
  let root: Node | undefined = new Node(document)
  const live = (): Node => {
    if (root === undefined) throw new BuiltinError('the patch removed the whole document')
    return root
  }
  const insert = (path: readonly Value[], value: Value): void => {
    const last = path.at(-1)
    if (last === undefined) root = new Node(value)
    else live().find(m, path.slice(0, -1)).insert(m, last, value)
  }
  const remove = (path: readonly Value[]): void => {
    const last = path.at(-1)
    if (last !== undefined) live().find(m, path.slice(0, -1)).remove(m, last)
    else {
      live()
      root = undefined
    }
  }
  for (const operation of operations) {
    if (!(operation instanceof RegoObject)) {
      throw new BuiltinError('must be an array of JSON-Patch objects, but at least one element is not an object')
    }
    const pathValue = needed(operation, 'path')
    const op = needed(operation, 'op')
    if (typeof op !== 'string') throw new BuiltinError(`attribute 'op' must be a string but found: ${typeName(op)}`)
    const path = pathSegments(pathValue)
    m.spend(1 + path.length)
    switch (op) {
      case 'add':
        insert(path, needed(operation, 'value'))
        break
      case 'remove':
        remove(path)
        break
      case 'replace':
        remove(path)
        insert(path, needed(operation, 'value'))
        break
      case 'move':
      case 'copy': {
        const from = pathSegments(needed(operation, 'from'))
        const value = live().find(m, from).render(m)
        if (op === 'move') remove(from)
        insert(path, value)
        break
      }
      case 'test': {
        const found = live().find(m, path).render(m)
        if (!equal(found, needed(operation, 'value'))) throw new BuiltinError('value from document != patch value')
        break
      }
      default:
        throw new BuiltinError(`unrecognized op: '${op.slice(0, 100)}'`)
    }
  }
  return live().render(m)
}

export const JSON_PATCH: Builtins = {
  'json.patch': (m, a, b) => patched(m, a, arrayAt(b, 2)),
}
