import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quote } from '../src/index.js'

const parcel = (more) => ({ from: 'DE', to: 'DE', weight: 0.4, length: 20, width: 10, height: 5, ...more })

for (const [kilograms, cents] of [
  [0.001, 420],
  [0.5, 420],
  [0.501, 590],
  [2, 590],
  [4.99, 790],
  [10, 990],
  [31.5, 1690],
]) {
  test(`a domestic parcel of ${kilograms} kg costs ${cents} cents`, () => {
    assert.equal(quote(parcel({ weight: kilograms })).cents, cents)
  })
}

for (const [to, cents] of [
  ['FR', 1450],
  ['IT', 1790],
  ['US', 3490],
]) {
  test(`a parcel of 1.2 kg to ${to} costs ${cents} cents`, () => {
    assert.equal(quote(parcel({ to, weight: 1.2 })).cents, cents)
  })
}

test('a quote says zone, currency and the grams paid for', () => {
  assert.deepEqual(quote(parcel({ to: 'FR', weight: 1.2 })), {
    cents: 1450,
    currency: 'EUR',
    zone: 'near',
    billableGrams: 1200,
    surcharges: [],
  })
})

test('a large light parcel is paid by its volume', () => {
  const light = quote(parcel({ weight: 0.1, length: 60, width: 40, height: 20 }))
  assert.equal(light.billableGrams, 9600)
  assert.equal(light.cents, 990)
})

test('a parcel that counts as too heavy for its size is refused', () => {
  assert.throws(() => quote(parcel({ weight: 3, length: 100, width: 60, height: 40 })), /heavier than 31\.5 kg/)
})

test('a misspelt field is refused', () => {
  assert.throws(() => quote(parcel({ wieght: 1 })), { name: 'TypeError', message: 'unknown parcel field: wieght' })
})

test('something that is no parcel is refused', () => {
  for (const bad of [null, undefined, 7, 'parcel']) assert.throws(() => quote(bad), TypeError)
})
