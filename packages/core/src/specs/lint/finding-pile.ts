import { fingerprinter, type Finding, type FindingDraft } from './finding.ts'
import { Column, ranksOf, type Records } from './records.ts'
import { RULE_IDS } from './rules.ts'

const RULE_RANK = new Map<string, number>(RULE_IDS.toSorted().map((id, rank) => [id, rank]))

/** Findings that wait in records; here is only what their order needs. */
export class FindingPile implements Iterable<Finding> {
  readonly #records: Records
  readonly #paths = new Map<string, number>()
  readonly #addresses = new Column()
  readonly #path = new Column()
  readonly #line = new Column()
  readonly #column = new Column()
  readonly #rule = new Column()
  #order: Uint32Array | null = null

  constructor(records: Records) {
    this.#records = records
  }

  get length(): number {
    return this.#addresses.length
  }

  add(draft: FindingDraft): void {
    const { path, line, column } = draft.place
    const no = this.#paths.get(path) ?? this.#paths.size
    // A path cut from a longer text would hold on to it.
    if (no === this.#paths.size) this.#paths.set(JSON.parse(JSON.stringify(path)) as string, no)
    this.#path.push(no)
    this.#line.push(line)
    this.#column.push(column)
    this.#rule.push(RULE_RANK.get(draft.rule) ?? 0)
    this.#addresses.push(this.#records.put(draft))
    this.#order = null
  }

  /** By path, line, column and rule, each made anew with its fingerprint; may be asked for more than once. */
  *[Symbol.iterator](): Generator<Finding> {
    this.#order ??= this.#sorted()
    const finish = fingerprinter()
    for (const i of this.#order) yield finish(this.#records.get(this.#addresses.at(i)) as FindingDraft)
  }

  #sorted(): Uint32Array {
    const ranks = ranksOf(this.#paths)
    const rank = (i: number) => ranks[this.#path.at(i)] ?? 0
    return Uint32Array.from({ length: this.length }, (_, i) => i).sort(
      (a, b) =>
        rank(a) - rank(b) ||
        this.#line.at(a) - this.#line.at(b) ||
        this.#column.at(a) - this.#column.at(b) ||
        this.#rule.at(a) - this.#rule.at(b) ||
        a - b,
    )
  }
}
