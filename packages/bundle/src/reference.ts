import { Problem } from '@gatehouse/core/kernel/problems'

/** Where an artifact lies, as the user writes it. Nothing is looked up. */
export type ArtifactReference = RegistryReference | LayoutReference

interface Named {
  readonly tag: string | null
  /** `sha256:` and 64 lower-case hexadecimal characters. */
  readonly digest: string | null
}

export interface RegistryReference extends Named {
  readonly kind: 'registry'
  /** Host, with the port where one is given. */
  readonly host: string
  readonly repository: string
}

export interface LayoutReference extends Named {
  readonly kind: 'layout'
  /** Folder of the OCI image layout, as written. */
  readonly path: string
}

const DIGEST = /^sha256:[0-9a-f]{64}$/
/** distribution-spec 1.1, "Pulling manifests". */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/

export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

/**
 * `host[:port]/repository[:tag][@sha256:...]` or `oci:folder[:tag][@sha256:...]`. The host is always written: a name
 * without one would silently mean somebody's public registry. Throws `usage` naming what is wrong.
 */
export function parseReference(text: string): ArtifactReference {
  const at = text.lastIndexOf('@')
  const digest = at < 0 ? null : text.slice(at + 1)
  const rest = at < 0 ? text : text.slice(0, at)
  if (digest !== null && !DIGEST.test(digest)) {
    throw new Problem('usage', `${text}: behind the @ a digest is needed: sha256: and 64 hexadecimal characters`)
  }
  if (rest.startsWith('oci:')) {
    const { name, tag } = splitTag(rest.slice(4), text)
    if (name === '') throw new Problem('usage', `${text}: the folder behind oci: is missing`)
    return { kind: 'layout', path: name, tag, digest }
  }
  if (/^[a-z]+:\/\//.test(rest)) {
    throw new Problem('usage', `${text}: a reference has no scheme; write host/repository:tag`)
  }
  const slash = rest.indexOf('/')
  const host = slash < 0 ? '' : rest.slice(0, slash)
  const looksLikeHost = host.includes('.') || host.includes(':') || host === 'localhost'
  if (!looksLikeHost || !HOST.test(host)) {
    throw new Problem(
      'usage',
      `${text}: write host/repository[:tag][@sha256:...], as registry.example.com/policy/governance:1, or oci:folder`,
    )
  }
  const { name, tag } = splitTag(rest.slice(slash + 1), text)
  if (!REPOSITORY.test(name) || name.length > 255) {
    throw new Problem(
      'usage',
      `${text}: ${name} is no repository name (lower-case letters, digits and . _ - / between)`,
    )
  }
  return { kind: 'registry', host, repository: name, tag, digest }
}

function splitTag(rest: string, whole: string): { readonly name: string; readonly tag: string | null } {
  const colon = rest.lastIndexOf(':')
  if (colon < 0 || rest.includes('/', colon)) return { name: rest, tag: null }
  const tag = rest.slice(colon + 1)
  if (!TAG.test(tag)) {
    throw new Problem('usage', `${whole}: ${tag} is no tag (letters, digits, . _ - and at most 128 of them)`)
  }
  return { name: rest.slice(0, colon), tag }
}

/** The reference as it is written. */
export function referenceText(reference: ArtifactReference, digest: string | null = reference.digest): string {
  const place = reference.kind === 'layout' ? `oci:${reference.path}` : `${reference.host}/${reference.repository}`
  const tag = reference.tag === null ? '' : `:${reference.tag}`
  return `${place}${tag}${digest === null ? '' : `@${digest}`}`
}

/** The digest that a reference pins; `bundle-unpinned` where it names a tag only, which anybody may move. */
export function pinnedDigest(reference: ArtifactReference): string {
  if (reference.digest !== null) return reference.digest
  throw new Problem(
    'bundle-unpinned',
    `${referenceText(reference)} names no digest, and a tag can be moved. Name it as ${referenceText(reference)}@sha256:... with the digest that "policy push" told.`,
  )
}
