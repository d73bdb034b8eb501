import type pg from 'pg'

interface Column {
  table: string
  column: string
  /** Name of the type in pg_type; an array's begins with `_`. */
  type: string
  nullable: boolean
  has_default: boolean
  /** `GENERATED ALWAYS`: cannot be written. */
  computed: boolean
}

const NUMBER = ['int2', 'int4', 'int8', 'float4', 'float8', 'oid']
const TYPES = new Map<string, string>([
  ...NUMBER.map((type) => [type, 'number'] as const),
  ['bool', 'boolean'],
  ['bytea', 'Buffer'],
  ['json', 'unknown'],
  ['jsonb', 'unknown'],
  ['timestamptz', 'Timestamp'],
  ['timestamp', 'Timestamp'],
])

const TIMESTAMP = 'type Timestamp = ColumnType<Date, Date | string, Date | string>'
const TIMESTAMP_WITH_DEFAULT = 'type TimestampWithDefault = ColumnType<Date, Date | string | undefined, Date | string>'

function typeOf(type: string): string {
  // Whatever is not listed arrives from pg as text: text, uuid, numeric, date, xid8, enums, inet.
  return type.startsWith('_') ? `${TYPES.get(type.slice(1)) ?? 'string'}[]` : (TYPES.get(type) ?? 'string')
}

function columnType(column: Column): string {
  const base = typeOf(column.type)
  // `unknown` takes null in already.
  const type = column.nullable && base !== 'unknown' ? `${base} | null` : base
  if (column.computed) return `ColumnType<${type}, never, never>`
  if (!column.has_default) return type
  // Kysely's Generated cannot be put around a ColumnType.
  if (base === 'Timestamp') return column.nullable ? 'TimestampWithDefault | null' : 'TimestampWithDefault'
  return `Generated<${type}>`
}

function interfaceName(table: string): string {
  return table.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase())
}

/** TypeScript text of Kysely's table interfaces for all tables and views of the schema `public`, in a stable order. */
export async function schemaTypes(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<Column>(
    `select c.relname::text as table, a.attname::text as column, t.typname::text as type, not a.attnotnull as nullable,
       (a.atthasdef or a.attidentity <> '') as has_default, (a.attgenerated <> '' or a.attidentity = 'a') as computed
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped
     order by c.relname collate "C", a.attnum`,
  )
  const tables = Map.groupBy(rows, (row) => row.table)
  const interfaces = [...tables].map(([table, columns]) => {
    const lines = columns.map((column) => `  ${column.column}: ${columnType(column)}`)
    return `export interface ${interfaceName(table)} {\n${lines.join('\n')}\n}\n`
  })
  const db = [...tables.keys()].map((table) => `  ${table}: ${interfaceName(table)}`)
  const body = [...interfaces, `export interface DB {\n${db.join('\n')}\n}`, ''].join('\n')
  const imports = ['ColumnType', 'Generated'].filter(
    (name) => body.includes(`${name}<`) || TIMESTAMP.includes(`${name}<`),
  )
  return [
    '// Made by tools/db-types.ts from the migrations. Do not edit.',
    `import type { ${imports.join(', ')} } from 'kysely'`,
    '',
    TIMESTAMP,
    ...(body.includes('TimestampWithDefault') ? [TIMESTAMP_WITH_DEFAULT] : []),
    '',
    body,
  ].join('\n')
}
