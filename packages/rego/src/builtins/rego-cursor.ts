import { LimitError, type Machine } from '../machine.ts'
import { IMPORTABLE, RegoLexer, V1_KEYWORDS, type Token, type TokenKind } from './rego-lexer.ts'
import { variable, type Term } from './rego-nodes.ts'

const MAX_DEPTH = 200

/** Comments met so far, the last first: what was read in vain is left behind with its place. */
export interface CommentList {
  readonly token: Token
  readonly before: CommentList | undefined
}

export interface Place {
  readonly token: Token
  readonly afterNewline: boolean
  readonly comments: CommentList | undefined
  readonly wildcards: number
  /** Errors that no other reading has taken back. */
  readonly errors: number
}

interface Remembered {
  readonly start: number
  readonly term: Term | undefined
  readonly after: Place
}

/** The source as OPA's parser walks over it: one token at a time, with places to go back to. */
export class RegoCursor {
  readonly lexer: RegoLexer
  protected readonly m: Machine
  protected keywords: ReadonlySet<string> = V1_KEYWORDS
  /** `import future.keywords.not` was read: `not` may stand before a body. */
  protected notBodies = false
  protected place: Place
  private depth = 0
  /** Terms read since the enclosing one began, by where they start; in that order. */
  private remembered: Remembered[] = []

  constructor(m: Machine, source: string) {
    m.spendText(source.length * 8)
    this.m = m
    this.lexer = new RegoLexer(source)
    const { start } = this.lexer
    const token: Token = { kind: 'illegal', text: '', start, end: start }
    this.place = { token, afterNewline: false, comments: undefined, wildcards: 0, errors: 0 }
    this.scan()
  }

  protected get kind(): TokenKind {
    return this.place.token.kind
  }

  protected is(...kinds: TokenKind[]): boolean {
    return kinds.includes(this.kind)
  }

  /** The next token; white space is one only where it is asked for. */
  protected scan(withSpace = false, template?: 'text' | 'raw'): void {
    let { comments, afterNewline, token } = this.place
    if (token.kind !== 'space') afterNewline = false
    let first = template !== undefined
    for (;;) {
      this.m.spend(2)
      token = first ? this.lexer.continued(token.start, template === 'raw') : this.lexer.next(token.end, this.keywords)
      first = false
      if (token.kind === 'space') {
        if (token.text === '\n') afterNewline = true
        if (withSpace) break
      } else if (token.kind === 'comment') comments = { token, before: comments }
      else break
    }
    this.place = { ...this.place, token, afterNewline, comments }
  }

  /** A keyword here is a name after all. */
  protected asIdent(): void {
    this.place = { ...this.place, token: { ...this.place.token, kind: 'ident' } }
  }

  /** Something is wrong here, unless this reading is given up for another. */
  protected wrong(): undefined {
    this.place = { ...this.place, errors: this.place.errors + 1 }
    return undefined
  }

  /** The token after this one, white space included; the place stays. */
  protected ahead(withSpace: boolean): TokenKind {
    const { place } = this
    this.scan(withSpace)
    const { kind } = this
    this.place = place
    return kind
  }

  /** Whether the token is a keyword that may be part of a reference. */
  protected isRefKeyword(): boolean {
    const { kind, text } = this.place.token
    return kind === text && (V1_KEYWORDS.has(text) || this.keywords.has(text))
  }

  /** A keyword with a dot or bracket right after it begins a reference. */
  protected keywordRef(): boolean {
    if (!this.isRefKeyword() || !['.', '['].includes(this.ahead(true))) return false
    this.asIdent()
    return true
  }

  protected get logical(): boolean {
    return this.keywords.has('and') || this.keywords.has('or')
  }

  /** Keywords imported from the future are known from here on. */
  protected learn(names: readonly string[]): void {
    this.keywords = new Set([...this.keywords, ...names])
    if (names.includes('not')) this.notBodies = true
    const { token } = this.place
    if (token.kind === 'ident' && IMPORTABLE.has(token.text) && this.keywords.has(token.text)) {
      this.place = { ...this.place, token: this.lexer.next(token.start, this.keywords) }
    }
  }

  protected nested<T>(run: () => T): T {
    this.deeper(1)
    const result = run()
    this.deeper(-1)
    return result
  }

  protected deeper(by: number): void {
    this.depth += by
    if (this.depth > MAX_DEPTH) throw new LimitError('rego.parse_module: the module is nested too deep')
  }

  /** Reads a term once for each place, as long as the term around it is being read. */
  protected remember(read: () => Term | undefined): Term | undefined {
    const { start } = this.place.token
    const known = this.remembered[this.indexOf(start)]
    if (known?.start === start) {
      this.place = known.after
      return known.term
    }
    const term = read()
    this.remembered.length = this.indexOf(start)
    this.remembered.push({ start, term, after: this.place })
    return term
  }

  /** Terms from here on are read anew: errors around them were taken back. */
  protected forget(): void {
    this.remembered.length = this.indexOf(this.place.token.start)
  }

  /** Of the first remembered term that does not start before. */
  private indexOf(start: number): number {
    let low = 0
    let high = this.remembered.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.remembered[middle]?.start ?? 0) < start) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Runs with nothing remembered and without the keywords that can be imported. */
  protected plainly<T>(read: () => T): T {
    const { keywords, remembered } = this
    this.keywords = new Set([...keywords].filter((name) => !IMPORTABLE.has(name)))
    this.remembered = []
    const result = read()
    this.keywords = keywords
    this.remembered = remembered
    return result
  }

  protected variableHere(): Term {
    const { text } = this.place.token
    return text === '_' ? this.wildcard() : variable(text)
  }

  protected wildcard(): Term {
    const name = `$${this.place.wildcards}`
    this.place = { ...this.place, wildcards: this.place.wildcards + 1 }
    return variable(name)
  }
}
