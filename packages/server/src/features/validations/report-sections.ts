/**
 * Whether a report (XML, UTF-8, a stranger's) opens a CDATA section or a comment that it does not end. Such a report is malformed, and readers
 * that look for the end from each opening anew would take quadratic time over it. Linear. Pure.
 */
export function hasUnendedSection(bytes: Buffer): boolean {
  const xml = bytes.toString('latin1')
  for (let at = xml.indexOf('<!'); at >= 0; at = xml.indexOf('<!', at)) {
    const open = SECTIONS.find(({ begin }) => xml.startsWith(begin, at))
    if (!open) {
      at += 2
      continue
    }
    const end = xml.indexOf(open.end, at + open.begin.length)
    if (end < 0) return true
    at = end + open.end.length
  }
  return false
}

const SECTIONS = [
  { begin: '<![CDATA[', end: ']]>' },
  { begin: '<!--', end: '-->' },
] as const
