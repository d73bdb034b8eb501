import { visibleText } from '@gatehouse/core/delivery/proposals/diff-hidden-characters'

/** What a patch says of itself, as rows to show. Attacker's words of unknown form: read carefully, shown with nothing hidden. */
export function claimedRows(claimed: unknown): (readonly [string, string])[] {
  if (typeof claimed !== 'object' || claimed === null) return []
  const rows: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(claimed)) {
    if (name !== 'trailers') {
      if (typeof value === 'string' && value !== '') rows.push([name, clean(value)])
      continue
    }
    if (!Array.isArray(value)) continue
    for (const trailer of value.slice(0, 20) as unknown[]) {
      if (typeof trailer !== 'object' || trailer === null || !('key' in trailer) || !('value' in trailer)) continue
      rows.push([clean(String(trailer.key)), clean(String(trailer.value))])
    }
  }
  return rows
}

function clean(text: string): string {
  return visibleText(text.slice(0, 500))
}
