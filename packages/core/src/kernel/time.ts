/** An instant as RFC 3339 UTC with milliseconds: `2026-11-21T15:04:05.000Z`. Time is always an argument. */
export type Instant = string & { readonly __instant: true }

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

export function isInstant(text: string): text is Instant {
  // Date.parse reads 30 February as 2 March: only what is printed back the same is an instant.
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(at) && instant(at) === text
}

export function instant(at: Date | number): Instant {
  return new Date(at).toISOString() as Instant
}

/** Milliseconds since the epoch. */
export function millis(at: Instant): number {
  return Date.parse(at)
}

export function plus(at: Instant, milliseconds: number): Instant {
  return instant(millis(at) + milliseconds)
}

/** Whether a deadline is reached. A deadline that cannot be read counts as reached: nothing fails open. */
export function isPast(deadline: Instant, at: Instant): boolean {
  return !(millis(at) < millis(deadline))
}

/** Where acts get their time from: the real clock in a process, a virtual one in a test. */
export type Clock = () => Instant
