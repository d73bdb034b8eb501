import { MUTATORS, type MutatorName } from './mutants.ts'
import type { Comment } from './rego-tokens.ts'

/** `# mutate: equivalent - <reason>`: why a mutant of its line survives and no test can notice it. */
export interface Argument {
  /** The line of policy that it speaks of, and that of the comment. */
  readonly line: number
  readonly commentLine: number
  /** Null for mutants of every kind. */
  readonly mutators: readonly MutatorName[] | null
  readonly reason: string
}

export interface ArgumentFault {
  readonly line: number
  readonly message: string
}

const FORM = /^mutate:\s*equivalent(?:\s+([a-z, -]*?[a-z]))?\s+-\s+(\S.*)$/

/**
 * The arguments of a module: `# mutate: equivalent - reason`, or with the kinds of mutant that it is about,
 * `# mutate: equivalent number, comparison - reason`. One that stands alone is about the next line of policy; comments in
 * between belong to it. One that is not of this form is a fault.
 */
export function argumentsOf(
  comments: readonly Comment[],
  codeLines: readonly number[],
): { readonly found: Argument[]; readonly faults: ArgumentFault[] } {
  const found: Argument[] = []
  const faults: ArgumentFault[] = []
  for (const comment of comments) {
    if (!comment.text.startsWith('mutate:')) continue
    const [, kinds, reason] = FORM.exec(comment.text) ?? []
    if (reason === undefined) {
      faults.push({ line: comment.line, message: 'write it as: # mutate: equivalent - <why no test can notice>' })
      continue
    }
    const names = kinds === undefined ? null : kinds.split(/[\s,]+/)
    const unknown = names?.find((name) => !Object.hasOwn(MUTATORS, name))
    if (unknown !== undefined) {
      faults.push({
        line: comment.line,
        message: `"${unknown}" is no kind of mutant: ${Object.keys(MUTATORS).join(', ')}`,
      })
      continue
    }
    const line = comment.alone ? codeLines.find((code) => code > comment.line) : comment.line
    if (line === undefined) faults.push({ line: comment.line, message: 'no line of policy follows it' })
    else found.push({ line, commentLine: comment.line, mutators: names as readonly MutatorName[] | null, reason })
  }
  return { found, faults }
}

export function argues(argument: Argument, mutant: { readonly line: number; readonly mutator: MutatorName }): boolean {
  return argument.line === mutant.line && (argument.mutators === null || argument.mutators.includes(mutant.mutator))
}

/**
 * Arguments that no survivor needs any more: all mutants of the line are killed, or all of a kind that is named.
 * `mutants` are all that were judged, with whether each survived.
 */
export function staleArguments(
  found: readonly Argument[],
  mutants: readonly { readonly line: number; readonly mutator: MutatorName; readonly survived: boolean }[],
): ArgumentFault[] {
  return found.flatMap((argument) => {
    const survivors = mutants.filter((mutant) => mutant.survived && argues(argument, mutant))
    if (survivors.length === 0)
      return [{ line: argument.commentLine, message: 'stale: tests kill every mutant that it argues' }]
    const idle = argument.mutators?.filter((name) => !survivors.some(({ mutator }) => mutator === name)) ?? []
    return idle.map((name) => ({
      line: argument.commentLine,
      message: `stale: no ${name} mutant of its line survives`,
    }))
  })
}
