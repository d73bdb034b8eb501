import { constants, verify } from 'node:crypto'
import { isIP } from 'node:net'
import { BuiltinError, type Machine } from '../machine.ts'
import { isNumber, RegoSet, type RegoObject, type Value } from '../value.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { writtenInteger } from './operand.ts'
import { constraintsMet } from './x509-constraints.ts'
import { policiesValid } from './x509-policies.ts'
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

/** Without the quotes at both ends. */
function unquoted(text: string): string {
  let [from, to] = [0, text.length]
  while (text.charAt(from) === '"') from++
  while (to > from && text.charAt(to - 1) === '"') to--
  return text.slice(from, to)
}

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
        dnsName = unquoted(value)
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
          const usage = USAGES.indexOf(unquoted(name))
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
  return !(x.basicConstraints && x.maxPathLength >= 0n && BigInt(below - 1) > x.maxPathLength)
}

const MAX_CHECKS = 100

/** The one whose subject, key and alternative names are these is in the chain: it would go round in a circle. */
function isAmong(candidate: Certificate, chain: readonly Certificate[]): boolean {
  const names = (one: Certificate): string => one.extensions.alternativeNames?.toString('base64') ?? 'none'
  const alike = chain.filter((one) => one.subject.equals(candidate.subject) && one.spki.equals(candidate.spki))
  // Of two of which one alone has such names Go looks no further.
  const decides = alike.find(
    (one) => names(one) === names(candidate) || [one, candidate].some((c) => names(c) === 'none'),
  )
  return decides !== undefined && names(decides) === names(candidate)
}

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
    policiesValid(m, chain) && (options.usages.includes(0) || usable(chain, usages)) && constraintsMet(m, chain)
  if (leaf.raw.equals(root.raw)) return accepted([leaf]) ? [leaf] : null
  const between = given.slice(1, -1).filter((one, i, all) => all.findIndex((other) => other.raw.equals(one.raw)) === i)
  let checks = 0
  const build = (chain: readonly Certificate[]): Certificate[] | null => {
    const child = chain.at(-1) as Certificate
    const rank = (parent: Certificate): number => {
      const wanted = child.extensions.authorityKeyId ?? Buffer.alloc(0)
      const own = parent.extensions.subjectKeyId ?? Buffer.alloc(0)
      if (wanted.equals(own)) return 0
      return wanted.length === 0 || own.length === 0 ? 1 : 2
    }
    for (const [pool, intermediate] of [[[root], false] as const, [between, true] as const]) {
      const parents = pool.filter((parent) => parent.subject.equals(child.issuer)).sort((a, b) => rank(a) - rank(b))
      for (const parent of parents) {
        if (++checks > MAX_CHECKS) return null
        if (isAmong(parent, chain) || !signedBy(m, child, parent) || !valid(parent, chain.length, intermediate, time))
          continue
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
