import { constants, verify } from 'node:crypto'
import { isIP } from 'node:net'
import { BuiltinError, type Machine } from '../machine.ts'
import { isNumber, RegoSet, type RegoObject, type Value } from '../value.ts'
import { DerError } from './der.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { writtenInteger } from './operand.ts'
import { readUri, type IpRange } from './x509-extensions.ts'
import { ipText, type Certificate } from './x509.ts'

export interface VerifyOptions {
  readonly dnsName: string
  /** Nanoseconds since 1970. */
  readonly time: bigint | undefined
  /** Go's numbers of the usages that the leaf must have one of. */
  readonly usages: readonly number[]
}

const USAGES = [
  'KeyUsageAny',
  'KeyUsageServerAuth',
  'KeyUsageClientAuth',
  'KeyUsageCodeSigning',
  'KeyUsageEmailProtection',
  'KeyUsageIPSECEndSystem',
  'KeyUsageIPSECTunnel',
  'KeyUsageIPSECUser',
  'KeyUsageTimeStamping',
  'KeyUsageOCSPSigning',
  'KeyUsageMicrosoftServerGatedCrypto',
  'KeyUsageNetscapeServerGatedCrypto',
  'KeyUsageMicrosoftCommercialCodeSigning',
  'KeyUsageMicrosoftKernelCodeSigning',
]

function integer(value: Value, name: string): bigint {
  const whole = isNumber(value) ? writtenInteger(value) : null
  if (whole === null) {
    throw new BuiltinError(`'${name}' should be a valid int64 number`)
  }
  return whole
}

/** The options of `crypto.x509.parse_and_verify_certificates_with_options`. */
export function verifyOptions(given: RegoObject): VerifyOptions {
  let dnsName = ''
  let time: bigint | undefined
  const usages: number[] = []
  const { keys, values } = given.sorted()
  for (const [i, key] of keys.entries()) {
    const value = values[i] as Value
    if (typeof key !== 'string') continue
    switch (key) {
      case 'DNSName':
        if (typeof value !== 'string') throw new BuiltinError("'DNSName' should be a string")
        dnsName = value.replace(/^"{1,1000}/, '').replace(/"{1,1000}$/, '')
        break
      case 'CurrentTime':
        time = integer(value, key)
        break
      case 'MaxConstraintComparisons':
        integer(value, key)
        break
      case 'KeyUsages': {
        const list = Array.isArray(value) ? value : value instanceof RegoSet ? value.sorted() : undefined
        if (list === undefined) throw new BuiltinError("'KeyUsages' should be an Array or Set")
        for (const name of list) {
          if (typeof name !== 'string') continue
          const usage = USAGES.indexOf(name.replaceAll('"', ''))
          if (usage < 0) throw new BuiltinError("invalid entries for 'KeyUsages' found")
          usages.push(usage)
        }
        break
      }
      default:
        throw new BuiltinError('invalid key option')
    }
  }
  return { dnsName, time, usages }
}

const HASHES = ['', '', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', '', '', 'sha1', 'sha256', 'sha384', 'sha512']
const PSS_HASHES: Readonly<Record<number, string>> = { 13: 'sha256', 14: 'sha384', 15: 'sha512' }

/** Whether the parent may sign certificates and signed this one. SHA-1 and MD5 are no signatures any more. */
function signedBy(m: Machine, child: Certificate, parent: Certificate): boolean {
  const { basicConstraints, isCa, keyUsage } = parent.extensions
  if ((parent.version === 3 && !basicConstraints) || (basicConstraints && !isCa)) return false
  if (keyUsage !== 0 && (keyUsage & 32) === 0) return false
  const algorithm = child.signatureAlgorithm
  const { key } = parent
  if (key === undefined) return false
  m.spend(4_000)
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 1024) return false
  try {
    const pss = PSS_HASHES[algorithm]
    if (pss !== undefined) {
      // OpenSSL takes a signature without its leading zero; Go wants it as long as the key.
      if (child.signature.length !== Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)) return false
      const padding = constants.RSA_PKCS1_PSS_PADDING
      const options = { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      return parent.keyAlgorithm === 1 && verify(pss, child.tbs, options, child.signature)
    }
    if (algorithm === 16) return parent.keyAlgorithm === 4 && verify(null, child.tbs, key, child.signature)
    const family = algorithm >= 4 && algorithm <= 6 ? 1 : algorithm >= 10 && algorithm <= 12 ? 3 : 0
    if (family === 0 || parent.keyAlgorithm !== family) return false
    return verify(HASHES[algorithm] ?? '', child.tbs, key, child.signature)
  } catch {
    // OpenSSL throws for some signatures that it cannot read.
    return false
  }
}

function valid(certificate: Certificate, below: number, intermediate: boolean, time: bigint): boolean {
  const x = certificate.extensions
  if (x.unhandledCritical.length > 0) return false
  if (time < certificate.notBefore * 1_000_000_000n || time > certificate.notAfter * 1_000_000_000n) return false
  if (intermediate && (!x.basicConstraints || !x.isCa)) return false
  return !(x.basicConstraints && x.maxPathLength >= 0 && below - 1 > x.maxPathLength)
}

const MAX_CHECKS = 100

/** The first chain from the leaf, which is last, to the root, which is first. Null where there is none. */
export function verifyChain(m: Machine, given: readonly Certificate[], options: VerifyOptions): Certificate[] | null {
  const [root] = given
  const leaf = given.at(-1)
  if (root === undefined || leaf === undefined || given.length < 2) return null
  const { time } = options
  if (time === undefined) {
    throw new NondeterministicError('verifying certificates would ask the clock; give the option "CurrentTime"')
  }
  if (!valid(leaf, 0, false, time)) return null
  if (options.dnsName !== '' && !names(leaf, options.dnsName)) return null
  const usages = options.usages.length === 0 ? [1] : options.usages
  const accepted = (chain: readonly Certificate[]): boolean =>
    // Policies that a certificate demands are not worked out here: such a chain is none.
    chain.every((one) => one.extensions.requireExplicitPolicy === undefined) &&
    (options.usages.includes(0) || usable(chain, usages)) &&
    constraintsMet(m, chain)
  if (leaf.raw.equals(root.raw)) return accepted([leaf]) ? [leaf] : null
  let checks = 0
  const build = (chain: readonly Certificate[]): Certificate[] | null => {
    const child = chain.at(-1) as Certificate
    const rank = (parent: Certificate): number => {
      const wanted = child.extensions.authorityKeyId
      const own = parent.extensions.subjectKeyId
      if (wanted === null || own === null) return 1
      return wanted.equals(own) ? 0 : 2
    }
    for (const [pool, intermediate] of [[[root], false] as const, [given.slice(1, -1), true] as const]) {
      const parents = pool.filter((parent) => parent.subject.equals(child.issuer)).sort((a, b) => rank(a) - rank(b))
      for (const parent of parents) {
        if (++checks > MAX_CHECKS) return null
        const known = chain.some((one) => one.subject.equals(parent.subject) && one.spki.equals(parent.spki))
        if (known || !signedBy(m, child, parent) || !valid(parent, chain.length, intermediate, time)) continue
        const longer = [...chain, parent]
        const found = intermediate ? build(longer) : accepted(longer) ? longer : null
        if (found !== null) return found
      }
    }
    return null
  }
  return build([leaf])
}

/** Each certificate that lists usages must allow the ones asked for, or one of them must be left at the end. */
function usable(chain: readonly Certificate[], usages: readonly number[]): boolean {
  let left = [...usages]
  for (const { extensions } of chain.toReversed()) {
    if (extensions.usages.length + extensions.unknownUsages.length === 0 || extensions.usages.includes(0)) continue
    left = left.filter((usage) => extensions.usages.includes(usage))
    if (left.length === 0) return false
  }
  return true
}

function validHost(host: string, pattern: boolean): boolean {
  const labels = (pattern ? host : host.replace(/\.$/, '')).split('.')
  return (
    host !== '*' &&
    labels.every((label, i) => (pattern && i === 0 && label === '*') || /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(label))
  )
}

const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

/** RFC 6125: the host is one of the names, where the first label of a name may be a star. */
function names(leaf: Certificate, host: string): boolean {
  const bare = host.length >= 3 && host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (isIP(bare) !== 0 && !bare.includes('%')) {
    const wanted = isIP(bare) === 4 ? bare : new URL(`http://[${bare}]/`).hostname.slice(1, -1)
    return leaf.extensions.names.ips.some((ip) => {
      const mapped = ipText(ip)
      const own =
        mapped.includes(':') || wanted.includes('.')
          ? mapped
          : new URL(`http://[::ffff:${mapped}]/`).hostname.slice(1, -1)
      return own === wanted
    })
  }
  const name = lower(host)
  const labels = name.replace(/\.$/, '').split('.')
  return leaf.extensions.names.dns.some((given) => {
    const pattern = lower(given)
    if (!validHost(name, false) || !validHost(given, true)) return pattern === name && name !== '' && name !== '.'
    const parts = pattern.split('.')
    return parts.length === labels.length && parts.every((part, i) => (i === 0 && part === '*') || part === labels[i])
  })
}

function domainIn(name: string, constraint: string): boolean {
  const wanted = lower(constraint)
  const given = lower(name)
  if (wanted === '') return true
  if (wanted.startsWith('.')) return given.endsWith(wanted) && given.length > wanted.length
  return given === wanted || given.endsWith(`.${wanted}`)
}

/** A name with a star covers also what stands in its place. */
function domainTouches(name: string, constraint: string): boolean {
  if (domainIn(name, constraint)) return true
  const wanted = lower(constraint)
  return name.startsWith('*.') && wanted.slice(wanted.indexOf('.')) === lower(name.slice(1))
}

function addressIn(ip: Buffer, range: IpRange): boolean {
  return ip.length === range.ip.length && ip.every((byte, i) => (byte & (range.mask[i] ?? 0)) === (range.ip[i] ?? 0))
}

function mailIn(mail: string, constraint: string): boolean {
  const at = mail.lastIndexOf('@')
  const domain = mail.slice(at + 1)
  const own = constraint.lastIndexOf('@')
  if (own >= 0)
    return mail.slice(0, at) === constraint.slice(0, own) && lower(domain) === lower(constraint.slice(own + 1))
  if (constraint.startsWith('.') || constraint === '') return domainIn(domain, constraint)
  return lower(domain) === lower(constraint)
}

/** Name constraints of each certificate for all names of those below it (RFC 5280, 4.2.1.10). */
function constraintsMet(m: Machine, chain: readonly Certificate[]): boolean {
  return chain.every((authority, i) => {
    const { permitted, excluded } = authority.extensions
    const lists = [permitted, excluded].flatMap((names) => [names.dns, names.emails, names.ips, names.uris])
    const count = lists.reduce((total: number, list) => total + list.length, 0)
    if (count === 0) return true
    const meets = <Name, Rule>(
      list: readonly Name[],
      may: readonly Rule[],
      mayNot: readonly Rule[],
      test: (n: Name, r: Rule) => boolean,
      touches = test,
    ): boolean =>
      list.every(
        (name) => (may.length === 0 || may.some((r) => test(name, r))) && !mayNot.some((r) => touches(name, r)),
      )
    return chain.slice(0, i).every(({ extensions: { names: own } }) => {
      m.spend((own.dns.length + own.emails.length + own.ips.length + own.uris.length) * count)
      const hosts = own.uris.map(uriHost)
      return (
        hosts.every((host) => host !== null) &&
        meets(own.dns, permitted.dns, excluded.dns, domainIn, domainTouches) &&
        meets(own.emails, permitted.emails, excluded.emails, mailIn) &&
        meets(own.ips, permitted.ips, excluded.ips, addressIn) &&
        meets(
          hosts.map((host) => host ?? ''),
          permitted.uris,
          excluded.uris,
          domainIn,
        )
      )
    })
  })
}

/** The domain of a URI; null where it has none, or an address. */
function uriHost(text: string): string | null {
  try {
    const host = readUri(text).host.replace(/:\d*$/, '')
    return host === '' || host.startsWith('[') || isIP(host) !== 0 ? null : host
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}
