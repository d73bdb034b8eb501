import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgentDefinition } from '@gatehouse/core/agents/definition'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ID, makeBench, type Bench } from './forge-bench.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../../examples/', import.meta.url))
const AGENT = path.join(EXAMPLES, 'agents/rename-codemod')
const BROKEN = 'requests recorded from callers in production keep their price'

let bench: Bench
let base: string
let count = 0

beforeAll(async () => {
  bench = makeBench()
  // Reports of somebody's own run may lie about: git's ignore rules keep them out of the commit.
  cpSync(path.join(EXAMPLES, 'parcel-rates'), bench.source, { recursive: true })
  base = bench.commit('parcel-rates')
  await bench.forge.createRepository({ id: ID, source: { kind: 'path', path: bench.source } })
})
afterAll(() => bench.close())

/** Checks a tree out and runs the recipe's own command in it; which tests passed and failed, by JUnit. */
async function validate(tree: string): Promise<{ passed: number; failed: string[]; code: number | null }> {
  const folder = path.join(bench.folder, `checkout-${(count += 1)}`)
  await bench.forge.checkOutTree(ID, { tree, folder })
  const recipe = readFileSync(path.join(folder, '.gatehouse/recipe.yaml'), 'utf8')
  const run = /run: \[(.*)\]/.exec(recipe)?.[1]?.split(', ') ?? []
  const env = { PATH: process.env['PATH'], HOME: bench.folder }
  const { status } = spawnSync(run[0] === 'node' ? process.execPath : '', run.slice(1), { cwd: folder, env })
  const junit = readFileSync(path.join(folder, '.gatehouse-out/junit.xml'), 'utf8')
  const failed = [...junit.matchAll(/<testcase name="([^"]+)"[^>]*>\s*<failure/g)].map((m) => m[1] ?? '')
  return { passed: (junit.match(/<testcase /g) ?? []).length - failed.length, failed, code: status }
}

async function attempt(number: number, feedback: unknown): Promise<string> {
  const folder = path.join(bench.folder, `attempt-${(count += 1)}`)
  await bench.forge.checkOutTree(ID, { tree: base, folder })
  const task = path.join(bench.folder, `task-${number}.json`)
  writeFileSync(
    task,
    JSON.stringify({ task_id: 'tsk_1', title: 'grams', story: { criteria: [] }, attempt: number, feedback }),
  )
  execFileSync(process.execPath, [path.join(AGENT, 'codemod.mjs')], { cwd: folder, env: { GATEHOUSE_TASK: task } })
  const taken = await bench.forge.writeTreeFromFolder(ID, { baseTree: base, folder })
  if (!taken.ok) throw new Error(taken.detail)
  return taken.value.tree
}

test('the example passes its own tests', async () => {
  expect(await validate(base)).toEqual({ passed: 39, failed: [], code: 0 })
})

test('the agent’s first attempt breaks exactly the test of older callers', async () => {
  expect(await validate(await attempt(1, null))).toEqual({ passed: 38, failed: [BROKEN], code: 1 })
})

test('told which test failed, it passes them all, and adds tests', async () => {
  const tree = await attempt(2, {
    failing_tests: [{ id: `test/callers.test.js > ${BROKEN}`, message: 'unknown parcel field' }],
    violations: [],
  })
  expect(await validate(tree)).toEqual({ passed: 42, failed: [], code: 0 })
  const { files } = await bench.forge.diffTrees(ID, base, tree)
  expect(files.map((f) => `${f.status} ${f.path}`)).toContain('added test/weight-grams.test.js')
  expect(files.every((f) => /^(src|test|specs)\/|^README\.md$/.test(f.path))).toBe(true)
})

test('told of another test, it does not mend what nobody asked for', async () => {
  const first = await attempt(1, null)
  expect(await attempt(2, { failing_tests: [{ id: 'fragile costs more', message: 'x' }], violations: [] })).toBe(first)
})

test('the patch that deletes the failing test applies, and leaves one test less and none failing', async () => {
  const patch = readFileSync(path.join(EXAMPLES, 'patches/delete-failing-test.patch'))
  const applied = await bench.forge.applyPatch(ID, { base, patch })
  if (!applied.ok) throw new Error(applied.detail)
  expect(await validate(applied.value.result_tree)).toEqual({ passed: 38, failed: [], code: 0 })
})

test('the patch is what its script makes from the example of today', () => {
  const copy = path.join(bench.folder, 'examples')
  for (const part of ['parcel-rates', 'agents', 'patches']) {
    mkdirSync(copy, { recursive: true })
    execFileSync('cp', ['-R', path.join(EXAMPLES, part), path.join(copy, part)])
  }
  const made = path.join(copy, 'patches/delete-failing-test.patch')
  writeFileSync(made, '')
  execFileSync(process.execPath, [path.join(copy, 'patches/make.mjs')], {
    env: { PATH: process.env['PATH'], HOME: bench.folder },
  })
  expect(readFileSync(made, 'utf8')).toBe(
    readFileSync(path.join(EXAMPLES, 'patches/delete-failing-test.patch'), 'utf8'),
  )
})

test('the agent’s definition is one, once its files are put in', () => {
  const agent = JSON.parse(readFileSync(path.join(AGENT, 'agent.json'), 'utf8'))
  const { files_from: names, ...command } = agent.anatomy.command
  for (const name of names) expect(existsSync(path.join(AGENT, name))).toBe(true)
  const files = Object.fromEntries(names.map((name: string) => [name, readFileSync(path.join(AGENT, name), 'utf8')]))
  expect(
    AgentDefinition.safeParse({ ...agent, anatomy: { ...agent.anatomy, command: { ...command, files } } }),
  ).toMatchObject({ success: true })
})
