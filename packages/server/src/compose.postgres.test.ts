import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { composeWorker } from './compose.ts'
import { createTestDatabase } from './db/test-database.ts'
import { installQueues } from './jobs/queue-install.ts'

test('a worker removes at its start what killed ones left in the forge', async (ctx) => {
  const database = await createTestDatabase()
  const dataFolder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'))
  ctx.onTestFinished(async () => {
    await database.drop()
    rmSync(dataFolder, { recursive: true, force: true })
  })
  await installQueues(database.url('owner'))
  const left = join(dataFolder, 'forge', 'rep_1.git', 'gatehouse-scratch', 'work-killed')
  const fresh = join(dataFolder, 'forge', '.import-0123456789abcdef')
  for (const folder of [left, fresh]) mkdirSync(folder, { recursive: true })
  const longAgo = new Date(Date.now() - 86_400_000)
  utimesSync(left, longAgo, longAgo)
  const worker = await composeWorker({
    dataFolder,
    environment: 'test',
    host: '127.0.0.1',
    port: 0,
    baseUrl: 'http://127.0.0.1:0',
    tokenPepper: Buffer.alloc(32, 7),
    databaseUrl: (role) => database.url(role),
  })
  await worker.close()
  expect([existsSync(left), existsSync(fresh)]).toEqual([false, true])
})
