import { isBlank, isBlankOrEnd, isBreakOrEnd, isDigit, isWord, type YamlSource } from './yaml-source.ts'

export type YamlDirective =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'tag-directive'; readonly handle: string; readonly prefix: string }

/** At a `%`: one directive, with the line break after it. Throws BuiltinError. */
export function scanDirective(source: YamlSource): YamlDirective {
  source.skip()
  const name = source.takeWhile(isWord)
  if (name === '' || !isBlankOrEnd(source.code())) throw source.fail('a directive needs a name')
  let directive: YamlDirective
  if (name === 'YAML') directive = { kind: 'version', version: scanVersion(source) }
  else if (name === 'TAG') directive = scanTagDirective(source)
  else throw source.fail('a directive that is not known')
  source.skipBlanks()
  if (source.code() === 0x23) while (!isBreakOrEnd(source.code())) source.skip()
  if (!isBreakOrEnd(source.code())) throw source.fail('a directive must end its line')
  source.takeBreak()
  return directive
}

function scanVersion(source: YamlSource): string {
  source.skipBlanks()
  const major = source.takeWhile(isDigit)
  const point = source.code()
  if (!/^\d\d?$/.test(major) || point !== 0x2e) throw source.fail('%YAML needs a version')
  source.skip()
  const minor = source.takeWhile(isDigit)
  if (!/^\d\d?$/.test(minor)) throw source.fail('%YAML needs a version')
  return `${Number(major)}.${Number(minor)}`
}

function scanTagDirective(source: YamlSource): YamlDirective {
  source.skipBlanks()
  const handle = scanHandle(source)
  if (handle !== '!' && !handle.endsWith('!')) throw source.fail('a handle of tags must end in !')
  if (!isBlank(source.code())) throw source.fail('%TAG needs a blank after the handle')
  source.skipBlanks()
  const prefix = scanUri(source)
  if (prefix === '' || !isBlankOrEnd(source.code())) throw source.fail('%TAG needs a prefix')
  return { kind: 'tag-directive', handle, prefix }
}

/** Behind `&` or `*`: the name of an anchor. Throws BuiltinError. */
export function scanAnchor(source: YamlSource): string {
  source.skip()
  const name = source.takeWhile(isWord)
  const next = source.code()
  if (name === '' || !(isBlankOrEnd(next) || '?:,]}%@`'.includes(String.fromCharCode(next))))
    throw source.fail('an anchor needs a name of letters and digits')
  return name
}

export interface YamlTag {
  /** Empty where the suffix is the whole tag. */
  readonly handle: string
  readonly suffix: string
}

/** At a `!`: a tag. Throws BuiltinError. */
export function scanTag(source: YamlSource): YamlTag {
  const tag = source.code(1) === 0x3c ? scanVerbatim(source) : scanShorthand(source)
  if (!isBlankOrEnd(source.code())) throw source.fail('a tag must end at a blank')
  return tag
}

function scanVerbatim(source: YamlSource): YamlTag {
  source.skip(2)
  const suffix = scanUri(source)
  if (suffix === '' || source.code() !== 0x3e) throw source.fail('a tag in < > must end in >')
  source.skip()
  return { handle: '', suffix }
}

function scanShorthand(source: YamlSource): YamlTag {
  const handle = scanHandle(source)
  const rest = scanUri(source)
  if (handle.length > 1 && handle.endsWith('!')) {
    if (rest === '') throw source.fail('a tag needs a name')
    return { handle, suffix: rest }
  }
  const suffix = handle.slice(1) + rest
  return suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix }
}

function scanHandle(source: YamlSource): string {
  if (source.code() !== 0x21) throw source.fail('a tag must begin with !')
  source.skip()
  const name = source.takeWhile(isWord)
  if (source.code() !== 0x21) return `!${name}`
  source.skip()
  return `!${name}!`
}

const isUri = (code: number): boolean =>
  isWord(code) || (code !== 0 && ";/?:@&=+$,.!~*'()[]".includes(String.fromCharCode(code)))

/** Escaped characters become one character a byte: of tags only the well known are asked for. */
function scanUri(source: YamlSource): string {
  let out = ''
  for (;;) {
    out += source.takeWhile(isUri)
    if (source.code() !== 0x25) return out
    const lead = scanOctet(source)
    const size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0
    if (size === 0) throw source.fail('an escape in a tag is no UTF-8')
    out += String.fromCharCode(lead)
    for (let i = 1; i < size; i++) {
      const octet = scanOctet(source)
      if ((octet & 0xc0) !== 0x80) throw source.fail('an escape in a tag is no UTF-8')
      out += String.fromCharCode(octet)
    }
  }
}

function scanOctet(source: YamlSource): number {
  const digits = String.fromCharCode(source.code(1), source.code(2))
  if (source.code() !== 0x25 || !/^[0-9a-fA-F]{2}$/.test(digits))
    throw source.fail('an escape in a tag needs two digits')
  source.skip(3)
  return Number.parseInt(digits, 16)
}
