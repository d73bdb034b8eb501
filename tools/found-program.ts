import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type FoundProgram =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string }

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    // A folder may be entered, which is the same bit.
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Every place on the PATH where a program of this name could be; nothing is looked at. */
export function placesOnPath(name: string, env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
}

/** A program on the PATH, or in a system folder that an ordinary user's PATH may lack. */
export function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): FoundProgram {
  const places = [...placesOnPath(name, env), join('/usr/sbin', name), join('/usr/local/sbin', name)]
  const path = places.find(isProgram)
  return path === undefined
    ? { ok: false, reason: `${name} is not installed; Debian: apt-get install ${name}` }
    : { ok: true, path }
}
