import { BuiltinError, type Machine } from '../machine.ts'
import { equal, objectOf, type RegoObject, type Value } from '../value.ts'
import { DerError } from './der.ts'
import { base64Bytes } from './encoding.ts'
import { fromBigInteger, objectAt, stringAt, type Builtin, type Builtins } from './operand.ts'
import { decodePem } from './pem.ts'
import { readEc, readPkcs8, readRsa, type PrivateKey } from './private-key.ts'
import { readRequest } from './x509-request.ts'
import { verifyChain, verifyOptions } from './x509-verify.ts'
import { readCertificate, shown, withUriStrings, type Certificate } from './x509.ts'

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

const READERS: Readonly<Record<string, (bytes: Buffer) => PrivateKey>> = {
  'RSA PRIVATE KEY': readRsa,
  'PRIVATE KEY': readPkcs8,
  'EC PRIVATE KEY': readEc,
}

/** Private keys of PEM or base64 of PEM; blocks of other types are passed over. */
function privateKeys(m: Machine, text: string): PrivateKey[] {
  m.spendText(text.length)
  let rest = text
  try {
    rest = base64Bytes(text, 'standard').toString('utf8')
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error
  }
  const out: PrivateKey[] = []
  for (let block = decodePem(m, rest); block !== null; block = decodePem(m, block.rest)) {
    m.spend(20_000)
    const read = Object.hasOwn(READERS, block.type) ? READERS[block.type] : undefined
    if (read !== undefined) out.push(read(block.bytes))
    if (out.length > MAX_CERTIFICATES) throw new BuiltinError('too many keys')
  }
  return out
}

function fields(entries: Readonly<Record<string, Value>>): RegoObject {
  return objectOf(Object.entries(entries))
}

const number = (bytes: Buffer): Value => fromBigInteger(BigInt(`0x${bytes.toString('hex')}`))

/** A private key as Go writes its struct in JSON. */
function keyValue(key: PrivateKey): Value {
  switch (key.kind) {
    case 'rsa':
      return fields({
        N: fromBigInteger(key.n),
        E: fromBigInteger(key.e),
        D: fromBigInteger(key.d),
        Primes: [fromBigInteger(key.p), fromBigInteger(key.q)],
        Precomputed: fields({
          Dp: fromBigInteger(key.dp),
          Dq: fromBigInteger(key.dq),
          Qinv: fromBigInteger(key.qi),
          CRTValues: [],
        }),
      })
    case 'ec':
      return fields({ Curve: fields({}), X: number(key.x), Y: number(key.y), D: number(key.d) })
    case 'ed25519':
      return Buffer.concat([key.d, key.x]).toString('base64')
    case 'x25519':
      // Go's key of X25519 shows nothing.
      return fields({})
  }
}

/** A JSON Web Key (RFC 7517). */
function jwkOf(key: PrivateKey): Value {
  const text = (bytes: Buffer): string => bytes.toString('base64url')
  const whole = (value: bigint): string => {
    const hex = value.toString(16)
    return text(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
  }
  if (key.kind === 'rsa') {
    const { n, e, d, p, q, dp, dq, qi } = key
    const numbers = Object.entries({ n, e, d, p, q, dp, dq, qi }).map(([name, value]) => [name, whole(value)] as const)
    return objectOf([['kty', 'RSA'], ...numbers])
  }
  if (key.kind === 'ec') {
    if (key.curve === 'P-224') throw new BuiltinError('a JSON Web Key has no curve P-224')
    return fields({ kty: 'EC', crv: key.curve, d: text(key.d), x: text(key.x), y: text(key.y) })
  }
  const crv = key.kind === 'ed25519' ? 'Ed25519' : 'X25519'
  return fields({ kty: 'OKP', crv, d: text(key.d), x: text(key.x) })
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
  let block = decodePem(m, keyPem)
  while (block !== null && block.type !== 'PRIVATE KEY' && !block.type.endsWith(' PRIVATE KEY'))
    block = decodePem(m, block.rest)
  if (block === null) throw new BuiltinError('tls: failed to find any PEM data in key input')
  m.spend(40_000)
  const leaf = readCertificate(first)
  if (leaf.raw.length !== first.length) throw new BuiltinError('x509: trailing data')
  const key = anyPrivateKey(block.bytes)
  if (key.kind === 'x25519' || !equal(leaf.value.get('PublicKey') ?? null, publicValue(key)))
    throw new BuiltinError('tls: private key does not match public key')
  return fields({
    Certificate: chain.map((bytes) => bytes.toString('base64')),
    PrivateKey: keyValue(key),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: shown(leaf),
  })
}

/** The public half as a certificate shows it. */
function publicValue(key: PrivateKey): Value {
  switch (key.kind) {
    case 'rsa':
      return fields({ N: fromBigInteger(key.n), E: fromBigInteger(key.e) })
    case 'ec':
      return fields({ Curve: fields({}), X: number(key.x), Y: number(key.y) })
    case 'ed25519':
      return key.x.toString('base64')
    case 'x25519':
      return null
  }
}

function anyPrivateKey(bytes: Buffer): PrivateKey {
  for (const read of Object.values(READERS)) {
    try {
      return read(bytes)
    } catch (error) {
      if (!(error instanceof DerError)) throw error
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
    return found === null ? [false, []] : [true, found.map(shown)]
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
