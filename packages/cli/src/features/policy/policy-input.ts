import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import type { Session } from '../../command.ts'

export type InputDocument = { readonly [key: string]: Json | undefined }

export interface NamedInput {
  /** The file's name within its folder. */
  readonly name: string
  readonly input: InputDocument
}

/** The decision's input of a JSON file, `-` for standard input. */
export async function readInput({ host }: Session, file: string): Promise<InputDocument> {
  if (file === '-') return parsed('standard input', Buffer.from(await host.readInput()).toString('utf8'))
  const path = resolve(host.cwd, file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Problem(
      'policy-input-invalid',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return parsed(file, text)
}

/** All inputs of a folder and the folders in it: files `*.json`, in the order of their names. */
export async function readInputs(session: Session, folder: string): Promise<NamedInput[]> {
  const root = resolve(session.host.cwd, folder)
  let names: string[]
  try {
    names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  } catch (error) {
    throw new Problem(
      'policy-input-invalid',
      `--inputs ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (names.length === 0) throw new Problem('policy-input-invalid', `--inputs ${folder} has no .json file`)
  const inputs: NamedInput[] = []
  for (const name of names.toSorted()) inputs.push({ name, input: await readInput(session, join(root, name)) })
  return inputs
}

function parsed(file: string, text: string): InputDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem(
      'policy-input-invalid',
      `${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('policy-input-invalid', `${file}: a JSON object is needed, the decision's input document`)
  return value as InputDocument
}

/** What is asked of those there are: `--entrypoint`, else the governance bundle's decision, else the only one there is. */
export function entrypointOf({ options }: Session, entrypoints: readonly string[]): string {
  const wished =
    options.text('entrypoint') ?? (entrypoints.includes(GOVERNANCE_ENTRYPOINT) ? GOVERNANCE_ENTRYPOINT : null)
  const [only, ...more] = entrypoints
  if (wished === null && only !== undefined && more.length === 0) return only
  if (wished !== null && entrypoints.includes(wished)) return wished
  const known = entrypoints.slice(0, 20).join(', ')
  throw new Problem(
    'usage',
    wished === null
      ? `say with --entrypoint what to ask; there are ${known}`
      : `--entrypoint ${wished} is not in the policies; there are ${known}`,
  )
}
