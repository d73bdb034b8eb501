import { canonicalJson } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { composeEvent, EVENT_BODY_MAX, LedgerEvent, type LedgerEventDraft } from './event.ts'
import { sampleDraft } from './ledger-samples.ts'

const draft = sampleDraft(1)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('an event is canonical JSON in UTF-8 with its version and place', () => {
  const body = text(composeEvent(draft, 7))
  expect(body).toBe(canonicalJson({ ...draft, version: 1, seq: 7 }))
  expect(LedgerEvent.parse(JSON.parse(body))).toEqual({ ...draft, version: 1, seq: 7 })
})

test.each<[string, Partial<Record<keyof LedgerEventDraft | 'extra', unknown>>]>([
  ['a field it does not know', { extra: 1 }],
  ['a time without milliseconds', { time: '2026-11-21T10:00:00Z' }],
  ['a time that is not UTC', { time: '2026-11-21T10:00:00.000+01:00' }],
  ['an act that is none', { act: 'Approve' }],
  ['NUL in a text', { detail: { note: 'a\0b' } }],
  ['a lone surrogate', { detail: { note: '\uD800' } }],
  ['a lone surrogate in a key', { detail: { '\uDC00': 'x' } }],
  ['an object in detail', { detail: { nested: {} } }],
  ['a number that JSON cannot hold', { detail: { n: Number.NaN } }],
  ['a digest in upper case', { digests: { diff: 'A'.repeat(64) } }],
  ['an empty row id', { rows: [''] }],
])('an event with %s is refused', (_, change) => {
  expect(() => composeEvent({ ...draft, ...change } as LedgerEventDraft, 1)).toThrow()
})

test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('%s is no seq', (seq) => {
  expect(() => composeEvent(draft, seq)).toThrow()
})

test('an event beyond the largest size is refused', () => {
  const detail = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, 'x'.repeat(2_000)]))
  expect(() => composeEvent({ ...draft, detail }, 1)).toThrow(`more than ${EVENT_BODY_MAX}`)
})
