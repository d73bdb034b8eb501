import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { findOpa, runOpa } from '../../tools/opa.ts'
import { readBundleFolder } from '../../packages/rego/src/bundle-folder.ts'
import { BUNDLE, capabilities, plan } from '../../tools/opa-build.ts'

const found = findOpa()

function opa(ctx: TestContext): string {
  if (!found.ok) ctx.skip(found.reason)
  return found.ok ? found.path : ''
}

const shipped = (name: string): string => readFileSync(join(BUNDLE, name), 'utf8')

test('the bundle’s Rego is formatted as opa fmt has it', (ctx) => {
  expect(runOpa(opa(ctx), ['fmt', '--diff', 'policies', 'tests'], BUNDLE)).toBe('')
})

test('the bundle passes opa check --strict with the capabilities it is shipped with', (ctx) => {
  expect(
    runOpa(opa(ctx), ['check', '--strict', '--capabilities', 'capabilities.json', 'policies', 'data', 'tests'], BUNDLE),
  ).toBe('')
})

test('all Rego tests pass in opa test', (ctx) => {
  const said = runOpa(opa(ctx), ['test', '--format', 'json', 'policies', 'data', 'tests'], BUNDLE)
  const results = JSON.parse(said) as {
    package: string
    name: string
    fail?: boolean
    skip?: boolean
    error?: unknown
  }[]
  expect(results.length).toBeGreaterThan(30)
  expect(results.filter((r) => r.fail === true || r.skip === true || r.error !== undefined)).toEqual([])
})

test('every line of the bundle’s policies is covered by its Rego tests', (ctx) => {
  const said = runOpa(opa(ctx), ['test', '--coverage', '--format', 'json', 'policies', 'data', 'tests'], BUNDLE)
  const report = JSON.parse(said) as { files: Record<string, { not_covered?: { start: { row: number } }[] }> }
  const missed = Object.entries(report.files)
    .filter(([file]) => file.startsWith('policies/'))
    .flatMap(([file, cover]) => (cover.not_covered ?? []).map((range) => `${file}:${range.start.row}`))
  expect(missed).toEqual([])
})

test('plan.json is byte for byte what OPA builds', { timeout: 60_000 }, async (ctx) => {
  expect(shipped('plan.json') === (await plan(opa(ctx))), 'run: node tools/opa-build.ts').toBe(true)
})

test('capabilities.json names exactly the builtins that the evaluator has', async (ctx) => {
  expect(shipped('capabilities.json') === (await capabilities(opa(ctx))), 'run: node tools/opa-build.ts').toBe(true)
})

test('data and packages of the bundle stay under the roots that its manifest claims', () => {
  const manifest = JSON.parse(shipped('manifest.json')) as { roots: string[]; revision: string }
  expect(manifest.revision).not.toBe('')
  const bundle = readBundleFolder(BUNDLE)
  expect(bundle.ok && Object.keys(bundle.value.data as object).filter((key) => !manifest.roots.includes(key))).toEqual(
    [],
  )
  const packages = readdirSync(join(BUNDLE, 'policies')).map(
    (file) => /^package (\w+)/m.exec(shipped(join('policies', file)))?.[1] ?? '',
  )
  expect(packages.filter((name) => !manifest.roots.includes(name))).toEqual([])
})
