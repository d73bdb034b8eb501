import { hash } from 'node:crypto'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { DEFAULT_LIMITS } from './evaluation.ts'
import type { EvaluateOptions, Evaluation, Policy } from './rego.ts'
import { canonicalNs, HORIZON_NS, instantNs } from './trace-time.ts'

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
    const nowNs = canonicalNs(at)
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

/**
 * SHA-256 of the input without its `at`, hexadecimal; null where that is no JSON that can be evaluated, or holds halves
 * of characters. Two inputs have the same hash where a policy sees the same in both, whatever the order of their keys.
 */
export function inputHash(input: Json): string | null {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null
  const written = new DocumentText()
  try {
    const isDocument = written.object(input as JsonObject, DEFAULT_LIMITS.maxDepth, 'at')
    // Halves of characters are replaced before a policy sees them: keys that differ here may be one there.
    return isDocument && written.text.isWellFormed() ? hash('sha256', written.text) : null
  } catch {
    return null
  }
}

type JsonObject = { readonly [key: string]: Json | undefined }

/**
 * One text for each document, in which nothing needs escaping: texts come after their length. Made in one go, as a rescan
 * does little else. What `fromJson` refuses is refused here, by `false`.
 */
class DocumentText {
  text = ''

  object(object: JsonObject, depth: number, without?: string): boolean {
    if (depth <= 0) return false
    this.text += '{'
    for (const key of Object.keys(object).sort()) {
      const value = object[key]
      if (value === undefined || key === without) continue
      this.text += `${key.length}:${key}`
      if (!this.value(value, depth - 1)) return false
    }
    this.text += '}'
    return true
  }

  private value(value: Json | undefined, depth: number): boolean {
    if (typeof value === 'string') this.text += `"${value.length}:${value}`
    else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return false
      this.text += `#${value},`
    } else if (value === null || typeof value === 'boolean') this.text += value === null ? 'n' : value ? 't' : 'f'
    else if (typeof value !== 'object') return false
    else if (!Array.isArray(value)) return this.object(value as JsonObject, depth)
    else return this.list(value as readonly Json[], depth)
    return true
  }

  private list(list: readonly Json[], depth: number): boolean {
    if (depth <= 0) return false
    this.text += '['
    for (let i = 0; i < list.length; i++) if (!this.value(list[i], depth - 1)) return false
    this.text += ']'
    return true
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
  return typeof at === 'string' ? canonicalNs(at) : null
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
}
