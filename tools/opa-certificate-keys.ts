/** Keys that are the same in each run, so that a seed names its operands; used to generate certificates. None guards anything. */
import {
  checkPrimeSync,
  constants,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  type KeyObject,
} from 'node:crypto'
import { bits, context, der, integer, NULL, octets, oid, pem, sequence } from './opa-certificate-der.ts'

/** How a key signs: the algorithm identifier's body, and the signature of some bytes. */
export interface Signer {
  readonly algorithm: Buffer
  readonly sign: (content: Buffer) => Buffer
}

export interface GeneratedKey {
  readonly name: string
  readonly spki: Buffer
  /** None: it cannot sign, nor be written. */
  readonly key?: KeyObject
  readonly signers: readonly Signer[]
  /** PEM of each form of the private key. */
  readonly privates: readonly string[]
}

/** As many bytes as wanted, decided by the word. */
function bytesOf(word: string, length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
    createHash('sha512').update(`${word} ${i}`).digest(),
  )
  return Buffer.concat(parts).subarray(0, length)
}

const big = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

function prime(word: string, size: number): bigint {
  const from = big(bytesOf(word, size / 8)) | (3n << BigInt(size - 2)) | 1n
  for (let n = from; ; n += 2n) if ((n - 1n) % 65_537n !== 0n && checkPrimeSync(n)) return n
}

/** The inverse of `a` modulo `n`. */
function inverse(a: bigint, n: bigint): bigint {
  let [r, next, x, other] = [n, a % n, 0n, 1n]
  while (next > 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[x, other] = [other, x - quotient * other]
  }
  return x < 0n ? x + n : x
}

const rsaSha = (last: number): Buffer => Buffer.concat([oid(`1.2.840.113549.1.1.${last}`), NULL])

function pss(hash: number, salt: number): Buffer {
  const sha = sequence(oid(`2.16.840.1.101.3.4.2.${hash}`), NULL)
  const mask = sequence(oid('1.2.840.113549.1.1.8'), sha)
  return Buffer.concat([
    oid('1.2.840.113549.1.1.10'),
    sequence(context(0, sha), context(1, mask), context(2, integer(salt))),
  ])
}

function rsa(size: number): GeneratedKey {
  const [p, q] = [prime(`p ${size}`, size / 2), prime(`q ${size}`, size / 2)]
  const [n, e] = [p * q, 65_537n]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = [0n, n, e, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)]
  const pkcs1 = sequence(...numbers.map(integer))
  const key = createPrivateKey({ key: pkcs1, format: 'der', type: 'pkcs1' })
  const plainly = (hash: string, last: number): Signer => ({
    algorithm: rsaSha(last),
    sign: (content) => sign(hash, content, key),
  })
  const salted = (hash: string, number: number, saltLength: number, said = saltLength): Signer => ({
    algorithm: pss(number, said),
    sign: (content) => sign(hash, content, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  })
  return {
    name: `rsa${size}`,
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    key,
    signers: [
      plainly('sha256', 11),
      plainly('sha384', 12),
      plainly('sha512', 13),
      plainly('sha1', 5),
      salted('sha256', 1, 32),
      salted('sha384', 2, 48),
      salted('sha256', 1, 20),
      salted('sha256', 1, 20, 32),
    ],
    privates: [pem('RSA PRIVATE KEY', pkcs1), String(key.export({ format: 'pem', type: 'pkcs8' }))],
  }
}

const CURVES = {
  'p-224': ['secp224r1', '1.3.132.0.33'],
  'p-256': ['prime256v1', '1.2.840.10045.3.1.7'],
  'p-384': ['secp384r1', '1.3.132.0.34'],
  'p-521': ['secp521r1', '1.3.132.0.35'],
  k256: ['secp256k1', '1.3.132.0.10'],
} as const

function ec(name: keyof typeof CURVES): GeneratedKey {
  const [curve, number] = CURVES[name]
  const made = createECDH(curve)
  const size = { 'p-224': 28, 'p-256': 32, 'p-384': 48, 'p-521': 66, k256: 32 }[name]
  const secret = bytesOf(name, size)
  secret[0] = 0
  made.setPrivateKey(secret)
  const sec1 = sequence(integer(1), octets(secret), context(0, oid(number)), context(1, bits(made.getPublicKey())))
  const key = createPrivateKey({ key: sec1, format: 'der', type: 'sec1' })
  return {
    name,
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    key,
    signers: (['sha256', 'sha384', 'sha512'] as const).map((hash, i) => ({
      algorithm: oid(`1.2.840.10045.4.3.${i + 2}`),
      sign: (content) => sign(hash, content, key),
    })),
    privates: [pem('EC PRIVATE KEY', sec1), String(key.export({ format: 'pem', type: 'pkcs8' }))],
  }
}

/** The curves of Montgomery and Edwards, by the last number of their OID. */
function edwards(name: string, last: number, size: number): GeneratedKey {
  const algorithm = sequence(oid(`1.3.101.${last}`))
  const pkcs8 = sequence(integer(0), algorithm, octets(octets(bytesOf(name, size))))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return {
    name,
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    key,
    signers: last < 112 ? [] : [{ algorithm: oid(`1.3.101.${last}`), sign: (content) => sign(null, content, key) }],
    privates: [pem('PRIVATE KEY', pkcs8)],
  }
}

/** Numbers that look like a key of DSA. */
function dsa(): GeneratedKey {
  const part = (word: string, size: number): Buffer => integer(big(bytesOf(word, size)))
  const parameters = sequence(part('dsa p', 128), part('dsa q', 20), part('dsa g', 128))
  const spki = sequence(sequence(oid('1.2.840.10040.4.1'), parameters), bits(part('dsa y', 128)))
  return { name: 'dsa', spki, signers: [], privates: [] }
}

function unknown(): GeneratedKey {
  const spki = sequence(sequence(oid('1.2.3.4.5'), der(0x0c, Buffer.from('x'))), bits(Buffer.from('key')))
  return { name: 'unknown', spki, signers: [], privates: [] }
}

/** Those that can sign, and all. */
export const SIGNING_KEYS: readonly GeneratedKey[] = [
  rsa(2048),
  rsa(1024),
  ec('p-256'),
  ec('p-384'),
  ec('p-521'),
  ec('p-224'),
  edwards('ed25519', 112, 32),
]
export const ALL_KEYS: readonly GeneratedKey[] = [
  ...SIGNING_KEYS,
  { ...rsa(768), signers: [] },
  ec('k256'),
  edwards('ed448', 113, 57),
  edwards('x25519', 110, 32),
  dsa(),
  unknown(),
]
