import { readFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { readTarGz } from '@gatehouse/bundle/archive-read'
import { policyFacts, readManifest } from '@gatehouse/bundle/artifact'
import { DEFAULT_BUNDLE_LIMITS } from '@gatehouse/bundle/bundle-limits'
import { LayoutStore } from '@gatehouse/bundle/layout-artifacts'
import { parseReference, referenceText } from '@gatehouse/bundle/reference'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { readBundleFolder } from '@gatehouse/rego/bundle-folder'
import { openPolicyFolder, readPolicyFile } from '@gatehouse/rego/policy-folder'
import { loadBundle, type BundleParts, type Policy } from '@gatehouse/rego/rego'
import type { Session } from '../../command.ts'
import { buildPolicy } from './policy-build.ts'
import { opaOf } from './policy-files.ts'

/** A set of policies to look at: sources by path, data, and what evaluates them. */
export interface PolicySide {
  /** As the user named it. */
  readonly name: string
  /** Rego by path. Without tests. */
  readonly sources: ReadonlyMap<string, string>
  readonly data: Json
  readonly revision: string
  /** Whether its Rego was compiled now; else the plan is the one that lies there, and nothing says that it was built from this Rego. */
  readonly plan: 'compiled' | 'as-built'
  /** What it is evaluated from; `policy-bundle-unreadable` where it holds nothing of the kind. */
  readonly parts: () => BundleParts
  /** Loads it; `policy-bundle-unreadable` where it cannot be evaluated. */
  readonly policy: () => Promise<Policy>
}

/** A folder, an archive of a bundle (`.tar.gz`), or an artifact in an OCI layout (`oci:folder:tag`, `oci:folder@sha256:...`). */
export async function openSide(session: Session, name: string): Promise<PolicySide> {
  if (name.startsWith('oci:')) return archiveSide(session, name, await layer(session, name))
  const path = resolve(session.host.cwd, name)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new Problem(
      'policy-not-found',
      isInRegistry(name)
        ? `${name} is no folder and no file here. What lies in a registry has to be pulled first: gatehouse policy pull ${pinned(name)} bundle.tar.gz; then name bundle.tar.gz`
        : `${name} is not there: name a folder, a bundle's .tar.gz or oci:folder@sha256:...`,
    )
  if (stat.isDirectory() || path.endsWith('.rego')) return folderSide(session, name, path)
  return archiveSide(session, name, readFileSync(path))
}

function isInRegistry(name: string): boolean {
  try {
    return parseReference(name).kind === 'registry'
  } catch {
    return false
  }
}

/** Pulled is by digest only. */
function pinned(name: string): string {
  const reference = parseReference(name)
  return reference.digest === null ? `${referenceText(reference)}@sha256:...` : referenceText(reference)
}

async function layer({ host }: Session, name: string): Promise<Buffer> {
  const reference = parseReference(name)
  if (reference.kind !== 'layout')
    throw new Problem('usage', `${name}: only artifacts in a folder are compared; fetch it with gatehouse policy pull`)
  const wanted = reference.digest ?? reference.tag
  if (wanted === null) throw new Problem('usage', `${name}: name a tag or a digest, oci:${reference.path}@sha256:...`)
  const store = new LayoutStore(resolve(host.cwd, reference.path))
  const manifest = await store.manifest(wanted, DEFAULT_BUNDLE_LIMITS.maxDocumentBytes)
  return store.blob(policyFacts(readManifest(manifest.bytes)).layer, DEFAULT_BUNDLE_LIMITS.maxLayerBytes)
}

async function folderSide(session: Session, name: string, path: string): Promise<PolicySide> {
  const folder = openPolicyFolder(path)
  if (!folder.ok) {
    // A bundle that was built elsewhere: a plan and its data, without sources.
    const bundle = readBundleFolder(path)
    if (!bundle.ok) throw new Problem('policy-not-found', `${folder.detail} It is no built bundle either.`)
    const { plan, data, manifest } = bundle.value
    return {
      name,
      sources: new Map(),
      data,
      revision: revisionOf(manifest),
      plan: 'as-built',
      ...evaluated(name, () => ({ plan, data })),
    }
  }
  try {
    return await compiled(session, name, path, false)
  } catch (error) {
    const bundle = readBundleFolder(path)
    if (!(error instanceof Problem && error.slug === 'opa-not-found' && bundle.ok)) throw error
    const unread = folder.value.data.find((file) => !/^data\/[^/]+\.json$/.test(file))
    // Without it a decision would come out, and a wrong one.
    if (unread !== undefined)
      throw new Problem(
        'opa-not-found',
        `${error.message} Without OPA only JSON files of ${name}/data itself are read, and not ${unread}.`,
      )
    session.progress('OPA is not installed: plan.json is taken as it was built.')
    const { plan, data, manifest } = bundle.value
    const sources = new Map(folder.value.policies.map((file) => [file, readPolicyFile(folder.value, file)]))
    return {
      name,
      sources,
      data,
      revision: revisionOf(manifest),
      plan: 'as-built',
      ...evaluated(name, () => ({ plan, data })),
    }
  }
}

async function archiveSide(session: Session, name: string, bytes: Uint8Array): Promise<PolicySide> {
  const files = await readTarGz(bytes, DEFAULT_BUNDLE_LIMITS)
  const text = (path: string) => files.get(path)?.toString('utf8')
  const sources = new Map(
    [...files.keys()]
      .filter((path) => path.endsWith('.rego') && !path.endsWith('_test.rego'))
      .map((path) => [path, text(path) ?? '']),
  )
  const data = parsed(name, 'data.json', text('data.json') ?? '{}')
  const revision = revisionOf(parsed(name, '.manifest', text('.manifest') ?? '{}'))
  const plan = text('plan.json')
  if (plan !== undefined)
    return {
      name,
      sources,
      data,
      revision,
      plan: 'as-built',
      ...evaluated(name, () => ({ plan: parsed(name, 'plan.json', plan), data })),
    }
  if (sources.size === 0) throw new Problem('policy-bundle-unreadable', `${name} has neither plan.json nor Rego`)
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'))
  try {
    // Paths were made sure of when the archive was read: none leads outside.
    for (const [path, content] of files) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true })
      writeFileSync(join(scratch, path), content)
    }
    // OPA's own bundles hold all data in one document at the root; an archive of a folder is taken as the folder.
    return {
      ...(await compiled(session, name, scratch, files.has('data.json'))),
      ...(revision === '' ? {} : { revision }),
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function compiled(session: Session, name: string, path: string, whole: boolean): Promise<PolicySide> {
  const found = openPolicyFolder(path)
  if (!found.ok) throw new Problem(found.code, `${name}: ${found.detail}`)
  const folder = whole ? { ...found.value, isBundle: false, shipped: ['.'], all: ['.'] } : found.value
  const sources = new Map(folder.policies.map((file) => [file, readPolicyFile(folder, file)]))
  // What is asked must be in the plan: without it a folder whose METADATA names no entrypoint has none.
  const asked = session.options.text('entrypoint')
  const built = await buildPolicy(session, await opaOf(session), folder, asked === null ? [] : [asked])
  const plan = JSON.parse(built.plan) as unknown
  return {
    name,
    sources,
    data: built.data,
    revision: built.manifest.revision,
    plan: 'compiled',
    ...evaluated(name, () => ({ plan, data: built.data })),
  }
}

function evaluated(name: string, parts: () => BundleParts): Pick<PolicySide, 'parts' | 'policy'> {
  const policy = async () => {
    const loaded = loadBundle(parts())
    if (!loaded.ok) throw new Problem('policy-bundle-unreadable', `${name}: ${loaded.detail}`)
    return loaded.value
  }
  return { parts, policy }
}

function parsed(name: string, file: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    throw new Problem(
      'policy-bundle-unreadable',
      `${name}: ${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function revisionOf(manifest: Json | undefined): string {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return ''
  const { revision } = manifest as { readonly [key: string]: Json | undefined }
  return typeof revision === 'string' ? revision : ''
}
