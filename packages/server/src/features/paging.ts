/** Cuts the one row too many that a list asked for; its presence says that another page follows. */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { rows: T[]; next_cursor: string | null } {
  const kept = rows.slice(0, limit)
  return { rows: kept, next_cursor: rows.length > limit ? (kept.at(-1)?.id ?? null) : null }
}
