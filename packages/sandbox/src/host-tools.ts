import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Where the host's own tools are looked for. Never the caller's PATH: it may name a folder that others write to. */
export const TRUSTED_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const

/** Environment of every host tool we start ourselves: nothing is inherited. */
export const TRUSTED_ENV: Readonly<Record<string, string>> = { PATH: TRUSTED_PATH.join(':'), LANG: 'C', LC_ALL: 'C' }

export interface HostTools {
  readonly sh: string | null
  readonly mount: string | null
  readonly unshare: string | null
  readonly nsenter: string | null
  readonly setpriv: string | null
  readonly pivot_root: string | null
  readonly bwrap: string | null
  readonly ip: string | null
  readonly perl: string | null
}

/** Absolute path of a tool in TRUSTED_PATH, or null when this machine has none. */
export function findTool(name: string): string | null {
  for (const folder of TRUSTED_PATH) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  return null
}

export function findHostTools(): HostTools {
  return {
    sh: findTool('sh'),
    mount: findTool('mount'),
    unshare: findTool('unshare'),
    nsenter: findTool('nsenter'),
    setpriv: findTool('setpriv'),
    pivot_root: findTool('pivot_root'),
    bwrap: findTool('bwrap'),
    ip: findTool('ip'),
    perl: findTool('perl'),
  }
}
