import { quote } from './quote.js'

/** Every parcel's quote, and what all of them cost. One bad parcel is reported in its place and costs nothing. */
export function quoteAll(parcels) {
  const quotes = parcels.map((parcel) => {
    try {
      return { ok: true, ...quote(parcel) }
    } catch (error) {
      return { ok: false, reason: error.message }
    }
  })
  return { quotes, cents: quotes.reduce((sum, q) => sum + (q.ok ? q.cents : 0), 0) }
}

/** The destination that costs least, of several. */
export function cheapest(parcel, destinations) {
  if (destinations.length === 0) throw new RangeError('give at least one destination')
  return destinations
    .map((to) => ({ to, cents: quote({ ...parcel, to }).cents }))
    .reduce((best, next) => (next.cents < best.cents ? next : best))
}
