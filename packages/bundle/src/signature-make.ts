import { createHash, createPublicKey, sign as signBytes, type KeyObject } from 'node:crypto'
import { Problem } from '@gatehouse/core/kernel/problems'
import { bundleToJSON } from '@sigstore/bundle'
import {
  DSSEBundleBuilder,
  FulcioSigner,
  InternalError,
  RekorWitness,
  TSAWitness,
  type Signer,
  type Witness,
} from '@sigstore/sign'
import { TiledLogWitness } from './rekor-tiles.ts'
import { algorithmOf } from './signing-algorithm.ts'
import { makeStatement, PAYLOAD_TYPE } from './signature-statement.ts'

/** Who signs: a key, or an identity for which Fulcio makes a certificate of ten minutes. */
export type SigningIdentity =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'keyless'; readonly token: string; readonly fulcioUrl: string }

export interface SigningServices {
  /** Transparency logs, each with the version of its API; none leaves the signature out of any log. */
  readonly logs: readonly { readonly url: string; readonly version: 1 | 2 }[]
  /** RFC 3161 timestamp authorities, by the whole URL that takes a request. A log of version 2 gives no time, so it needs one. */
  readonly timestampUrls: readonly string[]
  /** Milliseconds for each of their answers. Default 30,000. */
  readonly timeoutMs?: number
}

/** The public instances of sigstore. */
export const PUBLIC_SERVICES = {
  fulcioUrl: 'https://fulcio.sigstore.dev',
  rekorUrl: 'https://rekor.sigstore.dev',
  tsaUrl: 'https://timestamp.sigstore.dev/api/v1/timestamp',
} as const

/**
 * Signs a manifest's digest as `cosign sign` does: a DSSE envelope in a sigstore bundle v0.3. Returns the bundle's JSON. A service that does
 * not answer, or answers no, is `signing-failed`.
 */
export async function signDigest(
  digest: string,
  identity: SigningIdentity,
  services: SigningServices,
): Promise<Buffer> {
  mustFit(identity, services)
  const timeout = services.timeoutMs ?? 30_000
  const net = { timeout, retry: 1 }
  const witnesses: Witness[] = [
    ...services.logs.map(({ url, version }) =>
      version === 1
        ? new RekorWitness({ rekorBaseURL: url, entryType: 'dsse', ...net })
        : new TiledLogWitness(url, timeout),
    ),
    ...services.timestampUrls.map((url) => new TSAWitness({ tsaBaseURL: url, ...net })),
  ]
  const signer: Signer =
    identity.kind === 'key'
      ? keySigner(identity.key)
      : new FulcioSigner({
          fulcioBaseURL: identity.fulcioUrl,
          identityProvider: { getToken: async () => identity.token },
          ...net,
        })
  // A single certificate, as v0.3 asks for, not a chain.
  const builder = new DSSEBundleBuilder({ signer, witnesses, certificateChain: false })
  try {
    const bundle = await builder.create({ data: makeStatement(digest), type: PAYLOAD_TYPE })
    const { content } = bundle.verificationMaterial
    // Here and not by the signer: it would be the envelope's keyid too, and cosign skips signatures with a keyid that is not its own.
    if (identity.kind === 'key' && content.$case === 'publicKey')
      content.publicKey.hint = keyHint(createPublicKey(identity.key))
    return Buffer.from(JSON.stringify(bundleToJSON(bundle)))
  } catch (error) {
    throw new Problem(
      'signing-failed',
      `${whatFailed(error, identity, services)} Try again, or look at the service’s address.`,
    )
  }
}

/** What the services would refuse, or nobody would take, is told before anything is logged. */
function mustFit(identity: SigningIdentity, { logs, timestampUrls }: SigningServices): void {
  const tiled = logs.some(({ version }) => version === 2)
  if (tiled && timestampUrls.length === 0) {
    throw new Problem(
      'signing-failed',
      'Rekor v2 gives no time, and without a trusted time nobody takes the signature. Name a timestamp authority too (tsaUrls of the signing config).',
    )
  }
  if (identity.kind !== 'key') return
  const hash = algorithmOf(identity.key)?.hash ?? null
  if (tiled && hash === null) {
    throw new Problem(
      'signing-failed',
      'Rekor v2 records hashed signatures, and an Ed25519 key signs no hash. Sign with an ECDSA or RSA key, or without that log.',
    )
  }
  if (hash !== null && hash !== 'sha256' && logs.some(({ version }) => version === 1)) {
    throw new Problem(
      'signing-failed',
      `Rekor v1 judges every signature by SHA-256, and this key signs ${hash.toUpperCase().replace('A', 'A-')}. Name a log of Rekor v2, sign with ECDSA P-256, or sign without a log.`,
    )
  }
}

function keySigner(key: KeyObject): Signer {
  const publicKey = createPublicKey(key)
  return {
    sign: async (data) => ({
      signature: signBytes(algorithmOf(key)?.hash ?? null, data, key),
      key: { $case: 'publicKey', publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString() },
    }),
  }
}

/** cosign's hint: which key it was, for people. It proves nothing. */
export function keyHint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64')
}

function whatFailed(error: unknown, identity: SigningIdentity, services: SigningServices): string {
  const code = error instanceof InternalError ? error.code : ''
  const why =
    error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : 'unknown error'
  if (code.startsWith('CA_') && identity.kind === 'keyless')
    return `Fulcio (${identity.fulcioUrl}) gave no certificate: ${why}.`
  if (code.startsWith('TLOG_'))
    return `Rekor (${services.logs.map(({ url }) => url).join(', ')}) took no entry: ${why}.`
  if (code.startsWith('TSA_'))
    return `The timestamp authority (${services.timestampUrls.join(', ')}) gave no timestamp: ${why}.`
  return `Signing did not succeed: ${why}.`
}
