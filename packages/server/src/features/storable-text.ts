/**
 * A value with every text made such that our database can keep it: a NUL character, and each half of a surrogate pair, becomes U+FFFD. What
 * a command printed or a report named is a stranger's, and must not end the work that records it. Pure.
 */
export function storable<T>(value: T): T {
  return walk(value) as T
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd')
  if (Array.isArray(value)) return value.map(walk)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [walk(key), walk(inner)]))
}
