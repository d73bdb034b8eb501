import type { RegoModule, Rule } from './rego-module.ts'
import { applyEdits, type Edit, type Mutant } from './mutants.ts'

/** Under this name of the data document the runner says which mutant is on. */
export const SWITCH = 'gatehouse_mutation'

export interface Schemata {
  /** One module that holds the original rules and every mutant, each behind its switch. */
  readonly source: string
  /** The mutant whose rule stands on a line of it, by position; null for lines of the original. */
  readonly mutantAt: (line: number) => number | null
}

/** Name of the switch that turns an original rule off. */
export function ruleSwitch(rule: number): string {
  return `r${rule}`
}

/** Name of the switch that turns a mutant on. */
export function mutantSwitch(mutant: number): string {
  return `m${mutant}`
}

/**
 * Puts all mutants of a module into one (mutant schemata, Untch, Offutt and Harrold 1993), so that OPA compiles once instead of
 * once a mutant. An original rule holds while its switch is not set; a mutant's copy of the rule holds while its own is.
 * Mutants of `default` rules cannot be guarded and must not be among `mutants`. `included` leaves out those OPA refused.
 */
export function makeSchemata(
  module: RegoModule,
  mutants: readonly Mutant[],
  included: (mutant: number) => boolean,
): Schemata {
  const guarded = new Set(mutants.map(({ rule }) => rule))
  const originals = [...guarded].flatMap((index) => {
    const rule = module.rules[index]
    return rule === undefined ? [] : guards(module, rule, `not data.${SWITCH}.${ruleSwitch(index)}`)
  })
  const base = applyEdits(module.source, originals)
  const parts = [base]
  let line = base.split('\n').length
  const starts: { readonly line: number; readonly mutant: number }[] = []
  for (const [index, mutant] of mutants.entries()) {
    const rule = module.rules[mutant.rule]
    if (rule === undefined || !included(index)) continue
    const text = variant(module, rule, mutant, `data.${SWITCH}.${mutantSwitch(index)}`)
    line++
    starts.push({ line, mutant: index })
    parts.push(text)
    line += text.split('\n').length - 1
  }
  return {
    source: `${parts.join('\n')}\n`,
    mutantAt: (wanted) => starts.findLast((start) => start.line <= wanted)?.mutant ?? null,
  }
}

/** The rule with a mutant's edits and the guard, without what stands around it. */
function variant(module: RegoModule, rule: Rule, mutant: Mutant, guard: string): string {
  const start = module.tokens[rule.span.from]?.start ?? 0
  const end = module.tokens[rule.span.to - 1]?.end ?? start
  const edits = [...guards(module, rule, guard, mutant), ...mutant.edits]
  return applyEdits(
    module.source.slice(start, end),
    edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
  )
}

/** The edits that put a guard before the conditions of each branch. */
function guards(module: RegoModule, rule: Rule, guard: string, mutant?: Mutant): Edit[] {
  return rule.branches.flatMap(({ head, body, braced }): Edit[] => {
    if (body === null) {
      const at = module.tokens[head.to - 1]?.end ?? 0
      // A branch that the mutant lets never hold needs no guard, and has its body already.
      if (mutant?.edits.some((edit) => edit.start === at && edit.text.startsWith(' if ')) === true) return []
      return [{ start: at, end: at, text: ` if { ${guard} }` }]
    }
    const from = module.tokens[body.span.from]?.start ?? 0
    const to = module.tokens[body.span.to - 1]?.end ?? from
    if (braced) {
      const open = module.tokens[body.span.from - 1]?.end ?? from
      return [{ start: open, end: open, text: ` ${guard};` }]
    }
    if (mutant?.edits.some((edit) => edit.start === from && edit.text.startsWith('{ false;')) === true) return []
    return [
      { start: from, end: from, text: `{ ${guard}; ` },
      { start: to, end: to, text: ' }' },
    ]
  })
}
