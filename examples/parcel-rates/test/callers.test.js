import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cheapest, quote, quoteAll, zoneOf } from '../src/index.js'

const recorded = JSON.parse(readFileSync(new URL('./fixtures/recorded-requests.json', import.meta.url), 'utf8'))

test('requests recorded from callers in production keep their price', () => {
  for (const { caller, parcel, cents } of recorded) assert.equal(quote(parcel).cents, cents, caller)
})

test('many parcels are quoted at once, and a bad one does not spoil the others', () => {
  const good = { from: 'DE', to: 'AT', weight: 2, length: 20, width: 10, height: 5 }
  const { quotes, cents } = quoteAll([good, { ...good, weight: -2 }, good])
  assert.deepEqual(quotes.map((q) => q.ok), [true, false, true])
  assert.match(quotes[1].reason, /^weight/)
  assert.equal(cents, 2900)
})

test('the cheapest destination is found', () => {
  const parcel = { from: 'DE', weight: 3, length: 20, width: 10, height: 5 }
  assert.deepEqual(cheapest(parcel, ['US', 'FR', 'IT']), { to: 'FR', cents: 1790 })
  assert.throws(() => cheapest(parcel, []), RangeError)
})

test('zones are the same in both directions', () => {
  for (const [a, b, zone] of [['DE', 'DE', 'domestic'], ['DE', 'FR', 'near'], ['PT', 'DE', 'europe'], ['DE', 'US', 'world']]) {
    assert.equal(zoneOf(a, b), zone)
    assert.equal(zoneOf(b, a), zone)
  }
})

test('a country that is none is refused', () => {
  assert.throws(() => zoneOf('DE', 'Germany'), RangeError)
})
