/** `1450` as `14.50 EUR`. */
export function formatCents(cents, currency = 'EUR') {
  if (!Number.isSafeInteger(cents)) throw new TypeError('cents must be a whole number')
  const sign = cents < 0 ? '-' : ''
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`
}

/** A share of an amount in per mille, rounded up: we never lose half a cent. */
export function perMille(cents, share) {
  return Math.ceil((cents * share) / 1000)
}
