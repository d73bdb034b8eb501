import { isIP } from 'node:net'
import { BuiltinError, type Machine } from '../machine.ts'
import { compiled } from './regex.ts'
import { parseTime } from './time-parser.ts'
import { layoutOf } from './time-layout.ts'
import { parseUri } from './uri.ts'

type Check = (m: Machine, text: string) => boolean

function works(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof BuiltinError) return false
    throw error
  }
}

const timed =
  (...layouts: string[]): Check =>
  (_m, text) =>
    layouts.some((layout) => works(() => parseTime(layout, text)))

const uri: Check = (_m, text) => {
  try {
    return parseUri(text).scheme !== '' && !text.includes('\\')
  } catch (error) {
    if (error instanceof BuiltinError) return false
    throw error
  }
}
const uriReference: Check = (_m, text) => works(() => parseUri(text)) && !text.includes('\\')

/** Braces come in pairs and are not nested; text without them is a template too. */
function isTemplate(path: string): boolean {
  for (let at = path.indexOf('{'); at >= 0;) {
    const end = path.indexOf('}', at)
    if (end < 0) return false
    at = path.indexOf('{', end)
  }
  return true
}

const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/

const ATOM = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+)*$/

/** An address as mail headers have it (RFC 5322): bare, or with a name and angle brackets. */
function isMail(text: string): boolean {
  let body = text.trim()
  const open = body.lastIndexOf('<')
  if (body.endsWith('>') && open >= 0) {
    const name = body.slice(0, open).trim()
    const words = name.startsWith('"') ? /^"(?:[^"\\\r\n]|\\.)*"$/.test(name) : /^[^()<>[\]:;@\\,"\r\n]*$/.test(name)
    if (!words) return false
    body = body.slice(open + 1, -1).trim()
  }
  const at = body.lastIndexOf('@')
  const local = body.slice(0, at)
  const domain = body.slice(at + 1)
  if (at <= 0) return false
  const quoted = /^"(?:[^"\\\r\n]|\\.)*"$/.test(local)
  const literal = /^\[[^[\]\\]*\]$/.test(domain) && isIP(domain.slice(1, -1)) !== 0
  return (quoted || ATOM.test(local)) && (literal || ATOM.test(domain))
}

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['date', timed('2006-01-02')],
  ['time', timed('15:04:05Z07:00', '15:04:05')],
  ['date-time', timed('15:04:05', '15:04:05Z07:00', '2006-01-02', layoutOf('RFC3339'), layoutOf('RFC3339Nano'))],
  ['hostname', (_m, text) => text.length < 256 && text.split('.').every((label) => LABEL.test(label))],
  ['email', (_m, text) => isMail(text)],
  ['idn-email', (_m, text) => isMail(text)],
  ['ipv4', (_m, text) => !text.includes('%') && isIP(text) !== 0 && text.includes('.')],
  ['ipv6', (_m, text) => !text.includes('%') && isIP(text) === 6],
  ['uri', uri],
  ['iri', uri],
  ['uri-reference', uriReference],
  ['iri-reference', uriReference],
  ['uri-template', (m, text) => uriReference(m, text) && isTemplate(parseUri(text).path)],
  ['uuid', (_m, text) => /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i.test(text)],
  ['regex', (m, text) => text === '' || works(() => compiled(m, text))],
  ['json-pointer', (_m, text) => /^(?:\/(?:[^~/]|~0|~1)*)*$/.test(text)],
  ['relative-json-pointer', (_m, text) => /^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/.test(text)],
])

/** Whether a text has a format; formats that are not known always suit. */
export function hasFormat(m: Machine, format: string, text: string): boolean {
  m.spendText(text.length * 16)
  return CHECKS.get(format)?.(m, text) ?? true
}
