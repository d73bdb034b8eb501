import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PolicyDecision, type DecisionInput } from '@gatehouse/core/policy/decision'
import { sha256Json, type Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse } from '@gatehouse/core/kernel/result'
import { instant, type Instant } from '@gatehouse/core/kernel/time'
import { loadBundle } from '@gatehouse/rego'
import type { PolicyEngine } from './policy-engine.ts'

export const ENTRYPOINT = 'gatehouse/decision'

type Tree = Readonly<Record<string, Json | undefined>>

function isTree(value: Json | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function merged(a: Tree, b: Tree): Tree {
  const out: Record<string, Json | undefined> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const old = out[key]
    out[key] = isTree(old) && isTree(value) ? merged(old, value) : value
  }
  return out
}

function json(path: string): Json {
  return JSON.parse(readFileSync(path, 'utf8')) as Json
}

/**
 * The policy engine that needs no OPA: the compiled plan of a bundle folder, loaded once. Throws where it does not load: a server without
 * policy does not start (law 4).
 */
export function loadPolicyFolder(folder: string): PolicyEngine {
  const data = readdirSync(join(folder, 'data'))
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => json(join(folder, 'data', name)))
    .filter(isTree)
    .reduce(merged, {})
  const plan = json(join(folder, 'plan.json'))
  const manifest = json(join(folder, 'manifest.json'))
  const loaded = loadBundle({ plan, data, manifest })
  if (!loaded.ok) throw new Error(`the policy bundle in ${folder} does not load: ${loaded.code}: ${loaded.detail}`)
  const policy = loaded.value
  const identity = { bundle_digest: sha256Json({ plan, data, manifest }), revision: policy.revision }
  return {
    identity: () => identity,
    evaluate(input: DecisionInput) {
      const { evaluation: result, validUntil } = policy.trace(ENTRYPOINT, input)
      if (!result.ok) return refuse('policy-unavailable', `${result.code}: ${result.detail}`)
      const decision = PolicyDecision.safeParse(result.result)
      if (!decision.success)
        return refuse(
          'policy-unavailable',
          `the policy answered with a document that is no decision: ${decision.error.issues[0]?.message ?? ''}`,
        )
      return ok({ ...decision.data, valid_until: endOf(validUntil, input.at) })
    },
  }
}

/** An answer good for once holds at its own instant, and instants are told apart by milliseconds. */
function endOf(validUntil: string | null, at: string): Instant | null {
  return validUntil === null ? null : instant(Math.max(Date.parse(validUntil), Date.parse(at) + 1))
}
