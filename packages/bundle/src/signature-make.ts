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
import { makeStatement, PAYLOAD_TYPE } from './signature-statement.ts'

/** Who signs: a key, or an identity for which Fulcio makes a certificate of ten minutes. */
export type SigningIdentity =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'keyless'; readonly token: string; readonly fulcioUrl: string }

export interface SigningServices {
  /** Rekor v1; null leaves the signature out of the transparency log. */
  readonly rekorUrl: string | null
  /** RFC 3161 timestamp authority; null leaves its timestamp out. */
  readonly tsaUrl: string | null
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
  const timeout = services.timeoutMs ?? 30_000
  const witnesses: Witness[] = []
  const net = { timeout, retry: 1 }
  if (services.rekorUrl !== null)
    witnesses.push(new RekorWitness({ rekorBaseURL: services.rekorUrl, entryType: 'dsse', ...net }))
  if (services.tsaUrl !== null) witnesses.push(new TSAWitness({ tsaBaseURL: services.tsaUrl, ...net }))
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

function keySigner(key: KeyObject): Signer {
  const publicKey = createPublicKey(key)
  return {
    sign: async (data) => ({
      signature: signBytes(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key),
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
  if (code.startsWith('TLOG_')) return `Rekor (${services.rekorUrl ?? ''}) took no entry: ${why}.`
  if (code.startsWith('TSA_')) return `The timestamp authority (${services.tsaUrl ?? ''}) gave no timestamp: ${why}.`
  return `Signing did not succeed: ${why}.`
}
