import { createPrivateKey, createPublicKey, scryptSync, type KeyObject } from 'node:crypto'
import { Problem } from '@gatehouse/core/kernel/problems'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { algorithmOf } from './signing-algorithm.ts'

const ENCRYPTED = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/

/** Whether a private key needs a password: cosign's own form, or an encrypted PKCS #8. */
export function needsPassword(pem: string): boolean {
  return ENCRYPTED.test(pem) || pem.includes('BEGIN ENCRYPTED PRIVATE KEY')
}

/**
 * A private key from PEM: PKCS #8, PKCS #1 or SEC 1, of a kind that `algorithmOf` knows, or what `cosign generate-key-pair` writes (scrypt and NaCl secretbox
 * around PKCS #8). Refused as `signing-key-invalid`; neither key nor password is ever in the message.
 */
export function readPrivateKey(pem: string, password: string | null): KeyObject {
  const encrypted = ENCRYPTED.exec(pem)?.[1]
  if (needsPassword(pem) && password === null)
    throw invalid('The private key is encrypted; set COSIGN_PASSWORD to its password')
  try {
    const key =
      encrypted === undefined
        ? createPrivateKey({ key: pem, ...(password === null ? {} : { passphrase: password }) })
        : createPrivateKey({ key: decrypted(encrypted, password ?? ''), format: 'der', type: 'pkcs8' })
    return ofKnownKind(key, 'private')
  } catch (error) {
    if (error instanceof Problem) throw error
    throw invalid(
      needsPassword(pem)
        ? 'The private key cannot be decrypted: the password is wrong, or the file is damaged'
        : 'The private key cannot be read: a PEM with a private key is needed (ECDSA, RSA or Ed25519)',
    )
  }
}

/** A public key from PEM (SubjectPublicKeyInfo), such as cosign.pub. */
export function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) throw invalid('A private key was given where the public one is needed')
  try {
    return ofKnownKind(createPublicKey(pem), 'public')
  } catch (error) {
    if (error instanceof Problem) throw error
    throw invalid('The public key cannot be read: a PEM with a public key is needed (ECDSA, RSA or Ed25519)')
  }
}

function ofKnownKind(key: KeyObject, what: string): KeyObject {
  if (algorithmOf(key) !== null) return key
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const size = details?.namedCurve ?? (details?.modulusLength === undefined ? '' : `${details.modulusLength} bits`)
  throw invalid(
    `The ${what} key is ${`${type ?? 'of an unknown kind'} ${size}`.trim()}; ECDSA on P-256, P-384 or P-521, RSA of 2048, 3072 or 4096 bits, or Ed25519 is needed`,
  )
}

function invalid(why: string): Problem {
  return new Problem('signing-key-invalid', `${why}.`)
}

const MAX_SCRYPT_N = 2 ** 20

/** go-securesystemslib's encrypted form: JSON with kdf, cipher and ciphertext. */
function decrypted(base64: string, password: string): Buffer {
  const { kdf, cipher, ciphertext } = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as {
    kdf: { name: string; params: { N: number; r: number; p: number }; salt: string }
    cipher: { name: string; nonce: string }
    ciphertext: string
  }
  const { N, r, p } = kdf.params
  if (kdf.name !== 'scrypt' || cipher.name !== 'nacl/secretbox' || N > MAX_SCRYPT_N || r > 32 || p > 16) {
    throw invalid('The private key is encrypted in a way that is not known')
  }
  const key = scryptSync(password, Buffer.from(kdf.salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r })
  return Buffer.from(
    xsalsa20poly1305(key, Buffer.from(cipher.nonce, 'base64')).decrypt(Buffer.from(ciphertext, 'base64')),
  )
}
