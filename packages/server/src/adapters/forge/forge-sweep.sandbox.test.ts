import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ID, makeStartedBench } from './forge-bench.ts'

const HOUR = 3_600_000

test('what killed processes left is removed at a sweep, and nothing that may be somebody’s work', async (ctx) => {
  const { bench, base } = await makeStartedBench({ 'a.txt': 'one\n' })
  ctx.onTestFinished(() => bench.close())
  const forge = path.join(bench.folder, 'forge')
  const repository = bench.forge.repositoryFolder(ID)
  const left = (folder: string, hoursAgo: number) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'file'), 'x')
    const then = new Date(Date.now() - hoursAgo * HOUR)
    utimesSync(folder, then, then)
    return folder
  }
  const old = [
    left(path.join(forge, '.import-0123456789abcdef'), 3),
    left(path.join(forge, '.removed-0123456789abcdef'), 3),
    left(path.join(repository, 'gatehouse-scratch', 'work-abcdef'), 3),
    left(path.join(repository, 'objects', 'tmp_objdir-incoming-abcdef'), 3),
  ]
  const kept = [
    left(path.join(forge, '.import-fedcba9876543210'), 1),
    left(path.join(repository, 'gatehouse-scratch', 'work-fedcba'), 1),
    left(path.join(repository, 'objects', 'tmp_objdir-incoming-fedcba'), 1),
    left(path.join(forge, 'somebody-elses'), 100),
  ]
  expect((await bench.forge.sweep(Date.now())).toSorted()).toEqual(old.toSorted())
  expect(old.filter((folder) => existsSync(folder))).toEqual([])
  expect(kept.filter((folder) => !existsSync(folder))).toEqual([])
  expect(await bench.forge.readRef(ID, 'main')).toBe(base)
  expect(readdirSync(path.join(repository, 'objects')).length).toBeGreaterThan(2)
  expect(await bench.forge.sweep(Date.now())).toEqual([])
})
