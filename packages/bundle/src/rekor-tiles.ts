import { createHash, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import { dsse } from '@sigstore/core'
import { TransparencyLogEntry } from '@sigstore/protobuf-specs'
import { InternalError, type SignatureBundle, type Witness } from '@sigstore/sign'
import { readBody } from './registry-request.ts'
import { algorithmOf } from './signing-algorithm.ts'

/** Rekor v2, the tiled log: it logs nothing but hashed signatures (rekor-tiles, hashedrekord 0.0.2). */
export const TILED_KIND = { kind: 'hashedrekord', version: '0.0.2' } as const

const MAX_ENTRY_BYTES = 4 * 1024 * 1024

/** Who made a signature, as the log records it: DER of a certificate, or of a public key. */
export interface LoggedVerifier {
  readonly certificate: boolean
  readonly der: Buffer
}

/** A signature as the log takes it; null where the key's algorithm signs no hash (Ed25519), which this log cannot record. */
export interface LoggedSignature {
  readonly digest: Buffer
  readonly hash: string
  readonly signature: { readonly [key: string]: Json }
}

/** @param key of the verifier. @param signed the bytes that were signed. */
export function loggedSignature(
  signed: Buffer,
  signature: Buffer,
  verifier: LoggedVerifier,
  key: KeyObject,
): LoggedSignature | null {
  const algorithm = algorithmOf(key)
  if (algorithm?.registered === undefined || algorithm.registered === null || algorithm.hash === null) return null
  const der = { rawBytes: verifier.der.toString('base64') }
  return {
    digest: createHash(algorithm.hash).update(signed).digest(),
    hash: algorithm.registered.hash,
    signature: {
      content: signature.toString('base64'),
      verifier: {
        keyDetails: algorithm.registered.keyDetails,
        ...(verifier.certificate ? { x509Certificate: der } : { publicKey: der }),
      },
    },
  }
}

/**
 * The very bytes that the log hashes into its tree for a signature: canonical JSON (RFC 8785) of the entry. An entry with other bytes is about
 * something else, so a verifier makes them anew and compares.
 */
export function tiledEntryBody({ digest, hash, signature }: LoggedSignature): Buffer {
  const data = { algorithm: hash, digest: digest.toString('base64') }
  const spec = { hashedRekordV002: { data, signature } }
  return Buffer.from(canonicalJson({ kind: TILED_KIND.kind, apiVersion: TILED_KIND.version, spec }))
}

/**
 * Puts a DSSE signature into a Rekor v2 log. sigstore's own witness sends an envelope, which the log no longer takes, and calls every key
 * P-256.
 */
export class TiledLogWitness implements Witness {
  private readonly url: string
  private readonly timeoutMs: number

  constructor(url: string, timeoutMs: number) {
    this.url = `${url.replace(/\/$/, '')}/api/v2/log/entries`
    this.timeoutMs = timeoutMs
  }

  async testify(content: SignatureBundle, pem: string) {
    try {
      return { tlogEntries: [await this.logged(content, pem)] }
    } catch (cause) {
      throw new InternalError({ code: 'TLOG_CREATE_ENTRY_ERROR', message: 'error creating tlog entry', cause })
    }
  }

  private async logged(content: SignatureBundle, pem: string) {
    if (content.$case !== 'dsseEnvelope') throw new TypeError('only envelopes are signed here')
    const { payloadType, payload, signatures } = content.dsseEnvelope
    const certificate = pem.includes('BEGIN CERTIFICATE')
    const key = certificate ? new X509Certificate(pem).publicKey : createPublicKey(pem)
    const der = certificate ? new X509Certificate(pem).raw : key.export({ format: 'der', type: 'spki' })
    const signature = signatures[0]?.sig ?? Buffer.alloc(0)
    const signed = loggedSignature(dsse.preAuthEncoding(payloadType, payload), signature, { certificate, der }, key)
    if (signed === null) throw new TypeError('the key signs no hash')
    const hashedRekordRequestV002 = { digest: signed.digest.toString('base64'), signature: signed.signature }
    const entry = TransparencyLogEntry.fromJSON(await this.send(JSON.stringify({ hashedRekordRequestV002 })))
    const { logId, kindVersion } = entry
    // What comes back must be of what was sent: it is easier told here than by everybody who verifies.
    if (logId === undefined || kindVersion === undefined || !entry.canonicalizedBody.equals(tiledEntryBody(signed)))
      throw new TypeError('it answered with an entry of something else')
    return { ...entry, logId, kindVersion }
  }

  private async send(body: string): Promise<unknown> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(this.timeoutMs),
    })
    const bytes = await readBody(response, MAX_ENTRY_BYTES, 'The log’s answer')
    if (response.status !== 201 && response.status !== 200) throw new TypeError(`HTTP ${response.status}`)
    return JSON.parse(bytes.toString('utf8'))
  }
}

/** An entry that carries no time of its own: the log signs its tree and nothing else. */
export function isTiledEntry(entry: {
  readonly kindVersion?: { readonly kind: string; readonly version: string } | undefined
}): boolean {
  return entry.kindVersion?.kind === TILED_KIND.kind && entry.kindVersion.version === TILED_KIND.version
}

/**
 * What sigstore's verifier leaves open of a Rekor v2 entry, after it has checked the checkpoint's signature and the inclusion proof: that the
 * entry is of this signature by this key and nothing else, that the checkpoint is of the log that the trust root names, and that the log
 * was in service at a trusted time. Returns what is wrong, or null.
 */
export function tiledEntryFault(
  entry: TransparencyLogEntry,
  body: Buffer | null,
  log: { readonly baseUrl: string; readonly start: Date | null; readonly end: Date | null } | null,
  times: readonly Date[],
): string | null {
  if (body === null) return 'a key whose algorithm signs no hash is in a log that records hashes only'
  if (!entry.canonicalizedBody.equals(body)) return 'the log’s entry is of another signature or key'
  const proof = entry.inclusionProof
  if (proof?.checkpoint === undefined || proof.logIndex !== entry.logIndex)
    return 'the log’s entry has no proof of inclusion'
  const origin = proof.checkpoint.envelope.split('\n', 1)[0] ?? ''
  const host = log !== null && URL.canParse(log.baseUrl) ? new URL(log.baseUrl).hostname : null
  if (log === null || host === null || origin !== host)
    return `the checkpoint is of the log ${origin}, not of ${host ?? 'one that is trusted'}`
  const inService = (at: Date) => (log.start === null || at >= log.start) && (log.end === null || at <= log.end)
  return times.every(inService) ? null : `the log ${host} was not in service when it was signed`
}
