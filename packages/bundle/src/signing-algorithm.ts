import type { KeyObject } from 'node:crypto'

export interface SigningAlgorithm {
  /** What the message is hashed with before it is signed; null where the algorithm hashes for itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /** Names of sigstore's algorithm registry (protobuf-specs, PublicKeyDetails and HashAlgorithm), for hashes that are signed; else null. */
  readonly registered: { readonly keyDetails: string; readonly hash: string } | null
}

const CURVES: ReadonlyMap<string, SigningAlgorithm> = new Map([
  ['prime256v1', prehashed('sha256', 'PKIX_ECDSA_P256_SHA_256', 'SHA2_256')],
  ['secp384r1', prehashed('sha384', 'PKIX_ECDSA_P384_SHA_384', 'SHA2_384')],
  ['secp521r1', prehashed('sha512', 'PKIX_ECDSA_P521_SHA_512', 'SHA2_512')],
])

const RSA_BITS: readonly number[] = [2048, 3072, 4096]

/**
 * The one algorithm that sigstore's registry gives a key, and so cosign 3: ECDSA on P-256, P-384 and P-521 with the hash of that length, RSA of
 * 2048, 3072 or 4096 bits as PKCS #1 v1.5 with SHA-256, Ed25519 over the message itself. Null for any other key.
 */
export function algorithmOf(key: KeyObject): SigningAlgorithm | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return { hash: null, registered: null }
  if (type === 'ec') return CURVES.get(details?.namedCurve ?? '') ?? null
  const bits = details?.modulusLength ?? 0
  if (type !== 'rsa' || !RSA_BITS.includes(bits)) return null
  return prehashed('sha256', `PKIX_RSA_PKCS1V15_${bits}_SHA256`, 'SHA2_256')
}

function prehashed(hash: 'sha256' | 'sha384' | 'sha512', keyDetails: string, registered: string): SigningAlgorithm {
  return { hash, registered: { keyDetails, hash: registered } }
}
