import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The cosign that the tests of signatures are held to. */
export const COSIGN_VERSION = '3.1.3'

/** Folder of the cosign that `node tools/cosign-install.ts` builds: outside the repository, by version. */
export function cosignCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['GATEHOUSE_TOOLS_CACHE'] ?? join(homedir(), '.cache', 'gatehouse-tools'), `cosign-${COSIGN_VERSION}`)
}

export type FoundTool = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function versionOf(path: string): string | null {
  const said = spawnSync(path, ['version'], { encoding: 'utf8', timeout: 60_000 })
  return /GitVersion:\s+v?(\S+)/.exec(`${said.stdout ?? ''}${said.stderr ?? ''}`)?.[1] ?? null
}

/** cosign of the right version: the setting GATEHOUSE_COSIGN, else the PATH, else the cache folder. */
export function findCosign(env: NodeJS.ProcessEnv = process.env): FoundTool {
  const set = env['GATEHOUSE_COSIGN']
  const onPath = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'cosign'))
  const candidates = set === undefined ? [...onPath, join(cosignCacheFolder(env), 'cosign')] : [set]
  let other = ''
  for (const path of candidates) {
    if (!isProgram(path)) continue
    const version = versionOf(path)
    if (version === COSIGN_VERSION) return { ok: true, path }
    other = ` (${path} is version ${version ?? 'unknown'})`
  }
  const where = set === undefined ? 'neither on the PATH nor in the cache folder' : 'not what GATEHOUSE_COSIGN names'
  return {
    ok: false,
    reason: `cosign ${COSIGN_VERSION} is ${where}${other}; build it with: node tools/cosign-install.ts`,
  }
}

/** A program on the PATH, or in a system folder that an ordinary user's PATH may lack. */
export function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): FoundTool {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const path = folders.map((folder) => join(folder, name)).find(isProgram)
  return path === undefined
    ? { ok: false, reason: `${name} is not installed; Debian: apt-get install ${name}` }
    : { ok: true, path }
}
