/** A JSON Schema (2020-12) as OpenAPI 3.1 carries it, as far as the generator reads it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema | boolean
  readonly prefixItems?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly description?: string
}

const REF = '#/components/schemas/'

/** The component that a reference names. Throws for a reference to anything else. */
export function componentOf(ref: string): string {
  if (!ref.startsWith(REF)) throw new Error(`${ref}: only references to ${REF} are understood`)
  return ref.slice(REF.length)
}

/** The names of the components that a schema refers to, itself not followed further. */
export function componentsIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(componentsIn)
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [componentOf(value)] : componentsIn(value),
  )
}

/** A doc comment, or nothing. What ends a comment inside the text is broken up. */
export function comment(text: string | undefined, indent: string): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n` : ''
}

/** The TypeScript type of a schema; `indent` is that of the line it begins on. */
export function typeOf(schema: Schema, indent = ''): string {
  if (schema.$ref !== undefined) return componentOf(schema.$ref)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)))
  const either = schema.anyOf ?? schema.oneOf
  if (either) return union(either.map((s) => typeOf(s, indent)))
  if (schema.allOf) return schema.allOf.map((s) => `(${typeOf(s, indent)})`).join(' & ')
  if (Array.isArray(schema.type)) return union(schema.type.map((type: string) => typeOf({ ...schema, type }, indent)))
  switch (schema.type) {
    case 'string':
      return 'string'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return arrayOf(schema, indent)
    case 'object':
      return objectOf(schema, indent)
    case undefined:
      return schema.properties ? objectOf(schema, indent) : 'unknown'
    default:
      throw new Error(`the type ${JSON.stringify(schema.type)} is not understood`)
  }
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}

function arrayOf(schema: Schema, indent: string): string {
  if (schema.prefixItems) return `[${schema.prefixItems.map((item) => typeOf(item, indent)).join(', ')}]`
  const item = typeof schema.items === 'object' ? typeOf(schema.items, indent) : 'unknown'
  return /[|&\s]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
}

function objectOf(schema: Schema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {})
  const rest = schema.additionalProperties
  if (properties.length === 0) {
    if (rest === false) return 'Record<string, never>'
    return `Record<string, ${typeof rest === 'object' ? typeOf(rest, indent) : 'unknown'}>`
  }
  const inner = `${indent}  `
  const required = new Set(schema.required)
  const lines = properties.map(([name, property]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
    const type = typeOf(property, inner)
    const field = required.has(name)
      ? `${key}: ${type}`
      : `${key}?: ${type === 'unknown' ? type : `${type} | undefined`}`
    return `${comment(property.description, inner)}${inner}${field}`
  })
  // Members beyond the named ones: an index signature must admit the named ones too, hence unknown.
  if (rest === true || typeof rest === 'object') lines.push(`${inner}[further: string]: unknown`)
  return `{\n${lines.join('\n')}\n${indent}}`
}
