const NEAR = new Set(['AT', 'BE', 'CZ', 'DE', 'DK', 'FR', 'LU', 'NL', 'PL'])
const EUROPE = new Set([...NEAR, 'BG', 'EE', 'ES', 'FI', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LV', 'PT', 'RO', 'SE', 'SI', 'SK'])

/** `domestic`, `near`, `europe` or `world`. */
export function zoneOf(from, to) {
  for (const code of [from, to]) {
    if (!/^[A-Z]{2}$/.test(code)) throw new RangeError(`not a country code: ${code}`)
  }
  if (from === to) return 'domestic'
  if (NEAR.has(from) && NEAR.has(to)) return 'near'
  if (EUROPE.has(from) && EUROPE.has(to)) return 'europe'
  return 'world'
}
