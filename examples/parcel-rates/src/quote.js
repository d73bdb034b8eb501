import { perMille } from './money.js'
import { checkFields } from './parcel.js'
import { checkSize, girth } from './size.js'
import { billableGrams } from './weight.js'
import { zoneOf } from './zones.js'

/** Up to so many grams, in cents, by zone. */
const BANDS = [
  { grams: 500, domestic: 420, near: 890, europe: 1150, world: 1990 },
  { grams: 2_000, domestic: 590, near: 1450, europe: 1790, world: 3490 },
  { grams: 5_000, domestic: 790, near: 1790, europe: 2290, world: 5490 },
  { grams: 10_000, domestic: 990, near: 2290, europe: 2990, world: 8990 },
  { grams: 31_500, domestic: 1690, near: 3690, europe: 4990, world: 17_990 },
]

/** The price of one parcel. Throws RangeError or TypeError for one that can not be sent. */
export function quote(parcel) {
  checkFields(parcel)
  checkSize(parcel)
  const zone = zoneOf(parcel.from, parcel.to)
  const grams = billableGrams(parcel)
  const band = BANDS.find((b) => grams <= b.grams)
  if (band === undefined) throw new RangeError('the parcel counts as heavier than 31.5 kg for its size')
  const surcharges = surchargesOf(parcel)
  const cents = band[zone] + surcharges.reduce((sum, s) => sum + s.cents, 0)
  return { cents, currency: 'EUR', zone, billableGrams: grams, surcharges }
}

function surchargesOf(parcel) {
  const list = []
  if (girth(parcel) > 200) list.push({ name: 'bulky', cents: 900 })
  if (parcel.fragile === true) list.push({ name: 'fragile', cents: 250 })
  if (parcel.insuredCents !== undefined) {
    if (!Number.isSafeInteger(parcel.insuredCents) || parcel.insuredCents < 0) throw new RangeError('insuredCents must be a whole number of cents')
    list.push({ name: 'insurance', cents: perMille(parcel.insuredCents, 8) })
  }
  return list
}
