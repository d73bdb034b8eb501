import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { candidateChanges, constantsByKey, HintWatcher, type CandidateSource } from './change-candidates.ts'
import { applyChange, readPointer, valueAt, type Change, type Pointer } from './input-pointer.ts'
import type { EvaluateOptions, Evaluation, Policy } from './rego.ts'

export interface ChangeOptions {
  /** JSON pointers of what may be changed, with all below; a step `*` is any step: `/proposal/files/*`. */
  readonly editable: readonly string[]
  /** What is wanted. Default: the answer is `true`, or a decision whose outcome is `allow` or `warn`. */
  readonly passes?: (evaluation: Evaluation) => boolean
  /** Evaluations to spend. Default 2000. */
  readonly maxEvaluations?: number
  /** Changes to combine at most. Default 4. */
  readonly maxChanges?: number
  /** Of every evaluation. */
  readonly limits?: EvaluateOptions
  /** Asked before each evaluation, for those who have a deadline. */
  readonly stop?: () => boolean
}

export type ChangeSearch =
  | {
      readonly found: true
      /** To be made in this order (RFC 6902). Empty where the input passes as it is. */
      readonly changes: readonly Change[]
      /** The input with the changes made. */
      readonly input: Json
      /** What the policy answers to it: evaluated, not guessed. */
      readonly evaluation: Evaluation
      readonly evaluations: number
      /** Whether every smaller number of changes was tried, of those that the search can think of. */
      readonly smallest: boolean
    }
  | {
      readonly found: false
      readonly evaluations: number
      /** Whether all that the search can think of was tried; else it ran out of evaluations, or was stopped. */
      readonly exhausted: boolean
      readonly detail: string
    }

interface Node {
  readonly document: Json
  readonly changes: readonly Change[]
  readonly score: number
}

/**
 * The smallest change of an input's editable fields with which it passes, of the changes that can be read off the
 * policy: values that it compares with what it reads, their neighbours, the other boolean, a member more or less,
 * nothing. One change is tried before two; every answer has been evaluated. Where there is none it says so, which is
 * not to say that there is none. Code: `invalid-editable-path`.
 */
export function smallestChange(
  policy: Policy,
  entrypoint: string,
  input: Json,
  options: ChangeOptions,
): Result<ChangeSearch, 'invalid-editable-path'> {
  const editable: Pointer[] = []
  for (const text of options.editable) {
    const pattern = readPointer(text)
    if (pattern === null) {
      return refuse(
        'invalid-editable-path',
        `${JSON.stringify(text.slice(0, 200))} is no JSON pointer: it begins with "/" and writes "~" as "~0".`,
      )
    }
    editable.push(pattern)
  }
  const source = { editable, constants: constantsByKey(policy.plan) }
  return ok(new Search(policy, entrypoint, input, source, options).run())
}

function isAllowed(evaluation: Evaluation): boolean {
  if (!evaluation.ok) return false
  const outcome = valueAt(evaluation.result, ['outcome'])
  return evaluation.result === true || outcome === 'allow' || outcome === 'warn'
}

class Search {
  private readonly policy: Policy
  private readonly entrypoint: string
  private readonly source: CandidateSource
  private readonly options: ChangeOptions
  private readonly original: Json
  private readonly passes: (evaluation: Evaluation) => boolean
  private readonly most: number
  private spent = 0
  private readonly seen = new Set<string>()

  constructor(policy: Policy, entrypoint: string, input: Json, source: CandidateSource, options: ChangeOptions) {
    this.original = input
    this.policy = policy
    this.entrypoint = entrypoint
    this.source = source
    this.options = options
    this.passes = options.passes ?? isAllowed
    this.most = options.maxEvaluations ?? 2000
  }

  run(): ChangeSearch {
    const input = this.original
    const first = this.evaluate(input)
    if (first === null) return this.none(false)
    if (this.passes(first)) return this.answer({ document: input, changes: [], score: 0 }, first, true)
    this.seen.add(JSON.stringify(input))
    let frontier: Node[] = [{ document: input, changes: [], score: scoreOf(first) }]
    let complete = true
    for (let depth = 1; depth <= (this.options.maxChanges ?? 4) && frontier.length > 0; depth++) {
      // Half of what is left, so that more changes are tried also where fewer are too many to try them all.
      const share = depth === 1 ? this.most : this.spent + Math.ceil((this.most - this.spent) / 2)
      const level = this.level(frontier, share)
      if ('found' in level) return this.least(level.found, level.evaluation, complete)
      complete &&= level.complete
      frontier = level.next.toSorted((a, b) => a.score - b.score)
    }
    return this.none(complete)
  }

  private level(
    frontier: readonly Node[],
    share: number,
  ): { found: Node; evaluation: Evaluation } | { next: Node[]; complete: boolean } {
    const next: Node[] = []
    for (const node of frontier) {
      for (const change of this.changesOf(node)) {
        const document = applyChange(node.document, change)
        if (document === null) continue
        const text = JSON.stringify(document)
        if (this.seen.has(text)) continue
        const evaluation = this.spent >= share ? null : this.evaluate(document)
        if (evaluation === null) return { next, complete: false }
        this.seen.add(text)
        const child = { document, changes: [...node.changes, change], score: scoreOf(evaluation) }
        if (this.passes(evaluation)) return { found: child, evaluation }
        next.push(child)
      }
    }
    return { next, complete: true }
  }

  private changesOf(node: Node): Change[] {
    if (this.spent >= this.most) return []
    this.spent++
    const watcher = new HintWatcher()
    const trace = this.policy.trace(this.entrypoint, node.document, { ...this.options.limits, watcher })
    const changed = new Set(node.changes.filter(({ op }) => op === 'replace').map(({ path }) => path))
    const pointers = trace.reads().flatMap((path) => {
      const pointer = readPointer(path)
      return pointer === null ? [] : [pointer]
    })
    return candidateChanges(node.document, pointers, watcher, this.source).filter(({ path }) => !changed.has(path))
  }

  private evaluate(document: Json): Evaluation | null {
    if (this.spent >= this.most || this.options.stop?.() === true) return null
    this.spent++
    return this.policy.evaluate(this.entrypoint, document, this.options.limits)
  }

  /** Leaves out what is not needed, where not every smaller number was tried. */
  private least(node: Node, evaluation: Evaluation, complete: boolean): ChangeSearch {
    if (complete) return this.answer(node, evaluation, true)
    let [best, answer] = [node, evaluation]
    let i = 0
    while (i < best.changes.length && best.changes.length > 1) {
      const changes = best.changes.toSpliced(i, 1)
      const document = changes.reduce<Json | null>(
        (d, change) => (d === null ? null : applyChange(d, change)),
        this.original,
      )
      const without = document === null ? null : this.evaluate(document)
      if (document !== null && without !== null && this.passes(without)) {
        best = { document, changes, score: 0 }
        answer = without
      } else i++
    }
    return this.answer(best, answer, false)
  }

  private answer(node: Node, evaluation: Evaluation, smallest: boolean): ChangeSearch {
    return {
      found: true,
      changes: node.changes,
      input: node.document,
      evaluation,
      evaluations: this.spent,
      smallest,
    }
  }

  private none(exhausted: boolean): ChangeSearch {
    const why = exhausted
      ? `None found: all changes that can be read off the policy were tried, in ${this.spent} evaluations.`
      : `None found within ${this.spent} evaluations; there may be one.`
    return { found: false, evaluations: this.spent, exhausted, detail: why }
  }
}

/** How far from passing: what is said against the input. */
function scoreOf(evaluation: Evaluation): number {
  if (!evaluation.ok) return Number.MAX_SAFE_INTEGER
  const violations = valueAt(evaluation.result, ['violations'])
  return Array.isArray(violations) ? violations.length : 0
}
