import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { BuiltinError, type Machine } from '../machine.ts'
import { objectOf, type RegoObject, type Value } from '../value.ts'
import { DerError } from './der.ts'
import { base64Bytes } from './encoding.ts'
import { fromBigInteger, objectAt, stringAt, type Builtin, type Builtins } from './operand.ts'
import { decodePem } from './pem.ts'
import { readRequest } from './x509-request.ts'
import { verifyChain, verifyOptions } from './x509-verify.ts'
import { readCertificate, withUriStrings, type Certificate } from './x509.ts'

const BEGIN = '-----BEGIN'
const MAX_CERTIFICATES = 1000

function pemCertificates(m: Machine, text: string): Certificate[] {
  const parts: Buffer[] = []
  for (let rest = text; rest !== '';) {
    const block = decodePem(m, rest)
    if (block === null) break
    if (block.type !== 'CERTIFICATE') throw new BuiltinError(`PEM block type is '${block.type.slice(0, 60)}'`)
    parts.push(block.bytes)
    if (parts.length > MAX_CERTIFICATES) throw new BuiltinError('too many certificates')
    rest = block.rest
  }
  return derCertificates(m, Buffer.concat(parts))
}

function derCertificates(m: Machine, bytes: Buffer): Certificate[] {
  const out: Certificate[] = []
  for (let rest = bytes; rest.length > 0;) {
    m.spend(2_000 + (rest.length >> 6))
    const certificate = readCertificate(rest)
    out.push(certificate)
    rest = rest.subarray(certificate.raw.length)
  }
  return out
}

/** Certificates of PEM, of base64 of PEM, or of base64 of DER. Throws BuiltinError. */
function certificates(m: Machine, text: string): Certificate[] {
  m.spendText(text.length)
  if (text.startsWith(BEGIN)) return pemCertificates(m, text)
  const bytes = base64Bytes(text, 'standard')
  const inner = bytes.toString('latin1')
  return inner.startsWith(BEGIN) ? pemCertificates(m, inner) : derCertificates(m, bytes)
}

/** Damaged DER is a builtin's error. */
function guarded(builtin: Builtin): Builtin {
  const wrapped: Builtin = (m, ...operands) => {
    try {
      return builtin(m, ...operands)
    } catch (error) {
      if (error instanceof DerError) throw new BuiltinError(error.message)
      throw error
    }
  }
  Object.defineProperty(wrapped, 'length', { value: builtin.length })
  return wrapped
}

function privateKey(bytes: Buffer, type: string): KeyObject {
  try {
    if (type === 'RSA PRIVATE KEY') return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' })
    if (type === 'EC PRIVATE KEY') return createPrivateKey({ key: bytes, format: 'der', type: 'sec1' })
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
  } catch {
    throw new BuiltinError('x509: failed to parse private key')
  }
}

/** Private keys of PEM or base64 of PEM; blocks of other types are passed over. */
function privateKeys(m: Machine, text: string): KeyObject[] {
  m.spendText(text.length)
  let rest = text
  try {
    rest = base64Bytes(text, 'standard').toString('utf8')
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error
  }
  const out: KeyObject[] = []
  for (let block = decodePem(m, rest); block !== null; block = decodePem(m, block.rest)) {
    m.spend(2_000)
    if (['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY'].includes(block.type)) {
      out.push(privateKey(block.bytes, block.type))
    }
    if (out.length > MAX_CERTIFICATES) throw new BuiltinError('too many keys')
  }
  return out
}

function fields(entries: Readonly<Record<string, Value>>): RegoObject {
  return objectOf(Object.entries(entries))
}

/** A private key as Go writes its struct in JSON. */
function keyValue(key: KeyObject): Value {
  const jwk = key.export({ format: 'jwk' })
  const number = (name: keyof JsonWebKey): Value => {
    const text = jwk[name]
    const hex = Buffer.from(typeof text === 'string' ? text : '', 'base64url').toString('hex')
    return fromBigInteger(BigInt(`0x${hex === '' ? '0' : hex}`))
  }
  const type = key.asymmetricKeyType
  if (type === 'rsa') {
    return fields({
      N: number('n'),
      E: number('e'),
      D: number('d'),
      Primes: [number('p'), number('q')],
      Precomputed: fields({ Dp: number('dp'), Dq: number('dq'), Qinv: number('qi'), CRTValues: [] }),
    })
  }
  if (type === 'ec') return fields({ Curve: fields({}), X: number('x'), Y: number('y'), D: number('d') })
  if (type === 'ed25519') {
    return Buffer.concat([jwk.d ?? '', jwk.x ?? ''].map((part) => Buffer.from(part, 'base64url'))).toString('base64')
  }
  // Go's key of X25519 shows nothing.
  if (type === 'x25519') return fields({})
  throw new BuiltinError('x509: PKCS#8 wrapping contained private key with unknown algorithm')
}

function jwkOf(key: KeyObject): Value {
  if (!['rsa', 'ec', 'ed25519', 'x25519'].includes(key.asymmetricKeyType ?? '')) {
    throw new BuiltinError('x509: PKCS#8 wrapping contained private key with unknown algorithm')
  }
  const entries = Object.entries(key.export({ format: 'jwk' })).filter(([, value]) => typeof value === 'string')
  return objectOf(entries as [string, Value][])
}

/** PEM as it is, in base64, or made of base64 of DER by this type. */
function pemOf(m: Machine, text: string, type: string): string {
  m.spendText(text.length)
  if (text.startsWith('-----BEGIN ')) return text
  const bytes = base64Bytes(text, 'standard')
  const inner = bytes.toString('latin1')
  if (inner.startsWith('-----BEGIN ')) return inner
  return `-----BEGIN ${type}-----\n${bytes.toString('base64')}\n-----END ${type}-----\n`
}

function keyPair(m: Machine, certificatePem: string, keyPem: string): Value {
  const chain: Buffer[] = []
  for (let block = decodePem(m, certificatePem); block !== null; block = decodePem(m, block.rest)) {
    if (block.type === 'CERTIFICATE') chain.push(block.bytes)
    if (chain.length > MAX_CERTIFICATES) throw new BuiltinError('too many certificates')
  }
  const [first] = chain
  if (first === undefined) throw new BuiltinError('tls: failed to find any PEM data in certificate input')
  let key: KeyObject | undefined
  for (let block = decodePem(m, keyPem); block !== null && key === undefined; block = decodePem(m, block.rest)) {
    if (block.type === 'PRIVATE KEY' || block.type.endsWith(' PRIVATE KEY')) key = anyPrivateKey(block.bytes)
  }
  if (key === undefined) throw new BuiltinError('tls: failed to find any PEM data in key input')
  m.spend(4_000)
  const leaf = readCertificate(first)
  if (leaf.raw.length !== first.length) throw new BuiltinError('x509: trailing data')
  const own = createPublicKey(key).export({ format: 'der', type: 'spki' })
  if (leaf.key === undefined || !own.equals(leaf.key.export({ format: 'der', type: 'spki' }))) {
    throw new BuiltinError('tls: private key does not match public key')
  }
  return fields({
    Certificate: chain.map((bytes) => bytes.toString('base64')),
    PrivateKey: keyValue(key),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: leaf.value,
  })
}

function anyPrivateKey(bytes: Buffer): KeyObject {
  for (const type of ['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY']) {
    try {
      return privateKey(bytes, type)
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error
    }
  }
  throw new BuiltinError('tls: failed to parse private key')
}

function parsed(m: Machine, text: string): Certificate[] | undefined {
  try {
    return certificates(m, text)
  } catch (error) {
    if (error instanceof DerError || error instanceof BuiltinError) return undefined
    throw error
  }
}

export const CRYPTO_X509: Builtins = {
  'crypto.x509.parse_certificates': guarded((m, a) => certificates(m, stringAt(a, 1)).map(withUriStrings)),
  'crypto.x509.parse_and_verify_certificates_with_options': guarded((m, a, b) => {
    const text = stringAt(a, 1)
    const given = objectAt(b, 2)
    const chain = parsed(m, text)
    if (chain === undefined) return [false, []]
    const found = verifyChain(m, chain, verifyOptions(given))
    return found === null ? [false, []] : [true, found.map((certificate) => certificate.value)]
  }),
  'crypto.x509.parse_certificate_request': guarded((m, a) => {
    const text = stringAt(a, 1)
    m.spendText(text.length * 4)
    const pem = text.startsWith('-----BEGIN CERTIFICATE REQUEST-----')
    const bytes = pem ? Buffer.from(text, 'utf8') : base64Bytes(text, 'standard')
    const block = decodePem(m, bytes.toString('latin1'))
    if (block !== null && block.type !== 'CERTIFICATE REQUEST') {
      throw new BuiltinError('invalid PEM-encoded certificate signing request')
    }
    m.spend(2_000)
    return readRequest(block?.bytes ?? bytes)
  }),
  'crypto.x509.parse_keypair': guarded((m, a, b) => {
    const certificate = stringAt(a, 1)
    const key = stringAt(b, 1)
    return keyPair(m, pemOf(m, certificate, 'CERTIFICATE'), pemOf(m, key, 'PRIVATE KEY'))
  }),
  'crypto.x509.parse_rsa_private_key': guarded((m, a) => {
    const text = stringAt(a, 1)
    if (text === '') throw new BuiltinError('input PEM data was empty')
    const pem = text.startsWith(BEGIN) ? text : base64Bytes(text, 'standard').toString('utf8')
    const [first] = privateKeys(m, pem)
    return first === undefined ? null : jwkOf(first)
  }),
  'crypto.parse_private_keys': guarded((m, a) => {
    const text = stringAt(a, 1)
    return text === '' ? null : privateKeys(m, text).map(keyValue)
  }),
}
