import { bytesText, textBytes } from '../byte-text.ts'
import { BuiltinError, type Machine } from '../machine.ts'
import { compare, isNumber, numberFromText, numberText, objectOf, RegoObject, type Value } from '../value.ts'
import { jsonText } from '../value-json.ts'
import { base64UrlBytes, jsonValid, unmarshal } from './encoding.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { objectAt, stringAt, type Builtin, type Builtins } from './operand.ts'
import {
  isAlgorithm,
  jwksOf,
  mac,
  readJwks,
  readVerifyingKeys,
  sameMac,
  signed,
  verified,
  type AlgorithmName,
  type SigningKey,
} from './signing-keys.ts'

/** A token of JWS compact form (RFC 7515), in its three parts as written. */
interface Token {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

function split(m: Machine, value: Value): Token {
  const text = stringAt(value, 1)
  m.spendText(text.length * 4)
  const parts = text.split('.')
  if (parts.length === 1) throw new BuiltinError('encoded JWT had no period separators')
  const [header = '', payload = '', signature = ''] = parts
  if (parts.length !== 3) throw new BuiltinError(`encoded JWT must have 3 sections, found ${parts.length}`)
  return { header, payload, signature }
}

function decodedPart(text: string): string {
  return bytesText(base64UrlBytes(text))
}

function jsonObject(m: Machine, text: string): RegoObject {
  const value = unmarshal(m, text)
  if (!(value instanceof RegoObject)) throw new BuiltinError('decoded JSON type was not an Object')
  return value
}

function headerOf(m: Machine, token: Token): RegoObject {
  const header = jsonObject(m, decodedPart(token.header))
  if (header.get('enc') !== undefined) throw new BuiltinError('JWT is a JWE object, which is not supported')
  return header
}

/** Header parameters that are read (RFC 7515, 4.1). */
interface Header {
  readonly alg: string
  readonly kid: string
  readonly cty: string
  /** No unknown parameter is marked as critical, and an algorithm is named. */
  readonly valid: boolean
}

function readHeader(header: RegoObject): Header {
  const text = (name: string): string => {
    const value = header.get(name)
    if (value !== undefined && typeof value !== 'string') throw new BuiltinError(`${name}: must be a string`)
    return value ?? ''
  }
  text('typ')
  const crit = header.get('crit')
  if (crit !== undefined && !Array.isArray(crit)) throw new BuiltinError('crit: must be a list')
  const critical: string[] = []
  for (const name of crit ?? []) {
    if (typeof name !== 'string') break
    critical.push(name)
  }
  if (crit !== undefined && critical.length === 0) throw new BuiltinError('crit: must be a nonempty list')
  const known = ['alg', 'kid', 'typ', 'cty', 'crit']
  const alg = text('alg')
  const unknown = critical.some((name) => !known.includes(name) && header.get(name) !== undefined)
  return { alg, kid: text('kid'), cty: text('cty'), valid: alg !== '' && !unknown }
}

const MAX_NESTED = 100

function decode(m: Machine, value: Value, depth = 0): Value {
  if (depth > MAX_NESTED) throw new BuiltinError('tokens are nested too deep')
  const token = split(m, value)
  const header = headerOf(m, token)
  const payload = decodedPart(token.payload)
  const cty = header.get('cty')
  if (cty !== undefined && typeof cty !== 'string') throw new BuiltinError('cty: must be a string')
  // A token in a token is quoted.
  if (cty === 'JWT') return decode(m, payload.replace(/^["']{1,1000}/, '').replace(/["']{1,1000}$/, ''), depth + 1)
  const body = jsonObject(m, payload)
  return [header, body, base64UrlBytes(token.signature).toString('hex')]
}

function tryKeys(keys: readonly SigningKey[], header: Header, check: (key: SigningKey) => boolean): boolean {
  const named = header.kid === '' ? undefined : keys.find((key) => key.kid === header.kid)
  if (named !== undefined) return check(named)
  return keys.some((key) => (key.alg === '' || key.alg === header.alg) && check(key))
}

function verifier(name: AlgorithmName): Builtin {
  return (m, a, b) => {
    const token = split(m, a)
    const keys = readVerifyingKeys(m, stringAt(b, 2))
    const signature = base64UrlBytes(token.signature)
    const header = readHeader(headerOf(m, token))
    return tryKeys(keys, header, (key) => verified(m, key, name, `${token.header}.${token.payload}`, signature, false))
  }
}

function macVerifier(hash: string): Builtin {
  return (m, a, b) => {
    stringAt(a, 1)
    const secret = stringAt(b, 2)
    const token = split(m, a)
    const expected = mac(hash, textBytes(secret), `${token.header}.${token.payload}`)
    return sameMac(base64UrlBytes(token.signature), expected)
  }
}

interface Constraints {
  readonly keys: readonly SigningKey[]
  readonly alg: string
  readonly iss: string
  readonly aud: string
  /** Nanoseconds, as the double OPA computes with. */
  readonly time: number | undefined
}

function readConstraints(m: Machine, given: RegoObject): Constraints {
  let keys: readonly SigningKey[] | undefined
  let time: number | undefined
  const texts = { secret: '', alg: '', iss: '', aud: '' }
  const { keys: names, values } = given.sorted()
  for (const [i, name] of names.entries()) {
    const value = values[i] as Value
    if (name === 'cert') {
      if (typeof value !== 'string') throw new BuiltinError('cert constraint: must be a string')
      keys = readVerifyingKeys(m, value)
    } else if (name === 'time') {
      if (!isNumber(value)) throw new BuiltinError('token time constraint: must be a number')
      time = Number(numberText(value))
      if (!Number.isFinite(time)) throw new BuiltinError('token time constraint: unvalid float64')
      if (time < 0) throw new BuiltinError('token time constraint: must not be negative')
    } else if (name === 'secret' || name === 'alg' || name === 'iss' || name === 'aud') {
      if (typeof value !== 'string') throw new BuiltinError(`${name} constraint: must be a string`)
      texts[name] = value
    } else throw new BuiltinError('unknown token validation constraint')
  }
  if (keys !== undefined && texts.secret !== '') throw new BuiltinError('duplicate key constraints')
  if (keys === undefined && texts.secret === '') throw new BuiltinError('no key constraint')
  const secret = textBytes(texts.secret)
  const own: SigningKey = { kind: 'secret', secret, verifying: undefined, private: undefined, alg: '', kid: '' }
  return { keys: keys ?? [own], alg: texts.alg, iss: texts.iss, aud: texts.aud, time }
}

function audienceMeets(aud: Value, wanted: string): boolean {
  return typeof aud === 'string' ? aud === wanted : Array.isArray(aud) && aud.includes(wanted)
}

/** Whether the registered claims meet the constraints (RFC 7519, 4.1). */
function claimsMeet(payload: RegoObject, constraints: Constraints): boolean {
  if (constraints.iss !== '') {
    const iss = payload.get('iss')
    if (iss !== undefined && typeof iss !== 'string') throw new BuiltinError('iss value must be a string')
    if (iss !== constraints.iss) return false
  }
  const aud = payload.get('aud')
  if (aud === undefined ? constraints.aud !== '' : !audienceMeets(aud, constraints.aud)) return false
  const at = (): Value => {
    if (constraints.time === undefined) {
      throw new NondeterministicError('io.jwt.decode_verify would ask the clock; give the constraint "time"')
    }
    return numberFromText(String(constraints.time / 1e9))
  }
  const exp = payload.get('exp')
  if (exp !== undefined && !isNumber(exp)) throw new BuiltinError('exp value must be a number')
  if (exp !== undefined && compare(at(), exp) >= 0) return false
  const nbf = payload.get('nbf')
  if (nbf !== undefined && !isNumber(nbf)) throw new BuiltinError('nbf value must be a number')
  return nbf === undefined || compare(at(), nbf) >= 0
}

function decodeVerify(m: Machine, a: Value, b: Value): Value {
  const refused = (): Value => [false, objectOf([]), objectOf([])]
  const constraints = readConstraints(m, objectAt(b, 2))
  let value = a
  for (let depth = 0; depth < MAX_NESTED; depth++) {
    const token = split(m, value)
    const decodedHeader = headerOf(m, token)
    const header = readHeader(decodedHeader)
    if (!header.valid) return refused()
    if (constraints.alg !== '' && constraints.alg !== header.alg) return refused()
    const signature = base64UrlBytes(token.signature)
    const { alg } = header
    if (!isAlgorithm(alg)) return refused()
    const content = `${token.header}.${token.payload}`
    if (!tryKeys(constraints.keys, header, (key) => verified(m, key, alg, content, signature, true))) return refused()
    const payload = decodedPart(token.payload)
    if (header.cty.toLowerCase() === 'jwt') {
      value = payload
      continue
    }
    const body = jsonObject(m, payload)
    return claimsMeet(body, constraints) ? [true, decodedHeader, body] : refused()
  }
  throw new BuiltinError('tokens are nested too deep')
}

function encodeSign(m: Machine, headers: string, payload: string, keys: readonly SigningKey[]): Value {
  const [key] = keys
  if (key === undefined) throw new BuiltinError('no keys found in JWK set')
  m.spendText((headers.length + payload.length) * 4)
  const header = jsonValid(m, headers) ? unmarshal(m, headers) : null
  const alg = header instanceof RegoObject ? header.get('alg') : undefined
  if (typeof alg !== 'string') throw new BuiltinError("missing or invalid 'alg' header")
  if (!isAlgorithm(alg)) throw new BuiltinError(`unknown JWS algorithm: ${alg.slice(0, 40)}`)
  const typ = header instanceof RegoObject ? header.get('typ') : undefined
  if ((typeof typ !== 'string' || typ === 'JWT') && !jsonValid(m, payload)) {
    throw new BuiltinError('type is JWT but payload is not JSON')
  }
  const part = (text: string): string => textBytes(text).toString('base64url')
  const content = `${part(headers)}.${part(payload)}`
  return `${content}.${signed(m, key, alg, content).toString('base64url')}`
}

export const JWT: Builtins = {
  'io.jwt.decode': (m, a) => decode(m, a),
  'io.jwt.decode_verify': decodeVerify,
  'io.jwt.verify_rs256': verifier('RS256'),
  'io.jwt.verify_rs384': verifier('RS384'),
  'io.jwt.verify_rs512': verifier('RS512'),
  'io.jwt.verify_ps256': verifier('PS256'),
  'io.jwt.verify_ps384': verifier('PS384'),
  'io.jwt.verify_ps512': verifier('PS512'),
  'io.jwt.verify_es256': verifier('ES256'),
  'io.jwt.verify_es384': verifier('ES384'),
  'io.jwt.verify_es512': verifier('ES512'),
  'io.jwt.verify_eddsa': verifier('EdDSA'),
  'io.jwt.verify_hs256': macVerifier('sha256'),
  'io.jwt.verify_hs384': macVerifier('sha384'),
  'io.jwt.verify_hs512': macVerifier('sha512'),
  'io.jwt.encode_sign': (m, a, b, c) => encodeSign(m, jsonText(a), jsonText(b), jwksOf(m, unmarshal(m, jsonText(c)))),
  'io.jwt.encode_sign_raw': (m, a, b, c) => {
    const keys = stringAt(c, 3)
    return encodeSign(m, stringAt(a, 1), stringAt(b, 2), readJwks(m, keys))
  },
}
