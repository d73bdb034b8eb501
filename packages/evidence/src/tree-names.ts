import { createRequire } from 'node:module'
import type { Parser } from 'web-tree-sitter'
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
        if (type === 'class_definition' && switched && offFrom < 0) offFrom = depth
        const isTest =
          language === 'python'
            ? type === 'function_definition' && own.startsWith('test')
            : type === 'function_declaration' && /^(?:Test|Fuzz)/.test(own)
        if (isTest) {
          counted.tests += 1
          const body = language === 'go' ? (node.childForFieldName('body')?.text ?? '') : ''
          if (switched || offFrom >= 0 || /^\{\s*t\.Skip(?:Now|f)?\(/.test(body)) counted.off += 1
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
  } finally {
    cursor.delete()
    tree.delete()
  }
  return { defined, used, tests: counted }
}
