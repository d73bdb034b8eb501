import { expect, test } from 'vitest'
import { parseReference, pinnedDigest, referenceText } from './reference.ts'

const HEX = 'a'.repeat(64)

test.each([
  ['ghcr.io/acme/policy:1', { kind: 'registry', host: 'ghcr.io', repository: 'acme/policy', tag: '1', digest: null }],
  [
    `127.0.0.1:5000/policy@sha256:${HEX}`,
    { kind: 'registry', host: '127.0.0.1:5000', repository: 'policy', tag: null, digest: `sha256:${HEX}` },
  ],
  ['[::1]:5000/a/b', { kind: 'registry', host: '[::1]:5000', repository: 'a/b', tag: null, digest: null }],
  ['oci:/srv/x:main', { kind: 'layout', path: '/srv/x', tag: 'main', digest: null }],
  [`oci:dist@sha256:${HEX}`, { kind: 'layout', path: 'dist', tag: null, digest: `sha256:${HEX}` }],
])('%s is read', (text, reference) => {
  expect(parseReference(text)).toEqual(reference)
  expect(referenceText(parseReference(text))).toBe(text)
})

test.each([
  'policy:1',
  'acme/policy',
  'https://ghcr.io/acme/policy',
  'ghcr.io/Acme/policy',
  'ghcr.io/acme/../x',
  'ghcr.io/',
  'oci:',
  `ghcr.io/acme/policy@sha256:${HEX.slice(1)}`,
  `ghcr.io/acme/policy@sha256:${HEX.toUpperCase()}`,
  `ghcr.io/acme/policy@md5:${HEX}`,
  'user@ghcr.io/acme/policy',
  'ghcr.io:x/acme/policy',
  'ghcr.io/acme/policy:ta g',
])('%s is refused as usage', (text) => {
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ slug: 'usage' }))
})

test('only a digest pins', () => {
  expect(() => pinnedDigest(parseReference('ghcr.io/acme/policy:1'))).toThrow(
    expect.objectContaining({ slug: 'bundle-unpinned' }),
  )
  expect(pinnedDigest(parseReference(`ghcr.io/acme/policy:1@sha256:${HEX}`))).toBe(`sha256:${HEX}`)
})
