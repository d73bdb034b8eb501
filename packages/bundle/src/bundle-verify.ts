import { Problem, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import type { BundleParts } from '@gatehouse/rego/rego'
import { policyFacts, readManifest } from './artifact.ts'
import { acceptContents } from './bundle-accept.ts'
import { readContents } from './bundle-contents.ts'
import { DEFAULT_BUNDLE_LIMITS, type BundleLimits } from './bundle-limits.ts'
import { pinnedDigest, type ArtifactReference } from './reference.ts'
import { findSignatures } from './signature-attachment.ts'
import { verifySignature, type SignerPolicy, type VerifiedSigner } from './signature-verify.ts'
import type { ArtifactStore } from './store.ts'

/** The bundle that is in force, which a new one must be newer than. */
export interface InForce {
  readonly version: number
  /** Where it is known: the very same artifact is accepted again. */
  readonly digest: string | null
}

export interface VerifyOptions {
  readonly signer: SignerPolicy
  readonly inForce?: InForce | null
  readonly limits?: BundleLimits
  /** What the bundle must be able to answer, `gatehouse/decision` for a server of Gatehouse; default nothing. */
  readonly entrypoints?: readonly string[]
}

/** What is known of a bundle that was accepted. snake_case: it is printed and recorded as it is. */
export interface VerifiedBundle {
  readonly digest: string
  readonly layer_digest: string
  readonly version: number
  readonly source_commit: string | null
  readonly revision: string
  readonly signer: VerifiedSigner
  readonly tests: number
  readonly statements: number
  /** What the bundle can be asked. */
  readonly entrypoints: readonly string[]
}

export interface AcceptedBundle {
  readonly verified: VerifiedBundle
  /** For the evaluator. */
  readonly parts: Required<BundleParts>
  readonly layer: Buffer
}

/**
 * Fetches an artifact by its digest and accepts it, or throws the Problem that says why not, in this order: pinned, untampered manifest,
 * signed by whom the policy names at trusted times, newer than what is in force, untampered layer, within limits, builtins
 * known, its tests passing, able to answer what it must. Nothing of the bundle is unpacked or evaluated before its signature holds. No network beyond the store.
 */
export async function verifyBundle(
  store: ArtifactStore,
  reference: ArtifactReference,
  options: VerifyOptions,
): Promise<AcceptedBundle> {
  const limits = options.limits ?? DEFAULT_BUNDLE_LIMITS
  const digest = pinnedDigest(reference)
  const { bytes } = await store.manifest(digest, limits.maxDocumentBytes)
  const signer = await verifiedSigner(store, digest, options.signer, limits)
  const facts = policyFacts(readManifest(bytes))
  if (options.inForce) mustBeNewer(digest, facts.version, options.inForce)
  const layer = await store.blob(facts.layer, limits.maxLayerBytes)
  const contents = await readContents(layer, limits)
  const { tests, statements, entrypoints } = await acceptContents(contents, limits)
  mustAnswer(options.entrypoints ?? [], entrypoints)
  const verified = {
    digest,
    layer_digest: facts.layer.digest,
    version: facts.version,
    source_commit: facts.sourceCommit,
    revision: contents.revision,
    signer,
    tests,
    statements,
    entrypoints,
  }
  return { verified, parts: contents.parts, layer }
}

function mustAnswer(needed: readonly string[], entrypoints: readonly string[]): void {
  const missing = needed.find((name) => !entrypoints.includes(name))
  if (missing === undefined) return
  throw new Problem(
    'bundle-malformed',
    `The bundle cannot be asked ${missing}; its entrypoints are ${entrypoints.slice(0, 20).join(', ')}. Push it again with "policy push --entrypoint ${missing}".`,
  )
}

/** How near a signature came to being accepted: the problem of the nearest is the one told. */
const NEARNESS: readonly ProblemSlug[] = [
  'bundle-signature-invalid',
  'bundle-timestamp-missing',
  'bundle-issuer-mismatch',
  'bundle-identity-mismatch',
]

/** The first signature that the policy accepts. Others beside it do no harm: anybody who may push can attach one. */
async function verifiedSigner(
  store: ArtifactStore,
  digest: string,
  policy: SignerPolicy,
  limits: BundleLimits,
): Promise<VerifiedSigner> {
  const signatures = await findSignatures(store, digest, limits)
  if (signatures.length === 0) {
    throw new Problem(
      'bundle-unsigned',
      `${digest} carries no signature. Sign it with "gatehouse policy sign", or with "cosign sign".`,
    )
  }
  let nearest: Problem | null = null
  for (const { bundle } of signatures) {
    try {
      return verifySignature(bundle, digest, policy)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (nearest === null || NEARNESS.indexOf(error.slug) > NEARNESS.indexOf(nearest.slug)) nearest = error
    }
  }
  throw nearest ?? new Problem('bundle-unsigned', `${digest} carries no signature.`)
}

function mustBeNewer(digest: string, version: number, inForce: InForce): void {
  if (digest === inForce.digest || version > inForce.version) return
  throw new Problem(
    'bundle-version-older',
    `The bundle is version ${version}; version ${inForce.version} is in force, and only a greater one may follow. To go back, release the old policies under a new version.`,
  )
}
