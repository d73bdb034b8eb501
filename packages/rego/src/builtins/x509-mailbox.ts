/** A mailbox (RFC 2821, 4.1.2), as certificates name people. */
export interface Mailbox {
  readonly local: string
  readonly domain: string
}

const QUOTED =
  // oxlint-disable-next-line no-control-regex -- RFC 2821 takes control characters between quotes
  /^"((?:[\u0001-\u0008\u000b\u000c\u000e-\u0021\u0023-\u005b\u005d-\u007f]|\\[\u0001-\u0009\u000b\u000c\u000e-\u007f])*)"@/
const ATOMS = /^((?:[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~.]|\\[^])+)@/

/** A domain of labels, none of them empty; or nothing at all. */
function isDomain(text: string): boolean {
  return text === '' || text.split('.').every((label) => /^[!-~]+$/.test(label))
}

/** Undefined where the text is no mailbox. Spaces are taken between quotes, and a backslash outside of them. */
export function readMailbox(text: string): Mailbox | undefined {
  const quoted = text.startsWith('"')
  const [whole = '', written = ''] = (quoted ? QUOTED : ATOMS).exec(text) ?? []
  if (whole === '') return undefined
  const local = written.replaceAll(/\\([^])/g, '$1')
  const domain = text.slice(whole.length)
  if (!quoted && (local.startsWith('.') || local.endsWith('.') || local.includes('..'))) return undefined
  return isDomain(domain) ? { local, domain } : undefined
}
