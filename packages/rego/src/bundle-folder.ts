import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import type { BundleParts } from './rego.ts'

type Tree = { readonly [key: string]: Json | undefined }

/**
 * Reads a bundle's folder as it is kept in a repository: `plan.json`, `manifest.json`, and every `*.json` under `data/`
 * merged at the root, as OPA merges the documents of files it is given. Never throws.
 */
export function readBundleFolder(folder: string): Result<Required<BundleParts>, 'policy-bundle-unreadable'> {
  try {
    const data = readdirSync(join(folder, 'data'))
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => tree(read(join(folder, 'data', file)), file))
      .reduce(merged, Object.create(null) as Tree)
    return ok({ plan: read(join(folder, 'plan.json')), data, manifest: read(join(folder, 'manifest.json')) })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    return refuse('policy-bundle-unreadable', `The policy bundle in ${folder} cannot be read: ${why}.`)
  }
}

function read(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${path} is no JSON: ${error.message}`, { cause: error })
    throw error
  }
}

function isTree(value: Json | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function tree(value: Json, file: string): Tree {
  if (!isTree(value)) throw new TypeError(`data/${file} is no JSON object`)
  return value
}

function merged(a: Tree, b: Tree): Tree {
  const out = Object.assign(Object.create(null) as { [key: string]: Json | undefined }, a)
  for (const [key, value] of Object.entries(b)) {
    const old = out[key]
    if (old !== undefined && !(isTree(old) && isTree(value))) {
      throw new TypeError(`two files of data/ both say what ${JSON.stringify(key)} is`)
    }
    out[key] = isTree(old) && isTree(value) ? merged(old, value) : value
  }
  return out
}
