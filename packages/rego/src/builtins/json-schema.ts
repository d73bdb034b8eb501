import { BuiltinError, codePoints, LimitError, type Machine } from '../machine.ts'
import { isNumber, objectOf, RegoObject, type Value } from '../value.ts'
import { jsonText } from '../value-json.ts'
import { unmarshal } from './encoding.ts'
import { hasFormat } from './json-schema-formats.ts'
import { exactOf, plainText, Schema, SchemaParser, type Decimal } from './json-schema-parser.ts'
import { keyText, type Builtins } from './operand.ts'
import { chargeMatch } from './regex.ts'

interface Fault {
  readonly type: string
  readonly field: string
  readonly desc: string
}

/** What a schema says of a value; the score tells which of several schemas came nearest. */
class Result {
  readonly faults: Fault[] = []
  score = 0

  get valid(): boolean {
    return this.faults.length === 0
  }

  fault(type: string, path: string, desc: string): void {
    const field = path.startsWith('(Root).') ? path.slice(7) : path
    this.faults.push({ type, field, desc })
    this.score -= 2
  }

  merge(other: Result): void {
    this.faults.push(...other.faults)
    this.score += other.score
  }
}

const MAX_DEPTH = 300

/** Checks values as OPA's library does, with its words; where it goes through keys by chance, they are sorted here. */
class Check {
  private readonly m: Machine
  private depth = 0

  constructor(m: Machine) {
    this.m = m
  }

  sub(schema: Schema, value: Value, path: string): Result {
    const result = new Result()
    this.value(schema, value, result, path)
    return result
  }

  private value(schema: Schema, value: Value, result: Result, path: string): void {
    this.m.spend(6)
    if (++this.depth > MAX_DEPTH) throw new LimitError('a JSON schema leads too deep')
    if (schema.pass !== undefined) {
      if (!schema.pass) result.fault('false', path, 'False always fails validation')
    } else if (schema.target !== undefined) this.value(schema.target, value, result, path)
    else this.typed(schema, value, result, path)
    this.depth--
  }

  private typed(schema: Schema, value: Value, result: Result, path: string): void {
    const kind = kindOf(value)
    const { types } = schema
    const suits = types.length === 0 || types.includes(kind) || (kind === 'integer' && types.includes('number'))
    if (!suits) {
      const expected = types.length === 1 ? types[0] : `[${types.join(',')}]`
      result.fault('invalid_type', path, `Invalid type. Expected: ${expected}, given: ${kind}`)
      return
    }
    this.combined(schema, value, result, path)
    if (isNumber(value)) this.number(schema, exactOf(value), result, path)
    if (Array.isArray(value)) this.array(schema, value, result, path)
    if (value instanceof RegoObject) this.object(schema, value, result, path)
    this.common(schema, value, result, path)
    if (typeof value === 'string') this.string(schema, value, result, path)
    if (value instanceof RegoObject) {
      for (const one of schema.properties) {
        const item = value.get(one.property)
        if (item !== undefined) this.value(one, item, result, `${path}.${one.property}`)
      }
    }
    result.score++
  }

  /** The first of the results that came nearest. */
  private static best(results: readonly Result[]): Result | undefined {
    let best: Result | undefined
    for (const one of results) if (best === undefined || one.score > best.score) best = one
    return best
  }

  private combined(schema: Schema, value: Value, result: Result, path: string): void {
    if (schema.anyOf.length > 0) {
      const failed: Result[] = []
      const met = schema.anyOf.some((one) => {
        const found = this.sub(one, value, path)
        if (!found.valid) failed.push(found)
        return found.valid
      })
      if (!met) {
        result.fault('number_any_of', path, 'Must validate at least one schema (anyOf)')
        result.merge(Check.best(failed) ?? new Result())
      }
    }
    if (schema.oneOf.length > 0) {
      const results = schema.oneOf.map((one) => this.sub(one, value, path))
      const count = results.filter((one) => one.valid).length
      if (count !== 1) {
        result.fault('number_one_of', path, 'Must validate one and only one schema (oneOf)')
        if (count === 0) result.merge(Check.best(results) ?? new Result())
      }
    }
    if (schema.allOf.length > 0) {
      const results = schema.allOf.map((one) => this.sub(one, value, path))
      for (const one of results) result.merge(one)
      if (results.some((one) => !one.valid))
        result.fault('number_all_of', path, 'Must validate all the schemas (allOf)')
    }
    if (schema.not !== undefined && this.sub(schema.not, value, path).valid) {
      result.fault('number_not', path, 'Must not validate the schema (not)')
    }
    if (schema.dependencies.size > 0 && value instanceof RegoObject) this.dependencies(schema, value, result, path)
    if (schema.condition !== undefined) {
      const met = this.sub(schema.condition.met, value, path).valid
      const next = met ? schema.condition.whenMet : schema.condition.otherwise
      const found = next === undefined ? undefined : this.sub(next, value, path)
      if (found?.valid === false) {
        if (met) result.fault('condition_then', path, 'Must validate "then" as "if" was valid')
        else result.fault('condition_else', path, 'Must validate "else" as "if" was not valid')
        result.merge(found)
      }
    }
    result.score++
  }

  private dependencies(schema: Schema, value: RegoObject, result: Result, path: string): void {
    for (const key of value.sorted().keys) {
      this.m.spend(1)
      const dependency = schema.dependencies.get(keyText(key))
      if (dependency instanceof Schema) this.value(dependency, value, result, path)
      else {
        for (const needed of dependency ?? []) {
          if (!value.has(needed)) result.fault('missing_dependency', path, `Has a dependency on ${needed}`)
        }
      }
    }
  }

  private common(schema: Schema, value: Value, result: Result, path: string): void {
    if (schema.constant !== undefined && plainText(this.m, value) !== schema.constant) {
      const desc = `${shown(path)} does not match: ${schema.constant}`
      result.fault('const', path, desc)
    }
    if (schema.enumeration !== undefined && !schema.enumeration.includes(plainText(this.m, value))) {
      result.fault('enum', path, `${shown(path)} must be one of the following: ${schema.enumeration.join(', ')}`)
    }
    if (schema.format !== '' && typeof value === 'string' && !hasFormat(this.m, schema.format, value)) {
      result.fault('format', path, `Does not match format '${schema.format}'`)
    }
    result.score++
  }

  private array(schema: Schema, value: readonly Value[], result: Result, path: string): void {
    const { items, additionalItems } = schema
    const [single] = items
    if (schema.singleItems && single !== undefined) {
      for (const [i, item] of value.entries()) result.merge(this.sub(single, item, `${path}.${i}`))
    } else if (items.length > 0) {
      for (const [i, item] of value.entries()) {
        const one = items[i] ?? (additionalItems instanceof Schema ? additionalItems : undefined)
        if (one !== undefined) result.merge(this.sub(one, item, `${path}.${i}`))
      }
      if (items.length < value.length && additionalItems === false) {
        result.fault('array_no_additional_items', path, 'No additional items allowed on array')
      }
    }
    if (schema.minItems !== undefined && value.length < schema.minItems) {
      result.fault('array_min_items', path, `Array must have at least ${schema.minItems} items`)
    }
    if (schema.maxItems !== undefined && value.length > schema.maxItems) {
      result.fault('array_max_items', path, `Array must have at most ${schema.maxItems} items`)
    }
    if (schema.uniqueItems) {
      const seen = new Map<string, number>()
      for (const [j, item] of value.entries()) {
        const text = plainText(this.m, item)
        const i = seen.get(text)
        if (i !== undefined) result.fault('unique', path, `array items[${i},${j}] must be unique`)
        seen.set(text, j)
      }
    }
    if (schema.contains !== undefined) this.contains(schema.contains, value, result, path)
    result.score++
  }

  private contains(schema: Schema, value: readonly Value[], result: Result, path: string): void {
    const failed: Result[] = []
    const met = value.some((item, i) => {
      const found = this.sub(schema, item, `${path}.${i}`)
      if (!found.valid) failed.push(found)
      return found.valid
    })
    if (met) return
    result.fault('contains', path, 'At least one of the items must match')
    result.merge(Check.best(failed) ?? new Result())
  }

  private object(schema: Schema, value: RegoObject, result: Result, path: string): void {
    if (schema.minProperties !== undefined && value.size < schema.minProperties) {
      result.fault('array_min_properties', path, `Must have at least ${schema.minProperties} properties`)
    }
    if (schema.maxProperties !== undefined && value.size > schema.maxProperties) {
      result.fault('array_max_properties', path, `Must have at most ${schema.maxProperties} properties`)
    }
    this.m.spend(schema.required.length + value.size)
    for (const name of schema.required) {
      if (value.has(name)) result.score++
      else result.fault('required', path, `${name} is required`)
    }
    const known = new Set(schema.properties.map((one) => one.property))
    const { keys, values } = value.sorted()
    for (const [i, key] of keys.entries()) {
      const name = keyText(key)
      const item = values[i] as Value
      const matched = this.patterns(schema, name, item, result, path)
      if (known.has(name) || matched) continue
      const { additionalProperties } = schema
      if (additionalProperties === false) {
        result.fault('additional_property_not_allowed', path, `Additional property ${name} is not allowed`)
      } else if (additionalProperties instanceof Schema) {
        result.merge(this.sub(additionalProperties, item, `${path}.${name}`))
      }
    }
    if (schema.propertyNames !== undefined) {
      for (const key of keys) {
        const found = this.sub(schema.propertyNames, key, path)
        if (found.valid) continue
        result.fault('invalid_property_name', path, `Property name of "${keyText(key)}" does not match`)
        result.merge(found)
      }
    }
    result.score++
  }

  private patterns(schema: Schema, name: string, item: Value, result: Result, path: string): boolean {
    let matched = false
    for (const { pattern, expression, schema: one } of schema.patternProperties) {
      chargeMatch(this.m, pattern, name)
      if (!expression.matcher(name).find()) continue
      matched = true
      result.merge(this.sub(one, item, `${path}.${name}`))
    }
    if (matched) result.score++
    return matched
  }

  private string(schema: Schema, value: string, result: Result, path: string): void {
    const { minLength, maxLength, pattern } = schema
    if (minLength !== undefined || maxLength !== undefined) {
      this.m.spendText(value.length)
      const length = codePoints(value)
      if (minLength !== undefined && length < minLength) {
        result.fault('string_gte', path, `String length must be greater than or equal to ${minLength}`)
      }
      if (maxLength !== undefined && length > maxLength) {
        result.fault('string_lte', path, `String length must be less than or equal to ${maxLength}`)
      }
    }
    if (pattern !== undefined) {
      chargeMatch(this.m, pattern.text, value)
      if (!pattern.expression.matcher(value).find()) {
        result.fault('pattern', path, `Does not match pattern '${pattern.text}'`)
      }
    }
    result.score++
  }

  private number(schema: Schema, value: Decimal, result: Result, path: string): void {
    const { multipleOf, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema
    if (multipleOf !== undefined) {
      const [a, b] = aligned(value, multipleOf)
      if (a % b !== 0n) result.fault('multiple_of', path, `Must be a multiple of ${decimalText(multipleOf)}`)
    }
    const bound = (
      limit: Decimal | undefined,
      fails: (order: number) => boolean,
      type: string,
      words: string,
    ): void => {
      if (limit === undefined) return
      const [a, b] = aligned(value, limit)
      if (fails(a < b ? -1 : a > b ? 1 : 0)) result.fault(type, path, `Must be ${words} ${decimalText(limit)}`)
    }
    bound(maximum, (order) => order > 0, 'number_lte', 'less than or equal to')
    bound(exclusiveMaximum, (order) => order >= 0, 'number_lt', 'less than')
    bound(minimum, (order) => order < 0, 'number_gte', 'greater than or equal to')
    bound(exclusiveMinimum, (order) => order <= 0, 'number_gt', 'greater than')
    result.score++
  }
}

function shown(path: string): string {
  return path.startsWith('(Root).') ? path.slice(7) : path
}

function kindOf(value: Value): string {
  if (value === null) return 'null'
  if (isNumber(value)) return exactOf(value).e >= 0 ? 'integer' : 'number'
  if (Array.isArray(value)) return 'array'
  return value instanceof RegoObject ? 'object' : typeof value
}

/** Both as multiples of one power of ten. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint] {
  const e = Math.min(a.e, b.e)
  return [a.m * 10n ** BigInt(a.e - e), b.m * 10n ** BigInt(b.e - e)]
}

/** As Go writes a big floating-point number in its shortest form: with an exponent below 1e-4 and from 1e6 on. */
function decimalText({ m, e }: Decimal): string {
  if (m === 0n) return '0'
  const sign = m < 0n ? '-' : ''
  const digits = (m < 0n ? -m : m).toString()
  const point = digits.length + e
  if (point - 1 < -4 || point - 1 >= 6) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = Math.abs(point - 1)
      .toString()
      .padStart(2, '0')
    return `${sign}${digits.charAt(0)}${rest}e${point < 1 ? '-' : '+'}${size}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits.padEnd(point, '0')
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** A document or schema: JSON text, an object or an array. */
function load(m: Machine, value: Value): Value {
  if (typeof value === 'string') {
    try {
      return unmarshal(m, value)
    } catch (error) {
      if (error instanceof BuiltinError) throw new BuiltinError('invalid JSON string')
      throw error
    }
  }
  if (!Array.isArray(value) && !(value instanceof RegoObject)) {
    throw new BuiltinError('wrong type, expected string or object')
  }
  // Sets become arrays and keys text.
  return unmarshal(m, jsonText(value))
}

export const JSON_SCHEMA: Builtins = {
  'json.verify_schema': (m, a) => {
    try {
      SchemaParser.compile(m, load(m, a))
      return [true, null]
    } catch (error) {
      if (error instanceof BuiltinError) return [false, `jsonschema: ${error.message}`]
      throw error
    }
  },
  'json.match_schema': (m, a, b) => {
    const document = load(m, a)
    const schema = SchemaParser.compile(m, load(m, b))
    const result = new Check(m).sub(schema, document, '(Root)')
    const faults = result.faults.map(({ type, field, desc }) =>
      objectOf([
        ['error', `${field}: ${desc}`],
        ['type', type],
        ['field', field],
        ['desc', desc],
      ] as [string, Value][]),
    )
    return [result.valid, faults]
  },
}
