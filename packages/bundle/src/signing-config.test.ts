import { expect, test } from 'vitest'
import { readSigningConfig } from './signing-config.ts'

const NOW = new Date('2026-06-01T00:00:00Z')

const service = (url: string, majorApiVersion = 1, start = '2025-01-01', operator = 'one', end?: string) => ({
  url,
  majorApiVersion,
  operator,
  validFor: { start: `${start}T00:00:00Z`, ...(end === undefined ? {} : { end: `${end}T00:00:00Z` }) },
})

function read(change: Readonly<Record<string, unknown>> = {}) {
  const config = {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service('https://fulcio.example/')],
    rekorTlogUrls: [service('https://rekor.example')],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service('https://tsa.example/api/v1/timestamp')],
    tsaConfig: { selector: 'ANY' },
    ...change,
  }
  return readSigningConfig(JSON.stringify(config), NOW)
}

const refused = (words: RegExp) =>
  expect.objectContaining({ slug: 'signing-failed', message: expect.stringMatching(words) })

test('certificate authority, log and timestamp authority are read, each with what it needs', () => {
  expect(read()).toEqual({
    fulcioUrl: 'https://fulcio.example',
    logs: [{ url: 'https://rekor.example', version: 1 }],
    timestampUrls: ['https://tsa.example/api/v1/timestamp'],
  })
})

test('what the file does not name is not used, and not made up', () => {
  expect(read({ caUrls: [], rekorTlogUrls: [], tsaUrls: [] })).toEqual({ fulcioUrl: null, logs: [], timestampUrls: [] })
})

test('of two versions the highest is taken, of one operator the newest that is in service', () => {
  const rekorTlogUrls = [
    service('https://v1.example', 1, '2026-05-01'),
    service('https://old.example', 2, '2025-01-01'),
    service('https://new.example', 2, '2026-01-01'),
    service('https://next.example', 2, '2026-12-01'),
    service('https://gone.example', 2, '2026-02-01', 'one', '2026-03-01'),
  ]
  expect(read({ rekorTlogUrls }).logs).toEqual([{ url: 'https://new.example', version: 2 }])
})

test('a version that is not known here is passed over', () => {
  const rekorTlogUrls = [service('https://v3.example', 3), service('https://v1.example', 1)]
  expect(read({ rekorTlogUrls }).logs).toEqual([{ url: 'https://v1.example', version: 1 }])
  expect(() => read({ rekorTlogUrls: [service('https://v3.example', 3)] })).toThrow(
    refused(/rekorTlogUrls names no service/),
  )
})

test('the selector says how many: one, all operators, or an exact number of them', () => {
  const tsaUrls = [
    service('https://a.example/t', 1, '2025-01-01', 'a'),
    service('https://b.example/t', 1, '2025-02-01', 'b'),
    service('https://c.example/t', 1, '2025-03-01', 'c'),
  ]
  const chosen = (tsaConfig: unknown) => read({ tsaUrls, tsaConfig }).timestampUrls
  expect(chosen({ selector: 'ANY' })).toEqual(['https://c.example/t'])
  expect(chosen({ selector: 'ALL' })).toHaveLength(3)
  expect(chosen({ selector: 'EXACT', count: 2 })).toEqual(['https://c.example/t', 'https://b.example/t'])
  expect(() => chosen({ selector: 'EXACT', count: 4 })).toThrow(refused(/tsaConfig asks for 4 services; tsaUrls has 3/))
  expect(() => chosen({ selector: 'EXACT' })).toThrow(refused(/tsaConfig must say/))
  expect(() => chosen(undefined)).toThrow(refused(/tsaConfig must say/))
})

test.each(['http://fulcio.example', 'ftp://fulcio.example', 'fulcio.example', ''])(
  'a service at %j is refused: https, or http on this machine',
  (url) => {
    expect(() => read({ caUrls: [service(url)] })).toThrow(refused(/caUrls names .*https/))
  },
)

test('http on this machine is taken', () => {
  expect(read({ caUrls: [service('http://127.0.0.1:5555')] }).fulcioUrl).toBe('http://127.0.0.1:5555')
})

test.each(['', '{', '[]', 'null', '7', '{}', '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.1+json"}'])(
  'a file that holds %j is refused, with what makes one',
  (text) => {
    expect(() => readSigningConfig(text, NOW)).toThrow(refused(/cosign signing-config create/))
  },
)
