import { z } from 'zod'

/** The prefix of each kind of id. An id is `<prefix>_<UUIDv7 as 32 hexadecimal characters>` (RFC 9562, section 5.7). */
export const ID_PREFIXES = {
  project: 'prj',
  person: 'per',
  identity: 'idn',
  token: 'tok',
  membership: 'mbr',
  repository: 'rep',
  story: 'sto',
  runbook: 'rbk',
  agent: 'agt',
  task: 'tsk',
  run: 'run',
  proposal: 'prp',
  validation: 'val',
  decision: 'dec',
  approval_request: 'apr',
  approval: 'apv',
  grant: 'gra',
  effect: 'eff',
  request: 'req',
} as const

export type IdKind = keyof typeof ID_PREFIXES
export type Id<K extends IdKind> = string & { readonly __id: K }

/** Makes a new id. `at` is milliseconds since the epoch, `random` at least 10 random bytes: both are arguments. */
export function makeId<K extends IdKind>(kind: K, at: number, random: Uint8Array): Id<K> {
  if (random.length < 10) throw new RangeError('an id needs 10 random bytes')
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(at / 0x100000000))
  view.setUint32(2, at % 0x100000000)
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
  return `${ID_PREFIXES[kind]}_${hex}` as Id<K>
}

/** A new id from the host's random source. */
export function newId<K extends IdKind>(kind: K, at: number): Id<K> {
  return makeId(kind, at, globalThis.crypto.getRandomValues(new Uint8Array(10)))
}

export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  return new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`).test(text)
}

/** A zod schema for ids of one kind. */
export function idOf<K extends IdKind>(kind: K) {
  return z
    .string()
    .regex(
      new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`),
      `must be a ${kind} id: ${ID_PREFIXES[kind]}_ and 32 hexadecimal characters`,
    )
    .transform((text) => text as Id<K>)
}
