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
  return { bits, value: masked(value, bits, prefix), prefix }
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

function mergeOperand(value: Value): Network {
  if (typeof value !== 'string') throw new BuiltinError('element must be string')
  const ip = address(value)
  if (ip === null) return network(value)
  if (ip.bits === 128) throw new BuiltinError('IPv6 invalid: needs prefix length')
  const prefix = classful(ip.value)
  return { bits: 32, value: masked(ip.value, 32, prefix), prefix }
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

function merged(networks: readonly Network[]): Network[] {
  return ([32, 128] as const).flatMap((bits) => {
    const ranges = networks
      .filter((net) => net.bits === bits)
      .map((net) => ({ first: net.value, end: last(net) }))
      .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
    const out: { first: bigint; end: bigint }[] = []
    for (const range of ranges) {
      const open = out.at(-1)
      if (open !== undefined && range.first <= open.end + 1n) open.end = range.end > open.end ? range.end : open.end
      else out.push({ ...range })
    }
    return out.flatMap((range) => cover(bits, range.first, range.end))
  })
}

/** What a list, set, object or text of networks names, each with how it is called in the result. */
function named(value: Value, position: number): { cidr: string; name: Value }[] {
  const cidrOf = (item: Value): string => {
    const first = Array.isArray(item) ? item[0] : item
    if (typeof first !== 'string') {
      throw new BuiltinError(`operand ${position}: element must be string or non-empty array`)
    }
    return first
  }
  if (typeof value === 'string') return [{ cidr: value, name: value }]
  if (Array.isArray(value)) return value.map((item, i) => ({ cidr: cidrOf(item), name: i }))
  if (value instanceof RegoSet) return value.sorted().map((item) => ({ cidr: cidrOf(item), name: item }))
  if (!(value instanceof RegoObject)) return []
  const { keys, values } = value.sorted()
  return keys.map((key, i) => ({ cidr: cidrOf(values[i] as Value), name: key }))
}

function matches(m: Machine, a: Value, b: Value): Value {
  const outer = named(a, 1).map((item) => ({ net: network(item.cidr), name: item.name }))
  const inner = named(b, 2)
  m.spend(outer.length * inner.length)
  const out = new RegoSet()
  for (const { net, name } of outer) {
    for (const item of inner) if (contains(net, item.cidr)) out.add([name, item.name])
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
    return setOf(merged(list.map(mergeOperand)).map((net) => `${addressText(net.bits, net.value)}/${net.prefix}`))
  },
}
