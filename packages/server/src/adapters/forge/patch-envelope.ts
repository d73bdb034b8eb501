import type { PatchClaims } from './forge.ts'

/** What a patch's text says, before git is asked. Pure. Advice for good refusals only: the resulting tree is what is judged. */

export interface PatchFile {
  /** As bytes in latin1, before the prefix is taken off; null for /dev/null or where unsaid. */
  old_path: string | null
  new_path: string | null
  modes: string[]
  binary: 'no' | 'data' | 'no-data'
  /** Bytes that a binary part says it unpacks to. */
  largest_part: number
  /** Line of the header in the patch, from 1. */
  line: number
}

export interface PatchEnvelope {
  files: PatchFile[]
  /** How many leading parts of a path are prefix: `-p1` or `-p0`. */
  strip: 0 | 1
  claimed: PatchClaims
}

export type EnvelopeResult = { ok: true; value: PatchEnvelope } | { ok: false; detail: string; line: number | null }

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/

/** Reads the headers of `git diff`, `git format-patch` and plain unified diffs. Hunks are walked by their counts, so their content is never read as headers. */
export function readEnvelope(patch: Uint8Array): EnvelopeResult {
  const lines = Buffer.from(patch.buffer, patch.byteOffset, patch.byteLength).toString('latin1').split('\n')
  const files: PatchFile[] = []
  let firstHeader = lines.length
  let i = 0
  while (i < lines.length) {
    const line = lines[i] as string
    const isGit = line.startsWith('diff --git ')
    const isPlain = line.startsWith('--- ') && (lines[i + 1] ?? '').startsWith('+++ ') && HUNK.test(lines[i + 2] ?? '')
    if (HUNK.test(line)) return malformed('a hunk stands before any file header', i)
    if (!isGit && !isPlain) {
      i += 1
      continue
    }
    firstHeader = Math.min(firstHeader, i)
    const file: PatchFile = { old_path: null, new_path: null, modes: [], binary: 'no', largest_part: 0, line: i + 1 }
    files.push(file)
    if (isGit) {
      const names = gitHeaderPaths(line.slice('diff --git '.length))
      file.old_path = names?.[0] ?? null
      file.new_path = names?.[1] ?? null
      i = readExtendedHeader(lines, i + 1, file)
    } else {
      readNames(lines, i, file)
      i += 2
    }
    const end = skipHunks(lines, i)
    if (!end.ok) return malformed(end.detail, end.at)
    i = end.at
  }
  if (files.length === 0) return { ok: false, detail: noFilesDetail(lines), line: null }
  return { ok: true, value: { files, strip: stripOf(files), claimed: readClaims(lines.slice(0, firstHeader)) } }
}

function malformed(detail: string, at: number): EnvelopeResult {
  return { ok: false, detail: `${detail} (line ${at + 1} of the patch)`, line: at + 1 }
}

function noFilesDetail(lines: readonly string[]): string {
  const encoded = lines.some((l) => /^content-transfer-encoding:\s*(base64|quoted-printable)/i.test(l))
  return encoded
    ? 'the patch is an encoded mail: save it plain, for one with `git format-patch --stdout`'
    : 'there is no file header ("diff --git", or "---" and "+++") in it: send what `git diff` or `git format-patch --stdout` prints'
}

/** From the line after `diff --git` to the first hunk or the next file. Returns where it stopped. */
function readExtendedHeader(lines: readonly string[], from: number, file: PatchFile): number {
  for (let i = from; i < lines.length; i += 1) {
    const line = (lines[i] as string).replace(/\r$/, '')
    const mode =
      /^(?:old mode|new mode|deleted file mode|new file mode) (\d+)$/.exec(line) ??
      /^index [0-9a-f]+\.\.[0-9a-f]+ (\d+)$/.exec(line)
    const renamed = /^(?:rename|copy) (from|to) (.+)$/.exec(line)
    if (mode !== null) file.modes.push(mode[1] as string)
    else if (renamed !== null) {
      const name = unquote(renamed[2] as string)
      if (renamed[1] === 'from') file.old_path = `a/${name}`
      else file.new_path = `b/${name}`
    } else if (line.startsWith('--- ') && (lines[i + 1] ?? '').startsWith('+++ ')) {
      readNames(lines, i, file)
      return i + 2
    } else if (line === 'GIT binary patch') {
      file.binary = 'data'
      return readBinaryParts(lines, i + 1, file)
    } else if (/^Binary files .* differ$/.test(line)) {
      file.binary = 'no-data'
      return i + 1
    } else if (!/^(index |similarity index |dissimilarity index )/.test(line)) return i
  }
  return lines.length
}

function readBinaryParts(lines: readonly string[], from: number, file: PatchFile): number {
  let i = from
  for (;;) {
    const size = /^(?:literal|delta) (\d{1,15})\r?$/.exec(lines[i] ?? '')
    if (size === null) return i
    file.largest_part = Math.max(file.largest_part, Number(size[1]))
    i += 1
    while (i < lines.length && /^[A-Za-z]\S/.test(lines[i] as string)) i += 1
    while (i < lines.length && (lines[i] as string).trim() === '') i += 1
  }
}

function readNames(lines: readonly string[], at: number, file: PatchFile): void {
  const nameOf = (line: string): string | null => {
    const name = unquote(line.slice(4).replace(/\r$/, '').replace(/\t.*$/, ''))
    return name === '/dev/null' ? null : name
  }
  file.old_path = nameOf(lines[at] as string)
  file.new_path = nameOf(lines[at + 1] as string)
}

type Skipped = { ok: true; at: number } | { ok: false; detail: string; at: number }

function skipHunks(lines: readonly string[], from: number): Skipped {
  let i = from
  for (;;) {
    const hunk = HUNK.exec(lines[i] ?? '')
    if (hunk === null) return { ok: true, at: i }
    const start = i
    let before = Number(hunk[1] ?? 1)
    let after = Number(hunk[2] ?? 1)
    i += 1
    while (before > 0 || after > 0) {
      const line = lines[i]
      // The text after the last line feed is not a line.
      if (line === undefined || (line === '' && i === lines.length - 1)) {
        return { ok: false, detail: `the hunk of line ${start + 1} is cut off`, at: i }
      }
      const sign = line === '' || line === '\r' ? ' ' : (line[0] as string)
      if (sign === ' ' || sign === '-') before -= 1
      if (sign === ' ' || sign === '+') after -= 1
      if (!' +-\\'.includes(sign) || before < 0 || after < 0) {
        return { ok: false, detail: `the hunk of line ${start + 1} does not have the lines its header says`, at: i }
      }
      i += 1
    }
    while ((lines[i] ?? '').startsWith('\\')) i += 1
  }
}

/** The two names of a `diff --git` line, or null where only the following lines can say. */
function gitHeaderPaths(rest: string): [string, string] | null {
  const text = rest.replace(/\r$/, '')
  if (text.includes('"')) {
    const names = text.match(/"(?:[^"\\]|\\.)*"|\S+/g)
    const [before, after] = names ?? []
    return names?.length === 2 && before !== undefined && after !== undefined ? [unquote(before), unquote(after)] : null
  }
  // Unquoted names may hold blanks, but both are the same behind their prefix: so the blank between them is in the middle.
  const middle = (text.length - 1) / 2
  if (text[middle] === ' ') return [text.slice(0, middle), text.slice(middle + 1)]
  const words = text.split(' ')
  return words.length === 2 ? [words[0] as string, words[1] as string] : null
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
}

/** Takes git's C-style quotes off: the result is bytes as latin1. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"') || name.length < 2) return name
  return name
    .slice(1, -1)
    .replace(/\\([0-3][0-7]{2}|.)/g, (_, e: string) =>
      e.length === 3 ? String.fromCharCode(Number.parseInt(e, 8)) : (ESCAPES[e] ?? e),
    )
}

/** Both sides without a prefix (`git diff --no-prefix`, `svn diff`) need -p0; everything else is -p1. */
function stripOf(files: readonly PatchFile[]): 0 | 1 {
  const bare = files.every((f) => {
    const both = f.old_path !== null && f.new_path !== null
    const prefixed = [f.old_path, f.new_path].some((p) => p !== null && /^[abciow12]\//.test(p))
    return !prefixed && (!both || f.old_path === f.new_path)
  })
  return bare ? 0 : 1
}

export function stripPath(path: string, strip: 0 | 1): string {
  return strip === 0 ? path : path.slice(path.indexOf('/') + 1)
}

function readClaims(head: readonly string[]): PatchClaims {
  const text = head.slice(0, 500).map((l) => Buffer.from(l, 'latin1').toString('utf8').trimEnd().slice(0, 300))
  const header = (key: string): string | null => {
    const at = text.findIndex((l) => l.toLowerCase().startsWith(`${key}:`))
    return at < 0 ? null : (text[at] as string).slice(key.length + 1).trim()
  }
  const trailers = text.flatMap((l) => {
    const found = /^([A-Z][A-Za-z]*(?:-[A-Za-z]+)*-[Bb]y|Change-Id|Fixes|Refs): (.+)$/.exec(l)
    return found === null ? [] : [{ key: found[1] as string, value: found[2] as string }]
  })
  return { author: header('from'), subject: header('subject'), trailers: trailers.slice(0, 20) }
}
