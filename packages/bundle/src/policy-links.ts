import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyFolder } from '@gatehouse/rego/policy-folder'

/** What OPA reads in a folder. */
const READ_BY_OPA = /\.(?:rego|json|ya?ml)$/

/**
 * Links in a folder that OPA would follow, or that hide policies from it. OPA reads a linked file wherever it lies; the bundle's own list of
 * files has none of it: what decides would not be what is carried and reviewed. Linked folders are read by nobody.
 */
export function policyLinks(folder: PolicyFolder): string[] {
  const found: string[] = []
  const walk = (part: string) => {
    for (const entry of readdirSync(join(folder.root, part), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || folder.ignored.includes(entry.name)) continue
      const path = part === '' ? entry.name : `${part}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else if (entry.isSymbolicLink() && (READ_BY_OPA.test(path) || leadsToFolder(folder, path))) found.push(path)
    }
  }
  // One Rego file has no folder to look into.
  for (const part of folder.all) if (!part.endsWith('.rego')) walk(part === '.' ? '' : part)
  return found.toSorted()
}

/** Of a bundle's parts only: in any other folder a linked one may hold whatever it likes. */
function leadsToFolder(folder: PolicyFolder, path: string): boolean {
  return folder.isBundle && statSync(join(folder.root, path), { throwIfNoEntry: false })?.isDirectory() === true
}

/** Null where there are none, else what is wrong and what to do. */
export function linksDetail(folder: PolicyFolder): string | null {
  const links = policyLinks(folder)
  const [first] = links
  if (first === undefined) return null
  const more = links.length > 1 ? ` (and ${links.length - 1} more)` : ''
  return `${join(folder.root, first)}${more} is a link. Put the file itself there: what a link leads to is not in the folder, and so not in the bundle.`
}
