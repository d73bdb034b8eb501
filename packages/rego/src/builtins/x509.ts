import type { KeyObject } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { objectOf, type RegoObject, type Value } from '../value.ts'
import { contextTag, Der, DerError, rightAligned, TAG } from './der.ts'
import { fromBigInteger } from './operand.ts'
import {
  base64,
  extensionValue,
  readExtensions,
  readUri,
  understood,
  type Extension,
  type Extensions,
  type IpRange,
  type Names,
} from './x509-extensions.ts'
import { publicKey, signatureAlgorithm } from './x509-keys.ts'
import { nameOf } from './x509-name.ts'

/** A certificate (RFC 5280), taken and refused as Go's crypto/x509 does. */
export interface Certificate {
  readonly raw: Buffer
  readonly tbs: Buffer
  readonly spki: Buffer
  readonly subject: Buffer
  readonly issuer: Buffer
  readonly version: number
  /** Seconds since 1970. */
  readonly notBefore: bigint
  readonly notAfter: bigint
  readonly signature: Buffer
  /** Go's number of the algorithm, 0 where it is unknown. */
  readonly signatureAlgorithm: number
  readonly keyAlgorithm: number
  readonly key: KeyObject | undefined
  readonly extensions: Extensions
  /** As Go writes it in JSON. */
  readonly value: RegoObject
}

/** A time of DER: its second since 1970, and its text in RFC 3339. */
function timeOf(der: Der): { seconds: bigint; text: string } {
  const short = der.peek() === TAG.utcTime
  const { body } = der.element(short ? TAG.utcTime : TAG.generalizedTime, 'time')
  const pattern = short
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/
  const match = pattern.exec(body.toString('latin1'))
  if (match === null) throw new DerError('malformed time')
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((p) => Number(p ?? 0))
  const zone = match[7] ?? 'Z'
  if (!short && zone !== 'Z') throw new DerError('malformed time')
  const year = short ? (years >= 50 ? 1900 + years : 2000 + years) : years
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, 0)
  const exact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  if (!exact || minute > 59 || second > 59) throw new DerError('malformed time')
  const offset =
    zone === 'Z' ? 0 : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))) * (zone.startsWith('-') ? -1 : 1)
  const local = date.toISOString().slice(0, 19)
  const text = offset === 0 ? `${local}Z` : `${local}${zone.slice(0, 3)}:${zone.slice(3)}`
  return { seconds: BigInt(date.getTime()) / 1000n - BigInt(offset * 60), text }
}

export function orNull(list: readonly Value[]): Value {
  return list.length === 0 ? null : [...list]
}

/** RFC 5952 for what is no IPv4 address in IPv6, as Go writes addresses. */
export function ipText(bytes: Buffer): string {
  const mapped = bytes.length === 16 && bytes.subarray(0, 12).toString('hex') === '00000000000000000000ffff'
  if (bytes.length === 4 || mapped) return [...bytes.subarray(-4)].join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':')
  const shortest = new URL(`http://[${groups}]/`).hostname.slice(1, -1)
  return isIPv6(shortest) ? shortest : groups
}

function uriValue(text: string): RegoObject {
  const uri = readUri(text)
  return objectOf([
    ['Scheme', uri.scheme],
    ['Opaque', uri.opaque],
    ['User', uri.hasUser ? objectOf([]) : null],
    ['Host', uri.host],
    ['Path', uri.path],
    ['RawPath', uri.rawPath],
    ['RawQuery', uri.query],
    ['ForceQuery', uri.forceQuery],
    ['OmitHost', uri.omitHost],
    ['Fragment', uri.fragment],
    ['RawFragment', ''],
  ] as [string, Value][])
}

export function namesValue(names: Names<Buffer>): [string, Value][] {
  return [
    ['DNSNames', orNull(names.dns)],
    ['EmailAddresses', orNull(names.emails)],
    ['IPAddresses', orNull(names.ips.map(ipText))],
    ['URIs', orNull(names.uris.map(uriValue))],
  ]
}

function constraintsValue(kind: string, names: Names<IpRange>): [string, Value][] {
  const ranges = names.ips.map(({ ip, mask }) =>
    objectOf([
      ['IP', ipText(ip)],
      ['Mask', base64(mask)],
    ] as [string, Value][]),
  )
  return [
    [`${kind}DNSDomains`, orNull(names.dns)],
    [`${kind}EmailAddresses`, orNull(names.emails)],
    [`${kind}IPRanges`, orNull(ranges)],
    [`${kind}URIDomains`, orNull(names.uris)],
  ]
}

function extensionsValue(list: readonly Extension[], x: Extensions): [string, Value][] {
  const limit = (name: string, value: number | undefined): [string, Value][] => [
    [name, value ?? 0],
    [`${name}Zero`, value === 0],
  ]
  return [
    ['Extensions', orNull(list.map(extensionValue))],
    ['ExtraExtensions', null],
    ['UnhandledCriticalExtensions', orNull(x.unhandledCritical.map((id) => [...id]))],
    ['KeyUsage', x.keyUsage],
    ['ExtKeyUsage', orNull(x.usages)],
    ['UnknownExtKeyUsage', orNull(x.unknownUsages)],
    ['BasicConstraintsValid', x.basicConstraints],
    ['IsCA', x.isCa],
    ['MaxPathLen', x.maxPathLength],
    ['MaxPathLenZero', x.basicConstraints && x.maxPathLength === 0],
    ['SubjectKeyId', base64(x.subjectKeyId)],
    ['AuthorityKeyId', base64(x.authorityKeyId)],
    ['OCSPServer', orNull(x.ocsp)],
    ['IssuingCertificateURL', orNull(x.issuers)],
    ['PermittedDNSDomainsCritical', x.constraintsCritical],
    ['CRLDistributionPoints', orNull(x.crl)],
    ['PolicyIdentifiers', x.policies],
    ['Policies', x.policies === null ? null : orNull(x.policies.map((policy) => policy.join('.')))],
    [
      'PolicyMappings',
      orNull(
        x.mappings.map(({ issuer, subject }) =>
          objectOf([
            ['IssuerDomainPolicy', issuer.join('.')],
            ['SubjectDomainPolicy', subject.join('.')],
          ] as [string, Value][]),
        ),
      ),
    ],
    ...limit('InhibitAnyPolicy', x.inhibitAnyPolicy),
    ...limit('InhibitPolicyMapping', x.inhibitPolicyMapping),
    ...limit('RequireExplicitPolicy', x.requireExplicitPolicy),
    ...namesValue(x.names),
    ...constraintsValue('Permitted', x.permitted),
    ...constraintsValue('Excluded', x.excluded),
  ]
}

/** Reads one certificate from the front of the bytes. Throws DerError. */
export function readCertificate(bytes: Buffer): Certificate {
  const { whole: raw, body } = new Der(bytes).element(TAG.sequence, 'certificate')
  const outer = new Der(body)
  const tbsElement = outer.element(TAG.sequence, 'tbs certificate')
  const tbs = new Der(tbsElement.body)
  const versionElement = tbs.optional(contextTag(0, true), 'version')
  const version = 1 + (versionElement === undefined ? 0 : new Der(versionElement.body).small('version'))
  if (version < 1 || version > 3) throw new DerError('x509: invalid version')
  const serial = tbs.integer('serial number')
  if (serial < 0n) throw new DerError('x509: negative serial number')
  const inner = tbs.element(TAG.sequence, 'signature algorithm identifier').body
  if (!outer.element(TAG.sequence, 'algorithm identifier').body.equals(inner)) {
    throw new DerError("x509: inner and outer signature algorithm identifiers don't match")
  }
  const issuer = tbs.element(TAG.sequence, 'issuer').whole
  const validity = tbs.inside(TAG.sequence, 'validity')
  const notBefore = timeOf(validity)
  const notAfter = timeOf(validity)
  const subject = tbs.element(TAG.sequence, 'subject').whole
  const spki = tbs.element(TAG.sequence, 'spki').whole
  const key = publicKey(spki)
  let list: Extension[] = []
  if (version > 1) {
    tbs.optional(contextTag(1), 'issuerUniqueID')
    tbs.optional(contextTag(2), 'subjectUniqueID')
    const element = version === 3 ? tbs.optional(contextTag(3, true), 'extensions') : undefined
    if (element !== undefined) list = readExtensions(new Der(element.body).inside(TAG.sequence, 'extensions'))
  }
  const extensions = understood(list)
  const signature = rightAligned(outer.bits('signature'))
  const algorithm = signatureAlgorithm(inner)
  const value = objectOf([
    ['Raw', base64(raw)],
    ['RawTBSCertificate', base64(tbsElement.whole)],
    ['RawSubjectPublicKeyInfo', base64(spki)],
    ['RawSubject', base64(subject)],
    ['RawIssuer', base64(issuer)],
    ['Signature', base64(signature)],
    ['SignatureAlgorithm', algorithm],
    ['PublicKeyAlgorithm', key.algorithm],
    ['PublicKey', key.value],
    ['Version', version],
    ['SerialNumber', fromBigInteger(serial)],
    ['Issuer', nameOf(issuer)],
    ['Subject', nameOf(subject)],
    ['NotBefore', notBefore.text],
    ['NotAfter', notAfter.text],
    ...extensionsValue(list, extensions),
  ] as [string, Value][])
  return {
    raw,
    tbs: tbsElement.whole,
    spki,
    subject,
    issuer,
    version,
    notBefore: notBefore.seconds,
    notAfter: notAfter.seconds,
    signature,
    signatureAlgorithm: algorithm,
    keyAlgorithm: key.algorithm,
    key: key.key,
    extensions,
    value,
  }
}

/** The certificate as Go writes it with `URIStrings` added by OPA. */
export function withUriStrings(certificate: Certificate): RegoObject {
  const value = certificate.value.copy()
  value.set('URIStrings', orNull(certificate.extensions.names.uris))
  return value
}
