import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'

/** A folder of policies, as OPA is to be run on it. */
export interface PolicyFolder {
  /** Working folder for OPA; all paths are relative to it, with `/`. */
  readonly root: string
  /** Whether it is laid out as a bundle: `policies`, and `data` and `tests` where there are such. */
  readonly isBundle: boolean
  /** Paths for OPA's command line: policies, data and tests. */
  readonly all: readonly string[]
  /** The same without tests. */
  readonly shipped: readonly string[]
  /** `--ignore` patterns for OPA: what lies beside the policies and is no data. */
  readonly ignored: readonly string[]
  readonly policies: readonly string[]
  readonly tests: readonly string[]
  /** JSON and YAML that OPA loads as data. */
  readonly data: readonly string[]
}

/** Files beside the policies of a bundle that are no data of it. */
const NO_DATA = ['plan.json', 'capabilities.json', 'manifest.json']
const MAX_FILES = 20_000

/**
 * Looks at a folder, or at one Rego file. With a `policies` folder in it the layout is that of the governance bundle; else every
 * `.rego` below it is a policy, or a test where its name ends in `_test.rego`. Hidden folders and `node_modules` are left out.
 */
export function openPolicyFolder(path: string): Result<PolicyFolder, 'policy-not-found'> {
  try {
    if (statSync(path).isFile()) {
      if (!path.endsWith('.rego')) return refuse('policy-not-found', `${path} is no folder and no .rego file.`)
      const name = basename(path)
      const test = name.endsWith('_test.rego')
      const lists = { policies: test ? [] : [name], tests: test ? [name] : [], data: [] }
      return ok({ root: dirname(path), isBundle: false, all: [name], shipped: lists.policies, ignored: [], ...lists })
    }
    const isBundle = isFolder(join(path, 'policies'))
    const parts = isBundle ? ['policies', 'data', 'tests'].filter((part) => isFolder(join(path, part))) : ['.']
    const ignored = isBundle ? ['.*'] : ['.*', 'node_modules', ...NO_DATA]
    const files = parts.flatMap((part) => filesBelow(path, part === '.' ? '' : part, ignored))
    const rego = files.filter((file) => file.endsWith('.rego'))
    if (rego.length === 0)
      return refuse(
        'policy-not-found',
        `${path} has no .rego file. Name the folder of your policies, policy/governance for one.`,
      )
    const isTest = (file: string) => file.endsWith('_test.rego') || (isBundle && file.startsWith('tests/'))
    return ok({
      root: path,
      isBundle,
      all: parts,
      shipped: isBundle ? parts.filter((part) => part !== 'tests') : parts,
      ignored,
      policies: rego.filter((file) => !isTest(file)),
      tests: rego.filter(isTest),
      data: files.filter((file) => /\.(?:json|ya?ml)$/.test(file)),
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    return refuse('policy-not-found', `${path} cannot be read: ${why}. Name a folder of policies.`)
  }
}

/** `--ignore` options for OPA. */
export function ignoreOptions(folder: PolicyFolder): string[] {
  return folder.ignored.flatMap((pattern) => ['--ignore', pattern])
}

export function readPolicyFile(folder: PolicyFolder, file: string): string {
  return readFileSync(join(folder.root, file), 'utf8')
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Regular files below a folder, in order; links are not followed. */
function filesBelow(root: string, part: string, ignored: readonly string[]): string[] {
  const files: string[] = []
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || ignored.includes(entry.name)) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) files.push(path)
      if (files.length > MAX_FILES) throw new Error(`there are more than ${MAX_FILES} files in it`)
    }
  }
  walk(part)
  return files.toSorted((a, b) => (a < b ? -1 : 1))
}
