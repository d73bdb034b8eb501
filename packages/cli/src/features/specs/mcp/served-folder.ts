import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem } from '@gatehouse/core/kernel/problems'
import { aroundSpecs, isMarked, ownerOf } from '../spec-files.ts'
import { ToolRefusal } from './tool-refusal.ts'

export const MAX_PATH = 1000

/**
 * The real, absolute path of the folder to serve. Refused with `usage`: what is no folder; home and the root of the file system where nobody named
 * them (some clients start servers there); a folder whose project lies around it, because nothing around it may be read.
 */
export function servedFolder(cwd: string, home: string, named: string | undefined): string {
  const full = resolve(cwd, named ?? '.')
  if (statSync(full, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Problem('usage', `${named ?? full} is no folder: name the folder of a project`)
  const root = realpathSync(full)
  const homes = [home, existsSync(home) ? realpathSync(home) : home]
  if (named === undefined && (homes.includes(root) || dirname(root) === root))
    throw new Problem('usage', `${root} is no project: name the folder to serve, "gatehouse spec mcp <folder>"`)
  const owner = ownerOf(root)
  if (owner)
    throw new Problem(
      'usage',
      `${root} belongs to the project around ${owner.part}, and only the folder that is served may be read: serve ${owner.around}`,
    )
  const around = aroundSpecs(root)
  if (around !== null && !isMarked(root))
    throw new Problem(
      'usage',
      `${root} belongs to the project around specs, and only the folder that is served may be read: serve ${markedBelow(root, around) ?? around}, or mark it as a project of its own with an empty file gatehouse-specs.yaml`,
    )
  return root
}

/** The nearest top of a project above a folder, below `around`: a checkout may be called "specs" too. */
function markedBelow(root: string, around: string): string | null {
  for (let at = root; at !== around; at = dirname(at)) if (isMarked(at)) return at
  return null
}

/** Whether a real path is the folder or lies in it. */
export function isWithin(root: string, real: string): boolean {
  return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** A real path from the served folder, with forward slashes; '' for the folder itself. */
export function shownFrom(root: string, real: string): string {
  return relative(root, real).split(sep).join('/')
}

/**
 * A path that a model gave, as a real path inside of the served folder, from there with forward slashes; '' for the folder itself. `field` is its
 * name in the call. Refused with `path-invalid`, `path-outside` or `path-not-found`. Outside, the answer is the same whether something is there or not.
 */
export function innerPath(root: string, field: string, given: string): string {
  const refuse = (code: string, detail: string) => {
    throw new ToolRefusal(code, `${field}: ${detail}`)
  }
  if (given.length > MAX_PATH)
    refuse('path-invalid', `it has ${given.length} characters; at most ${MAX_PATH} are taken`)
  // oxlint-disable-next-line no-control-regex -- finding control characters is what this is for
  if (given === '' || /[\u0000-\u001f\u007f]/.test(given))
    refuse(
      'path-invalid',
      'a path without control characters is needed, such as "specs/001-login"; leave it out for the whole folder',
    )
  const outside = 'it leads out of the folder that is served. Give a path inside of it, such as "specs/001-login"'
  if (given.split(/[\\/]/).includes('..')) refuse('path-outside', `".." is not taken: ${outside}`)
  const full = resolve(root, given)
  if (isAbsolute(given) && !existsSync(full) && !isWithin(root, full)) refuse('path-outside', outside)
  let real = ''
  try {
    real = realpathSync(full)
  } catch {
    if (leadsOut(root, full)) refuse('path-outside', outside)
    refuse('path-not-found', `there is no "${given}" in the folder that is served`)
  }
  if (!isWithin(root, real)) refuse('path-outside', outside)
  return shownFrom(root, real)
}

/** Of a path that cannot be followed: whether its nearest part that can be is outside, or a link to nowhere. */
function leadsOut(root: string, full: string): boolean {
  for (let at = full; isWithin(root, at) && at !== root; at = dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true) return true
    if (existsSync(at)) return !isWithin(root, realpathSync(at))
  }
  return false
}

/** Files that are read without being named, such as a configuration: where a link of one leads out it is not followed. */
export function refuseLinksOut(root: string, folder: string, names: readonly string[]): void {
  for (let at = join(root, folder); isWithin(root, at); at = dirname(at)) {
    for (const name of names) {
      const file = join(at, name)
      if (!existsSync(file) || isWithin(root, realpathSync(file))) continue
      throw new ToolRefusal(
        'path-outside',
        `${shownFrom(root, file)} is a link that leads out of the folder that is served, and is not followed. A person has to put the file itself there, or take the link away`,
      )
    }
    if (at === root) return
  }
}

/**
 * The roots that a client offers, as paths in the served folder: they narrow what is told, and never widen it. An empty list, or one that holds the
 * served folder, narrows nothing: ['']. Roots of other places count for nothing; where only such are left, `roots-elsewhere` is refused.
 */
export function rootsWithin(root: string, uris: readonly string[]): string[] {
  if (uris.length === 0) return ['']
  const inner = new Set<string>()
  for (const uri of uris) {
    const real = realOf(uri)
    if (real === null) continue
    if (isWithin(real, root)) return ['']
    if (isWithin(root, real)) inner.add(shownFrom(root, real))
  }
  if (inner.size === 0)
    throw new ToolRefusal(
      'roots-elsewhere',
      `the roots that the client offers (${uris.slice(0, 3).join(', ')}) are not in the folder that is served, ${root}. A person has to start the server for the folder that is meant: gatehouse spec mcp <folder>`,
    )
  const all = [...inner].sort()
  return all.filter((path) => !all.some((other) => other !== path && path.startsWith(`${other}/`)))
}

function realOf(uri: string): string | null {
  try {
    return realpathSync(fileURLToPath(uri))
  } catch {
    return null
  }
}
