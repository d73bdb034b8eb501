/** Colours, where they are wanted: functions that leave text as it is where they are not. */
export interface Style {
  readonly colours: boolean
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly waiting: (text: string) => string
  readonly added: (text: string) => string
  readonly removed: (text: string) => string
}

/** Colours only on a terminal, without NO_COLOR (no-color.org: any value but an empty one) and not on a dumb one. */
export function coloursWanted(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTty && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

export function makeStyle(colours: boolean): Style {
  const sgr = (on: number, off: number) => (text: string) =>
    colours && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text
  return {
    colours,
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    good: sgr(32, 39),
    bad: sgr(31, 39),
    waiting: sgr(33, 39),
    added: sgr(32, 39),
    removed: sgr(31, 39),
  }
}

const GOOD = new Set([
  'validated',
  'merged',
  'approved',
  'accepted',
  'ACCEPTED',
  'delivered',
  'succeeded',
  'passed',
  'effected',
  'satisfied',
  'allow',
  'ok',
  'yes',
])
const BAD = new Set([
  'failed',
  'errored',
  'rejected',
  'refused',
  'deny',
  'no',
  'disabled',
  'needs_revision',
  'unknown',
  'expired',
  'stale',
  'critical',
])
const QUIET = new Set(['superseded', 'withdrawn', 'cancelled'])

/** A state in its colour. The word itself always stands: colour alone says nothing. */
export function stateStyle(style: Style): (state: string) => string {
  return (padded) => {
    const state = padded.trim().split(' ')[0] ?? ''
    if (GOOD.has(state)) return style.good(padded)
    if (BAD.has(state)) return style.bad(padded)
    return QUIET.has(state) ? style.dim(padded) : style.waiting(padded)
  }
}
