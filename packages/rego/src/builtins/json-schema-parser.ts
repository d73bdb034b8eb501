import type { RE2JS } from 're2js'
import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { isNumber, numberText, RegoObject, type BigNum, type Value } from '../value.ts'
import { jsonString } from '../value-json.ts'
import { decimalOf, NumberRangeError } from '../float64-wide.ts'
import { draftOf, HYBRID, reference, SchemaPool } from './json-schema-references.ts'
import { keyText } from './operand.ts'
import { compiled } from './regex.ts'

/** An exact number: `m * 10^e`. */
export interface Decimal {
  readonly m: bigint
  readonly e: number
}

/** A schema that has been read and checked for form. */
export class Schema {
  readonly property: string
  readonly parent: Schema | undefined
  draft: number
  /** `true` or `false` in place of a schema. */
  pass: boolean | undefined
  target: Schema | undefined
  types: string[] = []
  properties: Schema[] = []
  patternProperties: { readonly pattern: string; readonly expression: RE2JS; readonly schema: Schema }[] = []
  additionalProperties: boolean | Schema | undefined
  propertyNames: Schema | undefined
  dependencies = new Map<string, string[] | Schema>()
  items: Schema[] = []
  singleItems = false
  additionalItems: boolean | Schema | undefined
  contains: Schema | undefined
  multipleOf: Decimal | undefined
  minimum: Decimal | undefined
  exclusiveMinimum: Decimal | undefined
  maximum: Decimal | undefined
  exclusiveMaximum: Decimal | undefined
  minLength: number | undefined
  maxLength: number | undefined
  pattern: { readonly text: string; readonly expression: RE2JS } | undefined
  format = ''
  minProperties: number | undefined
  maxProperties: number | undefined
  required: string[] = []
  minItems: number | undefined
  maxItems: number | undefined
  uniqueItems = false
  constant: string | undefined
  enumeration: string[] | undefined
  oneOf: Schema[] = []
  anyOf: Schema[] = []
  allOf: Schema[] = []
  not: Schema | undefined
  /** What holds where `if` does, and where it does not. */
  condition: { readonly met: Schema; whenMet: Schema | undefined; otherwise: Schema | undefined } | undefined

  constructor(property: string, parent: Schema | undefined, draft: number) {
    this.property = property
    this.parent = parent
    this.draft = draft
  }
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string']
const SCHEMA = 'Valid Schema'

function invalidType(expected: string, given: string): BuiltinError {
  return new BuiltinError(`Invalid type. Expected: ${expected}, given: ${given}`)
}

/** Exact value of a number; one that is too large to compute with is over the limit. */
export function exactOf(value: number | BigNum): Decimal {
  try {
    return decimalOf(numberText(value)) ?? { m: 0n, e: 0 }
  } catch (error) {
    if (error instanceof NumberRangeError) throw new LimitError(error.message)
    throw error
  }
}

/** JSON with numbers as doubles, as values are compared with `const` and `enum`. */
export function plainText(m: Machine, value: Value): string {
  m.spend(1)
  if (isNumber(value)) {
    const near = Number(numberText(value))
    if (!Number.isFinite(near))
      throw new BuiltinError(`json: cannot unmarshal number ${numberText(value).slice(0, 60)}`)
    return Object.is(near, -0) ? '-0' : String(near)
  }
  if (typeof value === 'string') return jsonString(value)
  if (Array.isArray(value)) return `[${value.map((item) => plainText(m, item)).join(',')}]`
  if (value === null || typeof value === 'boolean') return String(value)
  if (!(value instanceof RegoObject)) throw new BuiltinError('a set is no JSON')
  const { keys, values } = value.sorted()
  return `{${keys.map((key, i) => `${jsonString(keyText(key))}:${plainText(m, values[i] as Value)}`).join(',')}}`
}

const MAX_DEPTH = 200

/** Reads schemas as OPA's library does, draft by draft. Throws BuiltinError for what is no schema. */
export class SchemaParser {
  private readonly m: Machine
  private readonly pool: SchemaPool
  private readonly known = new Map<string, Schema>()
  private depth = 0

  constructor(m: Machine, root: Value) {
    this.m = m
    this.pool = new SchemaPool(m, root)
  }

  static compile(m: Machine, root: Value): Schema {
    const parser = new SchemaParser(m, root)
    const schema = new Schema('(Root)', undefined, draftOf(root) ?? HYBRID)
    parser.read(root, schema)
    return schema
  }

  private below(value: Value, property: string, parent: Schema): Schema {
    const schema = new Schema(property, parent, parent.draft)
    this.read(value, schema)
    return schema
  }

  private read(value: Value, schema: Schema): void {
    this.m.spend(10)
    if (++this.depth > MAX_DEPTH) throw new LimitError('a JSON schema is nested too deep')
    if (typeof value === 'boolean' && schema.draft >= 6) schema.pass = value
    else if (value instanceof RegoObject) this.readObject(value, schema)
    else throw new BuiltinError(`Expected: ${SCHEMA}, given: Invalid JSON`)
    this.depth--
  }

  private readObject(given: RegoObject, schema: Schema): void {
    const idKey = schema.draft === 4 || (schema.draft === HYBRID && given.get('id') !== undefined) ? 'id' : '$id'
    const id = text(given, idKey)
    if (id !== undefined) reference(id)
    this.definitions(given, schema)
    text(given, 'title')
    text(given, 'description')
    const ref = text(given, '$ref')
    if (ref !== undefined) {
      const target = this.pool.target(given, ref)
      const known = this.known.get(target)
      if (known === undefined) {
        this.follow(target, schema)
        return
      }
      schema.target = known
    }
    this.types(given, schema)
    this.objects(given, schema)
    this.arrays(given, schema)
    this.numbers(given, schema)
    this.strings(given, schema)
    this.sizes(given, schema)
    this.combinations(given, schema)
  }

  private follow(target: string, schema: Schema): void {
    const made = new Schema('$ref', schema, schema.draft)
    this.known.set(target, made)
    const { document, draft } = this.pool.get(target)
    if (draft !== undefined) made.draft = draft
    if (typeof document !== 'boolean' && !(document instanceof RegoObject)) {
      throw new BuiltinError(`${SCHEMA} must be of type object`)
    }
    this.read(document, made)
    schema.target = made
  }

  private definitions(given: RegoObject, schema: Schema): void {
    const definitions = given.get('definitions')
    if (definitions === undefined) return
    if (!(definitions instanceof RegoObject)) throw invalidType('Array Of Schemas', 'definitions')
    for (const one of definitions.sorted().values) {
      if (!isSchema(one)) throw invalidType('Array Of Schemas', 'definitions')
      this.below(one, 'definitions', schema)
    }
  }

  private types(given: RegoObject, schema: Schema): void {
    const value = given.get('type')
    if (value === undefined) return
    const list = typeof value === 'string' ? [value] : value
    const bad = (): BuiltinError => invalidType('type', 'string/Array Of Strings')
    if (!Array.isArray(list)) throw bad()
    for (const one of list) {
      if (typeof one !== 'string') throw bad()
      if (!TYPES.includes(one)) {
        throw new BuiltinError(
          `has a primitive type that is NOT VALID -- given: /${one}/ Expected valid values are:[${TYPES.join(' ')}]`,
        )
      }
      if (schema.types.includes(one)) throw new BuiltinError(`${one} type is duplicated`)
      schema.types.push(one)
    }
  }

  private flagOrSchema(given: RegoObject, key: string, schema: Schema): boolean | Schema | undefined {
    const value = given.get(key)
    if (value === undefined || typeof value === 'boolean') return value
    if (!(value instanceof RegoObject)) throw invalidType(`boolean/${SCHEMA}`, key)
    return this.below(value, key, schema)
  }

  private objects(given: RegoObject, schema: Schema): void {
    const properties = given.get('properties')
    if (properties !== undefined) {
      if (!(properties instanceof RegoObject)) throw new BuiltinError('Properties must be of type object')
      schema.properties = entries(properties).map(([key, value]) => this.below(value, key, schema))
    }
    schema.additionalProperties = this.flagOrSchema(given, 'additionalProperties', schema)
    const patterns = given.get('patternProperties')
    if (patterns !== undefined) {
      if (!(patterns instanceof RegoObject)) throw invalidType(SCHEMA, 'patternProperties')
      schema.patternProperties = entries(patterns).map(([pattern, value]) => {
        const expression = this.expression(pattern, `Invalid regex pattern '${pattern}'`)
        return { pattern, expression, schema: this.below(value, pattern, schema) }
      })
    }
    const names = given.get('propertyNames')
    if (names !== undefined && schema.draft >= 6) {
      if (!isSchema(names)) throw invalidType(SCHEMA, 'patternProperties')
      schema.propertyNames = this.below(names, 'propertyNames', schema)
    }
    const dependencies = given.get('dependencies')
    if (dependencies === undefined) return
    if (!(dependencies instanceof RegoObject)) throw new BuiltinError('dependencies must be of type object')
    const bad = (): BuiltinError => new BuiltinError('Dependency must be of type Schema Or Array Of Strings')
    for (const [key, value] of entries(dependencies)) {
      if (Array.isArray(value)) {
        const keys = value.map((item) => {
          if (typeof item !== 'string') throw bad()
          return item
        })
        schema.dependencies.set(key, keys)
      } else if (isSchema(value)) schema.dependencies.set(key, this.below(value, key, schema))
      else throw bad()
    }
  }

  private arrays(given: RegoObject, schema: Schema): void {
    const items = given.get('items')
    const bad = (): BuiltinError => invalidType(`${SCHEMA}/Array Of Schemas`, 'items')
    if (Array.isArray(items)) {
      for (const item of items) {
        if (!isSchema(item)) throw bad()
        schema.items.push(this.below(item, 'items', schema))
      }
    } else if (items !== undefined) {
      if (!isSchema(items)) throw bad()
      schema.items.push(this.below(items, 'items', schema))
      schema.singleItems = true
    }
    schema.additionalItems = this.flagOrSchema(given, 'additionalItems', schema)
  }

  private numbers(given: RegoObject, schema: Schema): void {
    const multiple = given.get('multipleOf')
    if (multiple !== undefined) {
      if (!isNumber(multiple)) throw invalidType('Number', 'multipleOf')
      schema.multipleOf = exactOf(multiple)
      if (schema.multipleOf.m <= 0n) throw new BuiltinError('multipleOf must be strictly greater than 0')
    }
    const bound = (key: string): Decimal | undefined => {
      const value = given.get(key)
      if (value === undefined) return undefined
      if (!isNumber(value)) throw new BuiltinError(`${key} must be of a Number`)
      return exactOf(value)
    }
    const bounds = (key: 'minimum' | 'maximum', exclusiveKey: 'exclusiveMinimum' | 'exclusiveMaximum'): void => {
      schema[key] = bound(key)
      const exclusive = given.get(exclusiveKey)
      if (exclusive === undefined) return
      const old = schema.draft === 4 || schema.draft === HYBRID
      if (typeof exclusive === 'boolean' && old) {
        if (schema[key] === undefined) throw new BuiltinError(`${exclusiveKey} cannot be used without ${key}`)
        if (exclusive) {
          schema[exclusiveKey] = schema[key]
          schema[key] = undefined
        }
      } else if (isNumber(exclusive) && schema.draft !== 4) schema[exclusiveKey] = exactOf(exclusive)
      else {
        throw invalidType(
          schema.draft === 4 ? 'boolean' : schema.draft === HYBRID ? 'boolean/number' : 'number',
          exclusiveKey,
        )
      }
    }
    bounds('minimum', 'exclusiveMinimum')
    bounds('maximum', 'exclusiveMaximum')
  }

  private strings(given: RegoObject, schema: Schema): void {
    schema.minLength = size(given, 'minLength')
    schema.maxLength = size(given, 'maxLength')
    ordered(schema.minLength, schema.maxLength, 'minLength', 'maxLength')
    const pattern = text(given, 'pattern')
    if (pattern !== undefined) {
      schema.pattern = { text: pattern, expression: this.expression(pattern, 'pattern must be a valid regex') }
    }
    schema.format = text(given, 'format') ?? ''
  }

  private expression(pattern: string, otherwise: string): RE2JS {
    try {
      return compiled(this.m, pattern)
    } catch (error) {
      if (error instanceof BuiltinError) throw new BuiltinError(otherwise)
      throw error
    }
  }

  private sizes(given: RegoObject, schema: Schema): void {
    schema.minProperties = size(given, 'minProperties')
    schema.maxProperties = size(given, 'maxProperties')
    ordered(schema.minProperties, schema.maxProperties, 'minProperties', 'maxProperties')
    for (const one of list(given, 'required') ?? []) {
      if (typeof one !== 'string') throw invalidType('string', 'required')
      if (schema.required.includes(one)) throw new BuiltinError('required items must be unique')
      this.m.spend(schema.required.length >> 3)
      schema.required.push(one)
    }
    schema.minItems = size(given, 'minItems')
    schema.maxItems = size(given, 'maxItems')
    const unique = given.get('uniqueItems')
    if (unique !== undefined && typeof unique !== 'boolean') throw new BuiltinError('uniqueItems must be of a boolean')
    schema.uniqueItems = unique === true
    const contains = given.get('contains')
    if (contains !== undefined && schema.draft >= 6) schema.contains = this.below(contains, 'contains', schema)
    const constant = given.get('const')
    if (constant !== undefined && schema.draft >= 6) schema.constant = plainText(this.m, constant)
    const values = list(given, 'enum')?.map((value) => plainText(this.m, value))
    if (values !== undefined && new Set(values).size < values.length)
      throw new BuiltinError('enum items must be unique')
    schema.enumeration = values
  }

  private combinations(given: RegoObject, schema: Schema): void {
    for (const key of ['oneOf', 'anyOf', 'allOf'] as const) {
      schema[key] = (list(given, key) ?? []).map((one) => this.below(one, key, schema))
    }
    schema.not = this.schemaAt(given, 'not', schema)
    if (schema.draft < 7) return
    const met = this.schemaAt(given, 'if', schema)
    const whenMet = this.schemaAt(given, 'then', schema)
    const otherwise = this.schemaAt(given, 'else', schema)
    schema.condition = met === undefined ? undefined : { met, whenMet, otherwise }
  }

  private schemaAt(given: RegoObject, key: string, schema: Schema): Schema | undefined {
    const value = given.get(key)
    if (value === undefined) return undefined
    if (!isSchema(value)) throw new BuiltinError(`${key} must be of an object`)
    return this.below(value, key, schema)
  }
}

function isSchema(value: Value): boolean {
  return typeof value === 'boolean' || value instanceof RegoObject
}

function entries(object: RegoObject): [string, Value][] {
  const { keys, values } = object.sorted()
  return keys.map((key, i) => [keyText(key), values[i] as Value])
}

function text(given: RegoObject, key: string): string | undefined {
  const value = given.get(key)
  if (value !== undefined && typeof value !== 'string') throw invalidType('string', key)
  return value
}

function list(given: RegoObject, key: string): Value[] | undefined {
  const value = given.get(key)
  if (value !== undefined && !Array.isArray(value)) throw new BuiltinError(`${key} must be of an array`)
  return value
}

function size(given: RegoObject, key: string): number | undefined {
  const value = given.get(key)
  if (value === undefined) return undefined
  const digits = isNumber(value) ? numberText(value) : ''
  if (!/^-?\d{1,19}$/.test(digits) || BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
    throw new BuiltinError(`${key} must be of an integer`)
  }
  if (Number(digits) < 0) throw new BuiltinError(`${key} must be greater than or equal to 0`)
  return Number(digits)
}

function ordered(low: number | undefined, high: number | undefined, x: string, y: string): void {
  if (low !== undefined && high !== undefined && low > high) throw new BuiltinError(`${x} cannot be greater than ${y}`)
}
