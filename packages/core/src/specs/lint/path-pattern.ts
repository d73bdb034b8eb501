/**
 * Whether a path fits a pattern as `.gitignore` writes them: `*` and `?` inside a name, `**` over folders, a pattern without a slash fits any
 * part of the path, and what names a folder fits all below it. Linear in the path: no regular expression is made of foreign words.
 */
export function fitsPattern(path: string, pattern: string): boolean {
  const bare = pattern.replace(/^\.?\//, '').replace(/\/+$/, '')
  if (bare === '') return false
  const parts = path.split('/')
  const wanted = bare.split('/')
  if (wanted.length === 1 && !pattern.startsWith('/')) return parts.some((part) => fitsName(part, bare))
  // What fits a folder fits all below it.
  return fitsParts(parts, [...wanted, '**'])
}

function fitsParts(parts: readonly string[], wanted: readonly string[]): boolean {
  // Which positions of the pattern can be reached after each part.
  let reached = closure(new Set([0]), wanted)
  for (const part of parts) {
    const next = new Set<number>()
    for (const at of reached) {
      const want = wanted[at]
      if (want === undefined) continue
      if (want === '**') next.add(at)
      else if (fitsName(part, want)) next.add(at + 1)
    }
    reached = closure(next, wanted)
    if (reached.size === 0) return false
  }
  return reached.has(wanted.length)
}

function closure(reached: Set<number>, wanted: readonly string[]): Set<number> {
  for (const at of reached) if (wanted[at] === '**') reached.add(at + 1)
  return reached
}

function fitsName(name: string, wanted: string): boolean {
  let [n, w, star, mark] = [0, 0, -1, 0]
  while (n < name.length) {
    if (wanted[w] === '*') [star, mark, w] = [w, n, w + 1]
    else if (w < wanted.length && (wanted[w] === '?' || wanted[w] === name[n])) [n, w] = [n + 1, w + 1]
    else if (star >= 0) [mark, n, w] = [mark + 1, mark + 1, star + 1]
    else return false
  }
  while (wanted[w] === '*') w += 1
  return w === wanted.length
}
