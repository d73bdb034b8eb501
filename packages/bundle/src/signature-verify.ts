import { X509Certificate, type KeyObject } from 'node:crypto'
import { Problem } from '@gatehouse/core/kernel/problems'
import { bundleFromJSON, isBundleWithDsseEnvelope, type Bundle, type BundleWithDsseEnvelope } from '@sigstore/bundle'
import { dsse, RFC3161Timestamp } from '@sigstore/core'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import {
  PolicyError,
  toSignedEntity,
  toTrustMaterial,
  VerificationError,
  Verifier,
  type Signer,
} from '@sigstore/verify'
import { isTiledEntry, loggedSignature, tiledEntryBody, tiledEntryFault } from './rekor-tiles.ts'
import { EnvelopeContent } from './signature-content.ts'
import { keyHint } from './signature-make.ts'
import { statementNames } from './signature-statement.ts'

/** Whose signature is accepted. */
export type SignerPolicy =
  | {
      readonly kind: 'identity'
      /** The certificate's subject alternative names that may sign, each whole and exact: no patterns. */
      readonly identities: readonly string[]
      /** The OIDC issuer, whole and exact. */
      readonly issuer: string
      readonly trustRoot: TrustedRoot
      /** Trusted times of the signature that must be there: transparency log and timestamp authorities. At least 1; 2 unless told. */
      readonly timestamps?: number
    }
  | {
      readonly kind: 'key'
      readonly key: KeyObject
      /** With it the log's entry and `timestamps` trusted times are asked for as above. Null: the key alone, which ends with nothing. */
      readonly trustRoot: TrustedRoot | null
      readonly timestamps?: number
    }

export interface VerifiedSigner {
  readonly kind: 'identity' | 'key'
  /** The certificate's identity; null for a key. */
  readonly identity: string | null
  readonly issuer: string | null
  /** base64 of the SHA-256 of the key that signed (DER), for a key. */
  readonly key_hint: string | null
  /** RFC 3339; where the signature's own times come from. Empty for a key without them. */
  readonly times: readonly { readonly source: 'transparency-log' | 'timestamp-authority'; readonly at: string }[]
}

export const DEFAULT_TIMESTAMPS = 2

/** Reads a trusted_root.json (sigstore's protobuf-specs); `trust-root-invalid` where it cannot serve. */
export function readTrustRoot(text: string): TrustedRoot {
  try {
    const root = TrustedRoot.fromJSON(JSON.parse(text))
    toTrustMaterial(root)
    if (root.certificateAuthorities.length + root.tlogs.length + root.timestampAuthorities.length > 0) return root
  } catch {
    // told below
  }
  throw new Problem(
    'trust-root-invalid',
    'The trust root is no trusted_root.json of sigstore. Make one with "cosign trusted-root create", or take that of the public instance.',
  )
}

/**
 * Verifies one sigstore bundle (v0.3) against the digest that it must be about. Pure: no network, no clock; a certificate is judged at the
 * signature's own trusted times. Throws a Problem that says which of it does not hold.
 */
export function verifySignature(bytes: Buffer, digest: string, policy: SignerPolicy): VerifiedSigner {
  const bundle = readBundle(bytes)
  const { payloadType, payload } = bundle.content.dsseEnvelope
  const key = signingKey(bundle, policy)
  const signer = verified(bundle, policy, key)
  if (!statementNames(payloadType, payload, digest)) {
    throw invalid(`it is about something else than ${digest}`)
  }
  const trusted = trustedTimes(bundle, policy.trustRoot)
  mustHaveWitnesses(trusted, policy, bundle)
  mustBeLogged(bundle, policy.trustRoot, key, trusted)
  const times = trusted.map(({ source, at }) => ({ source, at }))
  if (policy.kind === 'key') return { kind: 'key', identity: null, issuer: null, key_hint: keyHint(policy.key), times }
  const identity = signer.identity?.subjectAlternativeName ?? ''
  const issuer = signer.identity?.extensions?.issuer ?? ''
  if (issuer !== policy.issuer) {
    throw new Problem(
      'bundle-issuer-mismatch',
      `${identity || 'The signer'} is vouched for by ${issuer || 'nobody'}; only ${policy.issuer} is accepted. Do not use it, unless that issuer is one that you mean to accept.`,
    )
  }
  if (!policy.identities.includes(identity)) {
    throw new Problem(
      'bundle-identity-mismatch',
      `It was signed by ${identity || 'nobody that is named'}; only ${policy.identities.join(', ')} is accepted. Do not use it, unless that signer is one that you mean to accept.`,
    )
  }
  return { kind: 'identity', identity, issuer, key_hint: null, times }
}

function readBundle(bytes: Buffer): BundleWithDsseEnvelope {
  let bundle: Bundle
  try {
    bundle = bundleFromJSON(JSON.parse(bytes.toString('utf8')))
  } catch {
    throw invalid('it is no sigstore bundle')
  }
  if (!isBundleWithDsseEnvelope(bundle)) throw invalid('it signs no statement (no DSSE envelope)')
  if (bundle.content.dsseEnvelope.signatures.length !== 1) throw invalid('it must carry exactly one signature')
  return bundle
}

/** The key that must have signed: the one given, or that of the certificate, which the verifier judges. */
function signingKey(bundle: BundleWithDsseEnvelope, policy: SignerPolicy): KeyObject {
  const { content } = bundle.verificationMaterial
  const byKey = content.$case === 'publicKey'
  if (policy.kind === 'key' && !byKey)
    throw invalid('it was made with a certificate; a signature of the key given is needed')
  if (policy.kind === 'identity' && byKey) {
    throw new Problem(
      'bundle-identity-mismatch',
      'It was signed with a bare key, which is nobody; a signature by an identity is needed. Verify it with the key (--key), or have it signed keyless.',
    )
  }
  if (policy.kind === 'key') return policy.key
  const der = certificateOf(bundle)
  try {
    if (der !== null) return new X509Certificate(der).publicKey
  } catch {
    // told below
  }
  throw invalid('its certificate cannot be read')
}

function certificateOf({ verificationMaterial: { content } }: BundleWithDsseEnvelope): Buffer | null {
  if (content.$case === 'certificate') return content.certificate.rawBytes
  return content.$case === 'x509CertificateChain'
    ? (content.x509CertificateChain.certificates[0]?.rawBytes ?? null)
    : null
}

function verified(bundle: BundleWithDsseEnvelope, policy: SignerPolicy, key: KeyObject): Signer {
  const keyAlone = policy.kind === 'key' && policy.trustRoot === null
  // The hint is the signer's word: the key is the one we were given, whatever the hint.
  const find = () => {
    if (policy.kind === 'key') return { publicKey: policy.key, validFor: () => true }
    throw new VerificationError({ code: 'PUBLIC_KEY_ERROR', message: 'no key is trusted' })
  }
  const verifier = new Verifier(toTrustMaterial(policy.trustRoot ?? TrustedRoot.fromJSON({}), find), {
    ctlogThreshold: 1,
    tlogThreshold: keyAlone ? 0 : 1,
    timestampThreshold: keyAlone ? 0 : wantedTimestamps(policy),
  })
  try {
    const entity = toSignedEntity(keyAlone ? withoutWitnesses(bundle) : bundle)
    return verifier.verify({ ...entity, signature: new EnvelopeContent(bundle.content.dsseEnvelope, key) })
  } catch (error) {
    if (error instanceof VerificationError && error.code === 'TIMESTAMP_ERROR') {
      throw new Problem(
        'bundle-timestamp-missing',
        `The signature's trusted times do not hold (${error.message}). ${timesAdvice(bundle, policy)}`,
      )
    }
    if (error instanceof VerificationError || error instanceof PolicyError) throw invalid(error.message)
    throw invalid(error instanceof Error ? error.message : 'it cannot be verified')
  }
}

/** What to do where times are missing: Rekor v2 gives none, so that two of them need two timestamp authorities. */
function timesAdvice(bundle: Bundle, policy: SignerPolicy): string {
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial
  const stamped = timestampVerificationData?.rfc3161Timestamps.length ?? 0
  if (!tlogEntries.some(isTiledEntry))
    return 'Sign with both a transparency log and a timestamp authority that the trust root names.'
  const wanted = wantedTimestamps(policy)
  if (stamped === 0)
    return 'Its log (Rekor v2) gives no time: sign with a timestamp authority that the trust root names.'
  return `Its log (Rekor v2) gives no time: sign with ${wanted} timestamp authorities that the trust root names, or ask for fewer (--timestamps ${stamped}).`
}

/** Without a trust root nothing can be said of log entries and timestamps: they are neither trusted nor in the way. */
function withoutWitnesses(bundle: BundleWithDsseEnvelope): BundleWithDsseEnvelope {
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
  }
}

interface TrustedTime {
  readonly source: 'transparency-log' | 'timestamp-authority'
  readonly at: string
  /** Which log or authority, so that one of them counts once. */
  readonly authority: string
}

/** The times that `verified` has checked; none where no trust root could check them. */
function trustedTimes(bundle: Bundle, trustRoot: TrustedRoot | null): TrustedTime[] {
  if (trustRoot === null) return []
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial
  const logged = tlogEntries
    .filter((entry) => entry.inclusionPromise !== undefined && Number(entry.integratedTime) > 0)
    .map((entry) => ({
      source: 'transparency-log' as const,
      at: new Date(Number(entry.integratedTime) * 1000).toISOString(),
      authority: Buffer.from(entry.logId?.keyId ?? []).toString('hex'),
    }))
  const stamped = (timestampVerificationData?.rfc3161Timestamps ?? []).map((token) => {
    const stamp = RFC3161Timestamp.parse(Buffer.from(token.signedTimestamp))
    const authority = Buffer.concat([stamp.signerIssuer, stamp.signerSerialNumber]).toString('hex')
    return { source: 'timestamp-authority' as const, at: stamp.signingTime.toISOString(), authority }
  })
  return [...logged, ...stamped]
}

/** The verifier counts timestamps; two of one authority are one witness. */
function mustHaveWitnesses(times: readonly TrustedTime[], policy: SignerPolicy, bundle: Bundle): void {
  if (policy.kind === 'key' && policy.trustRoot === null) return
  const authorities = new Set(times.map(({ source, authority }) => `${source}:${authority}`)).size
  const wanted = wantedTimestamps(policy)
  if (authorities >= wanted) return
  throw new Problem(
    'bundle-timestamp-missing',
    `The signature has trusted times from ${authorities} authorities; ${wanted} are needed. ${timesAdvice(bundle, policy)}`,
  )
}

/** What Rekor v1 makes of an envelope or its signature; sigstore's verifier compares them. */
const V1_ENTRIES: ReadonlySet<string> = new Set(['dsse 0.0.1', 'intoto 0.0.2', 'hashedrekord 0.0.1'])

/** Entries of Rekor v2, whose proofs \`verified\` has checked, must be of this very signature. */
function mustBeLogged(
  bundle: BundleWithDsseEnvelope,
  trustRoot: TrustedRoot | null,
  key: KeyObject,
  times: readonly TrustedTime[],
): void {
  if (trustRoot === null) return
  const { payloadType, payload, signatures } = bundle.content.dsseEnvelope
  const certificate = certificateOf(bundle)
  const verifier = {
    certificate: certificate !== null,
    der: certificate ?? key.export({ format: 'der', type: 'spki' }),
  }
  const signed = dsse.preAuthEncoding(payloadType, payload)
  const logged = loggedSignature(signed, signatures[0]?.sig ?? Buffer.alloc(0), verifier, key)
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    const { kind, version } = entry.kindVersion
    if (V1_ENTRIES.has(`${kind} ${version}`)) continue
    if (!isTiledEntry(entry)) throw invalid(`it is in a log as ${kind} ${version}, which is not known`)
    const id = Buffer.from(entry.logId?.keyId ?? [])
    const log = trustRoot.tlogs.find(({ logId, checkpointKeyId }) =>
      id.equals((checkpointKeyId ?? logId)?.keyId ?? Buffer.alloc(0)),
    )
    const { start, end } = log?.publicKey?.validFor ?? {}
    const place = log === undefined ? null : { baseUrl: log.baseUrl, start: start ?? null, end: end ?? null }
    const fault = tiledEntryFault(
      entry,
      logged === null ? null : tiledEntryBody(logged),
      place,
      times.map(({ at }) => new Date(at)),
    )
    if (fault !== null) throw invalid(fault)
  }
}

function wantedTimestamps(policy: SignerPolicy): number {
  return Math.max(1, policy.timestamps ?? DEFAULT_TIMESTAMPS)
}

function invalid(why: string): Problem {
  return new Problem(
    'bundle-signature-invalid',
    `The signature does not verify: ${why}. Do not use the bundle; have it signed again by who released it.`,
  )
}
