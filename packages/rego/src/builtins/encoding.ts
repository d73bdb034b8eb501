import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { bytesText, textBytes } from '../byte-text.ts'
import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { JsonSyntaxError, readJson } from '../json-reader.ts'
import { DocumentError, jsonEntries, jsonString, jsonText } from '../value-json.ts'
import { objectOf, RegoObject, RegoSet, type Value } from '../value.ts'
import { areNumbersInRange } from './number-range.ts'
import { objectAt, operandError, stringAt, typeError, type Builtins } from './operand.ts'

export function base64Bytes(text: string, alphabet: 'standard' | 'url'): Buffer {
  const clean = text.replaceAll(/[\r\n]/g, '')
  const body = clean.replace(/={0,2}$/, '')
  const letters = alphabet === 'standard' ? /^[A-Za-z0-9+/]*$/ : /^[A-Za-z0-9_-]*$/
  const padded = clean.length - body.length
  const wanted = (4 - (body.length % 4)) % 4
  const ok = letters.test(body) && body.length % 4 !== 1 && (padded === wanted || (alphabet === 'url' && padded === 0))
  if (!ok) throw new BuiltinError('illegal base64 data')
  return Buffer.from(body, alphabet === 'standard' ? 'base64' : 'base64url')
}

/** Bytes as OPA reads base64url, in tokens too. Throws BuiltinError. */
export function base64UrlBytes(text: string): Buffer {
  return base64Bytes(paddedUrl(text), 'url')
}

/** With the padding that may be left out, by the length with all line ends, as OPA counts it. */
function paddedUrl(text: string): string {
  const whole = text.endsWith('=') ? text : text + '='.repeat((4 - (textBytes(text).length % 4)) % 4)
  if (whole.replaceAll(/[\r\n]/g, '').length % 4 !== 0) throw new BuiltinError('illegal base64url string')
  return whole
}

/** Go's url.QueryEscape. */
export function queryEscape(text: string): string {
  return Array.from(textBytes(text), (byte) => {
    const char = String.fromCharCode(byte)
    if (/[A-Za-z0-9\-_.~]/.test(char)) return char
    return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

function queryUnescape(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad !== null) throw new BuiltinError(`invalid URL escape ${JSON.stringify(text.slice(bad.index, bad.index + 3))}`)
  const raw: number[] = []
  const data = textBytes(text.replaceAll('+', ' '))
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] ?? 0
    if (byte === 0x25) {
      raw.push(Number.parseInt(data.toString('latin1', i + 1, i + 3), 16))
      i += 2
    } else raw.push(byte)
  }
  return bytesText(Uint8Array.from(raw))
}

function texts(value: Value): string[] {
  if (typeof value === 'string') return [value]
  const list = Array.isArray(value) ? value : value instanceof RegoSet ? value.sorted() : undefined
  if (list === undefined) throw operandError(1, 'values must be string, array[string], or set[string]')
  return list.map((item) => {
    if (typeof item !== 'string') throw operandError(1, 'values must be string, array[string], or set[string]')
    return item
  })
}

function pretty(value: Value, prefix: string, indent: string, depth: number): string {
  const line = `\n${prefix}${indent.repeat(depth + 1)}`
  const close = `\n${prefix}${indent.repeat(depth)}`
  if (Array.isArray(value) || value instanceof RegoSet) {
    const list = Array.isArray(value) ? value : value.sorted()
    if (list.length === 0) return '[]'
    return `[${list.map((item) => line + pretty(item, prefix, indent, depth + 1)).join(',')}${close}]`
  }
  if (value instanceof RegoObject) {
    const entries = jsonEntries(value)
    if (entries.length === 0) return '{}'
    const body = entries.map(([key, item]) => `${line}${jsonString(key)}: ${pretty(item, prefix, indent, depth + 1)}`)
    return `{${body.join(',')}${close}}`
  }
  return jsonText(value)
}

function marshalWith(value: Value, options: RegoObject): string {
  let prefix = ''
  let indent = '\t'
  let implied = false
  let asked: boolean | undefined
  const { keys, values } = options.sorted()
  for (const [i, key] of keys.entries()) {
    const option = values[i] as Value
    if (typeof key !== 'string') throw operandError(2, 'failed to stringify key')
    if (key === 'pretty') {
      if (typeof option !== 'boolean') throw operandError(2, 'key pretty failed cast to bool')
      asked = option
      continue
    }
    if (key !== 'prefix' && key !== 'indent')
      throw operandError(2, `object contained unknown key ${JSON.stringify(key)}`)
    if (typeof option !== 'string')
      throw operandError(2, `key ${key} failed cast to string: ${typeError(i, option, 'string').message}`)
    implied = true
    if (key === 'prefix') prefix = option
    else indent = option
  }
  return (asked ?? implied) ? prefix + pretty(value, prefix, indent, 0) : jsonText(value)
}

/** Throws BuiltinError where a value has no JSON form. */
export function marshalled(write: () => string): string {
  try {
    return write()
  } catch (error) {
    if (error instanceof DocumentError) throw new BuiltinError(`json: ${error.message}`)
    throw error
  }
}

function parsed(m: Machine, text: string): Value {
  m.spendText(text.length * 4)
  try {
    return readJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    // OPA reads deeper texts than we do: no value would be another answer than OPA's.
    if (error.message.startsWith('nested too deep')) throw new LimitError('a JSON text is nested too deep')
    throw new BuiltinError(error.message)
  }
}

/** Go's decoder takes a value before `null` and whatever follows; OPA looks behind the value for one that is not null. */
function firstOfTwo(text: string): string {
  if (!text.includes('null', 1)) return text
  try {
    readJson(text)
  } catch (error) {
    const at = /^text after the value at offset (\d+)$/.exec(error instanceof JsonSyntaxError ? error.message : '')?.[1]
    if (at !== undefined && text.startsWith('null', Number(at))) return text.slice(0, Number(at))
  }
  return text
}

/** A JSON text's value. No result where it is none, or holds a number that OPA does not take. */
export function unmarshal(m: Machine, text: string): Value {
  const value = parsed(m, firstOfTwo(text))
  if (!areNumbersInRange(text, value)) throw new BuiltinError('invalid number: number too big')
  return value
}

function valid(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof BuiltinError) return false
    throw error
  }
}

/** Whether a text is JSON. */
export function jsonValid(m: Machine, text: string): boolean {
  return valid(() => parsed(m, text))
}

function hash(algorithm: 'md5' | 'sha1' | 'sha256') {
  return (m: Machine, a: Value): Value => {
    const text = stringAt(a, 1)
    m.spendText(text.length)
    return createHash(algorithm).update(textBytes(text)).digest('hex')
  }
}

function hmac(algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512') {
  return (m: Machine, a: Value, b: Value): Value => {
    const text = stringAt(a, 1)
    const key = stringAt(b, 2)
    m.spendText(text.length)
    return createHmac(algorithm, textBytes(key)).update(textBytes(text)).digest('hex')
  }
}

export const ENCODING: Builtins = {
  'base64.encode': (_m, a) => textBytes(stringAt(a, 1)).toString('base64'),
  'base64.decode': (_m, a) => bytesText(base64Bytes(stringAt(a, 1), 'standard')),
  'base64.is_valid': (_m, a) => typeof a === 'string' && valid(() => base64Bytes(a, 'standard')),
  'base64url.encode': (_m, a) => {
    const text = textBytes(stringAt(a, 1)).toString('base64url')
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
  },
  'base64url.encode_no_pad': (_m, a) => textBytes(stringAt(a, 1)).toString('base64url'),
  'base64url.decode': (_m, a) => bytesText(base64UrlBytes(stringAt(a, 1))),
  'hex.encode': (_m, a) => textBytes(stringAt(a, 1)).toString('hex'),
  'hex.decode': (_m, a) => {
    const text = stringAt(a, 1)
    const bad = /[^0-9a-fA-F]/.exec(text)
    if (bad !== null) throw new BuiltinError('encoding/hex: invalid byte')
    if (text.length % 2 !== 0) throw new BuiltinError('encoding/hex: odd length hex string')
    return bytesText(Buffer.from(text, 'hex'))
  },
  'urlquery.encode': (_m, a) => queryEscape(stringAt(a, 1)),
  'urlquery.decode': (_m, a) => queryUnescape(stringAt(a, 1)),
  'urlquery.encode_object': (_m, a) => {
    const { keys, values } = objectAt(a, 1).sorted()
    return keys
      .flatMap((key, i) => {
        if (typeof key !== 'string') throw typeError(1, key, 'string')
        return texts(values[i] as Value).map((text) => `${queryEscape(key)}=${queryEscape(text)}`)
      })
      .join('&')
  },
  'urlquery.decode_object': (_m, a) => {
    const out = new Map<string, Value[]>()
    for (const part of stringAt(a, 1).split('&')) {
      if (part === '') continue
      if (part.includes(';')) throw new BuiltinError('invalid semicolon separator in query')
      const [name = '', ...rest] = part.split('=')
      const key = queryUnescape(name)
      const list = out.get(key) ?? []
      list.push(queryUnescape(rest.join('=')))
      out.set(key, list)
    }
    return objectOf(out)
  },
  'json.marshal': (_m, a) => marshalled(() => jsonText(a)),
  'json.marshal_with_options': (_m, a, b) => {
    const options = objectAt(b, 2)
    return marshalled(() => marshalWith(a, options))
  },
  'json.unmarshal': (m, a) => unmarshal(m, stringAt(a, 1)),
  'json.is_valid': (m, a) => typeof a === 'string' && valid(() => parsed(m, a)),
  'crypto.md5': hash('md5'),
  'crypto.sha1': hash('sha1'),
  'crypto.sha256': hash('sha256'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': (_m, a, b) => {
    const x = textBytes(stringAt(a, 1))
    const y = textBytes(stringAt(b, 2))
    return x.length === y.length && timingSafeEqual(x, y)
  },
}
