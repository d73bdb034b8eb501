import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainHash, GENESIS_HASH } from './chain.ts'
import { toHex } from './encoding.ts'
import { exportLines, headerLine, parseHeader, recordLine } from './export-file.ts'
import { sampleExport, sampleRecords } from './ledger-samples.ts'
import { verifyExport, type VerifyResult } from './verify.ts'

const RECORDS = sampleRecords(9)
const TEXT = await sampleExport(RECORDS)
const BYTES = new TextEncoder().encode(TEXT)
const LINES = TEXT.trimEnd().split('\n')
const LAST = LINES.length - 1

const verifyBytes = (bytes: Uint8Array, piece = 1_000): Promise<VerifyResult> => {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
    bytes.subarray(i * piece, (i + 1) * piece),
  )
  return verifyExport(exportLines(pieces))
}
const lineOf = (offset: number, bytes = BYTES): number =>
  bytes.subarray(0, offset).reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 1)
const without = (index: number): string[] => LINES.filter((_, at) => at !== index)

test('a whole export verifies, however its bytes come in pieces', async () => {
  for (const piece of [1, 7, 64, 100_000]) {
    const { head_hash, root_hash } = parseHeader(LINES[0] ?? '') ?? {}
    expect(await verifyBytes(BYTES, piece)).toEqual({ ok: true, count: 9, head_hash, root_hash })
  }
})

test('an empty ledger exports and verifies', async () => {
  const text = await sampleExport([])
  expect(await verifyBytes(new TextEncoder().encode(text))).toMatchObject({
    ok: true,
    count: 0,
    head_hash: '0'.repeat(64),
  })
})

test('every single flipped bit of an export is found, on its line', async () => {
  const bytes = new TextEncoder().encode(await sampleExport(RECORDS.slice(0, 3)))
  for (let offset = 0; offset < bytes.length; offset++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Uint8Array.from(bytes)
      changed[offset] = (changed[offset] ?? 0) ^ (1 << bit)
      const result = await verifyBytes(changed, 100_000)
      expect(result, `offset ${offset} bit ${bit}`).toMatchObject({ ok: false, line: lineOf(offset, bytes) })
    }
  }
}, 60_000)

test('every byte that is changed to any other is found, on its line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(BYTES.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, by) => {
      const changed = Uint8Array.from(BYTES)
      changed[offset] = ((changed[offset] ?? 0) + by) % 256
      expect(await verifyBytes(changed)).toMatchObject({ ok: false, line: lineOf(offset) })
    }),
    { numRuns: 2_000 },
  )
})

test('a dropped line is found where the next one stands in its place', async () => {
  for (let index = 0; index <= LAST; index++) {
    const result = await verifyExport(without(index))
    expect(result).toMatchObject({ ok: false, line: index + 1 })
    if (index > 0) expect(result).toMatchObject({ code: index === LAST ? 'truncated' : 'gap', seq: index })
  }
})

test('a duplicated line is found at the copy', async () => {
  for (let index = 0; index <= LAST; index++) {
    const result = await verifyExport(LINES.toSpliced(index, 0, LINES[index] ?? ''))
    expect(result).toMatchObject({ ok: false, code: index === 0 ? 'bad-event' : 'gap', line: index + 2 })
  }
})

test('two swapped lines are found at the first of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(LAST), fc.nat(LAST), async (one, other) => {
      fc.pre(one !== other)
      const lines = LINES.with(one, LINES[other] ?? '').with(other, LINES[one] ?? '')
      expect(await verifyExport(lines)).toMatchObject({ ok: false, line: Math.min(one, other) + 1 })
    }),
  )
})

test('a cut at any byte is found, and only the final line feed may be missing', async () => {
  for (let length = 0; length < BYTES.length; length++) {
    const result = await verifyBytes(BYTES.subarray(0, length), 100_000)
    expect(result.ok, `cut at ${length}`).toBe(length === BYTES.length - 1)
  }
})

test('an event that is rewritten with a fitting hash is found at the next one', async () => {
  const [first, second] = RECORDS
  if (first === undefined || second === undefined) throw new Error('no records')
  const body = new TextEncoder().encode(new TextDecoder().decode(second.body).replace('größer 1', 'kleiner 1'))
  const forged = recordLine({ seq: 2, body, hash: chainHash(first.hash, body) })
  expect(await verifyExport(LINES.with(2, forged))).toMatchObject({ ok: false, code: 'hash-mismatch', seq: 3, line: 4 })
})

test('a body that says another seq or version is found, though its hash fits', async () => {
  for (const [from, to] of [
    ['"seq":1,', '"seq":2,'],
    ['"version":1', '"version":2'],
  ] as const) {
    const body = new TextEncoder().encode(new TextDecoder().decode(RECORDS[0]?.body).replace(from, to))
    const forged = recordLine({ seq: 1, body, hash: chainHash(GENESIS_HASH, body) })
    expect(await verifyExport(LINES.with(1, forged))).toMatchObject({ ok: false, code: 'bad-event', seq: 1, line: 2 })
  }
})

test('a ledger that was rewritten as a whole is found only with an anchor', async () => {
  const text = await sampleExport(sampleRecords(8))
  const lines = text.trimEnd().split('\n')
  expect(await verifyExport(lines)).toMatchObject({ ok: true })
  const header = parseHeader(LINES[0] ?? '')
  if (header === undefined) throw new Error('no header')
  expect(await verifyExport(lines, { expect_head: header.head_hash })).toMatchObject({
    ok: false,
    code: 'head-mismatch',
  })
  expect(await verifyExport(lines, { expect_root: header.root_hash })).toMatchObject({
    ok: false,
    code: 'root-mismatch',
  })
  expect(await verifyExport(LINES, { expect_head: header.head_hash, expect_root: header.root_hash })).toMatchObject({
    ok: true,
  })
})

test.each([
  ['more', 10, 'truncated', 11],
  ['fewer', 8, 'extra-event', 10],
] as const)('a header that says %s events, with another head, is found', async (_, count, code, line) => {
  const other = headerLine({ count, head_hash: toHex(new Uint8Array(32)), root_hash: toHex(new Uint8Array(32)) })
  expect(await verifyExport(LINES.with(0, other))).toMatchObject({ ok: false, code, line })
})

test('a file that is something else is told as such', async () => {
  expect(await verifyExport([])).toMatchObject({ ok: false, code: 'bad-header', line: 1 })
  expect(await verifyBytes(new TextEncoder().encode('{"schema":"other"}\n'))).toMatchObject({
    ok: false,
    code: 'bad-header',
  })
  expect(await verifyBytes(new Uint8Array(5_000_000).fill(65))).toMatchObject({ ok: false, code: 'bad-header' })
  expect(await verifyBytes(new TextEncoder().encode(`\uFEFF${TEXT}`))).toMatchObject({ ok: false, code: 'bad-header' })
  expect(await verifyBytes(new TextEncoder().encode(TEXT.replaceAll('\n', '\r\n')))).toMatchObject({
    ok: false,
    line: 1,
  })
})
