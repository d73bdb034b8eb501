/**
 * Writes packages/server/src/db/schema.gen.ts, the Kysely types of every table and view, from a freshly migrated database.
 * `node tools/db-types.ts` writes it, `--check` fails when the file is not what the migrations make.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { migrate } from '../packages/server/src/db/migrate.ts'
import { startPostgres } from '../packages/server/src/db/postgres-server.ts'
import { schemaTypes } from '../packages/server/src/db/schema-types.ts'

const FILE = fileURLToPath(new URL('../packages/server/src/db/schema.gen.ts', import.meta.url))

async function generate(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-types-'))
  try {
    await chmod(folder, 0o711)
    const server = await startPostgres({ folder, log: () => undefined })
    try {
      await migrate(server.url('owner'))
      const client = new pg.Client({ connectionString: server.adminUrl('gatehouse') })
      await client.connect()
      try {
        return await schemaTypes(client)
      } finally {
        await client.end()
      }
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const made = await generate()
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '')
  if (found !== made) {
    process.stderr.write('schema.gen.ts is not what the migrations make: run `node tools/db-types.ts`\n')
    process.exitCode = 1
  }
} else {
  await writeFile(FILE, made)
  process.stdout.write(`${FILE} written\n`)
}
