import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Evaluation } from '@gatehouse/rego/rego'

/** What a decision says in a word: its `outcome`, a plain answer itself, the code of a refusal; null where it says none. */
export function outcomeOf(evaluation: Evaluation): string | null {
  if (!evaluation.ok) return evaluation.code
  const { result } = evaluation
  if (typeof result !== 'object' || result === null) return String(result)
  const outcome = isObject(result) ? result['outcome'] : undefined
  return typeof outcome === 'string' ? outcome : null
}

/** The same for counting and showing. */
export function outcomeWord(evaluation: Evaluation): string {
  return outcomeOf(evaluation) ?? 'defined'
}

/** Whether it is no permission: a deny, false, or no answer. */
export function isDenied(evaluation: Evaluation): boolean {
  const outcome = outcomeOf(evaluation)
  return !evaluation.ok || outcome === 'deny' || outcome === 'false'
}

/** What policies found, as a decision lists it in `violations` or `warnings`: an entry with `policy_id` and `message`, or a text. */
export function findingsOf(
  evaluation: Evaluation,
  list: 'violations' | 'warnings',
): { readonly policy: string; readonly message: string }[] {
  const found = evaluation.ok && isObject(evaluation.result) ? evaluation.result[list] : undefined
  if (!Array.isArray(found)) return []
  return (found as readonly Json[]).map((one) => {
    if (!isObject(one)) return { policy: '', message: typeof one === 'string' ? one : JSON.stringify(one) }
    const { policy_id: policy, message } = one
    return {
      policy: typeof policy === 'string' ? policy : '',
      message: typeof message === 'string' ? message : JSON.stringify(one),
    }
  })
}

export function isObject(value: Json): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
