import assert from 'node:assert/strict'
import { test } from 'node:test'
import { girth } from '../src/size.js'
import { quote } from '../src/index.js'
import { billableGrams, volumetricGrams } from '../src/weight.js'

const box = { from: 'DE', to: 'DE', length: 30, width: 20, height: 10 }

for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a weight of ${bad} is refused`, () => {
    assert.throws(() => quote({ ...box, weight: bad }), { name: 'RangeError', message: /^weight/ })
  })
}

test('a parcel without a weight is refused', () => {
  assert.throws(() => quote(box), { name: 'RangeError', message: /^weight/ })
})

test('a parcel above 31.5 kg is refused', () => {
  assert.throws(() => quote({ ...box, weight: 31.501 }), { name: 'RangeError', message: /must not be above 31\.5 kg/ })
})

test('volume counts 5,000 cubic centimetres as a kilogram', () => {
  assert.equal(volumetricGrams(box), 1200)
})

test('the heavier of weight and volume is paid', () => {
  assert.equal(billableGrams({ ...box, weight: 1.5 }), 1500)
  assert.equal(billableGrams({ ...box, weight: 0.5 }), 1200)
})

test('girth takes the longest side once, however the parcel lies', () => {
  assert.equal(girth({ length: 10, width: 50, height: 20 }), 110)
  assert.equal(girth({ length: 50, width: 20, height: 10 }), 110)
})

for (const side of ['length', 'width', 'height']) {
  test(`a ${side} of nothing, or above 120 cm, is refused`, () => {
    assert.throws(() => quote({ ...box, weight: 1, [side]: 0 }), { name: 'RangeError', message: new RegExp(`^${side}`) })
    assert.throws(() => quote({ ...box, weight: 1, [side]: 121 }), { name: 'RangeError', message: new RegExp(`^${side}`) })
  })
}

test('a girth above 300 cm is refused', () => {
  assert.throws(() => quote({ ...box, weight: 1, length: 120, width: 60, height: 50 }), /girth/)
})
