import type { FileTests, Names } from './names.ts'
import { readScripts } from './script-process.ts'
import { sourceParts, wordLine, type SourceParts } from './source-text.ts'
import { treeNames } from './tree-names.ts'

/** Where a name stands in a file. Lines count from 1. */
export interface SymbolPlace {
  /** `hollow`: defined, and its body does nothing yet. */
  readonly how: 'defined' | 'hollow' | 'used' | 'text' | 'string' | 'comment'
  readonly line: number
}

/** What a parser found in a file. */
export interface FileSymbols {
  /** `parsed`: by a parser. `text`: as words, the language has none here, or the file did not parse. */
  readonly by: 'parsed' | 'text'
  readonly find: (name: string) => SymbolPlace | null
  /** Functions and classes that do nothing yet, and nothing else. */
  readonly stub: boolean
  /** Tests the file holds; null where nobody can tell. */
  readonly tests: FileTests | null
  /** Names of Go's test functions. */
  readonly testNames: readonly string[]
}

/** Above this many UTF-16 units a file is looked at as text only. */
const MAX_PARSED = 1024 * 1024

type Language = 'script' | 'python' | 'go'

function languageOf(path: string): Language | null {
  if (/\.(?:[cm]?[jt]s|[jt]sx)$/i.test(path)) return 'script'
  if (/\.pyi?$/i.test(path)) return 'python'
  return /\.go$/i.test(path) ? 'go' : null
}

export interface SourceFile {
  readonly path: string
  readonly text: string
}

/**
 * The symbols of files: TypeScript and JavaScript by oxc, Python and Go by tree-sitter's grammars, anything else as words in what is left
 * when comments and strings are out. Parsers are loaded when the first file needs them. Total: what does not parse is read as text.
 */
export async function readSymbols(files: readonly SourceFile[]): Promise<Map<string, FileSymbols>> {
  const of = (file: SourceFile) => (file.text.length <= MAX_PARSED ? languageOf(file.path) : null)
  const scripts = await readScripts(files.filter((file) => of(file) === 'script'))
  const found = new Map<string, FileSymbols>()
  for (const file of files) {
    const language = of(file)
    const names =
      language === 'python' || language === 'go' ? await treeNames(language, file.text) : scripts.get(file.path)
    found.set(file.path, symbolsOf(file, names ?? null))
  }
  return found
}

function symbolsOf({ path, text }: SourceFile, names: Names | null): FileSymbols {
  // Most files are never asked for a name that is in none of their code.
  let known: SourceParts | null = null
  const parts = () => (known ??= sourceParts(path, text))
  const loose = (name: string): SymbolPlace | null => {
    const quoted = wordLine(parts().uncommented, name)
    if (quoted !== null) return { how: 'string', line: quoted }
    const said = wordLine(text, name)
    return said === null ? null : { how: 'comment', line: said }
  }
  const findOne = (name: string): SymbolPlace | null => {
    if (!names) {
      const line = wordLine(parts().code, name)
      return line === null ? loose(name) : { how: 'text', line }
    }
    const defined = names.defined.get(name)
    if (defined !== undefined) return { how: names.hollow.has(name) ? 'hollow' : 'defined', line: defined }
    const used = names.used.get(name)
    return used === undefined ? loose(name) : { how: 'used', line: used }
  }
  return {
    by: names ? 'parsed' : 'text',
    // `Class.method` is there when each of its parts is; it is no better than the worst of them, and stands where the last does.
    find: (name) => {
      const places = name.split(/\.|::|#/).map((part) => findOne(part))
      const worst = places.reduce((a, b) => (rank(b) < rank(a) ? b : a), places[0] ?? null)
      const last = places.at(-1)
      return worst && last ? { how: worst.how, line: last.line } : null
    },
    stub: names?.stub === true,
    tests: names?.tests ?? null,
    testNames:
      names && path.endsWith('.go')
        ? [...names.defined.keys()].filter((name) => /^(?:Test|Fuzz)/.test(name))
        : (names?.titles ?? []),
  }
}

const RANK = ['comment', 'string', 'hollow', 'text', 'used', 'defined'] as const

function rank(place: SymbolPlace | null): number {
  return place ? RANK.indexOf(place.how) : -1
}
