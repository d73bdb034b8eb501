import { numberFromText, RegoObject, type Value } from './value.ts'

/** The text is no JSON; `message` says where. */
export class JsonSyntaxError extends Error {}

/**
 * Reads JSON text into values without passing numbers through doubles (RFC 8259). The last of equal keys wins.
 * Throws JsonSyntaxError.
 */
export function readJson(text: string, maxDepth = 512): Value {
  const reader = new Reader(text)
  const value = reader.value(maxDepth)
  reader.space()
  if (!reader.done()) throw reader.error('text after the value')
  return value
}

class Reader {
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  error(what: string): JsonSyntaxError {
    return new JsonSyntaxError(`${what} at offset ${this.at}`)
  }

  done(): boolean {
    return this.at >= this.text.length
  }

  space(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at)
      if (c === 32 || c === 10 || c === 13 || c === 9) this.at++
      else return
    }
  }

  value(depth: number): Value {
    if (depth <= 0) throw this.error('nested too deep')
    this.space()
    const c = this.text.charAt(this.at)
    if (c === '{') return this.object(depth)
    if (c === '[') return this.array(depth)
    if (c === '"') return this.string()
    if (c === 't') return this.word('true', true)
    if (c === 'f') return this.word('false', false)
    if (c === 'n') return this.word('null', null)
    return this.number()
  }

  private word(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) throw this.error('unexpected text')
    this.at += word.length
    return value
  }

  private digits(): void {
    const start = this.at
    while (this.text.charCodeAt(this.at) >= 48 && this.text.charCodeAt(this.at) <= 57) this.at++
    if (this.at === start) throw this.error(this.done() ? 'unexpected end' : 'unexpected text')
  }

  private number(): Value {
    const start = this.at
    if (this.text.charAt(this.at) === '-') this.at++
    if (this.text.charAt(this.at) === '0') this.at++
    else this.digits()
    if (this.text.charAt(this.at) === '.') {
      this.at++
      this.digits()
    }
    const e = this.text.charAt(this.at)
    if (e === 'e' || e === 'E') {
      this.at++
      const sign = this.text.charAt(this.at)
      if (sign === '+' || sign === '-') this.at++
      this.digits()
    }
    return numberFromText(this.text.slice(start, this.at))
  }

  private string(): string {
    const start = this.at
    this.at++
    for (;;) {
      const c = this.text.charCodeAt(this.at)
      if (Number.isNaN(c)) throw this.error('a string without an end')
      if (c < 32) throw this.error('a control character in a string')
      if (c === 34) break
      this.at += c === 92 ? 2 : 1
    }
    this.at++
    try {
      return (JSON.parse(this.text.slice(start, this.at)) as string).toWellFormed()
    } catch {
      throw this.error('a bad escape in a string')
    }
  }

  private array(depth: number): Value {
    const list: Value[] = []
    this.at++
    this.space()
    if (this.text.charAt(this.at) === ']') {
      this.at++
      return list
    }
    for (;;) {
      list.push(this.value(depth - 1))
      this.space()
      const c = this.text.charAt(this.at)
      this.at++
      if (c === ']') return list
      if (c !== ',') throw this.error('expected a comma or a bracket')
    }
  }

  private object(depth: number): Value {
    const object = new RegoObject()
    this.at++
    this.space()
    if (this.text.charAt(this.at) === '}') {
      this.at++
      return object
    }
    for (;;) {
      this.space()
      if (this.text.charAt(this.at) !== '"') throw this.error('expected a key')
      const key = this.string()
      this.space()
      if (this.text.charAt(this.at) !== ':') throw this.error('expected a colon')
      this.at++
      object.set(key, this.value(depth - 1))
      this.space()
      const c = this.text.charAt(this.at)
      this.at++
      if (c === '}') return object
      if (c !== ',') throw this.error('expected a comma or a brace')
    }
  }
}
