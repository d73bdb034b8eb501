import { objectOf, type RegoObject, type Value } from '../value.ts'
import { contextTag, Der, DerError, rightAligned, TAG } from './der.ts'
import { readAny } from './der-value.ts'
import { fromBigInteger } from './operand.ts'
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

/** A certificate request (RFC 2986) as Go writes it in JSON. Throws DerError. */
export function readRequest(bytes: Buffer): RegoObject {
  const input = new Der(bytes)
  const { whole: raw, body } = input.element(TAG.sequence, 'certificate request')
  if (!input.done()) throw new DerError('asn1: syntax error: trailing data')
  const outer = new Der(body)
  const info = outer.element(TAG.sequence, 'certificate request')
  const tbs = new Der(info.body)
  const version = tbs.long('version')
  const subject = tbs.any('subject').whole
  const spki = tbs.element(TAG.sequence, 'spki').whole
  const key = publicKey(spki)
  const attributes: Value[] = []
  const list: Extension[] = []
  const reader = tbs.inside(contextTag(0, true), 'attributes')
  while (!reader.done()) {
    const { whole } = reader.any('attribute')
    list.push(...requested(whole))
    const shown = attribute(whole)
    if (shown !== undefined) attributes.push(shown)
  }
  const ids = list.map(({ id }) => id.join('.'))
  if (new Set(ids).size < ids.length) throw new DerError('x509: certificate request contains duplicate extensions')
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
    ['Version', fromBigInteger(version)],
    ['Signature', base64(signature)],
    ['SignatureAlgorithm', algorithm],
    ['PublicKeyAlgorithm', key.algorithm],
    ['PublicKey', key.value],
    ['Subject', nameOf(subject, readAny)],
    ['Attributes', orNull(attributes)],
    ['Extensions', orNull(list.map(extensionValue))],
    ['ExtraExtensions', null],
    ...namesValue(names),
  ] as [string, Value][])
}

/** Runs what reads; undefined where it throws DerError. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

/** Extensions that an attribute asks for (RFC 2985, 5.4.2). One that is no attribute is passed over. */
function requested(whole: Buffer): Extension[] {
  const value = readable(() => {
    const one = new Der(whole).inside(TAG.sequence, 'attribute')
    const id = one.oid('attribute').join('.')
    const values = one.inside(TAG.set, 'attribute')
    const first = values.any('attribute').whole
    while (!values.done()) values.any('attribute')
    return id === '1.2.840.113549.1.9.14' ? first : undefined
  })
  return value === undefined ? [] : readExtensions(new Der(value).inside(TAG.sequence, 'extensions'))
}

/** An attribute whose value is a list of lists of type and value; Go leaves others out. */
function attribute(whole: Buffer): Value | undefined {
  return readable(() => {
    const one = new Der(whole).inside(TAG.sequence, 'attribute')
    const id = one.oid('attribute')
    const set = one.inside(TAG.set, 'attribute')
    const lists: Value[] = []
    while (!set.done()) {
      const sequence = set.inside(TAG.sequence, 'attribute')
      const pairs: Value[] = []
      while (!sequence.done()) {
        const pair = sequence.inside(TAG.sequence, 'attribute')
        const type = pair.oid('attribute')
        const value = readAny(pair.any('attribute'))
        pairs.push(
          objectOf([
            ['Type', type],
            ['Value', value],
          ] as [string, Value][]),
        )
      }
      lists.push(pairs)
    }
    return objectOf([
      ['Type', id],
      ['Value', lists],
    ] as [string, Value][])
  })
}
