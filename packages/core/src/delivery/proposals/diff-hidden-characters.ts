/**
 * Characters that make a line read differently from what a compiler sees (CVE-2021-42574, "Trojan Source", and the
 * invisible code points used since), or that would act on a terminal.
 */
export interface HiddenCharacter {
  kind: 'bidi' | 'invisible' | 'control'
  /** `U+202E`. */
  code: string
  /** Its place in the text, in UTF-16 units from 0. */
  at: number
}

/** At most so many are listed of one line: one is enough to look. */
const MAX_LISTED = 20

type Range = readonly [first: number, last: number]

const BIDI: readonly Range[] = [
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
]
const INVISIBLE: readonly Range[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200d],
  [0x2028, 0x2029],
  [0x2060, 0x2065],
  [0x206a, 0x206f],
  [0x3164, 0x3164],
  // Not U+FE0F: it only asks for the coloured form of an emoji.
  [0xfe00, 0xfe0e],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
]

function within(code: number, ranges: readonly Range[]): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last)
}

function kindOf(code: number): HiddenCharacter['kind'] | null {
  if (code === 0x09) return null
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return 'control'
  if (within(code, BIDI)) return 'bidi'
  return within(code, INVISIBLE) ? 'invisible' : null
}

function name(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** What is hidden in a line. A carriage return at its very end is a line end and not listed; a joiner inside an emoji neither. */
export function hiddenCharacters(text: string): HiddenCharacter[] {
  // Nearly every line is plain ASCII, and is done with here.
  if (!/[^\t -~]/.test(text)) return []
  const found: HiddenCharacter[] = []
  for (let at = 0; at < text.length && found.length < MAX_LISTED;) {
    const code = text.codePointAt(at) as number
    const width = code > 0xffff ? 2 : 1
    const kind = kindOf(code)
    const lineEnd = code === 0x0d && at === text.length - 1
    if (kind !== null && !lineEnd && !(code === 0x200d && joinsEmoji(text, at)))
      found.push({ kind, code: name(code), at })
    at += width
  }
  return found
}

function joinsEmoji(text: string, at: number): boolean {
  return (
    /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u.test(text.slice(Math.max(0, at - 2), at)) &&
    /^\p{Extended_Pictographic}/u.test(text.slice(at + 1, at + 3))
  )
}

/** The text with every hidden character as `<U+202E>`: safe to show on a screen and to print on a terminal. */
export function visibleText(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) as number
    return kindOf(code) === null ? char : `<${name(code)}>`
  }).join('')
}
