import { objectOf, type RegoObject, type Value } from '../value.ts'
import { contextTag, Der, DerError, rightAligned, TAG } from './der.ts'
import {
  alternativeNames,
  base64,
  extensionValue,
  readExtensions,
  type Extension,
  type Names,
} from './x509-extensions.ts'
import { publicKey, signatureAlgorithm } from './x509-keys.ts'
import { nameOf } from './x509-name.ts'
import { namesValue, orNull } from './x509.ts'

/** Tags of text. */
const TEXTS = [0x0c, 0x12, 0x13, 0x14, 0x16]

/** A certificate request (RFC 2986) as Go writes it in JSON. Throws DerError. */
export function readRequest(bytes: Buffer): RegoObject {
  const input = new Der(bytes)
  const { whole: raw, body } = input.element(TAG.sequence, 'certificate request')
  if (!input.done()) throw new DerError('asn1: syntax error: trailing data')
  const outer = new Der(body)
  const info = outer.element(TAG.sequence, 'certificate request')
  const tbs = new Der(info.body)
  const version = tbs.small('version')
  const subject = tbs.element(TAG.sequence, 'subject').whole
  const spki = tbs.element(TAG.sequence, 'spki').whole
  const key = publicKey(spki)
  const attributes: Value[] = []
  let list: Extension[] = []
  const set = tbs.optional(contextTag(0, true), 'attributes')
  const reader = new Der(set?.body ?? Buffer.alloc(0))
  while (!reader.done()) {
    const one = reader.inside(TAG.sequence, 'attribute')
    const id = one.oid('attribute')
    const values = one.element(TAG.set, 'attribute').body
    if (id.join('.') === '1.2.840.113549.1.9.14' && list.length === 0) {
      list = readExtensions(new Der(values).inside(TAG.sequence, 'extensions'))
    }
    const pairs = attributePairs(values)
    if (pairs !== undefined)
      attributes.push(
        objectOf([
          ['Type', id],
          ['Value', pairs],
        ] as [string, Value][]),
      )
  }
  const algorithm = signatureAlgorithm(outer.element(TAG.sequence, 'algorithm identifier').body)
  const signature = rightAligned(outer.bits('signature'))
  const alternative = list.find((extension) => extension.id.join('.') === '2.5.29.17')
  const names: Names<Buffer> =
    alternative === undefined ? { dns: [], emails: [], ips: [], uris: [] } : alternativeNames(alternative.value)
  return objectOf([
    ['Raw', base64(raw)],
    ['RawTBSCertificateRequest', base64(info.whole)],
    ['RawSubjectPublicKeyInfo', base64(spki)],
    ['RawSubject', base64(subject)],
    ['Version', version],
    ['Signature', base64(signature)],
    ['SignatureAlgorithm', algorithm],
    ['PublicKeyAlgorithm', key.algorithm],
    ['PublicKey', key.value],
    ['Subject', nameOf(subject)],
    ['Attributes', orNull(attributes)],
    ['Extensions', orNull(list.map(extensionValue))],
    ['ExtraExtensions', null],
    ...namesValue(names),
  ] as [string, Value][])
}

/** Attributes whose value is a list of lists of type and value are shown; others Go leaves out. */
function attributePairs(values: Buffer): Value | undefined {
  try {
    const set = new Der(values)
    const lists: Value[] = []
    while (!set.done()) {
      const sequence = set.inside(TAG.sequence, 'attribute')
      const pairs: Value[] = []
      while (!sequence.done()) {
        const pair = sequence.inside(TAG.sequence, 'attribute')
        const type = pair.oid('attribute')
        const { tag, body } = pair.any('attribute')
        const value = tag === TAG.octetString ? base64(body) : TEXTS.includes(tag) ? body.toString('utf8') : null
        pairs.push(
          objectOf([
            ['Type', type],
            ['Value', value],
          ] as [string, Value][]),
        )
      }
      lists.push(pairs)
    }
    return lists
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
