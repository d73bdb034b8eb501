import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { importsOf, isTest, textOf, told, trackedFiles, type Import } from './tree.ts'

/** Who may import whom. Read from the design, not from the linter's settings: the two check each other. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ledger: ['core'],
  rego: ['core'],
  sandbox: ['core'],
  bundle: ['core', 'rego'],
  evidence: ['core', 'sandbox'],
  client: ['core'],
  server: ['core', 'ledger', 'rego', 'sandbox', 'bundle', 'evidence'],
  cli: ['client', 'core', 'ledger', 'rego', 'sandbox', 'bundle', 'evidence'],
  console: ['client', 'core', 'ledger'],
}
const CORE_MAY_USE = ['zod', 'canonicalize', '@noble/hashes', 'yaml']

const files = trackedFiles()
const sources = files.filter((file) => /^packages\/[^/]+\/(src|bin)\/.*\.(tsx?|js)$/.test(file))
const isFixture = (file: string) => /(?:^|[-/])fixture(?:-[\w-]+)?\.ts$/.test(file)
const packageOf = (file: string) => String(file.split('/')[1])
const imports = sources.flatMap((file) => importsOf(file))

test('every package has its line in the table', () => {
  expect(new Set(sources.map((file) => packageOf(file)))).toEqual(new Set(Object.keys(MAY)))
})

test('packages import only whom they may', () => {
  const wrong = imports.filter(({ file, from }) => {
    const [, name] = /^@gatehouse\/([a-z]+)/.exec(from) ?? []
    return name !== undefined && name !== packageOf(file) && !MAY[packageOf(file)]?.includes(name)
  })
  expect(wrong.map((i) => told(i))).toEqual([])
})

test('packages depend, by their package.json, only on whom they may import', () => {
  const wrong = Object.entries(MAY).flatMap(([name, allowed]) => {
    const manifest = JSON.parse(textOf(`packages/${name}/package.json`) ?? '{}') as { dependencies?: object }
    return Object.keys(manifest.dependencies ?? {})
      .filter((dependency) => dependency.startsWith('@gatehouse/') && !allowed.includes(dependency.slice(11)))
      .map((dependency) => `${name}: ${dependency}`)
  })
  expect(wrong).toEqual([])
})

test('no path leads from one package into another, or out of the packages', () => {
  const wrong = imports.filter(({ file, from }) => {
    if (!from.startsWith('.')) return false
    const target = posix.join(posix.dirname(file), from)
    // A test and its fixture may use what the whole test run shares.
    if ((isTest(file) || isFixture(file)) && /^(tools|tests)\//.test(target)) return false
    return !target.startsWith(`packages/${packageOf(file)}/`)
  })
  expect(wrong.map((i) => told(i))).toEqual([])
})

test('fixtures are for tests, benches and other fixtures alone', () => {
  const wrong = imports.filter(
    ({ file, from }) => isFixture(from) && !isTest(file) && !isFixture(file) && !/-bench(-\w+)?\.ts$/.test(file),
  )
  expect(wrong.map((i) => told(i))).toEqual([])
})

test('core is pure: of others it uses zod, canonicalize, @noble/hashes and yaml, and nothing of Node', () => {
  const wrong = imports.filter(
    ({ file, from }) =>
      packageOf(file) === 'core' &&
      !isTest(file) &&
      !from.startsWith('.') &&
      !CORE_MAY_USE.some((name) => from === name || from.startsWith(`${name}/`)),
  )
  expect(wrong.map((i) => told(i))).toEqual([])
})

test('core reads no clock, no random source and no environment of its own', () => {
  // `newId` takes the host's random source, by name, and is the one place that does.
  const wrong = sources
    .filter((file) => packageOf(file) === 'core' && !isTest(file))
    .flatMap((file) =>
      (textOf(file) ?? '')
        .split('\n')
        .filter((line) =>
          /\bDate\.now\b|new Date\(\)|Math\.random|\bprocess\.|getRandomValues|\bperformance\./.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(wrong.filter((line) => !line.startsWith('packages/core/src/kernel/ids.ts: return makeId('))).toEqual([])
})

/** The feature a file of the server is in, or null. */
function featureOf(file: string): string | null {
  return /^packages\/server\/src\/features\/([^/]+)\//.exec(file)?.[1] ?? null
}
const crossing = (i: Import) => {
  const target = posix.join(posix.dirname(i.file), i.from)
  const [mine, theirs] = [featureOf(i.file), featureOf(target)]
  return i.from.startsWith('.') && mine !== null && theirs !== null && mine !== theirs ? target : null
}

test('a feature of the server asks another only by its reads, or joins its transaction by its service', () => {
  const wrong = imports.filter((i) => {
    const target = isTest(i.file) ? null : crossing(i)
    // Schemas are the shapes on the wire, shared by routes that show each other's documents; they ask nothing.
    return target !== null && !/-(reads|service|schemas)\.ts$/.test(target)
  })
  expect(wrong.map((i) => told(i))).toEqual([])
})

test('a store is written only by its own feature', () => {
  const wrong = imports.filter(
    (i) => !isTest(i.file) && i.from.endsWith('-store.ts') && (crossing(i) !== null || featureOf(i.file) === null),
  )
  expect(wrong.filter((i) => !/\/blobs\/|blob-store/.test(`${i.file}${i.from}`)).map((i) => told(i))).toEqual([])
})

test('routes hold no SQL and reads change nothing', () => {
  const wrong = sources.filter((file) => {
    const text = textOf(file) ?? ''
    if (file.endsWith('-routes.ts')) return /\.(selectFrom|insertInto|updateTable|deleteFrom)\(/.test(text)
    return file.endsWith('-reads.ts') && /\.(insertInto|updateTable|deleteFrom)\(/.test(text)
  })
  expect(wrong).toEqual([])
})

test("the console's ui knows no router, no feature and no api", () => {
  const wrong = imports.filter(
    ({ file, from }) =>
      file.startsWith('packages/console/src/ui/') &&
      (from.startsWith('react-router') ||
        /^packages\/console\/src\/(features|api)\//.test(posix.join(posix.dirname(file), from))),
  )
  expect(wrong.map((i) => told(i))).toEqual([])
})
