const MAX_GRAMS = 31_500
const CUBIC_CENTIMETRES_PER_KILOGRAM = 5_000

/** What a parcel weighs, in whole grams. */
export function parcelGrams(parcel) {
  const grams = Math.round(parcel.weight * 1000)
  if (!Number.isFinite(grams) || grams <= 0) throw new RangeError('weight must be a positive number of kilograms')
  if (grams > MAX_GRAMS) throw new RangeError(`weight must not be above ${MAX_GRAMS / 1000} kg`)
  return grams
}

/** What a parcel of this size is counted as at least, in whole grams. */
export function volumetricGrams({ length, width, height }) {
  return Math.round((length * width * height * 1000) / CUBIC_CENTIMETRES_PER_KILOGRAM)
}

/** The grams that are paid for. */
export function billableGrams(parcel) {
  return Math.max(parcelGrams(parcel), volumetricGrams(parcel))
}
