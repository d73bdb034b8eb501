const MAX_CENTIMETRES = 120
const MAX_GIRTH = 300

/** Refuses parcels that no belt takes. */
export function checkSize(parcel) {
  for (const side of ['length', 'width', 'height']) {
    const centimetres = parcel[side]
    if (!Number.isFinite(centimetres) || centimetres <= 0) throw new RangeError(`${side} must be a positive number of centimetres`)
    if (centimetres > MAX_CENTIMETRES) throw new RangeError(`${side} must not be above ${MAX_CENTIMETRES} cm`)
  }
  if (girth(parcel) > MAX_GIRTH) throw new RangeError(`the girth must not be above ${MAX_GIRTH} cm`)
}

/** The longest side, and once around the other two. */
export function girth({ length, width, height }) {
  const [longest, middle, shortest] = [length, width, height].sort((a, b) => b - a)
  return longest + 2 * (middle + shortest)
}
