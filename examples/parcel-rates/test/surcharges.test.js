import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCents, quote } from '../src/index.js'
import { perMille } from '../src/money.js'

const parcel = (more) => ({ from: 'DE', to: 'DE', weight: 1, length: 20, width: 10, height: 5, ...more })

test('fragile costs more', () => {
  assert.deepEqual(quote(parcel({ fragile: true })).surcharges, [{ name: 'fragile', cents: 250 }])
})

test('bulky costs more', () => {
  assert.equal(quote(parcel({ length: 119, width: 40, height: 5 })).cents, 790 + 900)
})

test('insurance is eight per mille, rounded up', () => {
  assert.equal(perMille(10_001, 8), 81)
  assert.equal(quote(parcel({ insuredCents: 10_000 })).cents, 590 + 80)
})

test('insurance for half a cent or less than nothing is refused', () => {
  assert.throws(() => quote(parcel({ insuredCents: 0.5 })), RangeError)
  assert.throws(() => quote(parcel({ insuredCents: -1 })), RangeError)
})

test('surcharges add up', () => {
  assert.equal(quote(parcel({ fragile: true, insuredCents: 50_000 })).cents, 590 + 250 + 400)
})

test('cents are shown with two digits', () => {
  assert.equal(formatCents(1450), '14.50 EUR')
  assert.equal(formatCents(5), '0.05 EUR')
  assert.equal(formatCents(-120, 'CHF'), '-1.20 CHF')
  assert.throws(() => formatCents(1.5), TypeError)
})
