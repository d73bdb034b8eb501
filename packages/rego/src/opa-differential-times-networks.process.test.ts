import fc from 'fast-check'
import {
  glued,
  json,
  list,
  listOf,
  number,
  of,
  pairsOf,
  type Family,
} from '../../../tools/opa-differential-operands.ts'
import { compareFamilies } from './opa-differential-fixture.ts'

const zone = of(
  'UTC',
  '',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Etc/GMT+5',
  'Africa/Monrovia',
  'Pacific/Apia',
  'nope',
)
const nanoseconds = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.bigInt({ min: -2_000_000_000n, max: 4_000_000_000n }).map((n) => (n * 1_000_000_000n).toString()),
  of('0', '1', '-1', '1.0', '1.5', '1e18', '9223372036854775808', '-9223372036854775809', '"0"', '1604215800000000000'),
)
const layout = of(
  ...list(
    'ANSIC ;; RubyDate ;; RFC822Z ;; RFC1123Z ;; RFC3339 ;; RFC3339Nano ;; Kitchen ;; Stamp ;; DateTime ;; DateOnly ;; TimeOnly',
    '2006-01-02T15:04:05.999999999Z07:00 ;;  ;; Monday Jan _2 3:04PM ;; 02/01/06 15h04m05.000s ;; 2006 002 -07 Z0700 Z07',
    'January 2 2006 __2 ;; ,000 .00 .9',
  ),
)
const address = of(
  ...list(
    '10.0.0.0/8 ;; 10.1.0.0/16 ;; 10.1.2.3 ;; 10.1.2.3/32 ;; 192.168.0.0/30 ;; 192.168.0.4/30 ;; 0.0.0.0/0 ;; 1.2.3.4/33 ;; ::/0',
    '::1 ;; 2001:db8::/126 ;; 2001:db8::1 ;; fe80::1%eth0 ;; ::ffff:10.1.2.3 ;; ::ffff:10.0.0.0/104 ;; 1.2.3 ;; x ;;  ;; 010.1.2.3',
    '10.1.2.3/08 ;; 10.1.2.3/ 8 ;; 2001:DB8::1/128 ;; 1::2::3 ;; 255.255.255.255/31 ;; 10.1.2.3/-1 ;; 127.0.0.1/8',
  ),
)
const addresses = fc.oneof(
  json(address),
  listOf(json(address)),
  listOf(
    fc.oneof(
      json(address),
      fc.tuple(json(address), number).map(([one, tag]) => `[${one},${tag}]`),
      number,
    ),
  ),
  fc
    .array(fc.tuple(json(of('a', 'b', 'c')), json(address)), { maxLength: 3 })
    .map((pairs) => `{${pairs.map((p) => p.join(':')).join(',')}}`),
)

const families: Readonly<Record<string, Family>> = {
  'times, zones and layouts': {
    expressions: list(
      'time.format(a) ;; time.format([a, b[0]]) ;; time.format([a, b[0], b[1]]) ;; time.date([a, b[0]]) ;; time.clock([a, b[0]])',
      'time.weekday([a, b[0]]) ;; time.add_date(a, b[2], b[3], 1) ;; time.add_date(a, 1, -1, b[2]) ;; time.diff([a, b[0]], 0)',
      'time.diff([b[4], b[0]], a) ;; time.parse_ns(b[1], time.format([a, b[0], b[1]]))',
      'time.parse_rfc3339_ns(time.format([a, b[0], "RFC3339Nano"])) ;; time.date(a) ;; time.clock(a) ;; time.weekday(a)',
    ),
    a: nanoseconds,
    b: fc
      .tuple(
        json(zone),
        json(layout),
        of('0', '1', '-1', '12', '400', '-3000', '1000000', '1.5', '1.0', '1e3'),
        of('0', '11', '-13', '25'),
        nanoseconds,
      )
      .map((parts) => `[${parts.join(',')}]`),
  },
  'times in UTC and named layouts': {
    expressions: [
      'time.format([a, "UTC", b])',
      'time.parse_ns(b, time.format([a, "UTC", b]))',
      'time.format([a, "", b])',
    ],
    a: nanoseconds,
    b: json(fc.oneof(layout, of('UnixDate', 'RFC822', 'RFC850', 'RFC1123', '02/01/06 15h04m05.000s MST'))),
  },
  'texts of times and durations': {
    expressions: [
      'time.parse_rfc3339_ns(a)',
      'time.parse_duration_ns(b)',
      'time.parse_ns("2006-01-02T15:04:05Z07:00", a)',
      'time.parse_ns("RFC1123", b)',
    ],
    a: json(
      fc
        .tuple(
          of('2026-02-29', '2024-02-29', '2026-1-2', '1677-09-21', '2262-04-11', '0000-01-01', '9999-12-31'),
          of('T', 't', ' '),
          of('00:00:00', '24:00:00', '23:59:60', '12:43:01', '00:12:44', '1:2:3'),
          of('', '.5', '.123456789', '.1234567891', ',5', '.'),
          of('Z', 'z', '+01:00', '-23:59', '+24:00', '+0100', '', '-00:00'),
        )
        .map((parts) => parts.join('')),
    ),
    b: json(
      glued(
        5,
        '1',
        '1.5',
        '-',
        '+',
        'h',
        'm',
        's',
        'ms',
        'us',
        'µs',
        'μs',
        'ns',
        '.',
        '.5',
        '9223372036',
        '0',
        ' ',
        'd',
        'w',
        'y',
        '0.1',
        '.123456789123',
      ),
    ),
  },
  networks: {
    expressions: list(
      'net.cidr_contains(a, b) ;; net.cidr_intersects(a, b) ;; net.cidr_is_valid(a) ;; net.cidr_contains_matches(a, b)',
      'net.cidr_contains_matches([a, b], b)',
    ),
    a: json(address),
    b: json(address),
  },
  'collections of networks': {
    expressions: ['net.cidr_contains_matches(a, b)', 'net.cidr_contains_matches({x | some x in a}, b)'],
    a: addresses,
    b: addresses,
  },
  'networks to merge': {
    // OPA counts the bytes of a network like `::ffff:10.0.0.0/104` wrongly here.
    expressions: ['net.cidr_merge(a)', 'net.cidr_merge({x | some x in b})', 'net.cidr_merge(array.concat(a, b))'],
    a: listOf(json(address.filter((one) => !one.startsWith('::ffff:10.0')))),
    b: listOf(json(address.filter((one) => /^[\d.]+\/\d+$/.test(one))), 5),
  },
  'small networks in full': {
    expressions: ['net.cidr_expand(a)', 'net.cidr_expand(b)'],
    a: json(
      of(
        '10.0.0.0/30',
        '10.0.0.3/29',
        '2001:db8::/126',
        '2001:db8::1/127',
        '1.2.3.4',
        '1.2.3.4/32',
        '255.255.255.252/30',
        'x',
        '::ffff:1.2.3.4/126',
        '1.2.3.4/33',
        '::/125',
      ),
    ),
    b: json(address.filter((one) => /\/(?:3\d|12\d|1.2.3)/.test(one))),
  },
}

compareFamilies('corner cases of %s give byte for byte what OPA gives', families, 250, pairsOf)
