import { isProblemSlug, Problem } from '@gatehouse/core/kernel/problems'
import type { Refusal } from '@gatehouse/core/kernel/result'

/** A refusal of a domain function or adapter as the Problem of the same code, with what else it says. */
export function refusalProblem(refusal: Refusal<string>): Problem {
  const { ok: _ok, code, detail, ...extra } = refusal as Refusal<string> & Readonly<Record<string, unknown>>
  if (!isProblemSlug(code)) throw new Error(`the refusal ${code} is not in the catalogue of problems: ${detail}`)
  return new Problem(code, detail, extra)
}
