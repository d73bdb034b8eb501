import { actRow, isAct } from '@gatehouse/core/kernel/acts'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import type { Tone } from '../../ui/badge.tsx'

/** What an act is, in a sentence of the catalogue. */
export function actWords(act: string): string {
  return isAct(act) ? actRow(act).summary : act
}

export const OUTCOME_TONES: Readonly<Record<LedgerEvent['outcome'], Tone>> = {
  ok: 'ok',
  refused: 'warn',
  failed: 'bad',
}

/** A sentence with its commits and digests cut to what one compares by eye. */
export function withShortHashes(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{12})(?:[0-9a-f]{28}|[0-9a-f]{52})\b/g, '$1')
}

/** An id short enough for a line: its kind and its last eight digits, where the differences are. */
export function shortId(id: string): string {
  const match = /^([a-z]+)_[0-9a-f]{24}([0-9a-f]{8})$/.exec(id)
  return match ? `${match[1]}_…${match[2]}` : id
}
