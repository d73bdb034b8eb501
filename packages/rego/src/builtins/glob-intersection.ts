import { BuiltinError, type Machine } from '../machine.ts'
import { stringAt, type Builtins } from './operand.ts'

type Flag = '' | '+' | '*'

/** A letter, a class of letters, or any letter (`ranges` null); how often, by its flag. */
interface Token {
  readonly ranges: readonly (readonly [number, number])[] | null
  flag: Flag
}

const bad = (what: string): BuiltinError => new BuiltinError(`the input provided is invalid: ${what}`)

/** Reads one letter at a time; a backslash takes the next as it is. */
class Runes {
  private readonly chars: string[]
  at = 0

  constructor(text: string) {
    this.chars = Array.from(text)
  }

  done(): boolean {
    return this.at >= this.chars.length
  }

  left(): number {
    return this.chars.length - this.at
  }

  next(): { char: string; escaped: boolean } {
    const char = this.chars[this.at++] ?? ''
    if (char !== '\\') return { char, escaped: false }
    const escaped = this.chars[this.at++]
    if (escaped === undefined) throw bad('input ends with a \\ (escape) character')
    return { char: escaped, escaped: true }
  }

  /** The letters that would follow, or nothing at the end. */
  peek(): string | undefined {
    return this.chars[this.at]
  }
}

const point = (char: string): number => char.codePointAt(0) ?? 0

function classOf(runes: Runes): Token {
  const ranges: [number, number][] = []
  let before: number | undefined
  while (!runes.done()) {
    const { char, escaped } = runes.next()
    if (!escaped && char === ']') return { ranges: merged(ranges), flag: '' }
    if (escaped || char !== '-') {
      before = point(char)
      ranges.push([before, before])
      continue
    }
    if (before === undefined) throw bad("range character '-' must be preceded by a Unicode character")
    if (runes.left() < 2) throw bad("range character '-' must be followed by a Unicode character")
    const end = runes.next()
    if (!end.escaped && (end.char === ']' || end.char === '-')) {
      throw bad("range character '-' cannot be followed by a special symbol")
    }
    if (point(end.char) < before) throw bad('range is out of order')
    ranges.push([before, point(end.char)])
    before = undefined
  }
  throw bad('found [ without matching ]')
}

function merged(ranges: readonly [number, number][]): [number, number][] {
  const out: [number, number][] = []
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else out.push([low, high])
  }
  return out
}

function tokens(text: string): Token[] {
  const runes = new Runes(text)
  const out: Token[] = []
  while (!runes.done()) {
    const { char, escaped } = runes.next()
    let token: Token
    if (escaped) token = { ranges: [[point(char), point(char)]], flag: '' }
    else if (char === '.') token = { ranges: null, flag: '' }
    else if (char === '[') token = classOf(runes)
    else if (char === ']') throw bad("set-close ']' with no preceding '['")
    else if (char === '+' || char === '*') throw bad(`flag '${char}' must be preceded by a non-flag`)
    else token = { ranges: [[point(char), point(char)]], flag: '' }
    const flag = runes.peek()
    if (flag === '\\' && runes.left() === 1) throw bad('input ends with a \\ (escape) character')
    if (flag === '+' || flag === '*') {
      token.flag = flag
      runes.at++
    }
    const last = out.at(-1)
    // Of equal tokens that both repeat one is enough.
    if (last !== undefined && last.flag !== '' && token.flag !== '' && sameLetters(last, token)) {
      if (token.flag === '+') last.flag = '+'
    } else out.push(token)
  }
  return out
}

function sameLetters(a: Token, b: Token): boolean {
  if (a.ranges === null || b.ranges === null) return a.ranges === b.ranges
  const { ranges } = b
  return (
    a.ranges.length === ranges.length && a.ranges.every((r, i) => r[0] === ranges[i]?.[0] && r[1] === ranges[i]?.[1])
  )
}

/** Whether some letter is in both. Any letter is taken to be in every class, also in the empty one. */
function meets(m: Machine, a: Token, b: Token): boolean {
  if (a.ranges === null || b.ranges === null) return true
  m.spend(1 + ((a.ranges.length + b.ranges.length) >> 3))
  for (let i = 0, j = 0; i < a.ranges.length && j < b.ranges.length;) {
    const x = a.ranges[i] as readonly [number, number]
    const y = b.ranges[j] as readonly [number, number]
    if (x[1] < y[0]) i++
    else if (y[1] < x[0]) j++
    else return true
  }
  return false
}

/**
 * Whether some text matches both globs, by the rules of the library that OPA uses (which are not those of regular
 * languages at every turn: an empty rest matches no `*`). What is left of both is looked at once only, so the work is
 * bounded by the product of their lengths.
 */
class Intersection {
  private readonly m: Machine
  private readonly one: readonly Token[]
  private readonly two: readonly Token[]
  private readonly known = new Map<string, boolean>()

  constructor(m: Machine, one: readonly Token[], two: readonly Token[]) {
    this.m = m
    this.one = one
    this.two = two
  }

  /** From these places on, first glob first. */
  normal(from: number, other: number): boolean {
    return this.once(`n${from},${other}`, () => {
      let i = from
      let j = other
      for (; i < this.one.length && j < this.two.length; i++, j++) {
        const a = this.one[i] as Token
        const b = this.two[j] as Token
        if (a.flag === '+') return this.plus(true, i, j)
        if (a.flag === '*') return this.star(true, i, j)
        if (b.flag === '+') return this.plus(false, j, i)
        if (b.flag === '*') return this.star(false, j, i)
        if (!meets(this.m, a, b)) return false
      }
      return i === this.one.length && j === this.two.length
    })
  }

  private once(key: string, run: () => boolean): boolean {
    this.m.spend(2)
    const known = this.known.get(key)
    if (known !== undefined) return known
    const made = run()
    this.known.set(key, made)
    return made
  }

  private sides(first: boolean): { flagged: readonly Token[]; plain: readonly Token[] } {
    return first ? { flagged: this.one, plain: this.two } : { flagged: this.two, plain: this.one }
  }

  private meet(first: boolean, flagged: number, plain: number): boolean {
    return first ? this.normal(flagged, plain) : this.normal(plain, flagged)
  }

  private plus(first: boolean, from: number, other: number): boolean {
    const { flagged, plain } = this.sides(first)
    const a = flagged[from] as Token
    const b = plain[other] as Token
    if (!meets(this.m, a, b)) return false
    if (this.star(first, from, other + 1)) return true
    return b.flag !== '' && this.meet(first, from + 1, other)
  }

  private star(first: boolean, from: number, other: number): boolean {
    return this.once(`s${first ? 1 : 2}${from},${other}`, () => {
      const { flagged, plain } = this.sides(first)
      const star = flagged[from] as Token
      const next = flagged[from + 1]
      for (let i = other; i < plain.length; i++) {
        this.m.spend(1)
        const token = plain[i] as Token
        if (next !== undefined && meets(this.m, token, next) && this.meet(first, from + 1, i)) return true
        if (!meets(this.m, token, star)) return false
      }
      return next === undefined
    })
  }
}

/** Cuts what both begin and end with; undefined where that cannot meet. */
function trimmed(m: Machine, a: readonly Token[], b: readonly Token[]): [Token[], Token[]] | undefined {
  let left = 0
  while (left < a.length && left < b.length && a[left]?.flag === '' && b[left]?.flag === '') {
    if (!meets(m, a[left] as Token, b[left] as Token)) return undefined
    left++
  }
  if (left > 0) left--
  let x = a.length - 1
  let y = b.length - 1
  while (x >= left && y >= left && a[x]?.flag === '' && b[y]?.flag === '') {
    if (!meets(m, a[x] as Token, b[y] as Token)) return undefined
    x--
    y--
  }
  if (x < a.length - 1) {
    x++
    y++
  }
  return [a.slice(left, x + 1), b.slice(left, y + 1)]
}

const MAX_GLOB = 2000

export const GLOB_INTERSECTION: Builtins = {
  'regex.globs_match': (m, a, b) => {
    const one = stringAt(a, 1)
    const two = stringAt(b, 2)
    if (one.length > MAX_GLOB || two.length > MAX_GLOB) throw bad(`a glob is longer than ${MAX_GLOB} characters`)
    m.spend(one.length + two.length)
    const rest = trimmed(m, tokens(one), tokens(two))
    return rest !== undefined && new Intersection(m, rest[0], rest[1]).normal(0, 0)
  },
}
