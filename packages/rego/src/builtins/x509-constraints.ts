import { isIP } from 'node:net'
import type { Machine } from '../machine.ts'
import { DerError } from './der.ts'
import { readUri, validDomain, type IpRange } from './x509-extensions.ts'
import { readMailbox, type Mailbox } from './x509-mailbox.ts'
import type { Certificate } from './x509.ts'

const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

/** Rules of one kind. Go sorts them, leaves out those that lie in the one before, and looks at the nearest below. */
interface Kind<Name, Rule> {
  readonly order: (a: Rule, b: Rule) => number
  readonly place: (rule: Rule, name: Name) => number
  readonly holds: (rule: Rule, name: Name) => boolean
  readonly within: (outer: Rule, inner: Rule) => boolean
}

class Rules<Name, Rule> {
  private readonly kind: Kind<Name, Rule>
  readonly list: readonly Rule[]

  constructor(kind: Kind<Name, Rule>, all: readonly Rule[]) {
    this.kind = kind
    const kept: Rule[] = []
    for (const rule of all.toSorted(kind.order)) {
      const last = kept.at(-1)
      if (last === undefined || !kind.within(last, rule)) kept.push(rule)
    }
    this.list = kept
  }

  has(name: Name): boolean {
    let [low, high] = [0, this.list.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.kind.place(this.list[middle] as Rule, name) < 0) low = middle + 1
      else high = middle
    }
    const at = this.list[low]
    if (at !== undefined && this.kind.place(at, name) === 0) return true
    const nearest = this.list[Math.max(0, low - 1)]
    return nearest !== undefined && this.kind.holds(nearest, name)
  }
}

const masked = (ip: Buffer, mask: Buffer): Buffer => Buffer.from(ip.map((byte, i) => byte & (mask[i] ?? 0)))
const inRange = (range: IpRange, ip: Buffer): boolean => masked(range.ip, range.mask).equals(masked(ip, range.mask))
const ADDRESSES: Kind<Buffer, IpRange> = {
  order: (a, b) => Buffer.compare(a.ip, b.ip) || Buffer.compare(a.mask, b.mask),
  place: (rule, ip) => Buffer.compare(rule.ip, ip),
  holds: inRange,
  within: (outer, inner) =>
    inRange(outer, inner.ip) &&
    inRange(outer, Buffer.from(inner.ip.map((byte, i) => byte | (~(inner.mask[i] ?? 0) & 0xff)))),
}

/** Names from their end on, letters without case, the full stop before all others. */
function compareDomains(a: string, b: string): number {
  const code = (text: string, i: number): number => {
    const char = lower(text.charAt(text.length - i))
    return char === '.' ? 0 : char.charCodeAt(0)
  }
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const order = code(a, i) - code(b, i)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function endsWith(rule: string, name: string): boolean {
  if (!lower(name).endsWith(lower(rule))) return false
  return rule.startsWith('.') || name.length === rule.length || name.charAt(name.length - rule.length - 1) === '.'
}

const DOMAINS: Kind<string, string> = {
  order: compareDomains,
  place: compareDomains,
  holds: endsWith,
  within: endsWith,
}

/** Names of domains, allowed or forbidden. The empty rule is for all. */
function domains(list: readonly string[], isForbidden: boolean): (name: string) => boolean {
  if (list.includes('')) return () => true
  const rules = new Rules(DOMAINS, list)
  const after = (text: string): string => (text.includes('.') ? lower(text.slice(text.indexOf('.'))) : '')
  const parents = new Set(isForbidden ? rules.list.map(after).filter((text) => text !== '') : [])
  // A name with a star stands for whatever is in its place, so for what is forbidden too.
  return (name) => rules.has(name) || (name.startsWith('*') && parents.has(after(name)))
}

function addresses(list: readonly IpRange[]): (ip: Buffer) => boolean {
  const [four, six] = [4, 16].map(
    (size) =>
      new Rules(
        ADDRESSES,
        list.filter(({ ip }) => ip.length === size),
      ),
  )
  return (ip) => (ip.length === 4 ? four : six)?.has(ip) === true
}

function mailboxes(list: readonly string[], isForbidden: boolean): (mailbox: Mailbox) => boolean {
  const whole = list.filter((rule) => rule.includes('@')).map((rule) => readMailbox(rule))
  const bare = list.filter((rule) => !rule.includes('@'))
  const ofDomain = bare.length === 0 ? () => false : domains(bare, isForbidden)
  return ({ local, domain }) =>
    whole.some((rule) => rule?.local === local && lower(rule.domain) === domain) || ofDomain(domain)
}

/** What one authority allows and forbids those below it. */
class Authority {
  private readonly tests: readonly ((names: ReadNames) => boolean)[]

  constructor({ extensions: { permitted, excluded } }: Certificate) {
    const test = <Name, Rule>(
      of: (names: ReadNames) => readonly Name[],
      may: readonly Rule[],
      mayNot: readonly Rule[],
      make: (list: readonly Rule[], isForbidden: boolean) => (name: Name) => boolean,
    ): ((names: ReadNames) => boolean) => {
      const allowed = may.length === 0 ? () => true : make(may, false)
      const forbidden = mayNot.length === 0 ? () => false : make(mayNot, true)
      return (names) => of(names).every((name) => allowed(name) && !forbidden(name))
    }
    this.tests = [
      test((names) => names.ips, permitted.ips, excluded.ips, addresses),
      test((names) => names.dns, permitted.dns, excluded.dns, domains),
      test((names) => names.hosts, permitted.uris, excluded.uris, domains),
      test((names) => names.mailboxes, permitted.emails, excluded.emails, mailboxes),
    ]
  }

  allows(names: ReadNames): boolean {
    return this.tests.every((test) => test(names))
  }
}

interface ReadNames {
  readonly dns: readonly string[]
  readonly ips: readonly Buffer[]
  readonly hosts: readonly string[]
  readonly mailboxes: readonly Mailbox[]
}

/** Null where one of the names is none that could be compared with a rule. */
function readNames({ extensions: { names } }: Certificate): ReadNames | null {
  const hosts = names.uris.map(uriHost)
  const boxes = names.emails.map((text) => {
    const box = readMailbox(text)
    return box === undefined ? null : { local: box.local, domain: lower(box.domain) }
  })
  const usable = [...names.dns, ...hosts].every((name) => name !== null && validDomain(name, false))
  if (!usable || boxes.includes(null)) return null
  return {
    dns: names.dns,
    ips: names.ips,
    hosts: hosts.filter((host) => host !== null),
    mailboxes: boxes.filter((box) => box !== null),
  }
}

/** The domain of a URI; null where it has none, or an address. */
function uriHost(text: string): string | null {
  const host = hostOf(text)
  if (host === '' || isIP(host) !== 0 || (host.startsWith('[') && host.endsWith(']'))) return null
  if (!host.includes(':')) return host
  const [name = '', ...ports] = host.split(':')
  return ports.length > 1 || host.includes('[') || isIP(name) !== 0 ? null : name
}

function hostOf(text: string): string {
  try {
    return lower(readUri(text).host)
  } catch (error) {
    if (error instanceof DerError) return ''
    throw error
  }
}

const says = (certificate: Certificate, id: string): boolean => certificate.extensions.ids.has(id)

/** Whether the names of a chain, leaf first, are those that the authorities above each allow (RFC 5280, 4.2.1.10). */
export function constraintsMet(m: Machine, chain: readonly Certificate[]): boolean {
  const authorities = chain.map((one) => (says(one, '2.5.29.30') ? new Authority(one) : null))
  return chain.every((one, i) => {
    const above = authorities.slice(i + 1).filter((authority) => authority !== null)
    if (above.length === 0 || !says(one, '2.5.29.17')) return true
    m.spend(above.length * (1 + (one.raw.length >> 2)))
    const names = readNames(one)
    return names !== null && above.every((authority) => authority.allows(names))
  })
}
