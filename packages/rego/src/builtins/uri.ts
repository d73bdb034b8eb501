import { bytesText, textBytes } from '../byte-text.ts'
import { isIPv6 } from 'node:net'
import { BuiltinError } from '../machine.ts'
import { objectOf, type Value } from '../value.ts'
import { stringAt, type Builtins } from './operand.ts'

export interface Uri {
  readonly scheme: string
  /** What follows the scheme where that is no path. */
  readonly opaque: string
  /** Whether somebody is named before the host. */
  readonly hasUser: boolean
  /** Who, as it would be written anew. */
  readonly user: string
  readonly host: string
  readonly path: string
  /** The path as written, where writing it anew would give another. */
  readonly rawPath: string
  readonly query: string
  /** A question mark with nothing after it. */
  readonly forceQuery: boolean
  readonly omitHost: boolean
  readonly fragment: string
  /** The fragment as written, where writing it anew would give another. */
  readonly rawFragment: string
}

const bad = (what: string): BuiltinError => new BuiltinError(`parse: ${what}`)

/** Letters that stand in a host or zone as they are (RFC 3986, 3.2.2; Go adds `<`, `>` and the quote). */
const HOST_LETTERS = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"]$/

function unescaped(text: string, part: 'path' | 'user' | 'host' | 'zone' | 'fragment'): string {
  const bytes = textBytes(text)
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0x25) {
      const code = bytes.toString('latin1', i + 1, i + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(code)) throw bad(`invalid URL escape "%${code}"`)
      const value = Number.parseInt(code, 16)
      // A host escapes only what is no ASCII; a zone may also write %25, and what a host cannot hold.
      if (part === 'host' && value < 0x80 && code !== '25') throw bad(`invalid URL escape "%${code}"`)
      if (part === 'zone' && code !== '25' && value !== 0x20 && !HOST_LETTERS.test(String.fromCharCode(value))) {
        throw bad(`invalid URL escape "%${code}"`)
      }
      out.push(value)
      i += 2
      continue
    }
    if ((part === 'host' || part === 'zone') && byte < 0x80 && !HOST_LETTERS.test(String.fromCharCode(byte))) {
      throw bad('invalid character in host name')
    }
    out.push(byte)
  }
  return bytesText(Uint8Array.from(out))
}

/** What Go leaves alone where it writes a part anew. */
const LEFT = {
  path: /[A-Za-z0-9\-_.~$&+,/:;=@]/,
  user: /[A-Za-z0-9\-_.~$&+,;=]/,
  host: HOST_LETTERS,
  fragment: /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/,
} as const

/** Bytes are given as characters of Latin-1. */
function escaped(bytes: string, part: keyof typeof LEFT): string {
  return Array.from(bytes, (char) => {
    const byte = char.charCodeAt(0)
    if (byte < 0x80 && LEFT[part].test(char)) return char
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

const utf8 = (text: string): string => textBytes(text).toString('latin1')

/** The path as Go would write it: what it leaves alone, and `/`. */
function escapedPath(path: string): string {
  return escaped(utf8(path), 'path')
}

/** A URI as Go writes it anew. */
export function uriText(uri: Uri): string {
  let out = uri.scheme === '' ? '' : `${uri.scheme}:`
  if (uri.opaque !== '') out += uri.opaque
  else {
    const named = uri.host !== '' || uri.hasUser
    if (named || (uri.scheme !== '' && !uri.omitHost && uri.path !== '')) out += '//'
    if (uri.hasUser) out += `${uri.user}@`
    out += escaped(utf8(uri.host), 'host')
    const path = escapedUriPath(uri)
    if (path !== '' && !path.startsWith('/') && uri.host !== '') out += '/'
    if (out === '' && (path.split('/')[0] ?? '').includes(':')) out += './'
    out += path
  }
  if (uri.forceQuery || uri.query !== '') out += `?${uri.query}`
  const fragment = uri.rawFragment
  if (uri.fragment !== '')
    out += `#${/^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]%/?]+$/.test(fragment) ? fragment : escaped(utf8(uri.fragment), 'fragment')}`
  return out
}

/** The path as it is to be sent: as written where that is a valid way to write it. */
export function escapedUriPath(uri: Uri): string {
  if (uri.rawPath !== '' && /^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]%/]*$/.test(uri.rawPath)) return uri.rawPath
  return uri.path === '*' ? '*' : escapedPath(uri.path)
}

function scheme(text: string): { scheme: string; rest: string } {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)
  if (match !== null) return { scheme: (match[1] ?? '').toLowerCase(), rest: text.slice(match[0].length) }
  if (text.startsWith(':')) throw bad('missing protocol scheme')
  return { scheme: '', rest: text }
}

function port(text: string): void {
  if (!/^(?::\d*)?$/.test(text)) throw bad('invalid port after host')
}

function hostOf(kind: string, text: string): string {
  const open = text.lastIndexOf('[')
  if (open > 0) throw bad('invalid IP-literal')
  if (open === 0) {
    const close = text.lastIndexOf(']')
    if (close < 0) throw bad("missing ']' in host")
    const after = text.slice(close + 1)
    port(after)
    const inner = text.slice(1, close)
    const zone = inner.indexOf('%25')
    const name =
      zone < 0
        ? unescaped(inner, 'host')
        : unescaped(inner.slice(0, zone), 'host') + unescaped(inner.slice(zone), 'zone')
    const [address = '', ...zones] = name.split('%')
    if (!isIPv6(address) || (name.includes('%') && zones.join('%') === '')) throw bad('invalid host')
    return `[${name}]${after}`
  }
  const first = text.indexOf(':')
  if (first >= 0) port(text.slice(kind === 'http' || kind === 'https' ? first : text.lastIndexOf(':')))
  return unescaped(text, 'host')
}

function authority(kind: string, text: string): { host: string; user: string } {
  const at = text.lastIndexOf('@')
  const host = hostOf(kind, text.slice(at + 1))
  if (at < 0) return { host, user: '' }
  const user = text.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw bad('invalid userinfo')
  const [name = '', ...secret] = user.split(':')
  const parts = secret.length === 0 ? [name] : [name, secret.join(':')]
  return { host, user: parts.map((part) => escaped(utf8(unescaped(part, 'user')), 'user')).join(':') }
}

/** A URI reference as Go's net/url reads it, which is RFC 3986 with less strictness. Throws BuiltinError. */
export function parseUri(text: string): Uri {
  const hash = text.indexOf('#')
  const body = hash < 0 ? text : text.slice(0, hash)
  const uri = {
    scheme: '',
    opaque: '',
    hasUser: false,
    user: '',
    host: '',
    path: '',
    rawPath: '',
    query: '',
    forceQuery: false,
    omitHost: false,
    fragment: hash < 0 ? '' : unescaped(text.slice(hash + 1), 'fragment'),
    rawFragment: hash < 0 ? '' : text.slice(hash + 1),
  }
  if (escaped(utf8(uri.fragment), 'fragment') === uri.rawFragment) uri.rawFragment = ''
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(body)) throw bad('invalid control character in URL')
  if (body === '*') return { ...uri, path: '*' }
  const { scheme: kind, rest: all } = scheme(body)
  uri.scheme = kind
  const mark = all.indexOf('?')
  uri.query = mark < 0 ? '' : all.slice(mark + 1)
  uri.forceQuery = mark >= 0 && mark === all.length - 1
  let rest = mark < 0 ? all : all.slice(0, mark)
  if (!rest.startsWith('/')) {
    if (kind !== '') return { ...uri, opaque: rest }
    if ((rest.split('/')[0] ?? '').includes(':')) throw bad('first path segment in URL cannot contain colon')
  }
  if (rest.startsWith('//') && (kind !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2)
    const whole = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    Object.assign(uri, authority(kind, whole))
    uri.hasUser = whole.includes('@')
    rest = slash < 0 ? '' : rest.slice(slash)
  } else uri.omitHost = kind !== '' && rest.startsWith('/')
  uri.path = unescaped(rest, 'path')
  uri.rawPath = escapedPath(uri.path) === rest ? '' : rest
  return uri
}

function portOf(host: string): { name: string; port: string } {
  const colon = host.lastIndexOf(':')
  const close = host.lastIndexOf(']')
  const has = colon >= 0 && colon > close && /^:\d*$/.test(host.slice(colon))
  const name = has ? host.slice(0, colon) : host
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return { name: bare, port: has ? host.slice(colon + 1) : '' }
}

export const URI: Builtins = {
  'uri.parse': (m, a) => {
    const text = stringAt(a, 1)
    m.spendText(text.length * 8)
    const uri = parseUri(text)
    const { name, port: number } = portOf(uri.host)
    const parts: [string, string][] = [
      ['scheme', uri.scheme],
      ['hostname', name],
      ['port', number],
      ['path', uri.path],
      ['raw_path', uri.path === '' ? '' : uri.rawPath === '' ? uri.path : uri.rawPath],
      ['raw_query', uri.query],
      ['fragment', uri.fragment],
    ]
    return objectOf(parts.filter(([, value]) => value !== '') as [string, Value][])
  },
  'uri.is_valid': (m, a) => {
    if (typeof a !== 'string' || a === '') return false
    m.spendText(a.length * 8)
    try {
      parseUri(a)
      return true
    } catch (error) {
      if (error instanceof BuiltinError) return false
      throw error
    }
  },
}
