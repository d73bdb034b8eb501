import { expect, test } from 'vitest'
import { hasUnendedSection } from './report-sections.ts'

test.each([
  ['<testsuites/>', false],
  ['<a><![CDATA[x <!-- ]]><!-- <![CDATA[ --></a>', false],
  ['<!DOCTYPE a><a/>', false],
  ['<a><![CDATA[x]]', true],
  ['<a><![CDATA[x]]><![CDATA[', true],
  ['<a><!-- x --', true],
  ['<a><!-->', true],
  ['<!', false],
])('%s: a section is left open: %s', (xml, open) => {
  expect(hasUnendedSection(Buffer.from(xml))).toBe(open)
})

test('16 MiB of openings are told in well under a second', () => {
  const began = performance.now()
  expect(hasUnendedSection(Buffer.from('<![CDATA['.repeat(1_800_000)))).toBe(true)
  expect(hasUnendedSection(Buffer.from('<!'.repeat(8_000_000)))).toBe(false)
  expect(performance.now() - began).toBeLessThan(20_000)
})
