import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { OPA_VERSION, opaCacheFolder } from '../packages/rego/src/opa-command.ts'

export { OPA_VERSION, opaCacheFolder }

export type FoundOpa = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function versionOf(path: string): string | null {
  const said = spawnSync(path, ['version'], { encoding: 'utf8', timeout: 20_000 })
  return /^Version: (\S+)/.exec(said.stdout ?? '')?.[1] ?? null
}

/**
 * OPA of the right version: the setting GATEHOUSE_OPA, else the PATH, else the cache folder. A program of another
 * version is passed over; where GATEHOUSE_OPA names one, that is the reason given.
 */
export function findOpa(env: NodeJS.ProcessEnv = process.env): FoundOpa {
  const set = env['GATEHOUSE_OPA']
  const candidates =
    set === undefined
      ? [...(env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'opa')), join(opaCacheFolder(env), 'opa')]
      : [set]
  let other = ''
  for (const path of candidates) {
    if (!isProgram(path)) continue
    const version = versionOf(path)
    if (version === OPA_VERSION) return { ok: true, path }
    other = ` (${path} is version ${version ?? 'unknown'})`
  }
  const where = set === undefined ? 'neither on the PATH nor in the cache folder' : 'not what GATEHOUSE_OPA names'
  return { ok: false, reason: `OPA ${OPA_VERSION} is ${where}${other}; build it with: node tools/opa-install.ts` }
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
