import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bundleManifest } from '@gatehouse/bundle/bundle-manifest'
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Session } from '../../command.ts'
import { askOpa, compileErrors, invalidPolicies, shownPath, type CompileError } from './policy-files.ts'

interface Loaded {
  readonly errors: readonly CompileError[]
  /** The documents merged, without what lies among the tests; null where they cannot be. */
  readonly data: Json | null
}

/**
 * `opa check` reads no data: what cannot be read, or contradicts another file, is told where it is loaded.
 * @param wanted what is answered of them: `data` for all, `{}` where only the errors matter.
 */
async function loadedData(session: Session, opa: Opa, folder: PolicyFolder, wanted: 'data' | '{}'): Promise<Loaded> {
  if (folder.data.length === 0) return { errors: [], data: {} }
  const load = folder.shipped.flatMap((part) => ['--data', part])
  const asked = ['eval', '--format', 'json', ...ignoreOptions(folder), '--ignore', '*.rego', ...load, wanted]
  const said = await askOpa(session, opa, folder, asked)
  if (said.exit !== 0) return { errors: compileErrors(session, folder, said), data: null }
  const { result } = JSON.parse(said.stdout) as { result?: { expressions?: { value?: Json }[] }[] }
  return { errors: [], data: result?.[0]?.expressions?.[0]?.value ?? {} }
}

/** What is wrong with the data by themselves and with manifest.json, as `policy build` would refuse it. */
export async function dataErrors(session: Session, opa: Opa, folder: PolicyFolder): Promise<readonly CompileError[]> {
  const path = join(folder.root, 'manifest.json')
  const { errors, data } = await loadedData(session, opa, folder, existsSync(path) ? 'data' : '{}')
  if (data === null) return errors
  const manifest = bundleManifest(folder, data)
  if (manifest.ok) return []
  const message = manifest.detail.replace(`${path}: `, '').replace(`${path} `, '')
  return [{ file: shownPath(session, folder, 'manifest.json'), line: 0, column: 0, code: '', message }]
}

/** What is wrong with the data beside rules and tests that compile: a rule where data stand, data of the tests. */
export async function mixedErrors(session: Session, opa: Opa, folder: PolicyFolder): Promise<readonly CompileError[]> {
  if (folder.data.length === 0) return []
  const load = folder.all.flatMap((part) => ['--data', part])
  const said = await askOpa(session, opa, folder, [
    'eval',
    '--format',
    'json',
    ...ignoreOptions(folder),
    ...load,
    'null',
  ])
  return said.exit === 0 ? [] : compileErrors(session, folder, said)
}

/** `policy-invalid` where the data cannot be loaded: what runs the tests in process would only say that it cannot. */
export async function mustLoadData(session: Session, opa: Opa, folder: PolicyFolder): Promise<void> {
  const { errors } = await loadedData(session, opa, folder, '{}')
  if (errors.length > 0) throw invalidPolicies(errors)
}
