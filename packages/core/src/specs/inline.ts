import { codeSpans } from './code-spans.ts'

const EXTENSIONS =
  'ts|tsx|mts|cts|js|jsx|mjs|cjs|py|pyi|go|rs|java|kt|kts|swift|rb|php|cs|fs|c|h|cc|cpp|hpp|m|mm|scala|clj|ex|exs|erl|hs|lua|dart|r|jl|sh|bash|zsh|ps1|sql|html|htm|css|scss|sass|less|vue|svelte|astro|json|jsonc|json5|yaml|yml|toml|ini|cfg|conf|xml|md|mdx|mdc|rst|txt|csv|proto|graphql|gql|prisma|tf|hcl|rego|lock|env|gradle|properties|ipynb|wasm|svg|png|snap|feature|tmpl|hbs|ejs|pug|mod|sum|example|plist|xib|storyboard|xcstrings|nix|cmake|bat|cmd|po|ftl|http|log|jsonl|sample'
const BARE = new RegExp(
  `(?<![\\p{L}\\p{N}_/.@\`:~-])(\\.{0,2}/?(?:[\\w.@$\\[\\]()+-]{1,80}/){0,16}[\\w.@$\\[\\]+-]{0,100}\\.(?:${EXTENSIONS}))(?::(\\d{1,6})(?:-\\d{1,6})?|#L(\\d{1,6}))?(?![\\p{L}\\p{N}_/]|\\.\\w)`,
  'gu',
)
const WHOLE_PATH = new RegExp(
  `^(\\.{0,2}/?(?:[^\\s/:*?"<>|\`#]{1,120}/){0,20}[^\\s/:*?"<>|\`#]{0,160})(?::(\\d{1,6})(?:[-:]\\d{1,6})?|#L(\\d{1,6})(?:-L?\\d{1,6})?)?$`,
)
const HAS_EXTENSION = new RegExp(`\\.(?:${EXTENSIONS})$`, 'i')
const NAMED_FILE =
  /^(?:Dockerfile(?:\.[\w-]{1,30})?|Makefile|Procfile|Gemfile|Rakefile|Jenkinsfile|Justfile|LICENSE|CODEOWNERS|\.(?:env|gitignore|dockerignore|npmrc|nvmrc|editorconfig|prettierrc|eslintrc|gitattributes|github)(?:\.[\w.-]{1,30})?)$/
/** Products whose names end like files. */
const PRODUCT =
  /^(?:node|next|vue|nuxt|express|react|three|d3|chart|socket|asp|moment|day|alpine|ember|backbone|electron|discord|p5|e|i|deno|bun|nest|solid|svelte)\.(?:js|ts|e|g|m|h|c|r)$/i

export interface FoundFile {
  readonly target: string
  readonly line: number | null
  readonly from: number
  readonly to: number
  readonly sure: boolean
}

export interface FoundSymbol {
  readonly name: string
  readonly call: boolean
  readonly from: number
  readonly to: number
}

export interface Inline {
  readonly files: readonly FoundFile[]
  readonly symbols: readonly FoundSymbol[]
}

/** Paths and symbols that a line names: in code marks, in links, or as bare words with a known extension. Indices into the text. */
export function readInline(text: string): Inline {
  const files: FoundFile[] = []
  const symbols: FoundSymbol[] = []
  let rest = text
  const spans = text.includes('`') ? codeSpans(text) : []
  if (spans.length > 0) {
    const parts: string[] = []
    let at = 0
    for (const span of spans) {
      parts.push(rest.slice(at, span.from), ' '.repeat(span.to - span.from))
      at = span.to
      readCode(span, text, files, symbols)
    }
    rest = parts.join('') + rest.slice(at)
  }
  if (rest.includes('](')) rest = readLinks(rest, files)
  if (/\.[A-Za-z]/.test(rest)) readBare(rest, files)
  return { files: files.sort((a, b) => a.from - b.from), symbols }
}

function readCode(
  span: { from: number; to: number; inner: string },
  text: string,
  files: FoundFile[],
  symbols: FoundSymbol[],
): void {
  const inner = span.inner.trim()
  if (inner === '' || inner.length > 400) return
  const from = text.indexOf(inner, span.from)
  const path = pathOf(inner)
  if (path) {
    files.push({ ...path, from, to: from + path.target.length, sure: true })
    return
  }
  const symbol = symbolOf(inner)
  if (symbol) symbols.push({ ...symbol, from, to: from + inner.length })
  // A command names its files: `npm test -- src/a.test.ts`.
  else if (/\s/.test(inner)) {
    const found: FoundFile[] = []
    readBare(inner, found)
    for (const file of found) files.push({ ...file, from: from + file.from, to: from + file.to, sure: false })
  }
}

/** A path with an optional line, when the whole text is one; null otherwise. */
export function pathOf(text: string): { target: string; line: number | null } | null {
  const match = WHOLE_PATH.exec(text)
  if (!match) return null
  const target = match[1] as string
  if (/^(?:https?|ftp|mailto|data):|^[@#$]|^\/\/|^\d+\/\d+$|\(\)|^--?\w|[{}=;,]|^\.{1,3}$/.test(target)) return null
  const slash = target.includes('/')
  const named = HAS_EXTENSION.test(target) || NAMED_FILE.test(target.split('/').at(-1) ?? '')
  if (!named && !(slash && isFolderLike(target))) return null
  if (!slash && (PRODUCT.test(target) || target.startsWith('*'))) return null
  const line = match[2] ?? match[3]
  return { target, line: line === undefined ? null : Number(line) }
}

/** `src/auth/` or `src/auth`; not `and/or`, `GET/POST`, `/api/users`, `text/html`. */
function isFolderLike(target: string): boolean {
  if (target.startsWith('/') || /^(?:text|application|image|audio|video|multipart|font)\//.test(target)) return false
  return (
    target.endsWith('/') ||
    /^(?:\.{0,2}\/)?(?:src|lib|app|apps|packages|pkg|cmd|internal|tests?|spec|specs|docs|scripts|tools|backend|frontend|\.[a-z]+)\//.test(
      target,
    )
  )
}

function symbolOf(text: string): { name: string; call: boolean } | null {
  if (text.length > 120) return null
  const match = /^((?:[A-Za-z_$][\w$]{0,79})(?:(?:\.|::|#)[A-Za-z_$][\w$]{0,79}){0,5})(\(.{0,60}\))?$/.exec(text)
  if (!match) return null
  const name = match[1] as string
  const call = match[2] !== undefined
  // A single lower-case word in code marks is a value as often as a name.
  return call || /[a-z][A-Z]|[A-Z][a-z]|_|\.|::/.test(name) ? { name, call } : null
}

function readLinks(text: string, files: FoundFile[]): string {
  const parts: string[] = []
  let done = 0
  for (let at = text.indexOf(']('); at >= 0; at = text.indexOf('](', at + 2)) {
    const close = text.indexOf(')', at + 2)
    if (close < 0) break
    if (close - at > 600) continue
    const target = text
      .slice(at + 2, close)
      .trim()
      .replace(/\s.*$/s, '')
      .replace(/^<|>$/g, '')
      .replace(/^file:\/\/\/?/, '')
    const path = pathOf(target)
    if (path) {
      const from = text.indexOf(path.target, at + 2)
      files.push({ ...path, from, to: from + path.target.length, sure: true })
    }
    // The target is read; the label stays, so that its words are still seen by others.
    parts.push(text.slice(done, at + 2), ' '.repeat(close - at - 2))
    done = close
  }
  const whole = parts.join('') + text.slice(done)
  // A label that repeats the target's path is not a second mention.
  return files.length > 0 ? whole.replaceAll(/\[[^\][\n]{1,200}\]\( {1,600}\)/g, (m) => ' '.repeat(m.length)) : whole
}

function readBare(text: string, files: FoundFile[]): void {
  BARE.lastIndex = 0
  for (const match of text.matchAll(BARE)) {
    const target = match[1] as string
    if (PRODUCT.test(target) || /^\.+[a-z]+$/i.test(target) || /^\d/.test(target)) continue
    const before = text.slice(Math.max(0, match.index - 3), match.index)
    if (before.endsWith('//') || before.endsWith('*')) continue
    const line = match[2] ?? match[3]
    const from = match.index
    files.push({
      target,
      line: line === undefined ? null : Number(line),
      from,
      to: from + target.length,
      sure: target.includes('/'),
    })
  }
}

/** `[NEEDS CLARIFICATION: what]` and its variants, with indices. */
export function findMarkers(text: string): { question: string; from: number; to: number; strict: boolean }[] {
  if (!/clarif/i.test(text)) return []
  const found: { question: string; from: number; to: number; strict: boolean }[] = []
  for (const match of text.matchAll(
    /\[\s{0,4}NEEDS?[\s_-]{1,4}CLARIFICATIONS?\s{0,4}(?::|[-\u2010-\u2015])?\s{0,4}/gi,
  )) {
    let depth = 1
    let end = match.index + match[0].length
    const begin = end
    while (end < text.length && end - begin < 1000 && depth > 0) {
      if (text[end] === '[') depth += 1
      else if (text[end] === ']') depth -= 1
      end += 1
    }
    const question = text.slice(begin, depth === 0 ? end - 1 : end).trim()
    found.push({
      question,
      from: match.index,
      to: end,
      strict: match[0].startsWith('[NEEDS CLARIFICATION:') && depth === 0,
    })
  }
  return found
}
