import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto'
import { contextTag, Der, DerError, TAG } from './der.ts'

/** A private key as its file says it (RFC 8017, RFC 5915, RFC 8410), taken and refused as Go takes it. */
export type PrivateKey =
  | {
      readonly kind: 'rsa'
      readonly n: bigint
      readonly e: bigint
      readonly d: bigint
      readonly p: bigint
      readonly q: bigint
      /** Exponents of the two primes, and the inverse of `q` modulo `p`. */
      readonly dp: bigint
      readonly dq: bigint
      readonly qi: bigint
    }
  | { readonly kind: 'ec'; readonly curve: string; readonly d: Buffer; readonly x: Buffer; readonly y: Buffer }
  | { readonly kind: 'ed25519' | 'x25519'; readonly d: Buffer; readonly x: Buffer }

interface Curve {
  readonly name: string
  /** OpenSSL's name. */
  readonly ssl: string
  readonly bytes: number
}

/** By OID. */
const CURVES: Readonly<Record<string, Curve>> = {
  '1.3.132.0.33': { name: 'P-224', ssl: 'secp224r1', bytes: 28 },
  '1.2.840.10045.3.1.7': { name: 'P-256', ssl: 'prime256v1', bytes: 32 },
  '1.3.132.0.34': { name: 'P-384', ssl: 'secp384r1', bytes: 48 },
  '1.3.132.0.35': { name: 'P-521', ssl: 'secp521r1', bytes: 66 },
}
export const CURVE_IDS: readonly string[] = Object.keys(CURVES)

const PKCS8_25519 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' } as const

const bitLength = (value: bigint): number => value.toString(2).length

/** `a` to the power `e` modulo `n`. */
function power(a: bigint, e: bigint, n: bigint): bigint {
  let out = 1n
  let base = a % n
  for (let left = e; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) out = (out * base) % n
    base = (base * base) % n
  }
  return out
}

function positive(der: Der): bigint {
  const value = der.integer('RSA private key')
  if (value <= 0n) throw new DerError('x509: private key contains zero or negative value')
  return value
}

/** PKCS#1. The three numbers that follow from the others may be absent. */
export function readRsa(bytes: Buffer): PrivateKey {
  const outer = new Der(bytes)
  const body = outer.inside(TAG.sequence, 'RSA private key')
  if (!outer.done()) throw new DerError('asn1: syntax error: trailing data')
  if (body.long('RSA private key') > 1n) throw new DerError('x509: unsupported private key version')
  const n = positive(body)
  const e = body.long('RSA private key')
  const [d, p, q] = [positive(body), positive(body), positive(body)]
  const [dp, dq, qi] = [0, 1, 2].map(() => (body.peek() === TAG.integer ? positive(body) : undefined))
  // Keys of more than two primes are of no use in certificates.
  if (body.peek() === TAG.sequence) throw new DerError('x509: more than two primes')
  // Go compares what it is given; else it works it out.
  const given = dp !== undefined && dq !== undefined && qi !== undefined
  const key = {
    kind: 'rsa',
    n,
    e,
    d,
    p,
    q,
    dp: given ? dp : d % maximum(p - 1n),
    dq: given ? dq : d % maximum(q - 1n),
    qi: given ? qi : power(q, maximum(p - 2n), p),
  } as const
  if (!isConsistent(key)) throw new DerError('crypto/rsa: the numbers of the key do not fit')
  return key
}

const maximum = (value: bigint): bigint => (value > 1n ? value : 1n)

function isConsistent({ n, e, d, p, q, dp, dq, qi }: Extract<PrivateKey, { kind: 'rsa' }>): boolean {
  const odd = n % 2n === 1n && p % 2n === 1n && q % 2n === 1n && e % 2n === 1n
  const size = e > 1n && e < 1n << 31n && p > 2n && q > 2n && d < n && qi < p && dp < p - 1n && dq < q - 1n
  if (!odd || !size || p * q !== n) return false
  const exponents =
    (e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && d % (p - 1n) === dp && d % (q - 1n) === dq
  const apart = p > q ? p - q : q - p
  // Primes that are close to each other are found by whoever looks.
  return exponents && (q * qi) % p === 1n && apart > 0n && bitLength(apart) > Math.floor(bitLength(n) / 2) - 100
}

/** SEC 1. The curve is given where PKCS#8 names it; a public key in it is not read. */
export function readEc(bytes: Buffer, given?: string): PrivateKey {
  const body = new Der(bytes).inside(TAG.sequence, 'EC private key')
  if (body.long('EC private key') !== 1n) throw new DerError('x509: unknown EC private key version')
  const secret = body.element(TAG.octetString, 'EC private key').body
  const own = body.unwrap(contextTag(0, true), 'EC parameters') ? body.oid('EC parameters').join('.') : ''
  if (body.unwrap(contextTag(1, true), 'EC public key')) body.bits('EC public key')
  const curve = CURVES[given ?? own]
  if (curve === undefined) throw new DerError('x509: unknown elliptic curve')
  const at = Math.max(0, secret.length - curve.bytes)
  if (secret.subarray(0, at).some((byte) => byte !== 0)) throw new DerError('x509: invalid private key length')
  const d = Buffer.concat([Buffer.alloc(Math.max(0, curve.bytes - secret.length)), secret.subarray(at)])
  const made = createECDH(curve.ssl)
  try {
    made.setPrivateKey(d)
  } catch {
    throw new DerError('ecdsa: private key is not of the curve')
  }
  const point = made.getPublicKey()
  return { kind: 'ec', curve: curve.name, d, x: point.subarray(1, 1 + curve.bytes), y: point.subarray(1 + curve.bytes) }
}

function read25519(kind: 'ed25519' | 'x25519', bytes: Buffer): PrivateKey {
  const d = new Der(bytes).element(TAG.octetString, `${kind} private key`).body
  if (d.length !== 32) throw new DerError(`x509: invalid ${kind} private key length`)
  const pkcs8 = Buffer.concat([Buffer.from(PKCS8_25519[kind], 'hex'), d])
  const spki = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  return { kind, d, x: spki.export({ format: 'der', type: 'spki' }).subarray(-32) }
}

/** PKCS#8 (RFC 5208). */
export function readPkcs8(bytes: Buffer): PrivateKey {
  const body = new Der(bytes).inside(TAG.sequence, 'private key')
  body.long('private key')
  const algorithm = body.inside(TAG.sequence, 'private key algorithm')
  const id = algorithm.oid('private key algorithm').join('.')
  const parameters = algorithm.done() ? undefined : algorithm.any('private key parameters')
  const inner = body.element(TAG.octetString, 'private key').body
  switch (id) {
    case '1.2.840.113549.1.1.1':
      return readRsa(inner)
    case '1.2.840.10045.2.1':
      return readEc(inner, parameters?.tag === TAG.oid ? new Der(parameters.whole).oid('curve').join('.') : undefined)
    case '1.3.101.112':
    case '1.3.101.110':
      if (parameters !== undefined) throw new DerError('x509: invalid private key parameters')
      return read25519(id === '1.3.101.112' ? 'ed25519' : 'x25519', inner)
    default:
      throw new DerError('x509: PKCS#8 wrapping contained private key with unknown algorithm')
  }
}
