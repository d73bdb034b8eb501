/** What a domain function decides: the value, or a literal code saying why not. Domain functions throw only for bugs. */
export type Result<T, C extends string> = { readonly ok: true; readonly value: T } | Refusal<C>

export interface Refusal<C extends string> {
  readonly ok: false
  readonly code: C
  /** What a person needs to know and do, in a sentence. */
  readonly detail: string
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function refuse<C extends string>(code: C, detail: string): Refusal<C> {
  return { ok: false, code, detail }
}
