import { scanAnchor, scanDirective, scanTag, type YamlDirective, type YamlTag } from './yaml-properties.ts'
import { isDocumentMark, scanBlockScalar, scanPlain, scanQuoted } from './yaml-scalar-scanner.ts'
import { isBlank, isBlankOrEnd, isSpace, YamlSource } from './yaml-source.ts'

/** What a YAML text is made of, by the names of YAML 1.1's token list. */
export type YamlToken =
  | YamlDirective
  | ({ readonly kind: 'tag' } & YamlTag)
  | { readonly kind: 'anchor' | 'alias'; readonly name: string }
  | { readonly kind: 'scalar'; readonly text: string; readonly isPlain: boolean }
  | { readonly kind: YamlMark }

export type YamlMark =
  | 'stream-end'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'

/** A token that turns out to be a key where `:` follows it. */
interface SimpleKey {
  isPossible: boolean
  /** Where it must be one, as it stands where a block mapping's next key is due. */
  readonly isRequired: boolean
  readonly token: number
  readonly line: number
  readonly column: number
  readonly index: number
}

const NO_KEY: SimpleKey = { isPossible: false, isRequired: false, token: 0, line: 0, column: 0, index: 0 }

/** How far behind a key its `:` may be, in characters (YAML 1.2, 7.4.2). */
const KEY_REACH = 1024
const MAX_LEVELS = 10_000

/** The tokens of a whole stream, the last one `stream-end`, as go-yaml finds them. Throws BuiltinError. */
export function scanYaml(text: string): YamlToken[] {
  return new YamlScanner(new YamlSource(text)).all()
}

class YamlScanner {
  private readonly source: YamlSource
  private readonly tokens: YamlToken[] = []
  /** The column of the block collection that is open, -1 for none, and those around it. */
  private indent = -1
  private readonly indents: number[] = []
  /** One for each flow collection that is open, and one for the block around. */
  private readonly keys: SimpleKey[] = [NO_KEY]
  private isKeyAllowed = true

  constructor(source: YamlSource) {
    this.source = source
  }

  all(): YamlToken[] {
    while (this.tokens.at(-1)?.kind !== 'stream-end') this.next()
    return this.tokens
  }

  private get isFlow(): boolean {
    return this.keys.length > 1
  }

  private next(): void {
    const { source } = this
    this.toToken()
    this.unroll(source.column)
    const code = source.code()
    if (code === 0) {
      this.closeDocument()
      this.mark('stream-end')
    } else if (code === 0x25 && source.column === 0) {
      this.closeDocument()
      this.tokens.push(scanDirective(source))
    } else if (isDocumentMark(source)) {
      this.closeDocument()
      this.mark(code === 0x2d ? 'document-start' : 'document-end', 3)
    } else {
      this.content(String.fromCharCode(code))
      if (this.tokens.at(-1)?.kind !== 'block-entry') source.skipLineComment()
    }
  }

  /** Passes over blanks, comments and line breaks. A tab is none where a key may begin. */
  private toToken(): void {
    const { source } = this
    for (;;) {
      const blank = this.isFlow || !this.isKeyAllowed ? isBlank : isSpace
      while (blank(source.code())) source.skip()
      if (source.code() === 0x23) source.skipComments()
      if (source.takeBreak() === '') return
      if (!this.isFlow) this.isKeyAllowed = true
    }
  }

  private content(char: string): void {
    const { source } = this
    const endsHere = isBlankOrEnd(source.code(1))
    if (char === '[') this.openFlow('flow-sequence-start')
    else if (char === '{') this.openFlow('flow-mapping-start')
    else if (char === ']') this.closeFlow('flow-sequence-end')
    else if (char === '}') this.closeFlow('flow-mapping-end')
    else if (char === ',') this.indicator('flow-entry', true)
    else if (char === '-' && endsHere) this.entry()
    else if (char === '?' && (this.isFlow || endsHere)) this.key()
    else if (char === ':' && (this.isFlow || endsHere)) this.value()
    else if (char === '*' || char === '&') {
      this.keep()
      this.tokens.push({ kind: char === '*' ? 'alias' : 'anchor', name: scanAnchor(source) })
    } else if (char === '!') {
      this.keep()
      this.tokens.push({ kind: 'tag', ...scanTag(source) })
    } else if ((char === '|' || char === '>') && !this.isFlow) {
      this.drop()
      this.isKeyAllowed = true
      this.tokens.push({ kind: 'scalar', text: scanBlockScalar(source, this.indent, char === '|'), isPlain: false })
    } else if (char === '"' || char === "'") {
      this.keep()
      this.tokens.push({ kind: 'scalar', text: scanQuoted(source), isPlain: false })
    } else if (this.startsPlain(char)) {
      this.keep()
      const { text, endsLine } = scanPlain(source, this.indent, this.isFlow)
      if (endsLine) this.isKeyAllowed = true
      this.tokens.push({ kind: 'scalar', text, isPlain: true })
    } else throw source.fail('a character that begins nothing')
  }

  private startsPlain(char: string): boolean {
    if (char === '-') return !isBlank(this.source.code(1))
    if (char === '?' || char === ':') return !this.isFlow
    return !'\t,[]{}#&*!|>\'"%@`'.includes(char)
  }

  private mark(kind: YamlMark, size = 0): void {
    this.source.skip(size)
    this.tokens.push({ kind })
  }

  /** An indicator of one character, before which no key is left waiting for its `:`. */
  private indicator(kind: YamlMark, isKeyAllowed: boolean): void {
    this.drop()
    this.isKeyAllowed = isKeyAllowed
    this.mark(kind, 1)
  }

  private openFlow(kind: YamlMark): void {
    this.keep()
    if (this.keys.length > MAX_LEVELS) throw this.source.fail('collections are nested too deep')
    this.keys.push(NO_KEY)
    this.isKeyAllowed = true
    this.mark(kind, 1)
  }

  private closeFlow(kind: YamlMark): void {
    this.drop()
    if (this.isFlow) this.keys.pop()
    this.isKeyAllowed = false
    this.mark(kind, 1)
  }

  private entry(): void {
    if (!this.isFlow) {
      if (!this.isKeyAllowed) throw this.source.fail('an entry of a sequence cannot stand here')
      this.roll(this.source.column, 'block-sequence-start')
    }
    this.indicator('block-entry', true)
  }

  private key(): void {
    if (!this.isFlow) {
      if (!this.isKeyAllowed) throw this.source.fail('a key cannot stand here')
      this.roll(this.source.column, 'block-mapping-start')
    }
    this.indicator('key', !this.isFlow)
  }

  private value(): void {
    const key = this.keys.at(-1) ?? NO_KEY
    if (this.isStillKey(key)) {
      this.tokens.splice(key.token, 0, { kind: 'key' })
      this.roll(key.column, 'block-mapping-start', key.token)
      key.isPossible = false
      this.isKeyAllowed = false
    } else {
      if (!this.isFlow) {
        if (!this.isKeyAllowed) throw this.source.fail('a value cannot stand here')
        this.roll(this.source.column, 'block-mapping-start')
      }
      this.isKeyAllowed = !this.isFlow
    }
    this.mark('value', 1)
  }

  private isStillKey(key: SimpleKey): boolean {
    const { line, index } = this.source
    if (!key.isPossible) return false
    if (key.line >= line && key.index + KEY_REACH >= index) return true
    if (key.isRequired) throw this.source.fail('a key is without its :')
    key.isPossible = false
    return false
  }

  /** Keeps in mind that a key may begin here; what comes then is none until it has ended. */
  private keep(): void {
    if (this.isKeyAllowed) {
      const { line, column, index } = this.source
      const isRequired = !this.isFlow && this.indent === column
      this.drop()
      this.keys[this.keys.length - 1] = { isPossible: true, isRequired, token: this.tokens.length, line, column, index }
    }
    this.isKeyAllowed = false
  }

  private drop(): void {
    const key = this.keys.at(-1)
    if (key?.isPossible !== true) return
    if (key.isRequired) throw this.source.fail('a key is without its :')
    key.isPossible = false
  }

  /** Opens a block collection where this column is further in than the open one. */
  private roll(column: number, kind: YamlMark, token = this.tokens.length): void {
    if (this.isFlow || this.indent >= column) return
    if (this.indents.length >= MAX_LEVELS) throw this.source.fail('collections are nested too deep')
    this.indents.push(this.indent)
    this.indent = column
    this.tokens.splice(token, 0, { kind })
  }

  /** Closes the block collections that are further in than this column. */
  private unroll(column: number): void {
    if (this.isFlow) return
    while (this.indent > column) {
      this.mark('block-end')
      this.indent = this.indents.pop() ?? -1
    }
  }

  private closeDocument(): void {
    this.unroll(-1)
    this.drop()
    this.isKeyAllowed = false
  }
}
