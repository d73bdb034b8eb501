/**
 * OPA's intermediate representation (plan.json, schema v1), read strictly: what does not have the documented form is
 * refused before any code is made from it. https://www.openpolicyagent.org/docs/ir
 */
/** Where a statement comes from: the source file by its position in `Plan.files`, lines and columns from 1. */
export interface Location {
  readonly file: number
  readonly row: number
  readonly col: number
  readonly endRow: number
}

export type Operand = { readonly local: number } | { readonly string: number } | { readonly bool: boolean }

type StatementKind =
  | { readonly type: 'ReturnLocal' | 'ResultSetAdd' | 'IsDefined' | 'IsUndefined'; readonly source: number }
  | { readonly type: 'Call'; readonly func: string; readonly args: readonly Operand[]; readonly result: number }
  | {
      readonly type: 'CallDynamic'
      readonly args: readonly number[]
      readonly result: number
      readonly path: readonly Operand[]
    }
  | { readonly type: 'Block'; readonly blocks: readonly Block[] }
  | { readonly type: 'Break'; readonly index: number }
  | { readonly type: 'Dot'; readonly source: Operand; readonly key: Operand; readonly target: number }
  | { readonly type: 'Len' | 'AssignVar' | 'AssignVarOnce'; readonly source: Operand; readonly target: number }
  | {
      readonly type: 'Scan'
      readonly source: number
      readonly key: number
      readonly value: number
      readonly block: Block
    }
  | { readonly type: 'Not'; readonly block: Block }
  | { readonly type: 'AssignInt' | 'MakeNumberInt'; readonly value: number; readonly target: number }
  | { readonly type: 'ResetLocal' | 'MakeNull' | 'MakeArray' | 'MakeObject' | 'MakeSet'; readonly target: number }
  | { readonly type: 'MakeNumberRef'; readonly index: number; readonly target: number }
  | { readonly type: 'Equal' | 'NotEqual'; readonly a: Operand; readonly b: Operand }
  | { readonly type: 'IsArray' | 'IsObject' | 'IsSet'; readonly source: Operand }
  | { readonly type: 'ArrayAppend'; readonly array: number; readonly value: Operand }
  | { readonly type: 'SetAdd'; readonly set: number; readonly value: Operand }
  | {
      readonly type: 'ObjectInsert' | 'ObjectInsertOnce'
      readonly object: number
      readonly key: Operand
      readonly value: Operand
    }
  | { readonly type: 'ObjectMerge'; readonly a: number; readonly b: number; readonly target: number }
  | {
      readonly type: 'With'
      readonly local: number
      readonly path: readonly number[]
      readonly value: Operand
      readonly block: Block
    }
  | { readonly type: 'Nop' }

/** `location` is null where the plan gives none: statements that OPA adds itself. */
export type Statement = StatementKind & { readonly location: Location | null }

export type Block = readonly Statement[]

export interface PlanFunction {
  readonly name: string
  readonly params: readonly number[]
  readonly blocks: readonly Block[]
  readonly path: readonly string[] | null
}

export interface BuiltinUse {
  readonly name: string
  readonly arity: number
  readonly hasResult: boolean
}

export interface Plan {
  readonly strings: readonly string[]
  /** Names of the source files, as `opa build` was given them. */
  readonly files: readonly string[]
  readonly builtins: readonly BuiltinUse[]
  /** Heads of rules that no entrypoint reaches: with `opa build --plan-addons unplanned_rules`. */
  readonly unplanned: readonly Location[]
  readonly entrypoints: readonly { readonly name: string; readonly blocks: readonly Block[] }[]
  readonly functions: readonly PlanFunction[]
}

export class PlanError extends Error {}

const MAX_STATEMENTS = 500_000
const MAX_NESTING = 200
const MAX_LOCAL = 1_000_000

/** Reads a parsed plan.json. Throws PlanError naming the place. */
export function readPlan(plan: unknown): Plan {
  return new PlanReader().plan(plan)
}

class PlanReader {
  private strings = 0
  private files = 0
  private statements = 0

  plan(value: unknown): Plan {
    const root = record(value, 'the plan')
    const fixed = root['static'] === undefined ? {} : record(root['static'], 'static')
    const strings = list(fixed['strings'], 'static.strings').map((s) =>
      text(record(s, 'a string')['value'], 'a string'),
    )
    this.strings = strings.length
    const files = list(fixed['files'], 'static.files').map((f) => text(record(f, 'a file')['value'], 'a file'))
    this.files = files.length
    const builtins = list(fixed['builtin_funcs'], 'static.builtin_funcs').map((b) => {
      const use = record(b, 'a builtin')
      const decl = record(use['decl'], 'a builtin’s declaration')
      return {
        name: text(use['name'], 'a builtin’s name'),
        arity: list(decl['args'], 'a builtin’s args').length,
        hasResult: decl['result'] !== undefined && decl['result'] !== null,
      }
    })
    const plans = record(root['plans'], 'plans')
    const entrypoints = list(plans['plans'], 'plans.plans').map((p) => {
      const entry = record(p, 'an entrypoint')
      const name = text(entry['name'], 'an entrypoint’s name')
      return { name, blocks: this.blocks(entry['blocks'], 0, `entrypoint ${short(name)}`) }
    })
    const funcs = root['funcs'] === undefined || root['funcs'] === null ? {} : record(root['funcs'], 'funcs')
    const functions = list(funcs['funcs'], 'funcs.funcs').map((f) => this.func(f))
    const unplanned = list(root['unplanned_rules'], 'unplanned_rules').flatMap((rule) => {
      const found = this.location(record(record(rule, 'an unplanned rule')['location'] ?? {}, 'an unplanned rule'))
      return found === null ? [] : [found]
    })
    return { strings, files, builtins, unplanned, entrypoints, functions }
  }

  private func(value: unknown): PlanFunction {
    const func = record(value, 'a function')
    const name = text(func['name'], 'a function’s name')
    const where = `function ${short(name)}`
    const params = list(func['params'], where).map((p) => local(p, where))
    if (params.length === 0 || params.length > 64 || new Set(params).size !== params.length) {
      throw new PlanError(`${where}: bad parameters`)
    }
    return {
      name,
      params,
      blocks: this.blocks(func['blocks'], 0, where),
      path:
        func['path'] === undefined || func['path'] === null
          ? null
          : list(func['path'], where).map((p) => text(p, where)),
    }
  }

  private blocks(value: unknown, depth: number, where: string): Block[] {
    return list(value, where).map((b) => this.block(b, depth, where))
  }

  private block(value: unknown, depth: number, where: string): Block {
    if (depth > MAX_NESTING) throw new PlanError(`${where}: blocks are nested deeper than ${MAX_NESTING}`)
    return list(record(value, where)['stmts'], where).map((s) => this.statement(s, depth + 1, where))
  }

  private operand(value: unknown, where: string): Operand {
    const operand = record(value, where)
    if (operand['type'] === 'local') return { local: local(operand['value'], where) }
    if (operand['type'] === 'string_index') return { string: this.stringIndex(operand['value'], where) }
    if (operand['type'] === 'bool' && typeof operand['value'] === 'boolean') return { bool: operand['value'] }
    throw new PlanError(`${where}: an operand of unknown type`)
  }

  private stringIndex(value: unknown, where: string): number {
    const index = integer(value, where)
    if (index < 0 || index >= this.strings) throw new PlanError(`${where}: string ${index} does not exist`)
    return index
  }

  private statement(value: unknown, depth: number, where: string): Statement {
    if (++this.statements > MAX_STATEMENTS) throw new PlanError(`the plan has more than ${MAX_STATEMENTS} statements`)
    const outer = record(value, where)
    const s = record(outer['stmt'], where)
    return { ...this.kind(outer['type'], s, depth, where), location: this.location(s) }
  }

  /** Lenient: a location says where to look and decides nothing. */
  private location(s: Record<string, unknown>): Location | null {
    const { file, row, col, end_row: end } = s
    if (!isLine(file) || file >= this.files || !isLine(row) || row === 0 || !isLine(col)) return null
    return { file, row, col, endRow: isLine(end) && end >= row ? end : row }
  }

  private kind(type: unknown, s: Record<string, unknown>, depth: number, where: string): StatementKind {
    const op = (key: string): Operand => this.operand(s[key], where)
    const at = (key: string): number => local(s[key], where)
    switch (type) {
      case 'ReturnLocalStmt':
        return { type: 'ReturnLocal', source: at('source') }
      case 'ResultSetAddStmt':
        return { type: 'ResultSetAdd', source: at('value') }
      case 'IsDefinedStmt':
        return { type: 'IsDefined', source: at('source') }
      case 'IsUndefinedStmt':
        return { type: 'IsUndefined', source: at('source') }
      case 'CallStmt': {
        const args = list(s['args'], where).map((a) => this.operand(a, where))
        return { type: 'Call', func: text(s['func'], where), args, result: at('result') }
      }
      case 'CallDynamicStmt': {
        const args = list(s['args'], where).map((a) => local(a, where))
        const path = list(s['path'], where).map((p) => this.operand(p, where))
        return { type: 'CallDynamic', args, result: at('result'), path }
      }
      case 'BlockStmt':
        return { type: 'Block', blocks: this.blocks(s['blocks'], depth, where) }
      case 'BreakStmt':
        return { type: 'Break', index: integer(s['index'], where) }
      case 'DotStmt':
        return { type: 'Dot', source: op('source'), key: op('key'), target: at('target') }
      case 'LenStmt':
        return { type: 'Len', source: op('source'), target: at('target') }
      case 'AssignVarStmt':
        return { type: 'AssignVar', source: op('source'), target: at('target') }
      case 'AssignVarOnceStmt':
        return { type: 'AssignVarOnce', source: op('source'), target: at('target') }
      case 'ScanStmt':
        return {
          type: 'Scan',
          source: at('source'),
          key: at('key'),
          value: at('value'),
          block: this.block(s['block'], depth, where),
        }
      case 'NotStmt':
        return { type: 'Not', block: this.block(s['block'], depth, where) }
      case 'AssignIntStmt':
        return { type: 'AssignInt', value: integer(s['value'], where), target: at('target') }
      case 'MakeNumberIntStmt':
        return { type: 'MakeNumberInt', value: integer(s['value'], where), target: at('target') }
      case 'MakeNumberRefStmt':
        return { type: 'MakeNumberRef', index: this.stringIndex(s['Index'] ?? s['index'], where), target: at('target') }
      case 'ResetLocalStmt':
        return { type: 'ResetLocal', target: at('target') }
      case 'MakeNullStmt':
        return { type: 'MakeNull', target: at('target') }
      case 'MakeArrayStmt':
        return { type: 'MakeArray', target: at('target') }
      case 'MakeObjectStmt':
        return { type: 'MakeObject', target: at('target') }
      case 'MakeSetStmt':
        return { type: 'MakeSet', target: at('target') }
      case 'EqualStmt':
        return { type: 'Equal', a: op('a'), b: op('b') }
      case 'NotEqualStmt':
        return { type: 'NotEqual', a: op('a'), b: op('b') }
      case 'IsArrayStmt':
        return { type: 'IsArray', source: op('source') }
      case 'IsObjectStmt':
        return { type: 'IsObject', source: op('source') }
      case 'IsSetStmt':
        return { type: 'IsSet', source: op('source') }
      case 'ArrayAppendStmt':
        return { type: 'ArrayAppend', array: at('array'), value: op('value') }
      case 'SetAddStmt':
        return { type: 'SetAdd', set: at('set'), value: op('value') }
      case 'ObjectInsertStmt':
        return { type: 'ObjectInsert', object: at('object'), key: op('key'), value: op('value') }
      case 'ObjectInsertOnceStmt':
        return { type: 'ObjectInsertOnce', object: at('object'), key: op('key'), value: op('value') }
      case 'ObjectMergeStmt':
        return { type: 'ObjectMerge', a: at('a'), b: at('b'), target: at('target') }
      case 'WithStmt': {
        const path = list(s['path'], where).map((p) => this.stringIndex(p, where))
        return {
          type: 'With',
          local: at('local'),
          path,
          value: op('value'),
          block: this.block(s['block'], depth, where),
        }
      }
      case 'NopStmt':
        return { type: 'Nop' }
      default:
        throw new PlanError(`${where}: statement of unknown type ${short(type)}`)
    }
  }
}

/** Part of an untrusted name, for a message. */
export function short(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 120))
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PlanError(`${where}: expected an object`)
  // A plan's words are none that every object has; what it would have of another prototype is left out.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return value as Record<string, unknown>
  return Object.assign(Object.create(null) as Record<string, unknown>, value)
}

function list(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new PlanError(`${where}: expected a list`)
  return value
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new PlanError(`${where}: expected text`)
  return value
}

function integer(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new PlanError(`${where}: expected an integer`)
  return value
}

function isLine(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 1_000_000
}

function local(value: unknown, where: string): number {
  const index = integer(value, where)
  if (index < 0 || index > MAX_LOCAL) throw new PlanError(`${where}: local ${index} is out of range`)
  return index
}
