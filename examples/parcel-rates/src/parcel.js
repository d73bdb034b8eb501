/**
 * @typedef {object} Parcel
 * @property {string} from Two-letter country code.
 * @property {string} to Two-letter country code.
 * @property {number} weight Kilograms.
 * @property {number} length Centimetres.
 * @property {number} width Centimetres.
 * @property {number} height Centimetres.
 * @property {boolean} [fragile]
 * @property {number} [insuredCents]
 */

const FIELDS = new Set(['from', 'to', 'weight', 'length', 'width', 'height', 'fragile', 'insuredCents'])

/** Refuses what no parcel has: a misspelt field would otherwise change a price silently. */
export function checkFields(parcel) {
  if (parcel === null || typeof parcel !== 'object') throw new TypeError('a parcel must be an object')
  for (const name of Object.keys(parcel)) {
    if (!FIELDS.has(name)) throw new TypeError(`unknown parcel field: ${name}`)
  }
}
