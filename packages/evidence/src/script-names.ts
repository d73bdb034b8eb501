import { parseSync } from 'oxc-parser'
import type { Names } from './names.ts'

/** A line for each offset, by halving. */
function lineIndex(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

interface ScriptNode {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is ScriptNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

const DEFINING: Readonly<Record<string, readonly string[]>> = {
  FunctionDeclaration: ['id'],
  FunctionExpression: ['id'],
  TSDeclareFunction: ['id'],
  ClassDeclaration: ['id'],
  ClassExpression: ['id'],
  VariableDeclarator: ['id'],
  TSInterfaceDeclaration: ['id'],
  TSTypeAliasDeclaration: ['id'],
  TSEnumDeclaration: ['id'],
  TSEnumMember: ['id'],
  TSModuleDeclaration: ['id'],
  MethodDefinition: ['key'],
  TSAbstractMethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  AccessorProperty: ['key'],
  Property: ['key'],
  TSPropertySignature: ['key'],
  TSMethodSignature: ['key'],
}
const TEST_CALL = /^(?:test|it|specify|xit|xtest|fit)$/
const OFF = /^(?:skip|todo|fixme)$/
const GROUP = /^(?:describe|suite|context|xdescribe|fdescribe)$/

/**
 * Names and tests of a TypeScript or JavaScript file; null where it does not parse at all. The parser is native and recursive: a file that is
 * nested deep enough ends the process, so that this runs in one of its own (see `script-process.ts`).
 */
export function scriptNames(path: string, text: string): Names | null {
  const { program, errors } = parseSync(path, text)
  // Errors it recovers from leave the rest of the tree.
  if (errors.length > 0 && program.body.length === 0) return null
  const line = lineIndex(text)
  const defined = new Map<string, number>()
  const used = new Map<string, number>()
  const counted = { tests: 0, off: 0 }
  const titles = new Set<string>()
  const hollow = new Set<string>()
  const solid = new Set<string>()
  const note = (into: Map<string, number>, name: unknown, at: number) => {
    if (typeof name === 'string') into.set(name, Math.min(line(at), into.get(name) ?? Infinity))
  }
  // Not by recursion: a deep tree must not cost the stack.
  const open: { readonly node: ScriptNode; readonly off: boolean }[] = [
    { node: program as unknown as ScriptNode, off: false },
  ]
  for (let item = open.pop(); item; item = open.pop()) {
    const { node } = item
    let { off } = item
    for (const key of DEFINING[node.type] ?? []) {
      const name = node[key]
      if (!isNode(name) || node['computed'] === true) continue
      note(defined, nameOf(name), name.start)
      const made = bodyKind(node)
      if (made !== null) (made === 'hollow' ? hollow : solid).add(String(nameOf(name)))
    }
    if (node.type === 'Identifier' || node.type === 'JSXIdentifier' || node.type === 'PrivateIdentifier')
      note(used, node['name'], node.start)
    if (node.type === 'CallExpression') {
      const call = calleeNames(node['callee'])
      const first = call[0] ?? ''
      const switched = first.startsWith('x') || call.slice(1).some((name) => OFF.test(name))
      if (GROUP.test(first) && switched) off = true
      // `test.each(rows)('name', fn)` is a call of a call: the inner one is not a test of its own.
      const callee = node['callee']
      const isInner =
        /^(?:each|for|skipIf|runIf)$/.test(call.at(-1) ?? '') && isNode(callee) && callee.type !== 'CallExpression'
      if (TEST_CALL.test(first) && !isInner && Array.isArray(node['arguments']) && node['arguments'].length > 0) {
        counted.tests += 1
        const title = titleOf((node['arguments'] as unknown[])[0])
        if (title !== null) titles.add(title)
        const hands = (node['arguments'] as unknown[]).filter((given) => isNode(given) && bodyKind(given) !== null)
        const empty = hands.length > 0 && hands.every((given) => isNode(given) && isEmptyFunction(given))
        if (off || switched || empty) counted.off += 1
      }
    }
    for (const key of Object.keys(node)) {
      const value = node[key]
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
        if (isNode(child)) open.push({ node: child, off })
    }
  }
  for (const name of solid) hollow.delete(name)
  return {
    defined,
    used,
    hollow,
    stub: isStub(program.body as unknown as ScriptNode[]),
    tests: counted,
    titles: [...titles],
  }
}

/** A name that is written out; null for one that is made when the file runs. */
function titleOf(given: unknown): string | null {
  return isNode(given) && given.type === 'Literal' && typeof given['value'] === 'string' ? given['value'] : null
}

function nameOf(node: ScriptNode): unknown {
  return node.type === 'Literal' ? node['value'] : node['name']
}

/** `describe.skip.each(rows)` is [describe, skip, each]. */
function calleeNames(callee: unknown): string[] {
  const names: string[] = []
  let node: unknown = callee
  for (let depth = 0; isNode(node) && depth < 20; depth += 1) {
    if (node.type === 'Identifier') return [String(node['name']), ...names]
    if (node.type === 'MemberExpression') {
      const property = node['property']
      if (isNode(property)) names.unshift(String(nameOf(property)))
      node = node['object']
    } else if (node.type === 'CallExpression') node = node['callee']
    else return []
  }
  return []
}

const FUNCTION = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/
const NOT_YET = /not (?:yet )?implemented|unimplemented|\btodo\b/i

function isEmptyFunction(node: ScriptNode): boolean {
  const body = node['body']
  return FUNCTION.test(node.type) && isNode(body) && body.type === 'BlockStatement' && statements(body).length === 0
}

/** Whether a definition's body does anything; null for what has none (a type, a value). */
function bodyKind(node: ScriptNode): 'hollow' | 'solid' | null {
  if (/^(?:VariableDeclarator|Property|PropertyDefinition|MethodDefinition)$/.test(node.type)) {
    const value = node['init'] ?? node['value']
    return isNode(value) && value.type !== node.type ? bodyKind(value) : null
  }
  const body = node['body']
  // To extend something is a work of its own.
  if (/^Class(?:Declaration|Expression)$/.test(node.type))
    return isNode(body) && !isNode(node['superClass']) && statements(body).every((m) => bodyKind(m) === 'hollow')
      ? 'hollow'
      : 'solid'
  if (!FUNCTION.test(node.type) || !isNode(body)) return null
  const takes = Array.isArray(node['params']) ? node['params'] : []
  // `constructor(readonly name: string) {}` makes a field.
  if (body.type !== 'BlockStatement' || takes.some((p) => isNode(p) && p.type === 'TSParameterProperty')) return 'solid'
  return statements(body).every(isNotYet) ? 'hollow' : 'solid'
}

function statements(body: ScriptNode): ScriptNode[] {
  const list = body['body']
  return Array.isArray(list) ? list.filter(isNode) : []
}

/** Throws an error that says so. */
function isNotYet(node: ScriptNode): boolean {
  const thrown = node['argument']
  if (node.type !== 'ThrowStatement' || !isNode(thrown)) return false
  const given = thrown['arguments']
  return (
    Array.isArray(given) &&
    given.some((word) => isNode(word) && typeof word['value'] === 'string' && NOT_YET.test(word['value']))
  )
}

function isStub(body: readonly ScriptNode[]): boolean {
  let found = false
  for (const statement of body) {
    if (statement.type === 'ImportDeclaration' || statement.type === 'EmptyStatement') continue
    const declared = /^Export(?:Named|Default)Declaration$/.test(statement.type) ? statement['declaration'] : statement
    if (!isNode(declared)) {
      // `export {}` says nothing; `export ... from` hands something on.
      const names = statement['specifiers']
      if (isNode(statement['source']) || !Array.isArray(names)) return false
      if (names.length === 0) found = true
      continue
    }
    const parts = declared.type === 'VariableDeclaration' ? (declared['declarations'] as unknown[]) : [declared]
    if (!parts.every((part) => isNode(part) && bodyKind(part) === 'hollow')) return false
    found = true
  }
  return found
}
