/** Generated certificates, chains, requests and keys, and the texts that hold them. A seed names one. */
import { createHash } from 'node:crypto'
import {
  bits,
  boolean,
  context,
  der,
  integer,
  NULL,
  oid,
  pem,
  plain,
  sequence,
  set,
  type Part,
} from './opa-certificate-der.ts'
import { constraints, extension, generalName, oddExtensions } from './opa-certificate-extensions.ts'
import { ALL_KEYS, SIGNING_KEYS, type GeneratedKey, type Signer } from './opa-certificate-keys.ts'
import type { Chance } from './opa-policy-chance.ts'

const TEXTS: readonly (readonly [tag: number, hex: string])[] = [
  ...['Gatehouse', 'a b', '', 'x=y?*&', 'a@b', 'a_b'].map((text) => [0x13, Buffer.from(text).toString('hex')] as const),
  ...['Zürich', '日本', '😀', '\ufeffa', '\u0000'].map((text) => [0x0c, Buffer.from(text).toString('hex')] as const),
  [0x0c, 'ff'],
  [0x0c, 'eda080'],
  [0x14, '6ce9'],
  [0x16, '6140'],
  [0x16, 'e9'],
  [0x12, '3120'],
  [0x12, '61'],
  [0x1e, '00e94e00'],
  [0x1e, '00e90000'],
  [0x1e, '0000'],
  [0x1e, 'd83d'],
  [0x1e, 'fffe'],
  [0x1e, '00'],
  [0x1c, '00000061'],
  [0x02, '01'],
  [0x30, ''],
]
const TYPES = [
  '2.5.4.3',
  '2.5.4.5',
  '2.5.4.6',
  '2.5.4.7',
  '2.5.4.8',
  '2.5.4.9',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.17',
  '2.5.4.12',
  '0.9.2342.19200300.100.1.25',
  '1.2.840.113549.1.9.1',
]

const attribute = (c: Chance, odd: boolean): Buffer => {
  const [tag, hex] = odd ? c.pick(TEXTS) : c.pick(TEXTS.slice(0, 8))
  return sequence(oid(c.pick(TYPES)), der(tag, Buffer.from(hex, 'hex')))
}
function oddName(c: Chance): Buffer {
  const odd = c.yes(0.15)
  return sequence(c.many(0, 4, () => set(c.many(c.yes(0.1) ? 0 : 1, 2, () => attribute(c, odd)))))
}
const plainName = (text: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(text)))))

const time = (text: string): Buffer => der(/^\d{14}/.test(text) ? 0x18 : 0x17, Buffer.from(text))
const ODD_TIMES = [
  '200101000000Z',
  '300101000000Z',
  '491231235959Z',
  '500101000000Z',
  '2001010000Z',
  '200101000000+0100',
  '200101000000-0030',
  '200101000000+0000',
  '20200101000000Z',
  '20500101000000Z',
  '99991231235959Z',
  '00000101000000Z',
  '20200101000000.5Z',
  '20200101000000+0100',
  '20200230000000Z',
  '200101000060Z',
  '200101240000Z',
  '20010100000Z',
  '20210229000000Z',
  '20240229000000Z',
  '',
  '200101000000+2400',
  '200101000000+0060',
  '19700101000000Z',
  '2001010000+0130',
  '200101000000+1559',
]

/** A certificate, with what is needed to sign others with it. */
export interface Made {
  readonly der: Buffer
  readonly subject: Buffer
  readonly key: GeneratedKey
}

function signed(c: Chance, body: Buffer, signer: Signer): Buffer {
  const signature = c.yes(0.03) ? createHash('sha512').update(body).digest() : signer.sign(body)
  const wrong = c.yes(0.01) ? sequence(oid('1.2.3')) : sequence(signer.algorithm)
  return sequence(body, wrong, bits(signature, c.yes(0.01) ? 1 : 0))
}

/** The algorithm as its body is said within, where it is not the signer's own. */
function algorithmOf(c: Chance, signer: Signer | undefined): Buffer {
  if (c.yes(0.97)) return sequence(signer?.algorithm ?? oid('1.2.3.4'))
  return sequence(
    oid(c.pick(['1.2.840.113549.1.1.4', '1.2.840.10045.4.1', '1.3.14.3.2.29', '1.2.840.113549.1.1.10'])),
    c.pick([[], NULL, sequence()]),
  )
}

/** One that stands alone: any version, names, times, key and extensions, now and then damaged. */
export function oddCertificate(c: Chance): Buffer {
  const key = c.pick(ALL_KEYS)
  const signer = key.signers.length === 0 ? undefined : c.pick(key.signers)
  const version = c.pick([2, 2, 2, 2, 2, 0, 1, 3, -1, null])
  const spki = c.yes(0.04) ? damaged(c, key.spki) : key.spki
  const algorithm = algorithmOf(c, signer)
  const body = sequence(
    version === null ? [] : context(0, integer(version)),
    integer(c.pick([1n, 0n, 127n, 128n, -1n, 2n ** 159n, 2n ** 64n, BigInt(c.int(0, 2 ** 31))])),
    algorithm,
    oddName(c),
    sequence(
      time(c.pick(ODD_TIMES.slice(0, c.yes(0.7) ? 5 : 99))),
      time(c.pick(ODD_TIMES.slice(0, c.yes(0.7) ? 5 : 99))),
    ),
    oddName(c),
    spki,
    c.yes(0.05) ? plain(1, '\u0000ab') : [],
    c.yes(0.05) ? plain(2, '\u0000cd') : [],
    c.yes(0.85) ? context(3, sequence(oddExtensions(c))) : [],
    c.yes(0.02) ? integer(1) : [],
  )
  const signature = signer === undefined || c.yes(0.1) ? Buffer.from('not signed') : signer.sign(body)
  const whole = sequence(body, c.yes(0.02) ? sequence(oid('1.2.3')) : algorithm, bits(signature, c.yes(0.02) ? 1 : 0))
  return c.yes(0.08) ? damaged(c, whole) : whole
}

function damaged(c: Chance, bytes: Buffer): Buffer {
  const at = c.int(0, bytes.length - 1)
  const copy = Buffer.from(bytes)
  switch (c.int(0, 3)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes, Buffer.from([c.int(0, 255)])])
    default:
      copy[Math.min(at, c.yes() ? 40 : at)] = c.int(0, 255)
      return copy
  }
}

const NOW_TEXTS = ['200101000000Z', '230101000000Z', '250101000000Z', '490101000000Z', '20600101000000Z']
const USAGES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3', '2.5.29.37.0', '1.2.3']

/** One of a chain, signed by the one before or by itself. */
function chained(c: Chance, above: Made | null, level: 'ca' | 'leaf', name: string): Made {
  const key = c.pick(SIGNING_KEYS)
  const issuer = above ?? { subject: plainName(name), key, der: Buffer.alloc(0) }
  const subject = plainName(c.yes(0.02) ? 'other' : name)
  const by = c.yes(0.03) ? c.pick(SIGNING_KEYS) : issuer.key
  const signer = c.pick(by.signers.slice(0, c.yes(0.8) ? 3 : 99))
  const isCa = level === 'ca' ? c.yes(0.97) : c.yes(0.05)
  const basic = sequence(isCa ? boolean(true) : [], isCa && c.yes(0.2) ? integer(c.int(0, 1)) : [])
  const names = sequence(
    c.many(1, 3, () => (c.yes(0.6) ? plain(2, c.pick(['a.example.com', '*.example.com', 'b.test'])) : generalName(c))),
  )
  const id = (text: string): Buffer => Buffer.from(text)
  const list: Part = [
    level === 'ca' || c.yes() ? extension('2.5.29.19', true, basic) : [],
    c.yes(0.5) ? extension('2.5.29.15', true, bits(Buffer.from([c.pick([0x06, 0x06, 0x06, 0x80, 0x04])]), 1)) : [],
    level === 'leaf' && c.yes(0.9) ? extension('2.5.29.17', c.yes(0.1), names) : [],
    c.yes(0.4) ? extension('2.5.29.37', null, sequence(c.many(1, 2, () => oid(c.pick(USAGES))))) : [],
    c.yes(0.3) ? extension('2.5.29.14', null, der(0x04, id(name))) : [],
    c.yes(0.3) ? extension('2.5.29.35', null, sequence(plain(0, id(above === null ? name : 'root')))) : [],
    level === 'ca' && c.yes(0.25) ? extension('2.5.29.30', true, constraints(c)) : [],
    c.yes(0.04) ? extension('1.2.3.4', c.yes(), Buffer.from('x')) : [],
    c.yes(0.08) ? extension('2.5.29.32', null, sequence(sequence(oid(c.pick(['1.2.3.4', '2.5.29.32.0']))))) : [],
    c.yes(0.06) ? extension('2.5.29.36', true, sequence(plain(0, Buffer.from([c.int(0, 2)])))) : [],
  ]
  const body = sequence(
    context(0, integer(c.yes(0.97) ? 2 : 0)),
    integer(c.int(1, 1e6)),
    sequence(signer.algorithm),
    issuer.subject,
    sequence(
      time(c.yes(0.9) ? '200101000000Z' : c.pick(NOW_TEXTS)),
      time(c.yes(0.9) ? '490101000000Z' : c.pick(NOW_TEXTS)),
    ),
    subject,
    key.spki,
    c.yes(0.98) ? context(3, sequence(list)) : [],
  )
  return { der: signed(c, body, signer), subject, key }
}

/** Root, intermediates and leaf, mostly in this order. */
export function chain(c: Chance): Buffer[] {
  const all: Made[] = []
  const length = c.pick([1, 2, 2, 3, 3, 3, 4])
  for (let i = 0; i < length; i++) {
    const leaf = i === length - 1
    all.push(
      chained(
        c,
        all.at(c.yes(0.95) ? -1 : 0) ?? null,
        leaf ? 'leaf' : 'ca',
        leaf ? 'leaf' : i === 0 ? 'root' : `between ${i}`,
      ),
    )
  }
  const list = all.map((one) => one.der)
  if (c.yes(0.05)) list.reverse()
  if (c.yes(0.04)) list.push(oddCertificate(c))
  if (c.yes(0.04)) list.splice(c.int(0, list.length - 1), 1)
  if (c.yes(0.05)) list.splice(1, 0, list[c.int(0, list.length - 1)] ?? Buffer.alloc(0))
  return list
}

const OPTION_TIMES = [1.7e18, 1.7e18, 1.7e18, 1.7e18, 1577836800e9, 1577836799e9, 2493072000e9, 0, 1, -1, 4e18]

/** Options of a verification, as JSON text; a time is always among them, as the clock is not asked here. */
export function verifyOptions(c: Chance): string {
  const parts = [
    `"CurrentTime":${c.yes(0.97) ? String(BigInt(c.pick(OPTION_TIMES))) : c.pick(['"x"', '1.5', '1e30', '1.0', 'null', '1e18'])}`,
  ]
  if (c.yes(0.3))
    parts.push(
      `"DNSName":${JSON.stringify(c.pick(['a.example.com', 'b.test', 'A.Example.com.', '"b.test"', 'x.a.example.com', '10.0.0.1', '[10.0.0.1]', '::1', '[::1]', '::ffff:10.0.0.1', '', '.', '*.example.com', '2001:db8::1', 'é.test', 5, '1.2', '010.0.0.1', '2001:DB8:0:0::1', '::1%lo']))}`,
    )
  if (c.yes(0.5))
    parts.push(
      `"KeyUsages":${c.yes(0.9) ? JSON.stringify(c.many(0, 2, () => c.pick(['KeyUsageAny', 'KeyUsageServerAuth', 'KeyUsageClientAuth', 'KeyUsageCodeSigning', '"KeyUsageAny"', 'nope', 7]))) : c.pick(['"KeyUsageAny"', '{}', 'null'])}`,
    )
  if (c.yes(0.1)) parts.push(`"MaxConstraintComparisons":${c.pick(['0', '1', '100', '"x"', '1e30', '-1', '1.5'])}`)
  if (c.yes(0.02)) parts.push('"Other":1')
  return `{${parts.join(',')}}`
}

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

/** The ways in which blocks come as one text, good and bad. */
export function textOf(c: Chance, type: string, blocks: readonly Buffer[]): string {
  const pems = blocks.map((block) => pem(c.yes(0.02) ? 'X509 CRL' : type, block))
  const all = pems.join('')
  switch (c.int(0, 19)) {
    case 0:
    case 1:
      return base64(all)
    case 2:
    case 3:
      return base64(Buffer.concat(blocks))
    case 4:
      return all.replaceAll('\n', '\r\n')
    case 5:
      return pems.join('some words\n\n')
    case 6:
      return `words before\n${all}`
    case 7:
      return `${all}words after`
    case 8:
      return all.replaceAll('-----\nMII', '-----\nA: b\n\nMII')
    case 9:
      return all.trimEnd()
    case 10:
      return all.replace(/\n/g, c.pick([' \n', '\n\n', '\n ', '\t\r\n', ' ']))
    case 11:
      return c.pick([
        all.replace('-----END', '----END'),
        all.replace('-----BEGIN', '-----Begin'),
        all.slice(0, c.int(0, all.length)),
        all.replace(/[A-Z]/, '!'),
        all.replace(/=*\n-----END/, '\n-----END'),
        base64(all).replace(/(.{76})/g, '$1\n'),
      ])
    default:
      return all
  }
}

/** A certificate request (RFC 2986). */
export function request(c: Chance): Buffer {
  const key = c.pick(ALL_KEYS)
  const signer = key.signers.length === 0 ? undefined : c.pick(key.signers)
  const extensions = (): Buffer => sequence(oid('1.2.840.113549.1.9.14'), set(sequence(oddExtensions(c))))
  const other = (): Buffer =>
    c.pick([
      sequence(oid('1.2.840.113549.1.9.7'), set(der(0x0c, Buffer.from('challenge')))),
      sequence(
        oid('1.2.3'),
        set(sequence(sequence(oid('1.2.4'), der(c.pick([0x13, 0x0c, 0x04, 0x02, 0x16]), Buffer.from('1'))))),
      ),
      sequence(oid('1.2.5'), set()),
      sequence(oid('1.2.6'), set(sequence(), sequence())),
      sequence(oid('1.2.7')),
    ])
  const body = sequence(
    integer(c.pick([0, 0, 0, 0, 1, -1, 2 ** 31])),
    oddName(c),
    c.yes(0.04) ? damaged(c, key.spki) : key.spki,
    c.yes(0.95)
      ? context(
          0,
          c.many(0, 2, () => (c.yes(0.7) ? extensions() : other())),
        )
      : [],
  )
  const signature = signer === undefined || c.yes(0.1) ? Buffer.from('not signed') : signer.sign(body)
  const whole = sequence(body, algorithmOf(c, signer), bits(signature))
  return c.yes(0.08) ? damaged(c, whole) : whole
}

/** A private key's text: of any of the keys, alone or with others, whole or damaged. */
export function privateKey(c: Chance, key: GeneratedKey = c.pick(ALL_KEYS)): string {
  const own = (one: GeneratedKey): string => (one.privates.length === 0 ? '' : c.pick(one.privates))
  const text = c.yes(0.1) ? own(key) + own(c.pick(ALL_KEYS)) : own(key)
  const cut = text.replaceAll(/-----[A-Z ]+-----|\n/g, '')
  switch (c.int(0, 15)) {
    case 0:
      return base64(text)
    case 1:
      return cut
    case 2:
      return text
        .replaceAll('RSA PRIVATE', c.pick(['EC PRIVATE', 'PRIVATE', 'DSA PRIVATE']))
        .replaceAll('EC PRIVATE', 'PRIVATE')
    case 3:
      return text.replaceAll('PRIVATE', 'PUBLIC')
    case 4:
      return pem(
        c.pick(['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY']),
        damaged(c, Buffer.from(cut === '' ? 'MAA=' : cut, 'base64')),
      )
    case 5:
      return `${pem('CERTIFICATE', Buffer.from('x'))}${text}`
    case 6:
      return c.pick([`words\n${text}`, `${text}words`, text.trimEnd(), '', 'x', base64('x')])
    default:
      return text
  }
}

/** A certificate and a private key, mostly of one key. */
export function keyPair(c: Chance): readonly [certificates: string, key: string] {
  const list = chain(c)
  const one = chained(c, null, 'leaf', 'leaf')
  const blocks = c.yes(0.7) ? [one.der] : [one.der, ...list]
  return [
    c.yes(0.1) ? textOf(c, 'CERTIFICATE', [oddCertificate(c)]) : textOf(c, 'CERTIFICATE', blocks),
    privateKey(c, c.yes(0.85) ? one.key : undefined),
  ]
}
