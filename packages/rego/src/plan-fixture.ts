/** Plans written by hand, as an attacker would: OPA makes none of these. */
type Stmt = { readonly type: string; readonly stmt: Record<string, unknown> }

export const local = (value: number): Record<string, unknown> => ({ type: 'local', value })
export const text = (value: number): Record<string, unknown> => ({ type: 'string_index', value })
export const stmt = (type: string, stmt: Record<string, unknown>): Stmt => ({
  type,
  stmt: { ...stmt, file: 0, col: 0, row: 0 },
})

/** The statements that give local 3 as the entrypoint's result, named by string 0. */
export const giveLocal3: readonly Stmt[] = [
  stmt('MakeObjectStmt', { target: 4 }),
  stmt('ObjectInsertStmt', { key: text(0), value: local(3), object: 4 }),
  stmt('ResultSetAddStmt', { value: 4 }),
]

export interface PlanParts {
  readonly strings?: readonly string[]
  readonly stmts?: readonly unknown[]
  readonly funcs?: readonly unknown[]
  readonly builtins?: readonly unknown[]
  readonly name?: string
}

export function handMadePlan(parts: PlanParts): unknown {
  return {
    static: {
      strings: ['result', ...(parts.strings ?? [])].map((value) => ({ value })),
      builtin_funcs: parts.builtins ?? [],
      files: [],
    },
    plans: { plans: [{ name: parts.name ?? 'main', blocks: [{ stmts: parts.stmts ?? [] }] }] },
    funcs: { funcs: parts.funcs ?? [] },
  }
}

export function builtin(name: string, arity: number): Record<string, unknown> {
  return {
    name,
    decl: { args: Array.from({ length: arity }, () => ({ type: 'any' })), result: { type: 'any' }, type: 'function' },
  }
}

/** Calls itself `width` times, without end. */
export function endlessFunction(width = 1): Record<string, unknown> {
  const call = stmt('CallStmt', { func: 'f', args: [local(0), local(1), local(1)], result: 3 })
  return { name: 'f', params: [0, 1, 2], return: 3, blocks: [{ stmts: Array.from({ length: width }, () => call) }] }
}

/** A loop that feeds itself: it appends to the list it scans. */
export const endlessScan: readonly Stmt[] = [
  stmt('MakeArrayStmt', { capacity: 0, target: 3 }),
  stmt('ArrayAppendStmt', { array: 3, value: text(0) }),
  stmt('ScanStmt', {
    source: 3,
    key: 5,
    value: 6,
    block: { stmts: [stmt('ArrayAppendStmt', { array: 3, value: text(0) })] },
  }),
  ...giveLocal3,
]
