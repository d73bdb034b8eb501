import { BuiltinError, type Machine } from '../machine.ts'
import { objectOf, RegoObject, type Value } from '../value.ts'
import { readNode, type Node } from './graphql-nodes.ts'
import { GraphqlParser } from './graphql-parser.ts'
import { checkQuery } from './graphql-rules.ts'
import { GraphqlSchemaParser } from './graphql-schema-parser.ts'
import { buildSchema } from './graphql-schema.ts'
import { stringAt, typeError, type Builtins } from './operand.ts'

function query(m: Machine, value: Value): Node {
  if (typeof value === 'string') return new GraphqlParser(m, value).query()
  if (value instanceof RegoObject) return readNode(m, 'QueryDocument', value)
  throw typeError(0, value, 'string', 'object')
}

function schema(m: Machine, value: Value): Node {
  if (typeof value === 'string') return new GraphqlSchemaParser(m, value).schemaDocument()
  if (value instanceof RegoObject) return readNode(m, 'SchemaDocument', value)
  throw typeError(1, value, 'string', 'object')
}

/** Parses both and checks the query against the schema. Throws BuiltinError. */
function both(m: Machine, a: Value, b: Value): { queryDocument: Node; schemaDocument: Node } {
  const queryDocument = query(m, a)
  const schemaDocument = schema(m, b)
  checkQuery(m, buildSchema(m, schemaDocument), queryDocument)
  return { queryDocument, schemaDocument }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof BuiltinError) return undefined
    throw error
  }
}

export const GRAPHQL: Builtins = {
  'graphql.parse': (m, a, b) => {
    const { queryDocument, schemaDocument } = both(m, a, b)
    return [queryDocument, schemaDocument]
  },
  'graphql.parse_and_verify': (m, a, b) => {
    const found = attempt(() => both(m, a, b))
    return found === undefined ? [false, objectOf([]), objectOf([])] : [true, found.queryDocument, found.schemaDocument]
  },
  'graphql.parse_query': (m, a) => new GraphqlParser(m, stringAt(a, 1)).query(),
  'graphql.parse_schema': (m, a) => new GraphqlSchemaParser(m, stringAt(a, 1)).schemaDocument(),
  'graphql.is_valid': (m, a, b) => attempt(() => both(m, a, b)) !== undefined,
  'graphql.schema_is_valid': (m, a) => attempt(() => buildSchema(m, schema(m, a))) !== undefined,
}
