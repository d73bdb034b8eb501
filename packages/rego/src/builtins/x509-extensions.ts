import { isIP } from 'node:net'
import { BuiltinError } from '../machine.ts'
import { objectOf, type RegoObject, type Value } from '../value.ts'
import { contextTag, Der, DerError, longOidOf, TAG } from './der.ts'
import { parseUri } from './uri.ts'
import { readMailbox } from './x509-mailbox.ts'
import { isAscii } from './der-value.ts'

export interface Extension {
  readonly id: readonly number[]
  readonly critical: boolean
  readonly value: Buffer
}

/** A network that names may or may not lie in. */
export interface IpRange {
  readonly ip: Buffer
  readonly mask: Buffer
}

/** Names of the kinds that certificates hold. */
export interface Names<Ip> {
  readonly dns: string[]
  readonly emails: string[]
  readonly ips: Ip[]
  readonly uris: string[]
}

/** What the known extensions of a certificate say, by Go's names. */
export class Extensions {
  keyUsage = 0
  basicConstraints = false
  isCa = false
  maxPathLength = 0n
  names: Names<Buffer> = { dns: [], emails: [], ips: [], uris: [] }
  permitted: Names<IpRange> = { dns: [], emails: [], ips: [], uris: [] }
  excluded: Names<IpRange> = { dns: [], emails: [], ips: [], uris: [] }
  constraintsCritical = false
  crl: string[] = []
  authorityKeyId: Buffer | null = null
  subjectKeyId: Buffer | null = null
  requireExplicitPolicy: bigint | undefined
  inhibitPolicyMapping: bigint | undefined
  inhibitAnyPolicy: bigint | undefined
  usages: number[] = []
  unknownUsages: number[][] = []
  policies: string[] | null = null
  mappings: { issuer: string; subject: string }[] = []
  ocsp: string[] = []
  issuers: string[] = []
  unhandledCritical: (readonly number[])[] = []
  /** The extension's value as it is. */
  alternativeNames: Buffer | undefined
  /** OIDs of all that the certificate has. */
  ids: ReadonlySet<string> = new Set()
}

export function base64(bytes: Buffer | null): Value {
  return bytes === null ? null : bytes.toString('base64')
}

export function readExtensions(list: Der): Extension[] {
  const out: Extension[] = []
  const seen = new Set<string>()
  while (!list.done()) {
    const one = list.inside(TAG.sequence, 'extension')
    const id = one.oid('extension OID field')
    const critical = one.peek() === TAG.boolean && one.boolean('extension critical field')
    const value = one.element(TAG.octetString, 'extension value field').body
    if (seen.has(id.join('.'))) throw new DerError(`certificate contains duplicate extension ${id.join('.')}`)
    seen.add(id.join('.'))
    out.push({ id, critical, value })
  }
  return out
}

export function extensionValue(extension: Extension): RegoObject {
  return objectOf([
    ['Id', [...extension.id]],
    ['Critical', extension.critical],
    ['Value', base64(extension.value)],
  ] as [string, Value][])
}

export function validDomain(text: string, constraint: boolean): boolean {
  if (text === '') return true
  if (text.endsWith('.')) return false
  const body = constraint && text.startsWith('.') ? text.slice(1) : text
  return /^[!-~]*$/.test(body) && body.split('.').every((label) => label !== '')
}

/** Names of a subject alternative name extension. */
export function alternativeNames(value: Buffer): Names<Buffer> {
  const names: Names<Buffer> = { dns: [], emails: [], ips: [], uris: [] }
  const list = new Der(value).inside(TAG.sequence, 'subject alternative names')
  while (!list.done()) {
    const { tag, body } = list.any('subject alternative name')
    const kind = tag ^ 0x80
    const text = body.toString('latin1')
    if ([1, 2, 6].includes(kind) && !isAscii(body)) throw new DerError('a subject alternative name is malformed')
    if (kind === 1) names.emails.push(text)
    else if (kind === 2) names.dns.push(text)
    else if (kind === 6) {
      const { host } = readUri(text)
      if (host !== '' && !validDomain(host, false)) throw new DerError('cannot parse URI: invalid domain')
      names.uris.push(text)
    } else if (kind === 7) {
      if (body.length !== 4 && body.length !== 16) throw new DerError('cannot parse IP address')
      names.ips.push(body)
    }
  }
  return names
}

export function readUri(text: string): ReturnType<typeof parseUri> {
  try {
    return parseUri(text)
  } catch (error) {
    if (error instanceof BuiltinError) throw new DerError(`cannot parse URI: ${error.message}`)
    throw error
  }
}

function validMask(mask: Buffer): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits)
}

function constraints(bytes: Buffer, critical: boolean, out: Extensions): boolean {
  const outer = new Der(bytes)
  const top = outer.inside(TAG.sequence, 'NameConstraints extension')
  const permitted = top.optional(contextTag(0, true), 'NameConstraints extension')
  const excluded = top.optional(contextTag(1, true), 'NameConstraints extension')
  if (!outer.done() || !top.done()) throw new DerError('invalid NameConstraints extension')
  if ((permitted?.body.length ?? 0) + (excluded?.body.length ?? 0) === 0) {
    throw new DerError('empty name constraints extension')
  }
  let unhandled = false
  const read = (body: Buffer | undefined, names: Names<IpRange>): void => {
    const list = new Der(body ?? Buffer.alloc(0))
    while (!list.done()) {
      const { tag, body: value } = list
        .inside(TAG.sequence, 'NameConstraints extension')
        .any('NameConstraints extension')
      const text = value.toString('latin1')
      const kind = tag ^ 0x80
      if ([1, 2, 6].includes(kind) && !isAscii(value)) throw new DerError('invalid constraint value')
      const bad = (): DerError => new DerError(`failed to parse constraint ${JSON.stringify(text.slice(0, 100))}`)
      if (kind === 2) {
        if (!validDomain(text, true)) throw bad()
        names.dns.push(text)
      } else if (kind === 7) {
        if (value.length !== 8 && value.length !== 32) throw bad()
        const half = value.length / 2
        const mask = value.subarray(half)
        if (!validMask(mask)) throw bad()
        names.ips.push({ ip: value.subarray(0, half), mask })
      } else if (kind === 1) {
        if (text.includes('@') ? readMailbox(text) === undefined : !validDomain(text, true)) throw bad()
        names.emails.push(text)
      } else if (kind === 6) {
        if (isIP(text) !== 0 || !validDomain(text, true)) throw bad()
        names.uris.push(text)
      } else unhandled = true
    }
  }
  read(permitted?.body, out.permitted)
  read(excluded?.body, out.excluded)
  out.constraintsCritical = critical
  return unhandled
}

/** Key usages by OID, in the order of Go's constants from 0 on. */
const USAGES = [
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.3',
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.5',
  '1.3.6.1.5.5.7.3.6',
  '1.3.6.1.5.5.7.3.7',
  '1.3.6.1.5.5.7.3.8',
  '1.3.6.1.5.5.7.3.9',
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
]

/** Reads the extensions that Go knows (RFC 5280, 4.2). Returns whether this one was not understood. */
function read(extension: Extension, out: Extensions): boolean {
  const value = new Der(extension.value)
  const id = extension.id.join('.')
  const never = (): void => {
    if (extension.critical) throw new DerError(`extension ${id} incorrectly marked critical`)
  }
  switch (id) {
    case '2.5.29.15': {
      const { bytes, unused } = value.bits('key usage')
      for (let i = 0; i < Math.min(9, bytes.length * 8 - unused); i++) {
        if ((((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) === 1) out.keyUsage |= 1 << i
      }
      return false
    }
    case '2.5.29.19': {
      const body = value.inside(TAG.sequence, 'basic constraints')
      out.isCa = body.peek() === TAG.boolean && body.boolean('basic constraints')
      out.maxPathLength = -1n
      if (body.peek() === TAG.integer) {
        out.maxPathLength = body.long('basic constraints')
        if (out.maxPathLength < 0n) throw new DerError('invalid basic constraints')
      }
      out.basicConstraints = true
      return false
    }
    case '2.5.29.17': {
      out.names = alternativeNames(extension.value)
      out.alternativeNames = extension.value
      const { dns, emails, ips, uris } = out.names
      return dns.length + emails.length + ips.length + uris.length === 0
    }
    case '2.5.29.30':
      return constraints(extension.value, extension.critical, out)
    case '2.5.29.31':
      crlPoints(value, out)
      return false
    case '2.5.29.35': {
      never()
      const body = value.inside(TAG.sequence, 'authority key identifier')
      out.authorityKeyId = body.optional(contextTag(0), 'authority key identifier')?.body ?? null
      return false
    }
    case '2.5.29.36': {
      const body = value.inside(TAG.sequence, 'policy constraints extension')
      if (body.peek() === contextTag(0)) out.requireExplicitPolicy = body.long('policy constraints', contextTag(0))
      if (body.peek() === contextTag(1)) out.inhibitPolicyMapping = body.long('policy constraints', contextTag(1))
      return false
    }
    case '2.5.29.37': {
      const body = value.inside(TAG.sequence, 'extended key usages')
      while (!body.done()) {
        const usage = body.oid('extended key usages')
        const known = USAGES.indexOf(usage.join('.'))
        if (known >= 0) out.usages.push(known)
        else out.unknownUsages.push(usage)
      }
      return false
    }
    case '2.5.29.14':
      never()
      out.subjectKeyId = value.element(TAG.octetString, 'subject key identifier').body
      return false
    case '2.5.29.32': {
      const body = value.inside(TAG.sequence, 'certificate policies')
      const policies: string[] = []
      while (!body.done()) policies.push(longOid(body.inside(TAG.sequence, 'certificate policies')))
      if (new Set(policies).size < policies.length) {
        throw new DerError('invalid certificate policies')
      }
      out.policies = policies
      return false
    }
    case '2.5.29.33': {
      const body = value.inside(TAG.sequence, 'policy mappings extension')
      while (!body.done()) {
        const pair = body.inside(TAG.sequence, 'policy mappings extension')
        out.mappings.push({ issuer: longOid(pair), subject: longOid(pair) })
      }
      return false
    }
    case '2.5.29.54':
      out.inhibitAnyPolicy = value.long('inhibit any policy extension')
      return false
    case '1.3.6.1.5.5.7.1.1': {
      never()
      const body = value.inside(TAG.sequence, 'authority info access')
      while (!body.done()) {
        const access = body.inside(TAG.sequence, 'authority info access')
        const method = access.oid('authority info access').join('.')
        const uri = access.optional(contextTag(6), 'authority info access')?.body.toString('utf8')
        if (uri === undefined) continue
        if (method === '1.3.6.1.5.5.7.48.1') out.ocsp.push(uri)
        else if (method === '1.3.6.1.5.5.7.48.2') out.issuers.push(uri)
      }
      return false
    }
    default:
      return true
  }
}

function longOid(der: Der): string {
  return longOidOf(der.element(TAG.oid, 'policy').body, 'policy')
}

function crlPoints(value: Der, out: Extensions): void {
  const list = value.inside(TAG.sequence, 'CRL distribution points')
  while (!list.done()) {
    const point = list.inside(TAG.sequence, 'CRL distribution point')
    const name = point.optional(contextTag(0, true), 'CRL distribution point')
    if (name === undefined) continue
    const full = new Der(name.body).inside(contextTag(0, true), 'CRL distribution point')
    for (let uri = full.optional(contextTag(6), 'uri'); uri !== undefined; uri = full.optional(contextTag(6), 'uri')) {
      out.crl.push(uri.body.toString('utf8'))
    }
  }
}

export function understood(extensions: readonly Extension[]): Extensions {
  const out = new Extensions()
  out.ids = new Set(extensions.map(({ id }) => id.join('.')))
  for (const extension of extensions) {
    const unhandled = read(extension, out)
    if (extension.critical && unhandled) out.unhandledCritical.push(extension.id)
  }
  return out
}
