import { BuiltinError } from '../machine.ts'

export const isSpace = (code: number): boolean => code === 0x20
/** A space or a tab. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
/** A line break as go-yaml sees it: CR, LF, NEL, LS, PS. */
export const isBreak = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029
export const isBreakOrEnd = (code: number): boolean => code === 0 || isBreak(code)
export const isBlankOrEnd = (code: number): boolean => isBlank(code) || isBreakOrEnd(code)
export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
/** What names of anchors, directives and handles of tags are made of. */
export const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x2d

/** What no stream of YAML may hold (YAML 1.2, 5.1). */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

/** How far go-yaml looks ahead for a comment. */
const COMMENT_REACH = 512

/** A YAML text with the place that has been read to. Lines and columns count from 0, columns and the index in characters. */
export class YamlSource {
  line = 0
  column = 0
  index = 0
  /** Whether only blanks came since the last line break. */
  isLineStart = false
  private at = 0
  private readonly text: string

  /** Throws BuiltinError where the text holds characters that YAML does not allow. */
  constructor(text: string) {
    if (FORBIDDEN.test(text) || !text.isWellFormed()) throw new BuiltinError('yaml: control characters are not allowed')
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text
    // A second mark of the byte order moves the first line's columns, as in go-yaml.
    if (this.code() === 0xfeff) this.skip()
  }

  /** The code unit here, or some units further; 0 at the end. */
  code(ahead = 0): number {
    const at = this.at + ahead
    return at < this.text.length ? this.text.charCodeAt(at) : 0
  }

  isAt(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  fail(problem: string): BuiltinError {
    return new BuiltinError(`yaml: line ${this.line + 1}: ${problem}`)
  }

  skip(count = 1): void {
    for (let i = 0; i < count; i++) {
      const code = this.code()
      if (!isBlank(code)) this.isLineStart = false
      this.at += code >= 0xd800 && code < 0xdc00 ? 2 : 1
      this.index++
      this.column++
    }
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.skip()
  }

  /** Reads what satisfies `wanted`. */
  takeWhile(wanted: (code: number) => boolean): string {
    const start = this.at
    while (wanted(this.code())) this.skip()
    return this.text.slice(start, this.at)
  }

  /** Reads one line break, as it stands in a value: LF, but for LS and PS. Empty where there is none. */
  takeBreak(): string {
    const code = this.code()
    if (!isBreak(code)) return ''
    const size = code === 0x0d && this.code(1) === 0x0a ? 2 : 1
    this.at += size
    this.index += size
    this.column = 0
    this.line++
    this.isLineStart = true
    return code === 0x2028 ? '\u2028' : code === 0x2029 ? '\u2029' : '\n'
  }

  /** At a `#`: reads that comment and those that follow it with only blanks and line breaks between. */
  skipComments(): void {
    for (;;) {
      while (!isBreakOrEnd(this.code())) this.skip()
      let ahead = 1
      while (ahead < COMMENT_REACH && isSkipped(this.code(ahead))) ahead++
      if (ahead === COMMENT_REACH || this.code(ahead) !== 0x23 || this.code() === 0 || this.code() > 0x7f) return
      while (this.code() !== 0x23) if (this.takeBreak() === '') this.skip()
    }
  }

  /** Reads the comment that ends this line, if there is one. */
  skipLineComment(): void {
    if (this.isLineStart) return
    let ahead = 0
    while (ahead < COMMENT_REACH && isBlank(this.code(ahead))) ahead++
    if (ahead === COMMENT_REACH || this.code(ahead) !== 0x23) return
    while (!isBreakOrEnd(this.code())) this.skip()
  }
}

const isSkipped = (code: number): boolean => isBlank(code) || code === 0x0a || code === 0x0d
