import { recalled, remember } from './call-memo.ts'
import { aliasesOf, isAgain, rememberedFunctions, written, type Aliases } from './compiler-analysis.ts'
import { PLAIN, type Dialect } from './compiler-dialect.ts'
import { PathTable } from './compiler-paths.ts'
import { PlanError, short, type Block, type Operand, type Plan, type Statement } from './plan.ts'
import {
  add,
  append,
  assignOnce,
  dot,
  dotData,
  insert,
  insertOnce,
  length,
  merge,
  scanKeys,
  scanValues,
  UNDEFINED,
  upsert,
  type Machine,
} from './machine.ts'
import { compare, equal, numberFromText, RegoObject, RegoSet, type Value } from './value.ts'

/** A builtin as the generated code calls it: undefined means no result. */
export type LinkedBuiltin = (m: Machine, ...args: Value[]) => Value | undefined

export type Entrypoint = (m: Machine, input: Value | undefined, data: Value) => void

/** All that generated code can name beside its own locals. */
const RUNTIME = {
  add,
  append,
  assignOnce,
  compare,
  dot,
  dotData,
  equal,
  insert,
  insertOnce,
  length,
  merge,
  recalled,
  remember,
  scanKeys,
  scanValues,
  upsert,
  RegoObject,
  RegoSet,
  UNDEFINED,
}

/**
 * Makes JavaScript functions of a plan. No text of the plan is put into the code: strings, numbers and names are
 * reached by their position in a table, so the code consists of this file's words and of integers.
 * Throws PlanError where the plan calls what does not exist or breaks out of what it is not in.
 */
export function compilePlan(
  plan: Plan,
  builtins: ReadonlyMap<string, LinkedBuiltin>,
  dialect: Dialect = PLAIN,
): Map<string, Entrypoint> {
  const functions = new Map<string, number>()
  for (const [index, func] of plan.functions.entries()) {
    if (functions.has(func.name)) throw new PlanError(`function ${short(func.name)} is there twice`)
    functions.set(func.name, index)
  }
  const called = new PathTable()
  const tables: Tables = { plan, dialect, functions, builtins: new Map(), linked: [], numbers: [], paths: [], called }
  for (const [name, builtin] of builtins) {
    tables.builtins.set(name, tables.linked.length)
    tables.linked.push(builtin)
  }
  const remembered = rememberedFunctions(plan)
  const code: string[] = ['"use strict";']
  code.push(`const {${Object.keys(RUNTIME).join(',')}} = runtime;`)
  const functionCode = plan.functions.map((func, index) => {
    const writer = new Writer(tables, `function ${short(func.name)}`)
    return writer.func(index, func.params, func.blocks, remembered.has(index))
  })
  const entryCode = plan.entrypoints.map((entry, index) => {
    const writer = new Writer(tables, `entrypoint ${short(entry.name)}`)
    return writer.entrypoint(index, entry.blocks)
  })
  for (const index of plan.strings.keys()) code.push(`const s${index} = strings[${index}];`)
  for (const index of tables.linked.keys()) code.push(`const b${index} = linked[${index}];`)
  for (const index of tables.numbers.keys()) code.push(`const n${index} = numbers[${index}];`)
  for (const index of tables.paths.keys()) code.push(`const p${index} = paths[${index}];`)
  for (const index of called.turns.keys()) code.push(`const t${index} = turns[${index}].found;`)
  code.push(...functionCode, ...entryCode)
  code.push(`return {functions:[${plan.functions.map((_, i) => `f${i}`).join(',')}],`)
  code.push(`entrypoints:[${plan.entrypoints.map((_, i) => `e${i}`).join(',')}]};`)

  // oxlint-disable-next-line typescript/no-implied-eval -- the code holds integers and our own words only, see above
  const make = new Function('runtime', 'strings', 'linked', 'numbers', 'paths', 'turns', 'lookup', code.join('\n')) as (
    ...tables: unknown[]
  ) => { functions: LinkedBuiltin[]; entrypoints: Entrypoint[] }
  const { linked, numbers, paths } = tables
  const made = make(RUNTIME, plan.strings, linked, numbers, paths, called.turns, called.lookup)
  called.link(plan.functions, made.functions)
  const entrypoints = new Map<string, Entrypoint>()
  for (const [index, entry] of plan.entrypoints.entries())
    entrypoints.set(entry.name, made.entrypoints[index] as Entrypoint)
  return entrypoints
}

interface Tables {
  readonly plan: Plan
  readonly dialect: Dialect
  readonly functions: ReadonlyMap<string, number>
  readonly builtins: Map<string, number>
  readonly linked: LinkedBuiltin[]
  readonly numbers: Value[]
  readonly paths: string[][]
  readonly called: PathTable
}

interface Frame {
  readonly label: number
  /** What must be put back when control leaves this frame. */
  readonly restore: string
}

class Writer {
  private readonly tables: Tables
  private readonly say: Dialect
  private readonly where: string
  private readonly locals = new Set<number>()
  private readonly frames: Frame[] = []
  /** Locals that hold a reference's steps from `data` on, which is local 1. */
  private readonly dataRefs = new Set([1])
  private aliases: Aliases = new Map()
  private labels = 0
  private temps = 0
  private inFunction = false
  /** Its result is noted at its end, to which every return leads. */
  private isRule = false

  constructor(tables: Tables, where: string) {
    this.tables = tables
    this.say = tables.dialect
    this.where = where
  }

  func(index: number, params: readonly number[], blocks: readonly Block[], remembered: boolean): string {
    this.inFunction = true
    this.isRule = !remembered && params.length === 2
    this.aliases = aliasesOf(params, blocks)
    const body = blocks.map((block) => this.block(block, '')).join('\n')
    const names = params.map((p) => `l${p}`).join(',')
    const inner = `(m,${names}) {
if (--m.fuel < 0 || ++m.depth > m.maxDepth) m.over();
${this.say.enter(index)}${this.variables(params)}${body}
${this.say.leave}m.depth--; return undefined;
}`
    if (remembered) return `function g${index}${inner}\n${this.remembering(index, params.length === 4)}`
    if (!this.isRule) return `function f${index}${inner}`
    return `function f${index}(m,${names}) {
const known = m.memo[${index}];
if (known !== undefined) return known === UNDEFINED ? undefined : known;
const memo = m.memo;
let result;
if (--m.fuel < 0 || ++m.depth > m.maxDepth) m.over();
${this.say.enter(index)}${this.variables(params)}R: {
${body}
}
${this.say.leave}m.depth--;
memo[${index}] = result === undefined ? UNDEFINED : result;
return result;
}`
  }

  /** A call with the same operands is answered from the first one. */
  private remembering(index: number, two: boolean): string {
    const names = two ? 'm,input,data,a,b' : 'm,input,data,a'
    return `function f${index}(${names}) {
const known = recalled(m,${index},input,data,a,${two ? 'b' : 'null'});
if (known !== undefined) return known === UNDEFINED ? undefined : known;
const memo = m.memo, fuel = m.fuel;
const result = g${index}(${names});
remember(m,memo,fuel,${index},{input,data,a,b${two ? '' : ':null'},result:result === undefined ? UNDEFINED : result});
return result;
}`
  }

  entrypoint(index: number, blocks: readonly Block[]): string {
    this.aliases = aliasesOf([0, 1], blocks)
    const body = blocks.map((block) => this.block(block, '')).join('\n')
    return `function e${index}(m,l0,l1) {\n${this.variables([0, 1])}${body}\n}`
  }

  private variables(params: readonly number[]): string {
    const own = [...this.locals].filter((l) => !params.includes(l))
    return own.length === 0 ? '' : `let ${own.map((l) => `l${l}`).join(',')};\n`
  }

  private block(block: Block, restore: string): string {
    const label = this.labels++
    this.frames.push({ label, restore })
    const lines = block.map((s, i) => this.say.before(s) + (isAgain(s, block[i - 1]) ? '' : this.statement(s)))
    const body = lines.join('\n')
    this.frames.pop()
    return `B${label}: {\n${body}\n}`
  }

  private local(index: number): string {
    const alias = this.aliases.get(index)
    if (alias !== undefined) return this.operand(alias)
    this.locals.add(index)
    return `l${index}`
  }

  private operand(operand: Operand): string {
    if ('local' in operand) return this.local(operand.local)
    return 'string' in operand ? `s${operand.string}` : String(operand.bool)
  }

  private leave(index: number): string {
    if (index < 0 || index >= this.frames.length) {
      if (index === this.frames.length) return `{ ${this.restores(this.frames)}${this.finish('undefined')} }`
      throw new PlanError(`${this.where}: breaks out of ${index} blocks, of which there are ${this.frames.length}`)
    }
    const target = this.frames[this.frames.length - 1 - index]
    const crossed = this.frames.slice(this.frames.length - index)
    return `{ ${this.restores(crossed)}break B${target?.label ?? 0}; }`
  }

  private restores(frames: readonly Frame[]): string {
    return frames
      .toReversed()
      .map((f) => f.restore)
      .join('')
  }

  private finish(value: string): string {
    if (this.isRule) return value === 'undefined' ? 'break R;' : `result = ${value}; break R;`
    return this.inFunction ? `${this.say.leave}m.depth--; return ${value};` : 'return;'
  }

  private call(func: string, args: readonly Operand[], result: number): string {
    const target = this.local(result)
    const values = args.map((a) => this.operand(a))
    const own = this.tables.functions.get(func)
    if (own !== undefined) {
      const params = this.tables.plan.functions[own]?.params.length ?? 0
      if (params !== args.length)
        throw new PlanError(`${this.where}: calls ${short(func)} with ${args.length} arguments`)
      return `${target} = f${own}(m,${values.join(',')}); if (${target} === undefined) ${this.leave(0)}`
    }
    const builtin = this.tables.builtins.get(func)
    if (builtin === undefined) throw new PlanError(`${this.where}: calls ${short(func)}, which the plan does not have`)
    const declared = this.tables.plan.builtins.find((b) => b.name === func)
    if (declared?.arity !== args.length)
      throw new PlanError(`${this.where}: calls ${short(func)} with ${args.length} arguments`)
    if (!declared.hasResult) return `${this.say.builtin(builtin, values)};`
    const [a = '', b = ''] = values
    const comparison = this.say.comparison(func, a, b)
    if (comparison !== null) return `${target} = ${comparison};`
    const typeTest = this.say.typeTest(func, a)
    if (typeTest !== null) return `if (--m.fuel < 0) m.over(); ${target} = ${typeTest};`
    return `${target} = ${this.say.builtin(builtin, values)}; if (${target} === undefined) ${this.leave(0)}`
  }

  /** The function at a computed path: most paths are computed in one part, and found by it. */
  private called(path: readonly Operand[]): string {
    const keys = path.map((p) => this.say.key(this.operand(p)))
    const [at = -1, ...others] = [...path.keys()].filter((i) => !('string' in (path[i] ?? {})))
    if (at < 0 || others.length > 0) return `lookup([${keys.join(',')}])`
    const { strings } = this.tables.plan
    const texts = path.map((p) => ('string' in p ? (strings[p.string] ?? '') : ''))
    return `t${this.tables.called.turn(texts, at)}.get(${keys[at]})`
  }

  private scan(s: Statement & { type: 'Scan' }): string {
    const t = this.temps++
    const source = this.local(s.source)
    const key = this.local(s.key)
    const value = this.local(s.value)
    return `${this.say.scan(t, source)}
for (let i${t} = 0; i${t} < v${t}.length; i${t}++) {
if (--m.fuel < 0) m.over();
${key} = k${t} === null ? i${t} : k${t}[i${t}]; ${value} = ${this.say.item(t, key)};
${this.block(s.block, '')}
}`
  }

  private replaced(s: Statement & { type: 'With' }): string {
    const t = this.temps++
    const target = this.local(s.local)
    const value = this.operand(s.value)
    const restore = `${target} = w${t}; m.memo = q${t};`
    let replaced = value
    if (s.path.length > 0) {
      const path = this.tables.paths.length
      this.tables.paths.push(s.path.map((i) => this.tables.plan.strings[i] ?? ''))
      replaced = this.say.upsert(target, `p${path}`, value)
    }
    // The frame's label is passed on falling through only: a break to it means undefined.
    const body = this.block([...s.block], restore)
    return `const w${t} = ${target}, q${t} = m.memo; let u${t} = true;
m.memo = []; ${target} = ${replaced};
${body.slice(0, -1)}u${t} = false;
}
${restore} if (u${t}) ${this.leave(0)}`
  }

  private statement(s: Statement): string {
    if (s.type !== 'With' && s.type !== 'Dot') for (const local of written(s)) this.dataRefs.delete(local)
    switch (s.type) {
      case 'ReturnLocal':
        return `${this.restores(this.frames)}${this.finish(this.local(s.source))}`
      case 'ResultSetAdd':
        return `${this.say.result(this.local(s.source))};`
      case 'IsDefined':
        return `if (${this.local(s.source)} === undefined) ${this.leave(0)}`
      case 'IsUndefined':
        return `if (${this.local(s.source)} !== undefined) ${this.leave(0)}`
      case 'Call':
        return this.call(s.func, s.args, s.result)
      case 'CallDynamic': {
        const t = this.temps++
        if (s.args.length !== 2) throw new PlanError(`${this.where}: a dynamic call has ${s.args.length} arguments`)
        const args = s.args.map((a) => this.local(a)).join(',')
        const result = this.local(s.result)
        return `const d${t} = ${this.called(s.path)}; if (d${t} === undefined) ${this.leave(0)}
${result} = d${t}(m,${args}); if (${result} === undefined) { ${this.leave(3)} }`
      }
      case 'Block':
        return s.blocks.map((b) => this.block(b, '')).join('\n')
      case 'Break':
        return this.leave(s.index)
      case 'Dot': {
        const target = this.local(s.target)
        // Reading `data.a[0]` goes through the store's text keys; reading a variable that holds `data.a` does not.
        const fromData = 'local' in s.source && this.dataRefs.has(s.source.local)
        if (fromData) this.dataRefs.add(s.target)
        else this.dataRefs.delete(s.target)
        const found = this.say.dot(fromData, this.operand(s.source), this.operand(s.key))
        return `${target} = ${found}; if (${target} === undefined) ${this.leave(0)}`
      }
      case 'Len':
        return `${this.local(s.target)} = ${this.say.length(this.operand(s.source))};`
      case 'Scan':
        return this.scan(s)
      case 'Not': {
        const t = this.temps++
        const body = this.block(s.block, '')
        return `let o${t} = true;\n${body.slice(0, -1)}o${t} = false;\n}\nif (!o${t}) ${this.leave(0)}`
      }
      case 'AssignInt':
      case 'MakeNumberInt':
        return `${this.local(s.target)} = ${s.value};`
      case 'MakeNumberRef': {
        const index = this.tables.numbers.length
        this.tables.numbers.push(numberFromText(this.tables.plan.strings[s.index] ?? '0'))
        return `${this.local(s.target)} = n${index};`
      }
      case 'AssignVar':
        return this.aliases.has(s.target) ? '' : `${this.local(s.target)} = ${this.operand(s.source)};`
      case 'AssignVarOnce': {
        const target = this.local(s.target)
        const source = this.operand(s.source)
        return `${target} = ${target} === undefined ? ${source} : ${this.say.assignOnce(target, source)};`
      }
      case 'ResetLocal':
        return `${this.local(s.target)} = undefined;`
      case 'MakeNull':
        return `${this.local(s.target)} = null;`
      case 'MakeArray':
        return `${this.local(s.target)} = [];`
      case 'MakeObject':
        return `${this.local(s.target)} = new RegoObject();`
      case 'MakeSet':
        return `${this.local(s.target)} = new RegoSet();`
      case 'Equal':
        return `if (!${this.say.equal(this.operand(s.a), this.operand(s.b))}) ${this.leave(0)}`
      case 'NotEqual':
        return `if (${this.say.equal(this.operand(s.a), this.operand(s.b))}) ${this.leave(0)}`
      case 'IsArray':
        return `if (!Array.isArray(${this.operand(s.source)})) ${this.leave(0)}`
      case 'IsObject':
        return `if (!(${this.operand(s.source)} instanceof RegoObject)) ${this.leave(0)}`
      case 'IsSet':
        return `if (!(${this.operand(s.source)} instanceof RegoSet)) ${this.leave(0)}`
      case 'ArrayAppend':
        return `${this.say.append(this.local(s.array), this.operand(s.value))};`
      case 'SetAdd':
        return `${this.say.add(this.local(s.set), this.operand(s.value))};`
      case 'ObjectInsert':
        return `${this.say.insert(this.local(s.object), this.operand(s.key), this.operand(s.value))};`
      case 'ObjectInsertOnce':
        return `${this.say.insertOnce(this.local(s.object), this.operand(s.key), this.operand(s.value))};`
      case 'ObjectMerge':
        return `${this.local(s.target)} = ${this.say.merge(this.local(s.a), this.local(s.b))};`
      case 'With':
        return this.replaced(s)
      case 'Nop':
        return ''
    }
  }
}
