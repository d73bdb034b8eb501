/**
 * Writes packages/client/src/operations.gen.ts from openapi.json (OpenAPI 3.1).
 * `node tools/client-generate.ts [--check] [openapi.json]`: with --check nothing is written, and the exit code is 1 where the file
 * on disk is not what the document gives.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { comment, componentsIn, typeOf, type Schema } from './client-schema.ts'

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface OpenApiOperation {
  readonly operationId?: string
  readonly summary?: string
  readonly parameters?: readonly {
    name: string
    in: string
    required?: boolean
    schema: Schema
    description?: string
  }[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly responses?: Readonly<Record<string, Content>>
}

interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly params: Schema
  readonly query: Schema
  readonly body: Schema | null
  /** The schema of a JSON answer; null where the answer is handed over as it comes. */
  readonly answer: Schema | null
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** Every operation once, by operationId in order. Where a path stands under /api and at the root, the one under /api is taken. */
function readOperations(document: OpenApi): Operation[] {
  const found = new Map<string, Operation>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!METHODS.has(method)) continue
      const id = operation.operationId
      if (id === undefined) throw new Error(`${method.toUpperCase()} ${path} has no operationId`)
      const known = found.get(id)
      if (known && known.path.startsWith('/api/') === path.startsWith('/api/'))
        throw new Error(`the operationId ${id} stands at ${known.path} and at ${path}`)
      if (!known || path.startsWith('/api/')) found.set(id, readOperation(id, method, path, operation))
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function readOperation(id: string, method: string, path: string, operation: OpenApiOperation): Operation {
  const success = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1]
  return {
    id,
    method: method.toUpperCase(),
    path,
    summary: operation.summary ?? '',
    params: parameters(operation, 'path'),
    query: parameters(operation, 'query'),
    body: operation.requestBody?.content?.['application/json']?.schema ?? null,
    answer: shaped(success?.content?.['application/json']?.schema),
  }
}

/** An answer that the document gives no shape is no JSON document: a stream, an export. */
function shaped(schema: Schema | undefined): Schema | null {
  return schema && Object.keys(schema).some((key) => key !== 'description') ? schema : null
}

function parameters(operation: OpenApiOperation, where: 'path' | 'query'): Schema {
  const own = (operation.parameters ?? []).filter((parameter) => parameter.in === where)
  return {
    type: 'object',
    properties: Object.fromEntries(
      own.map(({ name, schema, description }) => [
        name,
        description === undefined ? schema : { ...schema, description },
      ]),
    ),
    required: own.filter((p) => p.required === true || where === 'path').map((p) => p.name),
    additionalProperties: false,
  }
}

/** The components that the operations reach; the `XInput` ones that fastify-swagger adds are there only where a request uses them. */
function reachable(operations: readonly Operation[], schemas: Readonly<Record<string, Schema>>): string[] {
  const seen = new Set<string>()
  const queue = operations.flatMap((o) => componentsIn([o.params, o.query, o.body, o.answer]))
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue
    if (!schemas[name]) throw new Error(`the component ${name} is referred to and not there`)
    seen.add(name)
    queue.push(...componentsIn(schemas[name]))
  }
  return [...seen].sort()
}

/** The text of operations.gen.ts. Throws where the document holds what the generator does not understand. */
export function generate(document: OpenApi): string {
  const operations = readOperations(document)
  const schemas = document.components?.schemas ?? {}
  const types = reachable(operations, schemas).map((name) => {
    const schema = schemas[name] ?? {}
    return `${comment(schema.description, '')}export type ${name} = ${typeOf(schema)}\n`
  })
  const described = operations.map((o) => {
    const empty = (s: Schema) => Object.keys(s.properties ?? {}).length === 0
    const part = (name: string, schema: Schema | null) =>
      `    ${name}: ${schema === null ? 'undefined' : typeOf(schema, '    ')}\n`
    return (
      `${comment(o.summary, '  ')}  ${o.id}: {\n` +
      part('params', empty(o.params) ? null : o.params) +
      part('query', empty(o.query) ? null : o.query) +
      part('body', o.body) +
      part('answer', o.answer) +
      '  }\n'
    )
  })
  const rows = operations.map(
    (o) =>
      `  ${o.id}: { method: '${o.method}', path: '${o.path}', answer: '${o.answer === null ? 'raw' : 'json'}' },\n`,
  )
  return [
    '// Written by tools/client-generate.ts from openapi.json. Do not edit.\n',
    ...types,
    '/** What each operation takes and answers. `answer` is undefined where it comes raw: a diff, an export, a stream. */',
    `export interface Operations {\n${described.join('')}}\n`,
    `export const OPERATIONS = {\n${rows.join('')}} as const\n`,
  ].join('\n')
}

function main(argv: readonly string[]): number {
  const source = argv.find((a) => !a.startsWith('--')) ?? new URL('../openapi.json', import.meta.url)
  const target = new URL('../packages/client/src/operations.gen.ts', import.meta.url)
  const text = generate(JSON.parse(readFileSync(source, 'utf8')) as OpenApi)
  if (!argv.includes('--check')) {
    writeFileSync(target, text)
    return 0
  }
  if (readFileSync(target, 'utf8') === text) return 0
  process.stderr.write(
    'packages/client/src/operations.gen.ts is not what openapi.json gives: node tools/client-generate.ts\n',
  )
  return 1
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
