import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { RegoObject, RegoSet, setOf, type Value } from '../value.ts'
import { stringAt, type Builtin, type Builtins } from './operand.ts'

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

interface Network extends Address {
  readonly prefix: number
}

function parse4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function parse6(text: string): bigint | null {
  let body = text
  const lastColon = body.lastIndexOf(':')
  if (lastColon >= 0 && body.includes('.')) {
    const tail = parse4(body.slice(lastColon + 1))
    if (tail === null) return null
    body = `${body.slice(0, lastColon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`
  }
  const halves = body.split('::')
  if (halves.length > 2) return null
  const groups = (half: string | undefined): string[] => (half === undefined || half === '' ? [] : half.split(':'))
  const head = groups(halves[0])
  const tail = groups(halves[1])
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const all = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...tail]
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return null
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** An address; one of IPv6 that holds an IPv4 one is that IPv4 address (RFC 4291, 2.5.5.2). */
function address(text: string): Address | null {
  if (!text.includes(':')) {
    const value = parse4(text)
    return value === null ? null : { bits: 32, value }
  }
  const value = parse6(text)
  if (value === null) return null
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value }
}

function network(text: string): Network {
  const bad = (): BuiltinError => new BuiltinError(`invalid CIDR address: ${text.slice(0, 200)}`)
  const slash = text.indexOf('/')
  const size = text.slice(slash + 1)
  if (slash < 0 || !/^\d{1,3}$/.test(size)) throw bad()
  const host = text.slice(0, slash)
  const is4 = !host.includes(':')
  const value = is4 ? parse4(host) : parse6(host)
  const bits = is4 ? 32 : 128
  const prefix = Number(size)
  if (value === null || prefix > bits) throw bad()
  const start = masked(value, bits, prefix)
  // A network within the IPv6 addresses that hold IPv4 ones is a network of IPv4.
  if (!is4 && start >> 32n === 0xffffn) return { bits: 32, value: start & 0xffffffffn, prefix: prefix - 96 }
  return { bits, value: start, prefix }
}

function masked(value: bigint, bits: number, prefix: number): bigint {
  const host = BigInt(bits - prefix)
  return (value >> host) << host
}

function last(net: Network): bigint {
  return net.value | ((1n << BigInt(net.bits - net.prefix)) - 1n)
}

function holds(net: Network, at: Address): boolean {
  return net.bits === at.bits && at.value >= net.value && at.value <= last(net)
}

function contains(outer: Network, text: string): boolean {
  const ip = address(text)
  if (ip !== null) return holds(outer, ip)
  let inner: Network
  try {
    inner = network(text)
  } catch {
    throw new BuiltinError(`not a valid textual representation of an IP address or CIDR: ${text.slice(0, 200)}`)
  }
  return holds(outer, inner) && last(inner) <= last(outer)
}

function text4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join('.')
}

/** RFC 5952: the longest run of zero groups is shortened, the first of equals. */
function text6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let best = { at: -1, size: 1 }
  for (let at = 0; at < 8; at++) {
    let size = 0
    while (at + size < 8 && groups[at + size] === '0') size++
    if (size > best.size) best = { at, size }
  }
  if (best.at < 0) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.size).join(':')}`
}

function addressText(bits: 32 | 128, value: bigint): string {
  return bits === 32 ? text4(value) : text6(value)
}

/** The network a bare IPv4 address belongs to by its class, as Go has it. */
function classful(value: bigint): number {
  const first = Number(value >> 24n)
  return first < 128 ? 8 : first < 192 ? 16 : 24
}

/** A network to merge, and how it is written where it stays alone: an address of IPv4 keeps its own bits then. */
function mergeOperand(value: Value): { readonly net: Network; readonly text: string } {
  if (typeof value !== 'string') throw new BuiltinError('element must be string')
  const ip = address(value)
  if (ip === null) {
    const net = network(value)
    return { net, text: networkText(net) }
  }
  if (ip.bits === 128) throw new BuiltinError('IPv6 invalid: needs prefix length')
  const prefix = classful(ip.value)
  const net: Network = { bits: 32, value: masked(ip.value, 32, prefix), prefix }
  return { net, text: networkText({ ...net, value: ip.value }) }
}

function networkText({ bits, value, prefix }: Network): string {
  return `${addressText(bits, value)}/${prefix}`
}

/** The fewest networks that hold exactly these addresses. */
function cover(bits: 32 | 128, first: bigint, end: bigint): Network[] {
  const out: Network[] = []
  let at = first
  while (at <= end) {
    let host = 0
    while (host < bits) {
      const size = 1n << BigInt(host + 1)
      if (at % size !== 0n || at + size - 1n > end) break
      host++
    }
    out.push({ bits, value: at, prefix: bits - host })
    at += 1n << BigInt(host)
  }
  return out
}

/** IPv4 begins here among the addresses of IPv6. */
const MAPPED = 0xffffn << 32n

/** Networks that touch or overlap as the fewest that hold the same; all as addresses of IPv6, so `::/0` holds IPv4 too. */
function merged(operands: readonly { readonly net: Network; readonly text: string }[]): string[] {
  const ranges = operands.map(({ net, text }): { first: bigint; end: bigint; text: string | undefined } => {
    const base = net.bits === 32 ? MAPPED : 0n
    return { first: base + net.value, end: base + last(net), text }
  })
  ranges.sort((a, b) => (a.end === b.end ? compareBig(a.first, b.first) : compareBig(a.end, b.end)))
  for (let i = ranges.length - 1; i > 0; i--) {
    const [before, here] = [ranges[i - 1], ranges[i]]
    if (before === undefined || here === undefined || previous(here.first) > before.end) continue
    const first = before.first < here.first ? before.first : here.first
    ranges.splice(i - 1, 2, { first, end: here.end, text: undefined })
  }
  return ranges.flatMap(({ first, end, text }) => {
    if (text !== undefined) return [text]
    const is4 = first >> 32n === 0xffffn && end >> 32n === 0xffffn
    const base = is4 ? MAPPED : 0n
    return cover(is4 ? 32 : 128, first - base, end - base).map(networkText)
  })
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The address before; none is before the first of IPv4 or of IPv6. */
function previous(at: bigint): bigint {
  return at === 0n || at === MAPPED ? at : at - 1n
}

/** What a list, set, object or text of networks names, each with how it is called in the result. */
function named(value: Value): { cidr: Value; name: Value }[] {
  if (typeof value === 'string') return [{ cidr: value, name: value }]
  if (Array.isArray(value)) return value.map((cidr, i) => ({ cidr, name: i }))
  if (value instanceof RegoSet) return value.sorted().map((cidr) => ({ cidr, name: cidr }))
  if (!(value instanceof RegoObject)) return []
  const { keys, values } = value.sorted()
  return keys.map((key, i) => ({ cidr: values[i] as Value, name: key }))
}

/** A text, or the first of a list. */
function memberCidr(member: Value, position: number): Value {
  const cidr = Array.isArray(member) ? member[0] : typeof member === 'string' ? member : undefined
  if (cidr === undefined) throw new BuiltinError(`operand ${position}: element must be string or non-empty array`)
  return cidr
}

function matches(m: Machine, a: Value, b: Value): Value {
  const outer = named(a)
  const inner = named(b)
  m.spend(outer.length * inner.length)
  const out = new RegoSet()
  for (const x of outer) {
    // What no pair asks for is not read, so it may be no network.
    const cidr = memberCidr(x.cidr, 1)
    for (const y of inner) {
      const other = memberCidr(y.cidr, 2)
      if (contains(network(stringAt(cidr, 1)), stringAt(other, 1))) out.add([x.name, y.name])
    }
  }
  return out
}

const containsBuiltin: Builtin = (_m, a, b) => {
  const outer = network(stringAt(a, 1))
  return contains(outer, stringAt(b, 1))
}

export const NET_CIDR: Builtins = {
  'net.cidr_is_valid': (_m, a) => {
    if (typeof a !== 'string') return false
    try {
      network(a)
      return true
    } catch {
      return false
    }
  },
  'net.cidr_contains': containsBuiltin,
  'net.cidr_overlap': containsBuiltin,
  'net.cidr_intersects': (_m, a, b) => {
    const x = network(stringAt(a, 1))
    const y = network(stringAt(b, 1))
    return holds(x, y) || holds(y, x)
  },
  'net.cidr_contains_matches': matches,
  'net.cidr_expand': (m, a) => {
    const net = network(stringAt(a, 1))
    const size = last(net) - net.value + 1n
    if (size > 100_000n) throw new LimitError('net.cidr_expand would give more than 100000 addresses')
    m.spendItems(Number(size))
    return setOf(Array.from({ length: Number(size) }, (_, i) => addressText(net.bits, net.value + BigInt(i))))
  },
  'net.cidr_merge': (m, a) => {
    const list = Array.isArray(a) ? a : a instanceof RegoSet ? a.sorted() : undefined
    if (list === undefined) throw new BuiltinError('operand must be an array')
    m.spend(list.length * 4)
    return setOf(merged(list.map(mergeOperand)))
  },
}
