import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { parseModule } from '@gatehouse/rego/mutation/rego-module'
import { readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'

export interface BundleManifest {
  readonly revision: string
  readonly roots: readonly string[]
  readonly [member: string]: unknown
}

/** The packages of a folder's policies, `release.window`. A file that is no Rego has none: OPA says better what is wrong with it. */
export function packagesOf(folder: PolicyFolder): ReadonlySet<string> {
  return new Set(
    folder.policies.flatMap((file) => {
      try {
        return [parseModule(readPolicyFile(folder, file)).packageName]
      } catch {
        return []
      }
    }),
  )
}

/**
 * The manifest of a folder's bundle: its `manifest.json`, or, where there is none, one whose roots are the first words of packages and data.
 * Everything must lie under the roots, or OPA would not load the bundle. `policy-bundle-unreadable` names what does not.
 * @param revision instead of the one that the file has.
 */
export function bundleManifest(
  folder: PolicyFolder,
  data: Json,
  revision: string | null = null,
): Result<BundleManifest, 'policy-bundle-unreadable'> {
  const packages = [...packagesOf(folder)].map((name) => name.replaceAll('.', '/')).filter((name) => name !== '')
  const path = join(folder.root, 'manifest.json')
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    const keys = typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.keys(data) : []
    const roots = new Set([...packages, ...keys].map((name) => name.split('/')[0] ?? name))
    return ok({ revision: revision ?? '', roots: [...roots].toSorted(), rego_version: 1 })
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return refuse('policy-bundle-unreadable', `${path} is no JSON: ${error instanceof Error ? error.message : ''}`)
  }
  const roots = manifestRoots(value)
  if (roots === null)
    return refuse(
      'policy-bundle-unreadable',
      `${path}: a JSON object is needed, and its roots must be a list of texts: {"revision": "", "roots": ["release"]}`,
    )
  const outside = packages.find((name) => !roots.some((root) => isUnder(name, root))) ?? dataOutsideRoots(data, roots)
  if (outside !== null && outside !== undefined)
    return refuse(
      'policy-bundle-unreadable',
      `${path}: "${outside}" of the policies or data is not under its roots (${roots.join(', ')}); add it to "roots"`,
    )
  const manifest = value as { readonly revision?: unknown }
  const told = typeof manifest.revision === 'string' ? manifest.revision : ''
  return ok({ ...manifest, revision: revision ?? told, roots })
}

/** The roots that a manifest claims: all where it names none. Null where it is no manifest. */
export function manifestRoots(manifest: unknown): readonly string[] | null {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return null
  const { roots } = manifest as { readonly roots?: unknown }
  if (roots === undefined || roots === null) return ['']
  return Array.isArray(roots) && roots.every((root) => typeof root === 'string') ? roots : null
}

/** The first path of the data that lies under no root; null where all do. */
export function dataOutsideRoots(data: Json, roots: readonly string[], path = ''): string | null {
  if (roots.some((root) => isUnder(path, root))) return null
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return path
  const members = Object.entries(data)
  // To OPA an object without members is a value like any other.
  if (members.length === 0) return path === '' ? null : path
  for (const [key, value] of members) {
    const outside = dataOutsideRoots(value ?? null, roots, path === '' ? key : `${path}/${key}`)
    if (outside !== null) return outside
  }
  return null
}

function isUnder(path: string, root: string): boolean {
  const trimmed = root.replace(/^\/|\/$/g, '')
  return trimmed === '' || path === trimmed || path.startsWith(`${trimmed}/`)
}
