import { createHash, verify, type KeyObject } from 'node:crypto'
import type { Envelope } from '@sigstore/bundle'
import { dsse } from '@sigstore/core'
import type { SignedEntity } from '@sigstore/verify'
import { algorithmOf } from './signing-algorithm.ts'

/**
 * What a DSSE envelope signs, for sigstore's verifier, with the hash that belongs to the key. The verifier's own hashes everything with
 * SHA-256, which is wrong for P-384 and P-521.
 */
export class EnvelopeContent {
  readonly signature: Buffer
  private readonly signed: Buffer
  private readonly payload: Buffer
  private readonly key: KeyObject

  constructor(envelope: Envelope, key: KeyObject) {
    this.signature = envelope.signatures[0]?.sig ?? Buffer.alloc(0)
    this.signed = dsse.preAuthEncoding(envelope.payloadType, envelope.payload)
    this.payload = envelope.payload
    this.key = key
  }

  /** What a log entry of the envelope (Rekor v1, kind dsse) hashes: always SHA-256. */
  compareDigest(digest: Buffer): boolean {
    return digest.equals(createHash('sha256').update(this.payload).digest())
  }

  /** What a log entry of the signature (kind hashedrekord) hashes: the signed bytes, with the key's hash. */
  compareSignedDigest(digest: Buffer): boolean {
    return this.signedDigest()?.equals(digest) ?? false
  }

  compareSignature(signature: Buffer): boolean {
    return signature.equals(this.signature)
  }

  verifySignature(key: KeyObject): boolean {
    const algorithm = algorithmOf(key)
    return algorithm !== null && verify(algorithm.hash, this.signed, key, this.signature)
  }

  /** Digest of the signed bytes (DSSE's pre-authentication encoding); null where the key's algorithm has no hash. */
  signedDigest(): Buffer | null {
    const hash = algorithmOf(this.key)?.hash ?? null
    return hash === null ? null : createHash(hash).update(this.signed).digest()
  }
}

/** Held against the verifier's own interface, which it does not export by name. */
export type SignatureContent = SignedEntity['signature']
