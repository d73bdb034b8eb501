import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  timingSafeEqual,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { JsonSyntaxError, readJson } from '../json-reader.ts'
import { BuiltinError, type Machine } from '../machine.ts'
import { RegoObject, type Value } from '../value.ts'
import { Der, DerError } from './der.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { decodePem } from './pem.ts'
import { readCertificate } from './x509.ts'
import { publicKey } from './x509-keys.ts'

/** A key that came with a policy or its input. */
export interface SigningKey {
  readonly kind: 'rsa' | 'ec' | 'ed25519' | 'secret' | 'other'
  readonly secret: Buffer
  /** The public part; undefined for secrets. */
  readonly verifying: KeyObject | undefined
  readonly private: KeyObject | undefined
  readonly alg: string
  readonly kid: string
}

/** JWS algorithms (RFC 7518, RFC 8037) that OPA takes. */
export const ALGORITHMS = {
  RS256: { family: 'rsa', hash: 'sha256' },
  RS384: { family: 'rsa', hash: 'sha384' },
  RS512: { family: 'rsa', hash: 'sha512' },
  PS256: { family: 'pss', hash: 'sha256' },
  PS384: { family: 'pss', hash: 'sha384' },
  PS512: { family: 'pss', hash: 'sha512' },
  ES256: { family: 'ec', hash: 'sha256' },
  ES384: { family: 'ec', hash: 'sha384' },
  ES512: { family: 'ec', hash: 'sha512' },
  HS256: { family: 'secret', hash: 'sha256' },
  HS384: { family: 'secret', hash: 'sha384' },
  HS512: { family: 'secret', hash: 'sha512' },
  EdDSA: { family: 'ed25519', hash: '' },
} as const
export type AlgorithmName = keyof typeof ALGORITHMS

export function isAlgorithm(name: string): name is AlgorithmName {
  return Object.hasOwn(ALGORITHMS, name)
}

/** Algorithms that a key may name though no token is signed with them here; OPA passes such keys over. */
const OTHER_ALGORITHMS =
  /^(?:none|ES256K|RSA1_5|RSA-OAEP(?:-(?:256|384|512))?|A(?:128|192|256)(?:KW|GCMKW|GCM)|A128CBC-HS256|A192CBC-HS384|A256CBC-HS512|dir|ECDH-ES(?:\+A(?:128|192|256)KW)?|PBES2-HS(?:256\+A128|384\+A192|512\+A256)KW)$/

/** What an operation with a key costs in steps. */
const COST = { verify: 4_000, sign: 40_000, read: 2_000 } as const

function text(value: Value | undefined, name: string): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') throw new BuiltinError(`failed to decode value for key ${name}`)
  return value
}

function bytesOf(key: RegoObject, name: string, required: boolean): Buffer | undefined {
  const value = key.get(name)
  if (value === undefined && !required) return undefined
  if (typeof value !== 'string' || value === '') throw new BuiltinError(`a JWK lacks ${name}`)
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) throw new BuiltinError(`failed to decode value for key ${name}`)
  return Buffer.from(value, 'base64')
}

/** A JSON Web Key (RFC 7517). */
export function readJwk(m: Machine, value: Value | undefined): SigningKey {
  m.spend(COST.read)
  if (!(value instanceof RegoObject)) throw new BuiltinError('a JWK must be an object')
  const kty = text(value.get('kty'), 'kty')
  const alg = text(value.get('alg'), 'alg')
  const kid = text(value.get('kid'), 'kid')
  if (alg !== '' && !isAlgorithm(alg) && !OTHER_ALGORITHMS.test(alg)) {
    throw new BuiltinError('failed to decode value for key alg')
  }
  const plain = { alg, kid, secret: Buffer.alloc(0), verifying: undefined, private: undefined }
  if (kty === 'oct') return { ...plain, kind: 'secret', secret: bytesOf(value, 'k', true) ?? Buffer.alloc(0) }
  const names = kty === 'RSA' ? ['n', 'e'] : kty === 'EC' ? ['x', 'y'] : kty === 'OKP' ? ['x'] : []
  if (names.length === 0) throw new BuiltinError(`invalid key type from JSON (${kty.slice(0, 40)})`)
  const crv = text(value.get('crv'), 'crv')
  if (kty === 'EC' && !['P-256', 'P-384', 'P-521'].includes(crv)) throw new BuiltinError('unknown curve')
  if (kty === 'OKP' && !['Ed25519', 'X25519'].includes(crv)) throw new BuiltinError('unknown curve')
  const jwk: JsonWebKey = { kty }
  if (crv !== '') jwk.crv = crv
  for (const name of names) jwk[name] = bytesOf(value, name, true)?.toString('base64url')
  const secrets = kty === 'RSA' ? ['d', 'p', 'q', 'dp', 'dq', 'qi'] : ['d']
  const isPrivate = value.get('d') !== undefined
  const kind = kty === 'RSA' ? 'rsa' : kty === 'EC' ? 'ec' : crv === 'Ed25519' ? 'ed25519' : 'other'
  try {
    const verifying = createPublicKey({ key: jwk, format: 'jwk' })
    if (!isPrivate) return { ...plain, kind, verifying }
    for (const name of secrets) {
      const bytes = bytesOf(value, name, kty !== 'RSA' || name === 'd')
      if (bytes !== undefined) jwk[name] = bytes.toString('base64url')
    }
    // Of an RSA key without its primes the public half is all that can be used here.
    const whole = kty !== 'RSA' || secrets.every((name) => jwk[name] !== undefined)
    return { ...plain, kind, verifying, private: whole ? createPrivateKey({ key: jwk, format: 'jwk' }) : undefined }
  } catch (error) {
    if (error instanceof BuiltinError) throw error
    throw new BuiltinError('a JWK does not hold a valid key')
  }
}

const MAX_KEYS = 1000

/** A JWK, or a set of them. */
export function readJwks(m: Machine, source: string): SigningKey[] {
  m.spendText(source.length * 4)
  let value: Value
  try {
    value = readJson(source)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new BuiltinError(`failed to parse a JWK key (set): ${error.message}`)
    throw error
  }
  return jwksOf(m, value)
}

export function jwksOf(m: Machine, value: Value): SigningKey[] {
  if (!(value instanceof RegoObject)) throw new BuiltinError('failed to parse a JWK key (set): not an object')
  const keys = value.get('keys')
  if (keys === undefined) return [readJwk(m, value)]
  if (!Array.isArray(keys)) throw new BuiltinError('failed to decode "keys"')
  if (keys.length > MAX_KEYS) throw new BuiltinError(`too many keys in "keys" array: max ${MAX_KEYS}`)
  return keys.map((key) => readJwk(m, key))
}

/** Keys of a PEM certificate or public key, or of JWKs whose algorithm is known. */
export function readVerifyingKeys(m: Machine, source: string): SigningKey[] {
  const block = decodePem(m, source)
  if (block === null) return readJwks(m, source).filter((key) => key.alg === '' || isAlgorithm(key.alg))
  if (block.rest !== '') throw new BuiltinError('extra data after a PEM certificate block')
  m.spend(COST.read)
  try {
    if (block.type === 'CERTIFICATE') {
      const certificate = readCertificate(block.bytes)
      if (certificate.raw.length !== block.bytes.length) throw new BuiltinError('x509: trailing data')
      return [keyOf(certificate.key)]
    }
    if (block.type === 'PUBLIC KEY') {
      const { whole } = new Der(block.bytes).any('public key')
      if (whole.length !== block.bytes.length) throw new BuiltinError('x509: trailing data after ASN.1 of public-key')
      const { key, algorithm } = publicKey(whole)
      if (algorithm === 0) throw new BuiltinError('x509: unknown public key algorithm')
      return [keyOf(key)]
    }
  } catch (error) {
    if (error instanceof DerError) throw new BuiltinError(`failed to parse a PEM key: ${error.message}`)
    throw error
  }
  throw new BuiltinError('failed to extract a Key from the PEM certificate')
}

function keyOf(key: KeyObject | undefined): SigningKey {
  const type = key?.asymmetricKeyType
  const kind = type === 'rsa' || type === 'ec' || type === 'ed25519' ? type : 'other'
  return { kind, secret: Buffer.alloc(0), verifying: key, private: undefined, alg: '', kid: '' }
}

/** Go refuses RSA under 1024 bits. */
function strong(key: KeyObject): boolean {
  return key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 1024
}

function derInteger(bytes: Buffer): Buffer {
  let body = bytes
  while (body.length > 1 && body[0] === 0) body = body.subarray(1)
  if (body.length === 0 || (body[0] ?? 0) >= 0x80) body = Buffer.concat([Buffer.of(0), body])
  return Buffer.concat([Buffer.of(2), derLength(body.length), body])
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff)
}

/** Two numbers side by side (RFC 7518, 3.4) as OpenSSL wants them. */
function ecSignature(bytes: Buffer): Buffer {
  const half = Math.trunc(bytes.length / 2)
  const body = Buffer.concat([derInteger(bytes.subarray(0, half)), derInteger(bytes.subarray(half))])
  return Buffer.concat([Buffer.of(0x30), derLength(body.length), body])
}

const EC_BYTES: Readonly<Record<string, number>> = { secp224r1: 28, prime256v1: 32, secp384r1: 48, secp521r1: 66 }

/**
 * Whether a signature is a key's. `exact` is what `io.jwt.decode_verify` asks: salts and signatures of the standard's
 * length, and a private key counts as its public half; the older builtins are laxer in the first and refuse the second.
 */
export function verified(
  m: Machine,
  key: SigningKey,
  name: AlgorithmName,
  content: string,
  signature: Buffer,
  exact: boolean,
): boolean {
  const { family, hash } = ALGORITHMS[name]
  m.spendText(content.length)
  const data = Buffer.from(content, 'utf8')
  if (family === 'secret') return key.kind === 'secret' && sameMac(mac(hash, key.secret, content), signature)
  const { verifying } = key
  const wanted = family === 'pss' ? 'rsa' : family
  if (verifying === undefined || key.kind !== wanted || (!exact && key.private !== undefined)) return false
  m.spend(COST.verify)
  if (!strong(verifying) || signature.length > 10_000) return false
  try {
    switch (family) {
      case 'rsa':
        return verify(hash, data, verifying, signature)
      case 'pss': {
        // OpenSSL takes a signature without its leading zero; Go wants it as long as the key.
        const bits = verifying.asymmetricKeyDetails?.modulusLength ?? 0
        if (signature.length !== Math.ceil(bits / 8)) return false
        const saltLength = exact ? constants.RSA_PSS_SALTLEN_DIGEST : constants.RSA_PSS_SALTLEN_AUTO
        return verify(hash, data, { key: verifying, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
      }
      case 'ec': {
        const size = EC_BYTES[verifying.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0
        if (exact && signature.length !== size * 2) return false
        return verify(hash, data, verifying, ecSignature(signature))
      }
      case 'ed25519':
        return verify(null, data, verifying, signature)
    }
  } catch {
    // OpenSSL throws for some signatures that it cannot read.
    return false
  }
}

export function mac(hash: string, key: Buffer, content: string): Buffer {
  return createHmac(hash, key).update(content, 'utf8').digest()
}

export function sameMac(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Signs where the same content always gives the same signature; PSS and ECDSA take chance. */
export function signed(m: Machine, key: SigningKey, name: AlgorithmName, content: string): Buffer {
  const { family, hash } = ALGORITHMS[name]
  m.spendText(content.length)
  const wanted = family === 'pss' ? 'rsa' : family
  if (family === 'secret') {
    if (key.kind !== 'secret') throw new BuiltinError('invalid key type: a secret is required')
    return mac(hash, key.secret, content)
  }
  if (key.kind !== wanted || key.private === undefined || !strong(key.private)) {
    throw new BuiltinError(`invalid key type: a private key for ${name} is required`)
  }
  if (family === 'pss' || family === 'ec') {
    throw new NondeterministicError(`a signature by ${name} takes random numbers; sign with HS, RS or EdDSA`)
  }
  m.spend(COST.sign)
  return sign(family === 'rsa' ? hash : null, Buffer.from(content, 'utf8'), key.private)
}
