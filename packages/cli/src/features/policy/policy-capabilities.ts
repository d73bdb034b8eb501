import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCapabilities } from '@gatehouse/rego/opa-build'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Session } from '../../command.ts'
import { askOpa, compileErrors, valueOf, type CompileError } from './policy-files.ts'

/** Runs with the path of a file that holds the evaluator's own capabilities. */
export async function withCapabilities<T>(
  { host }: Session,
  opa: Opa,
  use: (capabilities: string) => Promise<T>,
): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'))
  try {
    const capabilities = join(scratch, 'capabilities.json')
    writeFileSync(capabilities, valueOf(await buildCapabilities(opa.path, host.signal)))
    return await use(capabilities)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Where policies and tests call what the given capabilities lack. Both must compile with all of OPA. */
export async function missingBuiltins(
  session: Session,
  opa: Opa,
  folder: PolicyFolder,
  capabilities: string,
): Promise<CompileError[]> {
  const asked = ['check', '--format', 'json', '--max-errors', '1000', '--capabilities', capabilities]
  const said = await askOpa(session, opa, folder, [...asked, ...ignoreOptions(folder), ...folder.all])
  if (said.exit === 0) return []
  return compileErrors(session, folder, said).filter(({ message }) => message.startsWith('undefined function '))
}
