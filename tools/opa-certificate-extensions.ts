/** Generated extensions of certificates and requests: usual ones, odd ones and wrong ones. */
import {
  bits,
  boolean,
  context,
  der,
  integer,
  integerBody,
  octets,
  oid,
  plain,
  sequence,
  type Part,
} from './opa-certificate-der.ts'
import type { Chance } from './opa-policy-chance.ts'

export function extension(id: string, critical: boolean | null, ...value: readonly Part[]): Buffer {
  return sequence(oid(id), critical === null ? [] : boolean(critical), octets(...value))
}

const HOSTS = [
  'example.com',
  'a.example.com',
  '*.example.com',
  'EXAMPLE.com',
  'b.test',
  '',
  '.',
  'a..b',
  '*',
  'a_b.test',
  'x.',
  'é.test',
  '-a.test',
  '*.a.example.com',
  'b.*.test',
  'xn--a',
  '10.0.0.1',
]
const MAILS = [
  'a@example.com',
  'A@example.com',
  'a@b.test',
  '"a b"@example.com',
  'no at',
  'a@b@c',
  '@x',
  'a@',
  'a@.x',
  '\\a@b.test',
]
const URIS = [
  'https://example.com/a',
  'spiffe://example.com/x',
  'https://10.0.0.1/',
  'https://[::1]/',
  'mailto:a@b',
  'urn:x',
  'https://a b/',
  'https://example.com:8080/?q#f',
  'https://u:p@b.test/%41%2f',
  '//host',
  'https://example.com:x/',
  'https://a..b/',
  'HTTP://B.test',
  'https://b.test/#a%41%2fb',
  "https://b.test/#a b'c",
  'https://a%20b:p%3aq%40@b.test/x',
  'https://a:@b.test',
  'https://@b.test#',
  'file:///etc/x',
  'file:/etc/x?',
  'x:/',
  'x://',
  'a/b:c',
  'https://b.test/[x]{y}',
  'https://b.test/a%2Fb#!',
  '*',
  'https://b.test?x#"y"',
  'https://.example.com/',
  '%zz',
  '',
  'a:b:c',
  '/p?',
  'https://x./',
  'https://%41.test/',
  'https://b.test/ä',
  'https://[fe80::1%25eth0]/',
]
const ADDRESSES = [
  '0a000001',
  '0a0000ff',
  '7f000001',
  '00000000000000000000000000000001',
  '20010db8000000000000000000000001',
  '00000000000000000000ffff0a000001',
  '0a0000',
  '',
  '20010db8000000000000000000000000',
]

/** Names of those whom a certificate is for. */
export function generalName(c: Chance): Buffer {
  switch (c.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      return plain(2, c.pick(HOSTS))
    case 3:
      return plain(1, c.pick(MAILS))
    case 4:
    case 5:
      return plain(6, c.pick(URIS))
    case 6:
    case 7:
      return plain(7, Buffer.from(c.pick(ADDRESSES), 'hex'))
    case 8:
      return context(4, sequence())
    default:
      return plain(c.int(0, 12), 'x')
  }
}

const PLACES = [
  'example.com',
  '.example.com',
  'a.example.com',
  'test',
  '',
  '.',
  'b.test',
  'a..b',
  'x.',
  '*.example.com',
  'EXAMPLE.COM',
  'a@example.com',
  'a@b.test',
  '@',
  '10.0.0.1',
  'é',
  '*',
  'com',
]
const RANGES = [
  '0a000000ff000000',
  '0a000001ffffffff',
  '0a0000ff00000000',
  '0a000000ff00ff00',
  '20010db8000000000000000000000000ffffffff000000000000000000000000',
  '0a0000',
  '00000000000000000000ffff0a000000ffffffffffffffffffffffffff000000',
  '0a0000ffff000000',
]

function subtree(c: Chance): Buffer {
  const kind = c.pick([2, 2, 2, 1, 6, 7, 7, 4])
  const base =
    kind === 4 ? context(4, sequence()) : plain(kind, kind === 7 ? Buffer.from(c.pick(RANGES), 'hex') : c.pick(PLACES))
  return sequence(base, c.yes(0.1) ? plain(0, Buffer.from([0])) : [])
}

export function constraints(c: Chance): Buffer {
  const trees = (number: number): Part =>
    c.yes(0.6)
      ? context(
          number,
          c.many(0, 2, () => subtree(c)),
        )
      : []
  return sequence(trees(0), trees(1), c.yes(0.03) ? integer(1) : [])
}

const USAGES = [
  '2.5.29.37.0',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `1.3.6.1.5.5.7.3.${n}`),
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
  '1.2.3',
  '2.999.4294967296',
  '1.3.6.1.5.5.7.3.17',
]
const POLICIES = [
  '2.5.29.32.0',
  '1.2.3.4',
  '1.2.3.5',
  '2.23.140.1.2.1',
  '2.999.99999999999999999999',
  '1.2.3.2147483648',
  '1.2.3.4294967295',
]
const uris = (c: Chance, number: number): Buffer[] => c.many(0, 2, () => plain(number, c.pick(URIS)))

/** Extensions that Go knows, by their OID, with a value that is mostly of their form. */
const KNOWN: Readonly<Record<string, (c: Chance) => Part>> = {
  '2.5.29.15': (c) =>
    bits(Buffer.from(c.pick(['06', '86', '0780', '0680', '', 'ff', '0100'].map(String)), 'hex'), c.pick([0, 0, 1, 7])),
  '2.5.29.19': (c) =>
    sequence(
      c.pick([[], boolean(true), boolean(true), boolean(false), der(0x01, Buffer.from([1]))]),
      c.pick([[], [], integer(0), integer(1), integer(-1), integer(2n ** 31n), integer(2n ** 63n), integer(2n ** 64n)]),
    ),
  '2.5.29.17': (c) => sequence(c.many(0, 4, () => generalName(c))),
  '2.5.29.30': constraints,
  '2.5.29.31': (c) =>
    sequence(
      c.many(0, 2, () =>
        sequence(
          c.yes(0.8)
            ? context(0, c.yes(0.9) ? context(0, uris(c, 6), c.yes(0.2) ? plain(2, 'x') : [], uris(c, 6)) : context(1))
            : [],
          c.yes(0.2) ? plain(1, '\u0001') : [],
        ),
      ),
    ),
  '2.5.29.35': (c) =>
    sequence(c.yes(0.8) ? plain(0, c.pick(['id', 'other', ''])) : [], c.yes(0.2) ? context(1, generalName(c)) : []),
  '2.5.29.36': (c) =>
    sequence(
      c.yes() ? plain(0, integerBody(c.pick([0n, 1n, -1n, 2n ** 31n, 2n ** 63n]))) : [],
      c.yes() ? plain(1, integerBody(c.pick([0n, 3n, 2n ** 40n, -1n]))) : [],
    ),
  '2.5.29.37': (c) => sequence(c.many(0, 3, () => oid(c.pick(USAGES)))),
  '2.5.29.14': (c) => octets(Buffer.from(c.pick(['id', 'other', '']))),
  '2.5.29.32': (c) => sequence(c.many(0, 3, () => sequence(oid(c.pick(POLICIES)), c.yes(0.2) ? sequence() : []))),
  '2.5.29.33': (c) => sequence(c.many(0, 2, () => sequence(oid(c.pick(POLICIES)), oid(c.pick(POLICIES))))),
  '2.5.29.54': (c) => integer(c.pick([0n, 1n, 5n, -1n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 63n])),
  '1.3.6.1.5.5.7.1.1': (c) =>
    sequence(
      c.many(0, 3, () =>
        sequence(
          oid(c.pick(['1.3.6.1.5.5.7.48.1', '1.3.6.1.5.5.7.48.2', '1.2.3'])),
          c.yes(0.9) ? plain(6, c.pick(URIS)) : plain(2, 'x'),
        ),
      ),
    ),
  '1.2.3.4': () => Buffer.from('anything'),
  '2.5.29.9': () => sequence(),
}
const IDS = Object.keys(KNOWN)

/** A few of them; at times with a value that is damaged, one of another, or the same one twice. */
export function oddExtensions(c: Chance): Buffer[] {
  const ids = new Set(c.many(0, 5, () => c.pick(IDS)))
  const list = [...ids].map((id) => {
    const made = (KNOWN[c.yes(0.02) ? c.pick(IDS) : id] ?? KNOWN['1.2.3.4'])?.(c) ?? []
    const value = c.yes(0.04) ? [made, integer(7)] : made
    return extension(id, c.pick([null, null, null, true, false]), c.yes(0.02) ? Buffer.from('0500', 'hex') : value)
  })
  const [first] = list
  return c.yes(0.02) && first !== undefined ? [...list, first] : list
}
