import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { coveragePage } from './coverage-page.ts'
import type { FeatureCoverage } from './coverage.ts'

function feature(scope: string, ...ids: string[]): FeatureCoverage {
  return {
    scope,
    loose: [],
    requirements: ids.map((id, index) => ({
      item: { kind: 'requirement', id, document: 0, index, path: `${scope}/spec.md`, line: 1, text: 'x', scope },
      cover: 'no-task',
      tasks: [],
    })),
  }
}

test('no two places of the page have one name, and each link leads to one', () => {
  // Names that differ only in what an anchor cannot hold, that are the page's own, or that have no letter at all.
  const page = coveragePage(
    'x',
    [
      feature('specs/001-a', 'FR-001', 'FR_001', 'fr 001'),
      feature('specs/001_a', 'FR-001'),
      feature('requirements', 'only-all'),
      feature('only-open', 'x'),
      feature('規格', '要件', '条件'),
    ],
    [],
  )
  const names = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThan(12)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/)
  const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, name]) => name ?? '')
  expect(links.filter((name) => !names.includes(name))).toEqual([])
})

test('the policy of the page allows its own style, by its hash, and nothing else', () => {
  const page = coveragePage('x', [], [])
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  expect(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  )
})
