import { hash } from 'node:crypto'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { DEFAULT_LIMITS } from './evaluation.ts'
import type { EvaluateOptions, Evaluation, Policy } from './rego.ts'
import { HORIZON_NS, instantNs, isCanonicalInstant } from './trace-time.ts'
import { fromJson, jsonText } from './value-json.ts'
import { RegoObject } from './value.ts'

export interface CacheOptions {
  /** Bytes that answers and keys may take, about. Default 16 MiB. The longest unused go first. */
  readonly maxBytes?: number
  /** Of every evaluation; a change of them is another cache. */
  readonly limits?: EvaluateOptions
}

interface Entry {
  readonly evaluation: Evaluation & { ok: true }
  readonly fromNs: bigint
  /** Excluded. */
  readonly untilNs: bigint
  readonly bytes: number
}

const OVERHEAD = 300

/**
 * Keeps answers by policy set, entrypoint and input without its `at`, each for the time for which it holds: an answer
 * is given again only from the instant it was made at until, and without, its `validUntil`. For any other instant,
 * also an earlier one, the policy is asked. Only answers are kept: a refusal is never given twice without asking.
 */
export class DecisionCache {
  private readonly maxBytes: number
  private readonly limits: EvaluateOptions
  private readonly entries = new Map<string, Entry>()
  private bytes = 0
  private hitCount = 0
  private missCount = 0

  constructor(options: CacheOptions = {}) {
    this.maxBytes = options.maxBytes ?? 16 * 1024 * 1024
    this.limits = options.limits ?? {}
  }

  /** Answers that were kept, what they take in bytes about, and how often one was found. */
  get stats(): { readonly entries: number; readonly bytes: number; readonly hits: number; readonly misses: number } {
    return { entries: this.entries.size, bytes: this.bytes, hits: this.hitCount, misses: this.missCount }
  }

  /**
   * `policy.evaluate`, or the same answer kept from before. `policySetHash` names everything that decides beside the
   * input: the bundle's digest, settings, exceptions. Answers are frozen, as they are shared. Never throws.
   */
  evaluate(policy: Policy, policySetHash: string, entrypoint: string, input: Json): Evaluation {
    const key = cacheKey(policySetHash, entrypoint, input)
    const nowNs = key === null ? null : clockOf(input)
    if (key === null || nowNs === null) {
      this.missCount++
      return policy.evaluate(entrypoint, input, this.limits)
    }
    const kept = this.found(key, nowNs)
    if (kept !== null) return kept
    this.missCount++
    const { evaluation, validUntil } = policy.trace(entrypoint, input, this.limits)
    const untilNs = validUntil === null ? HORIZON_NS : instantNs(validUntil)
    if (evaluation.ok && untilNs !== null && untilNs > nowNs) this.put(key, evaluation, nowNs, untilNs)
    else this.drop(key)
    return evaluation
  }

  /**
   * The answer kept for an input that hashes to this (`inputHash`), where it holds at this instant; else null. For
   * callers that keep the hash of what they ask about: a rescan then costs what changed, not what there is.
   */
  kept(policySetHash: string, entrypoint: string, hashOfInput: string, at: string): Evaluation | null {
    const nowNs = isCanonicalInstant(at) ? instantNs(at) : null
    return nowNs === null ? null : this.found(keyOf(policySetHash, entrypoint, hashOfInput), nowNs)
  }

  private found(key: string, nowNs: bigint): Evaluation | null {
    const kept = this.entries.get(key)
    if (kept === undefined || nowNs < kept.fromNs || nowNs >= kept.untilNs) return null
    this.hitCount++
    this.entries.delete(key)
    this.entries.set(key, kept)
    return kept.evaluation
  }

  clear(): void {
    this.entries.clear()
    this.bytes = 0
  }

  private put(key: string, evaluation: Evaluation & { ok: true }, fromNs: bigint, untilNs: bigint): void {
    this.drop(key)
    const bytes = OVERHEAD + 2 * (key.length + JSON.stringify(evaluation.result).length)
    if (bytes > this.maxBytes) return
    freeze(evaluation)
    this.entries.set(key, { evaluation, fromNs, untilNs, bytes })
    this.bytes += bytes
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.maxBytes) break
      this.drop(oldest)
    }
  }

  private drop(key: string): void {
    const kept = this.entries.get(key)
    if (kept === undefined) return
    this.entries.delete(key)
    this.bytes -= kept.bytes
  }
}

/** SHA-256 of the input without its `at`, as the policy would see it; null where that is no document. Hexadecimal. */
export function inputHash(input: Json): string | null {
  try {
    const value = fromJson(input, DEFAULT_LIMITS.maxDepth)
    if (!(value instanceof RegoObject)) return null
    value.plain.delete('at')
    return hash('sha256', jsonText(value))
  } catch {
    return null
  }
}

function cacheKey(policySetHash: string, entrypoint: string, input: Json): string | null {
  const digest = inputHash(input)
  return digest === null ? null : keyOf(policySetHash, entrypoint, digest)
}

function keyOf(policySetHash: string, entrypoint: string, hashOfInput: string): string {
  return JSON.stringify([policySetHash, entrypoint, hashOfInput])
}

/** Only for times written as core writes them: policies that compare texts are followed among these. */
function clockOf(input: Json): bigint | null {
  const at = Object.getOwnPropertyDescriptor(input, 'at')?.value as unknown
  return typeof at === 'string' && isCanonicalInstant(at) ? instantNs(at) : null
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
}
