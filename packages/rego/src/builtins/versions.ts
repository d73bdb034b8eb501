import { BuiltinError, LimitError } from '../machine.ts'
import { numberFromText, type Value } from '../value.ts'
import { wideFromDecimal, wideMultiply, wideTruncate, decimalOf } from '../float64-wide.ts'
import { fromBigInteger, stringAt, type Builtins } from './operand.ts'

interface Version {
  readonly core: readonly bigint[]
  readonly pre: readonly string[]
}

const CORE = '(0|[1-9]\\d*)'
const SEMVER = new RegExp(
  `^v?${CORE}\\.${CORE}\\.${CORE}(?:-((?:[0-9A-Za-z-]+)(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)

function version(text: string): Version | null {
  if (text.length > 1000) return null
  const match = SEMVER.exec(text)
  if (match === null) return null
  const core = [match[1], match[2], match[3]].map((part) => BigInt(part ?? '0'))
  if (match[4]?.split('.').some((part) => /^0\d+$/.test(part)) === true) return null
  if (core.some((part) => part > 9223372036854775807n)) return null
  return { core, pre: match[4]?.split('.') ?? [] }
}

/** SemVer 2.0.0, section 11. */
function compareVersions(a: Version, b: Version): number {
  for (const [i, part] of a.core.entries()) {
    const other = b.core[i] ?? 0n
    if (part !== other) return part < other ? -1 : 1
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const x = a.pre[i] ?? ''
    const y = b.pre[i] ?? ''
    if (x === y) continue
    const xNumber = /^\d+$/.test(x)
    const yNumber = /^\d+$/.test(y)
    if (xNumber && yNumber) return BigInt(x) < BigInt(y) ? -1 : BigInt(x) > BigInt(y) ? 1 : 0
    if (xNumber !== yNumber) return xNumber ? -1 : 1
    return x < y ? -1 : 1
  }
  return Math.sign(a.pre.length - b.pre.length)
}

function splitUnit(text: string, builtin: string): { amount: string; unit: string } {
  let at = 0
  for (; at < text.length; at++) {
    const char = text.charAt(at)
    const next = text.charAt(at + 1)
    if (/[eE]/.test(char)) {
      if (!/[\d+-]/.test(next) || next === '') break
      if (/[+-]/.test(next)) at++
      const digits = /^\d*/.exec(text.slice(at + 1))?.[0].length ?? 0
      if (digits > 6) throw new BuiltinError(`${builtin}: exponent too large`)
    } else if (!/[\d.+-]/.test(char)) break
  }
  if (at === 0) return { amount: '', unit: text }
  return { amount: text.slice(0, at), unit: text.slice(at) }
}

const SI = { k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 } as const
type Prefix = keyof typeof SI

function isPrefix(text: string): text is Prefix {
  return Object.hasOwn(SI, text)
}

/** An exact decimal; `1.`, `.5` and `1e3` are numbers here. */
function amountOf(text: string, error: () => BuiltinError): { m: bigint; e: number } {
  if (Math.abs(Number(/[eE]([+-]?\d+)$/.exec(text)?.[1] ?? '0')) > 5000)
    throw new LimitError('an exponent is too large to compute with')
  const decimal = decimalOf(text)
  if (decimal === null) throw error()
  return decimal
}

/** Ten places after the point, halves away from zero, as Go writes a rational. */
function tenPlaces(m: bigint, e: number): string {
  const negative = m < 0n
  const abs = negative ? -m : m
  const shift = e + 10
  const scaled =
    shift >= 0 ? abs * 10n ** BigInt(shift) : (abs + 5n * 10n ** BigInt(-shift - 1)) / 10n ** BigInt(-shift)
  const digits = scaled.toString().padStart(11, '0')
  return `${negative ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`
}

function parseUnits(raw: string): Value {
  const name = 'units.parse'
  const text = raw.replaceAll('"', '')
  if (text.includes(' ')) throw new BuiltinError(`${name}: spaces not allowed in resource strings`)
  const { amount, unit: written } = splitUnit(text, name)
  if (amount === '') throw new BuiltinError(`${name}: no amount provided`)
  const unit = written.length > 1 ? written.charAt(0) + written.slice(1).toLowerCase() : written
  const letter = unit.charAt(0).toLowerCase()
  const binary = unit.length === 2 && unit.charAt(1) === 'i'
  const bad = (): BuiltinError => new BuiltinError(`${name}: could not parse amount to a number`)
  if (unit === 'm') {
    const { m, e } = amountOf(amount, bad)
    // OPA multiplies by the double nearest to 0.001; its exact value is a fraction of a power of two.
    const product = m * 1152921504606847n
    const scale = 2n ** 60n
    const scaled = e >= 0 ? product * 10n ** BigInt(e) : product
    const divisor = e >= 0 ? scale : scale * 10n ** BigInt(-e)
    if (scaled % divisor === 0n) return fromBigInteger(scaled / divisor)
    const tens = scaled * 10n ** 10n
    const twice = 2n * (tens < 0n ? -tens : tens)
    const rounded = (twice / divisor + 1n) / 2n
    return numberFromText(tenPlaces(tens < 0n ? -rounded : rounded, -10))
  }
  if (unit !== '' && !(isPrefix(letter) && (binary || unit.length === 1))) {
    throw new BuiltinError(`${name}: unit ${unit} not recognized`)
  }
  const { m, e } = amountOf(amount, bad)
  const factor = unit === '' || !isPrefix(letter) ? 1n : (binary ? 1024n : 1000n) ** BigInt(SI[letter])
  const product = m * factor
  if (e >= 0) return fromBigInteger(product * 10n ** BigInt(e))
  const divisor = 10n ** BigInt(-e)
  return product % divisor === 0n ? fromBigInteger(product / divisor) : numberFromText(tenPlaces(product, e))
}

function parseBytes(raw: string): Value {
  const name = 'units.parse_bytes'
  const text = raw.toLowerCase().replaceAll('"', '')
  if (text.includes(' ')) throw new BuiltinError(`${name}: spaces not allowed in resource strings`)
  const { amount, unit } = splitUnit(text, name)
  if (amount === '') throw new BuiltinError(`${name}: no byte amount provided`)
  const match = /^([kmgtpe])(i?)b?$/.exec(unit)
  if (unit !== '' && match === null) throw new BuiltinError(`${name}: byte unit ${unit} not recognized`)
  const { m, e } = amountOf(amount, () => new BuiltinError(`${name}: could not parse byte amount to a number`))
  const letter = match?.[1] ?? ''
  const factor = isPrefix(letter) ? (match?.[2] === 'i' ? 1024n : 1000n) ** BigInt(SI[letter]) : 1n
  return fromBigInteger(wideTruncate(wideMultiply(wideFromDecimal(m, e), wideFromDecimal(factor, 0))))
}

export const VERSIONS: Builtins = {
  'semver.compare': (_m, a, b) => {
    const x = version(stringAt(a, 1))
    if (x === null) throw new BuiltinError(`operand 1: string ${JSON.stringify(a)} is not a valid SemVer`)
    const y = version(stringAt(b, 2))
    if (y === null) throw new BuiltinError(`operand 2: string ${JSON.stringify(b)} is not a valid SemVer`)
    return compareVersions(x, y)
  },
  'semver.is_valid': (_m, a) => typeof a === 'string' && version(a) !== null,
  'units.parse': (_m, a) => parseUnits(stringAt(a, 1)),
  'units.parse_bytes': (_m, a) => parseBytes(stringAt(a, 1)),
}
