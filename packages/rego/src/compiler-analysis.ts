import type { Block, Operand, Plan, Statement } from './plan.ts'

/** What stands for a local that only ever holds what another holds. */
export type Aliases = ReadonlyMap<number, Operand>

/** Locals that a statement itself changes; what is below it is not counted. */
export function written(s: Statement): readonly number[] {
  if (s.type === 'Scan') return [s.key, s.value]
  if (s.type === 'Call' || s.type === 'CallDynamic') return [s.result]
  // Changed, and changed back at its end.
  if (s.type === 'With') return [s.local, s.local]
  return 'target' in s ? [s.target] : []
}

/** Locals that a statement itself reads. */
function read(s: Statement): readonly number[] {
  const operands: (Operand | number)[] = []
  if ('source' in s) operands.push(s.source)
  if (s.type === 'Dot' || s.type === 'ObjectInsert' || s.type === 'ObjectInsertOnce') operands.push(s.key)
  if ('a' in s) operands.push(s.a, s.b)
  if ('args' in s) operands.push(...s.args)
  if (s.type === 'CallDynamic') operands.push(...s.path)
  if (s.type === 'AssignVarOnce') operands.push(s.target)
  if (s.type === 'ArrayAppend') operands.push(s.array, s.value)
  if (s.type === 'SetAdd') operands.push(s.set, s.value)
  if (s.type === 'ObjectInsert' || s.type === 'ObjectInsertOnce') operands.push(s.object, s.value)
  if (s.type === 'With') operands.push(s.local, s.value)
  return operands.flatMap((o) => (typeof o === 'number' ? [o] : 'local' in o ? [o.local] : []))
}

/** Every statement of blocks in the order in which they stand, those within others after these. */
function each(
  blocks: readonly Block[],
  visit: (s: Statement, block: Block) => void,
  end: (block: Block) => void = () => {},
): void {
  for (const block of blocks) {
    for (const s of block) {
      visit(s, block)
      each(below(s), visit, end)
    }
    end(block)
  }
}

function below(s: Statement): readonly Block[] {
  if (s.type === 'Block') return s.blocks
  return 'block' in s ? [s.block] : []
}

/** Where in a function something stands: its statements are numbered in the order in which they stand. */
interface Span {
  readonly first: number
  readonly last: number
}

/**
 * Locals of a function that need not exist: assigned in one place, from what itself is assigned in one place before, and
 * read only after it in the same block. OPA's planner makes many; each is an instruction less to run and to compile.
 */
export function aliasesOf(params: readonly number[], blocks: readonly Block[]): Aliases {
  const writes = new Map<number, number>()
  const reads = new Map<number, Span>()
  const ends = new Map<Block, number>()
  let number = 0
  each(
    blocks,
    (s) => {
      number++
      for (const local of written(s)) writes.set(local, (writes.get(local) ?? 0) + 1)
      for (const local of read(s)) reads.set(local, { first: reads.get(local)?.first ?? number, last: number })
    },
    (block) => ends.set(block, number),
  )
  const aliases = new Map<number, Operand>()
  const done = new Set<number>(params.filter((local) => !writes.has(local)))
  number = 0
  each(blocks, (s, block) => {
    number++
    if (s.type === 'AssignVar' && writes.get(s.target) === 1 && !params.includes(s.target)) {
      const { target, source } = s
      const steady = !('local' in source) || (done.has(source.local) && (writes.get(source.local) ?? 1) === 1)
      const used = reads.get(target)
      const isAfter = used === undefined || (used.first > number && used.last <= (ends.get(block) ?? 0))
      if (steady && isAfter) aliases.set(target, 'local' in source ? (aliases.get(source.local) ?? source) : source)
    }
    for (const local of written(s)) if (!params.includes(local)) done.add(local)
  })
  return aliases
}

/** Functions with fewer statements, with those that they call, are as soon run again as remembered. */
const WORTH = 25
/** Calls within calls that are looked at for it. */
const MAX_CHAIN = 50

/**
 * Functions with arguments whose results are remembered within an evaluation: called from more than one place, so
 * perhaps with the same arguments, and not done in a few steps. By number.
 */
export function rememberedFunctions(plan: Plan): ReadonlySet<number> {
  const numbers = new Map(plan.functions.map((func, index) => [func.name, index]))
  const calls = new Map<string, number>()
  const own = plan.functions.map(({ blocks }) => {
    const called: number[] = []
    let statements = 0
    each(blocks, (s) => {
      statements++
      if (s.type !== 'Call') return
      calls.set(s.func, (calls.get(s.func) ?? 0) + 1)
      const callee = numbers.get(s.func)
      if (callee !== undefined) called.push(callee)
    })
    return { statements, called }
  })
  for (const { blocks } of plan.entrypoints)
    each(blocks, (s) => {
      if (s.type === 'Call') calls.set(s.func, (calls.get(s.func) ?? 0) + 1)
    })
  const weights = new Map<number, number>()
  const weight = (index: number, depth: number): number => {
    const known = weights.get(index)
    if (known !== undefined || depth > MAX_CHAIN) return known ?? 0
    // A function that calls itself, as only a hand-made plan has it, weighs nothing there.
    weights.set(index, 0)
    const { statements, called } = own[index] ?? { statements: 0, called: [] }
    const sum = called.reduce((all, callee) => all + weight(callee, depth + 1), statements)
    weights.set(index, sum)
    return sum
  }
  const remembered = new Set<number>()
  for (const [index, { name, params }] of plan.functions.entries()) {
    const operands = params.length - 2
    if ((operands === 1 || operands === 2) && (calls.get(name) ?? 0) > 1 && weight(index, 0) >= WORTH)
      remembered.add(index)
  }
  return remembered
}

/** Whether a statement is the insertion before it, once more: OPA's planner says twice that a set is the value of its key. */
export function isAgain(s: Statement, before: Statement | undefined): boolean {
  if (s.type !== 'ObjectInsert' || before?.type !== 'ObjectInsert') return false
  const same = (a: Operand, b: Operand): boolean => JSON.stringify(a) === JSON.stringify(b)
  return s.object === before.object && same(s.key, before.key) && same(s.value, before.value)
}
