import type { Json } from '@gatehouse/core/kernel/canonical'
import { STRAY } from './byte-text.ts'
import { BigNum, compareText, numberFromText, numberText, RegoObject, RegoSet, type Value } from './value.ts'

/** A document that is no JSON, is nested too deep, or grows over its limit. */
export class DocumentError extends Error {
  readonly kind: 'invalid' | 'too-deep' | 'too-large'

  constructor(kind: 'invalid' | 'too-deep' | 'too-large', message: string) {
    super(message)
    this.kind = kind
  }
}

/** Own enumerable properties only; `__proto__` is a key like any other. Copies, so later changes are not seen. */
export function fromJson(json: Json | undefined, maxDepth: number, freeze = false): Value {
  if (json === null || typeof json === 'boolean') return json
  if (typeof json === 'string') return json.isWellFormed() ? json : json.toWellFormed()
  if (typeof json === 'number') {
    if (!Number.isFinite(json)) throw new DocumentError('invalid', 'a number is not finite')
    if (Number.isSafeInteger(json) || !Number.isInteger(json)) return json === 0 ? 0 : json
    return numberFromText(String(json))
  }
  if (typeof json !== 'object') throw new DocumentError('invalid', `a value of type ${typeof json} is no JSON`)
  if (maxDepth <= 0) throw new DocumentError('too-deep', 'the document is nested too deep')
  if (Array.isArray(json)) {
    const list: Value[] = []
    for (let i = 0; i < json.length; i++) list.push(fromJson(json[i] as Json, maxDepth - 1, freeze))
    if (freeze) Object.freeze(list)
    return list
  }
  const object = new RegoObject()
  const keys = Object.keys(json)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const value = (json as { readonly [key: string]: Json | undefined })[key]
    if (value === undefined) continue
    // Most values are texts and nulls.
    const isDone = value === null || (typeof value === 'string' && value.isWellFormed())
    const member = isDone ? value : fromJson(value, maxDepth - 1, freeze)
    object.plain.set(key.isWellFormed() ? key : key.toWellFormed(), member)
  }
  object.frozen = freeze
  return object
}

/**
 * A value as plain JSON: sets become sorted arrays, keys that are no strings become their JSON text (as OPA does).
 * Numbers beyond JavaScript's become the nearest double. Objects have no prototype.
 */
export function toJson(value: Value, maxDepth: number, maxBytes: number): Json {
  let left = maxBytes
  const spend = (size: number): void => {
    left -= size
    if (left < 0) throw new DocumentError('too-large', `the result is over ${maxBytes} bytes`)
  }
  const walk = (v: Value, depth: number): Json => {
    if (v === null || typeof v === 'boolean') {
      spend(5)
      return v
    }
    if (typeof v === 'number') {
      spend(8)
      return v
    }
    if (typeof v === 'string') {
      spend(v.length + 2)
      return v.toWellFormed()
    }
    if (v instanceof BigNum) {
      spend(v.text.length)
      const near = Number(v.text)
      if (!Number.isFinite(near))
        throw new DocumentError('invalid', `the number ${v.text.slice(0, 40)} has no JSON form here`)
      return near
    }
    if (depth <= 0) throw new DocumentError('too-deep', 'the result is nested too deep')
    spend(2)
    if (Array.isArray(v)) return v.map((item) => walk(item, depth - 1))
    if (v instanceof RegoSet) return v.sorted().map((item) => walk(item, depth - 1))
    const out: Record<string, Json> = Object.create(null) as Record<string, Json>
    const { keys, values } = v.sorted()
    if (keys.every(isText)) {
      for (let i = 0; i < keys.length; i++) {
        const name = keys[i] as string
        spend(name.length + 4)
        out[name.toWellFormed()] = walk(values[i] as Value, depth - 1)
      }
      return out
    }
    for (const [name, item] of jsonEntries(v)) {
      spend(name.length + 4)
      out[name.toWellFormed()] = walk(item, depth - 1)
    }
    return out
  }
  return walk(value, maxDepth)
}

function isText(key: Value): key is string {
  return typeof key === 'string'
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** JSON text as Go writes it: keys sorted, `<`, `>`, `&`, U+2028 and U+2029 escaped, numbers as OPA keeps them. */
export function jsonText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (value instanceof BigNum) {
    // `to_number` also takes "07" and "+1", which OPA keeps as they are and cannot write.
    if (!JSON_NUMBER.test(value.text)) throw new DocumentError('invalid', `${value.text} is no number of JSON`)
    return value.text
  }
  if (typeof value === 'string') return jsonString(value)
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (value instanceof RegoSet) return `[${value.sorted().map(jsonText).join(',')}]`
  return `{${jsonEntries(value)
    .map(([key, item]) => `${jsonString(key)}:${jsonText(item)}`)
    .join(',')}}`
}

/** Entries by JSON name, in order of name. Of keys with the same name (`0` and `"0"`) the last one stands, as in OPA. */
export function jsonEntries(object: RegoObject): [string, Value][] {
  const { keys, values } = object.sorted()
  if (keys.every(isText)) return keys.map((key, i) => [key, values[i] as Value])
  const named = new Map<string, Value>()
  for (const [i, key] of keys.entries()) named.set(typeof key === 'string' ? key : jsonText(key), values[i] as Value)
  return [...named].sort(([a], [b]) => compareText(a, b))
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

export function jsonString(text: string): string {
  if (!text.isWellFormed())
    return `"${text
      .split(STRAY)
      .map((part) => jsonString(part).slice(1, -1))
      .join('\\ufffd')}"`
  let out = JSON.stringify(text)
  if (out.includes('<') || out.includes('>') || out.includes('&') || out.includes('\u2028') || out.includes('\u2029')) {
    out = Array.from(out, (c) => GO_ESCAPES[c] ?? c).join('')
  }
  return out
}
