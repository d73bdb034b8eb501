import type { KeyObject } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { BuiltinError } from '../machine.ts'
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
import { readTime } from './der-value.ts'
import { uriText } from './uri.ts'
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
  /** As Go writes it in JSON; `shown` gives it where it can be written. */
  readonly value: RegoObject
  readonly isWritable: boolean
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
    ['RawFragment', uri.rawFragment],
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

/** As a list of numbers; none where one of them needs more than 31 bits. */
function shortPolicy(policy: string): Value[] {
  const parts = policy.split('.').map(Number)
  return parts.every((part) => part <= 0x7fffffff) ? [parts] : []
}

function extensionsValue(list: readonly Extension[], x: Extensions): [string, Value][] {
  const limit = (name: string, value: bigint | undefined): [string, Value][] => [
    [name, fromBigInteger(value ?? 0n)],
    [`${name}Zero`, value === 0n],
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
    ['MaxPathLen', fromBigInteger(x.maxPathLength)],
    ['MaxPathLenZero', x.basicConstraints && x.maxPathLength === 0n],
    ['SubjectKeyId', base64(x.subjectKeyId)],
    ['AuthorityKeyId', base64(x.authorityKeyId)],
    ['OCSPServer', orNull(x.ocsp)],
    ['IssuingCertificateURL', orNull(x.issuers)],
    ['PermittedDNSDomainsCritical', x.constraintsCritical],
    ['CRLDistributionPoints', orNull(x.crl)],
    ['PolicyIdentifiers', x.policies === null ? null : x.policies.flatMap(shortPolicy)],
    ['Policies', x.policies === null ? null : orNull(x.policies)],
    [
      'PolicyMappings',
      orNull(
        x.mappings.map(({ issuer, subject }) =>
          objectOf([
            ['IssuerDomainPolicy', issuer],
            ['SubjectDomainPolicy', subject],
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
  const version = 1 + Number(versionElement === undefined ? 0n : new Der(versionElement.body).long('version'))
  if (version < 1 || version > 3) throw new DerError('x509: invalid version')
  const serial = tbs.integer('serial number')
  if (serial < 0n) throw new DerError('x509: negative serial number')
  const inner = tbs.element(TAG.sequence, 'signature algorithm identifier').body
  if (!outer.element(TAG.sequence, 'algorithm identifier').body.equals(inner)) {
    throw new DerError("x509: inner and outer signature algorithm identifiers don't match")
  }
  const issuer = tbs.element(TAG.sequence, 'issuer').whole
  const validity = tbs.inside(TAG.sequence, 'validity')
  const notBefore = readTime(validity)
  const notAfter = readTime(validity)
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
    ['NotBefore', notBefore.text ?? null],
    ['NotAfter', notAfter.text ?? null],
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
    isWritable: notBefore.text !== undefined && notAfter.text !== undefined,
  }
}

/** The certificate as Go writes it in JSON. Throws BuiltinError where a time of it cannot be written. */
export function shown(certificate: Certificate): RegoObject {
  if (!certificate.isWritable) throw new BuiltinError('a time of the certificate has an offset of a day')
  return certificate.value
}

/** The same with `URIStrings` added by OPA. */
export function withUriStrings(certificate: Certificate): RegoObject {
  const value = shown(certificate).copy()
  value.set('URIStrings', orNull(certificate.extensions.names.uris.map((text) => uriText(readUri(text)))))
  return value
}
