import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { isTest, ROOT, textOf, trackedFiles } from './tree.ts'

const files = trackedFiles()
const sources = files.filter((file) => /\.(ts|tsx|js|mjs|css|sql|rego)$/.test(file) && !file.endsWith('.gen.ts'))
const ours = sources.filter((file) => !file.startsWith('examples/') && !file.includes('/fixtures/'))

test('no source file is above 400 lines, no test above 600', () => {
  const long = ours
    .map((file) => ({ file, lines: (textOf(file) ?? '').trimEnd().split('\n').length }))
    .filter(({ file, lines }) => lines > (isTest(file) ? 600 : 400))
  expect(long).toEqual([])
})

test('no folder is named after nothing: utils, helpers, common, services, controllers', () => {
  const nothing = new Set(['utils', 'util', 'helpers', 'common', 'services', 'controllers', 'lib', 'misc', 'shared'])
  expect(
    ours.filter((file) =>
      dirname(file)
        .split('/')
        .some((folder) => nothing.has(folder)),
    ),
  ).toEqual([])
})

test('no file is a barrel: nothing is exported by the star', () => {
  expect(ours.filter((file) => /^\s*export\s+(type\s+)?\*/m.test(textOf(file) ?? ''))).toEqual([])
})

test('file names are kebab-case', () => {
  const names = ours.filter(
    (file) => file.startsWith('packages/') || file.startsWith('tools/') || file.startsWith('tests/'),
  )
  expect(names.filter((file) => !/(^|\/)[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$/.test(file))).toEqual([])
})

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
}
const manifests = files.filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))

test.each(manifests)('what %s exports and runs exists', (file) => {
  const manifest = JSON.parse(textOf(file) ?? '') as Manifest
  const folder = dirname(file)
  const missing = Object.values(manifest.exports ?? {}).filter((target) => {
    const path = `${ROOT}/${folder}/${target}`
    if (!target.includes('*')) return !existsSync(path)
    const inside = dirname(path)
    return !existsSync(inside) || !readdirSync(inside).some((name) => name.endsWith('.ts'))
  })
  const runs = Object.values(manifest.bin ?? {}).filter((target) => !existsSync(`${ROOT}/${folder}/${target}`))
  expect({ missing, runs }).toEqual({ missing: [], runs: [] })
})

test('no text names a place of this machine', () => {
  // The folder that holds the repository, and what lies beside it. A repository right under `/` says nothing about a machine.
  const parent = dirname(ROOT)
  const places = parent.length > 1 ? readdirSync(parent).map((name) => `${parent}/${name}`) : []
  const home = ['', 'root', ''].join('/')
  const found = files.flatMap((file) => {
    const text = textOf(file) ?? ''
    const named = places.filter((place) => text.includes(place))
    // Not a folder of that name somewhere else, as in `${mount}/root/dev`, nor what a hostile input in a test points at.
    const homes = !isTest(file) && new RegExp(`(?<![\\w}.-])${home}`).test(text) ? [home] : []
    return [...named, ...homes].map((place) => `${file}: ${place}`)
  })
  expect(found).toEqual([])
})

/** What reads other people's specs and sources looks for such words: there they are data, in strings and patterns. Comments stay ours. */
const READS_SUCH_WORDS = /^packages\/(core\/src\/specs|evidence\/src)\//

function withoutData(line: string): string {
  const comment = /^\s*(\/\*\*|\*|\/\/)/.test(line)
  return comment ? line : line.replaceAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n]|\\.)+\/[a-z]*/g, '""')
}

test('no product code holds a stand-in for the real thing', () => {
  // Law 9. An input's `placeholder` attribute is a word of HTML.
  const words = /\b(TODO|FIXME|XXX|HACK|lorem ipsum|not implemented|mocked?|dummy|deadbeef)\b|\bplaceholder\b(?!=|:)/i
  const found = ours
    .filter((file) => file.startsWith('packages/') && !isTest(file) && !/fixture/.test(file))
    .flatMap((file) =>
      (textOf(file) ?? '')
        .split('\n')
        .flatMap((line, i) =>
          words.test(READS_SUCH_WORDS.test(file) ? withoutData(line) : line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
        ),
    )
  expect(found).toEqual([])
})
