import { createRequire } from 'node:module'
import type { Node, Parser } from 'web-tree-sitter'
import type { Names } from './names.ts'

const parsers = new Map<string, Promise<Parser>>()

function treeParser(language: 'python' | 'go'): Promise<Parser> {
  const known = parsers.get(language)
  if (known) return known
  const made = (async () => {
    const { Language: Grammar, Parser: Tree } = await import('web-tree-sitter')
    await Tree.init()
    const require = createRequire(import.meta.url)
    const grammar = await Grammar.load(require.resolve(`tree-sitter-${language}/tree-sitter-${language}.wasm`))
    const parser = new Tree()
    parser.setLanguage(grammar)
    return parser
  })()
  parsers.set(language, made)
  return made
}

const TREE_DEFINING = new Set(
  'function_definition class_definition function_declaration method_declaration type_spec type_alias const_spec var_spec method_elem field_declaration keyword_argument'.split(
    ' ',
  ),
)
const TREE_NAME = new Set(['identifier', 'field_identifier', 'type_identifier', 'package_identifier'])
const PYTHON_OFF = /@(?:pytest\.mark\.(?:skip|skipif|xfail)|unittest\.skip\w*|skip\w*)\b/

/** Names and tests of a Python or Go file. The grammars are WebAssembly: what overflows in them is an error, and the parser is then made anew. */
export async function treeNames(language: 'python' | 'go', text: string): Promise<Names | null> {
  const parser = await treeParser(language)
  try {
    return namesOfTree(parser, language, text)
  } catch {
    parsers.delete(language)
    return null
  }
}

function namesOfTree(parser: Parser, language: 'python' | 'go', text: string): Names | null {
  const tree = parser.parse(text)
  if (!tree) return null
  const defined = new Map<string, number>()
  const used = new Map<string, number>()
  const counted = { tests: 0, off: 0 }
  const hollow = new Set<string>()
  const solid = new Set<string>()
  const note = (into: Map<string, number>, name: string, row: number) => {
    if (!into.has(name)) into.set(name, row + 1)
  }
  const cursor = tree.walk()
  // The depth at which a class that is switched off was entered; -1 outside.
  let offFrom = -1
  let depth = 0
  try {
    for (let more = true; more;) {
      const type = cursor.nodeType
      if (TREE_NAME.has(type)) note(used, cursor.nodeText, cursor.startPosition.row)
      else if (TREE_DEFINING.has(type) && type !== 'keyword_argument') {
        const node = cursor.currentNode
        for (const name of node.childrenForFieldName('name')) if (name) note(defined, name.text, name.startPosition.row)
        const own = node.childForFieldName('name')?.text ?? ''
        const decorators =
          node.parent?.type === 'decorated_definition'
            ? node.parent.text.slice(0, Math.max(0, node.startIndex - node.parent.startIndex))
            : ''
        const switched = PYTHON_OFF.test(decorators)
        const empty = isHollow(node)
        if (own !== '' && empty !== null) (empty && !ABSTRACT.test(decorators) ? hollow : solid).add(own)
        if (type === 'class_definition' && switched && offFrom < 0) offFrom = depth
        const isTest =
          language === 'python'
            ? type === 'function_definition' && own.startsWith('test')
            : type === 'function_declaration' && /^(?:Test|Fuzz)/.test(own)
        if (isTest) {
          counted.tests += 1
          const body = language === 'go' ? (node.childForFieldName('body')?.text ?? '') : ''
          if (switched || offFrom >= 0 || empty === true || /^\{\s*t\.Skip(?:Now|f)?\(/.test(body)) counted.off += 1
        }
      } else if (type === 'assignment' || type === 'short_var_declaration') {
        const left = cursor.currentNode.childForFieldName('left')
        if (left)
          for (const name of left.type === 'identifier' ? [left] : left.namedChildren)
            if (name?.type === 'identifier') note(defined, name.text, name.startPosition.row)
        // `self.name = ...`
        const attribute = left?.type === 'attribute' ? left.childForFieldName('attribute') : null
        if (attribute) note(defined, attribute.text, attribute.startPosition.row)
      }
      if (cursor.gotoFirstChild()) {
        depth += 1
        continue
      }
      for (;;) {
        if (cursor.gotoNextSibling()) break
        if (!cursor.gotoParent()) {
          more = false
          break
        }
        depth -= 1
        if (depth <= offFrom) offFrom = -1
      }
    }
    for (const name of solid) hollow.delete(name)
    return { defined, used, hollow, stub: isStub(tree.rootNode), tests: counted, titles: [] }
  } finally {
    cursor.delete()
    tree.delete()
  }
}

/** A method that others are to write is no stub. */
const ABSTRACT = /@(?:abc\.)?(?:abstractmethod|abstractproperty|overload|typing\.overload)\b/
const NOT_YET =
  /^(?:pass|\.\.\.|raise NotImplementedError(?:\(.*\))?|panic\(.*(?:not (?:yet )?implemented|unimplemented|todo).*\))$/is
const SHORT = 400

/** Whether a function or class does nothing yet; null for what is neither. */
function isHollow(node: Node): boolean | null {
  if (!/^(?:function_definition|class_definition|function_declaration|method_declaration)$/.test(node.type)) return null
  const body = node.childForFieldName('body')
  if (!body) return null
  if (node.type === 'class_definition' && node.childForFieldName('superclasses')) return false
  return statementsOf(body).every((statement) => {
    if (isDocumentation(statement)) return true
    if (node.type === 'class_definition' && statement.type !== 'pass_statement') {
      const inner = statement.type === 'decorated_definition' ? null : isHollow(statement)
      return inner === true || statement.text === '...'
    }
    return statement.text.length < SHORT && NOT_YET.test(statement.text)
  })
}

/** Statements without comments; a list of them is taken apart. */
function statementsOf(body: Node): Node[] {
  return body.namedChildren.flatMap((child) =>
    child === null || child.type === 'comment' ? [] : child.type === 'statement_list' ? statementsOf(child) : [child],
  )
}

function isDocumentation(node: Node): boolean {
  return node.type === 'expression_statement' && node.namedChildCount === 1 && node.namedChild(0)?.type === 'string'
}

function isStub(root: Node): boolean {
  let found = false
  for (const statement of statementsOf(root)) {
    if (
      /^(?:import_statement|import_from_statement|future_import_statement|package_clause|import_declaration)$/.test(
        statement.type,
      ) ||
      isDocumentation(statement)
    )
      continue
    if (statement.type !== 'pass_statement' && isHollow(statement) !== true) return false
    found = true
  }
  return found
}
