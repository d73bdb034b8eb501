/** Which files of a task's diff a person has marked as viewed: bound to the diff's digest, so another diff begins with none. */
export interface Viewed {
  readonly diff_digest: string
  readonly paths: readonly string[]
}

const NOTHING_VIEWED = (diffDigest: string): Viewed => ({ diff_digest: diffDigest, paths: [] })

/** What is kept, for this diff: the marks where the digest is the same, else none and how many went void. */
export function viewedFor(
  kept: string | null,
  diffDigest: string,
): { readonly viewed: Viewed; readonly voided: number } {
  const before = parse(kept)
  if (before === null) return { viewed: NOTHING_VIEWED(diffDigest), voided: 0 }
  if (before.diff_digest === diffDigest) return { viewed: before, voided: 0 }
  return { viewed: NOTHING_VIEWED(diffDigest), voided: before.paths.length }
}

export function toggled(viewed: Viewed, path: string): Viewed {
  const paths = viewed.paths.includes(path) ? viewed.paths.filter((p) => p !== path) : [...viewed.paths, path]
  return { ...viewed, paths }
}

function parse(kept: string | null): Viewed | null {
  if (kept === null) return null
  try {
    const value: unknown = JSON.parse(kept)
    if (typeof value !== 'object' || value === null || !('diff_digest' in value) || !('paths' in value)) return null
    const { diff_digest, paths } = value
    if (typeof diff_digest !== 'string' || !Array.isArray(paths)) return null
    return { diff_digest, paths: paths.filter((path): path is string => typeof path === 'string') }
  } catch {
    return null
  }
}

/** Where the next step leads: the file after `current` (before it with -1), or the next not viewed; null where there is none. */
export function nextFile(
  paths: readonly string[],
  current: number,
  step: 'next' | 'previous' | 'unviewed',
  viewed: Viewed,
): number | null {
  if (step === 'next') return current + 1 < paths.length ? current + 1 : null
  if (step === 'previous') return current > 0 ? current - 1 : null
  const order = paths.map((_, index) => (current + 1 + index) % paths.length)
  return order.find((index) => !viewed.paths.includes(paths[index] ?? '')) ?? null
}
