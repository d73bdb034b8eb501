import { execFileSync } from 'node:child_process'
import { OPA_VERSION, opaCacheFolder } from '../packages/rego/src/opa-command.ts'
import type { FoundProgram } from './found-program.ts'
import { findGoProgram, type GoProgram } from './go-program.ts'

export { OPA_VERSION, opaCacheFolder }

export const OPA: GoProgram = {
  name: 'opa',
  title: 'OPA',
  version: OPA_VERSION,
  module: 'github.com/open-policy-agent/opa',
  setting: 'GATEHOUSE_OPA',
  says: /^Version: (\S+)/m,
  installer: 'tools/opa-install.ts',
}

/** OPA of the right version: the setting GATEHOUSE_OPA, else the PATH, else the cache folder. */
export function findOpa(env: NodeJS.ProcessEnv = process.env): FoundProgram {
  return findGoProgram(OPA, env)
}

/** Runs OPA in a folder and returns what it printed. Throws with what it said where it fails. */
export function runOpa(opa: string, args: readonly string[], folder: string, input?: string): string {
  return execFileSync(opa, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  })
}
