import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import serialize from 'canonicalize'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * Canonical JSON text (RFC 8785, JCS) of a JSON value.
 * Keys with the value `undefined` are left out; throws TypeError for what JSON cannot hold (NaN, functions, cycles).
 */
export function canonicalJson(value: Json): string {
  const text = serialize(value)
  if (text === undefined) throw new TypeError('this value has no canonical JSON form')
  return text
}

/** Lower-case hexadecimal SHA-256, 64 characters. */
export type Sha256 = string & { readonly __sha256: true }

const HEX_64 = /^[0-9a-f]{64}$/

export function isSha256(text: string): text is Sha256 {
  return HEX_64.test(text)
}

/** SHA-256 (FIPS 180-4) of bytes, or of text as UTF-8. Synchronous, in Node and in browsers alike. */
export function sha256(input: string | Uint8Array): Sha256 {
  return bytesToHex(nobleSha256(typeof input === 'string' ? utf8ToBytes(input) : input)) as Sha256
}

/** SHA-256 of the canonical JSON of a value: how every digest of a document is made here. */
export function sha256Json(value: Json): Sha256 {
  return sha256(canonicalJson(value))
}
