import { createPublicKey, type KeyObject } from 'node:crypto'
import { objectOf, type Value } from '../value.ts'
import { contextTag, Der, DerError, rightAligned, TAG } from './der.ts'
import { fromBigInteger } from './operand.ts'
import { CURVE_IDS } from './private-key.ts'
import { base64 } from './x509-extensions.ts'

const SIGNATURES: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.1.4': 2,
  '1.2.840.113549.1.1.5': 3,
  '1.3.14.3.2.29': 3,
  '1.2.840.113549.1.1.11': 4,
  '1.2.840.113549.1.1.12': 5,
  '1.2.840.113549.1.1.13': 6,
  '1.2.840.10040.4.3': 7,
  '2.16.840.1.101.3.4.3.2': 8,
  '1.2.840.10045.4.1': 9,
  '1.2.840.10045.4.3.2': 10,
  '1.2.840.10045.4.3.3': 11,
  '1.2.840.10045.4.3.4': 12,
  '1.3.101.112': 16,
}
const PSS: Readonly<Record<string, { algorithm: number; salt: bigint }>> = {
  '2.16.840.1.101.3.4.2.1': { algorithm: 13, salt: 32n },
  '2.16.840.1.101.3.4.2.2': { algorithm: 14, salt: 48n },
  '2.16.840.1.101.3.4.2.3': { algorithm: 15, salt: 64n },
}
const KEYS: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.1.1': 1,
  '1.2.840.10040.4.1': 2,
  '1.2.840.10045.2.1': 3,
  '1.3.101.112': 4,
}
const NULL = '0500'

function noParameters(body: Der): boolean {
  return body.done() || body.rest().toString('hex') === NULL
}

/** Go's number of a signature's algorithm, 0 where it is unknown. */
export function signatureAlgorithm(body: Buffer): number {
  const sequence = new Der(body)
  const oid = sequence.oid('signature algorithm').join('.')
  if (!sequence.done()) new Der(sequence.rest()).any('parameters')
  if (oid !== '1.2.840.113549.1.1.10') {
    return oid === '1.3.101.112' && !sequence.done() ? 0 : (SIGNATURES[oid] ?? 0)
  }
  try {
    const parameters = sequence.inside(TAG.sequence, 'parameters')
    const hash = new Der(parameters.element(contextTag(0, true), 'hash').body).inside(TAG.sequence, 'hash')
    const mask = new Der(parameters.element(contextTag(1, true), 'mask').body).inside(TAG.sequence, 'mask')
    const salt = new Der(parameters.element(contextTag(2, true), 'salt').body).long('salt')
    const trailer = parameters.optional(contextTag(3, true), 'trailer')
    const name = hash.oid('hash').join('.')
    const known = PSS[name]
    if (mask.oid('mask').join('.') !== '1.2.840.113549.1.1.8') return 0
    const inner = mask.inside(TAG.sequence, 'mask hash')
    if (inner.oid('mask hash').join('.') !== name || !noParameters(inner) || !noParameters(hash)) return 0
    if (trailer !== undefined && new Der(trailer.body).long('trailer') !== 1n) return 0
    return known?.salt === salt ? known.algorithm : 0
  } catch (error) {
    if (error instanceof DerError) return 0
    throw error
  }
}

/** A public key's value in JSON, and the key for verifying where it can be used for that. */
export function publicKey(spki: Buffer): { algorithm: number; value: Value; key: KeyObject | undefined } {
  const body = new Der(spki).inside(TAG.sequence, 'spki')
  const identifier = body.inside(TAG.sequence, 'public key algorithm identifier')
  const algorithm = KEYS[identifier.oid('public key algorithm').join('.')] ?? 0
  const parameters = identifier.rest()
  if (parameters.length > 0) new Der(parameters).any('parameters')
  const data = rightAligned(body.bits('subjectPublicKey'))
  const made = (): KeyObject | undefined => {
    try {
      return createPublicKey({ key: spki, format: 'der', type: 'spki' })
    } catch {
      return undefined
    }
  }
  switch (algorithm) {
    case 1: {
      if (parameters.toString('hex') !== NULL) throw new DerError('x509: RSA key missing NULL parameters')
      const rsa = new Der(data).inside(TAG.sequence, 'RSA public key')
      const n = rsa.integer('RSA modulus')
      const e = rsa.integer('RSA public exponent')
      if (n <= 0n || e <= 0n || e >= 1n << 63n) throw new DerError('x509: RSA key is not positive')
      const value = objectOf([
        ['N', fromBigInteger(n)],
        ['E', fromBigInteger(e)],
      ] as [string, Value][])
      return { algorithm, value, key: made() }
    }
    case 2: {
      const y = new Der(data).integer('DSA public key')
      const dsa = new Der(parameters).inside(TAG.sequence, 'DSA parameters')
      const [p, q, g] = [dsa.integer('DSA'), dsa.integer('DSA'), dsa.integer('DSA')]
      if (y <= 0n || p <= 0n || q <= 0n || g <= 0n) throw new DerError('x509: zero or negative DSA parameter')
      const parts = { P: p, Q: q, G: g, Y: y }
      const value = objectOf(Object.entries(parts).map(([name, part]): [string, Value] => [name, fromBigInteger(part)]))
      return { algorithm, value, key: undefined }
    }
    case 3: {
      const curve = new Der(parameters).oid('ECDSA parameters').join('.')
      if (!CURVE_IDS.includes(curve)) throw new DerError('x509: unsupported elliptic curve')
      if (data[0] !== 4) throw new DerError('x509: invalid ECDSA public key')
      const key = made()
      if (key === undefined) throw new DerError('x509: invalid ECDSA public key')
      const half = (data.length - 1) / 2
      const number = (bytes: Buffer): Value => fromBigInteger(BigInt(`0x${bytes.toString('hex')}`))
      const value = objectOf([
        ['Curve', objectOf([])],
        ['X', number(data.subarray(1, 1 + half))],
        ['Y', number(data.subarray(1 + half))],
      ] as [string, Value][])
      return { algorithm, value, key }
    }
    case 4:
      if (parameters.length > 0) throw new DerError('x509: Ed25519 key encoded with illegal parameters')
      if (data.length !== 32) throw new DerError('x509: wrong Ed25519 public key size')
      return { algorithm, value: base64(data), key: made() }
    default:
      return { algorithm, value: null, key: undefined }
  }
}
