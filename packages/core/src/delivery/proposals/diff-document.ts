import { hiddenCharacters, type HiddenCharacter } from './diff-hidden-characters.ts'
import { decodeText, unquotePath, type DecodedText } from './diff-text.ts'

export interface DiffLine {
  kind: 'context' | 'added' | 'removed'
  /** Line numbers from 1; null on the side where the line is not. */
  old: number | null
  new: number | null
  text: string
  /** The bytes are not UTF-8: they stand as `\xNN`, and the backslash as `\x5c`. */
  escaped: boolean
  hidden: HiddenCharacter[]
  /** The file ends here without a line feed. */
  no_newline: boolean
  /** Bytes of a long line that are not shown. */
  cut_bytes: number
}

export interface DiffHunk {
  old_start: number
  old_lines: number
  new_start: number
  new_lines: number
  /** What git found above the hunk, for orientation. */
  section: string
  section_escaped: boolean
  lines: DiffLine[]
}

export interface DiffFile {
  path: string
  path_escaped: boolean
  path_hidden: HiddenCharacter[]
  status: 'added' | 'modified' | 'deleted'
  old_mode: string | null
  new_mode: string | null
  old_blob: string | null
  new_blob: string | null
  binary: boolean
  /** Lines of the whole file, also of those not shown. */
  additions: number
  deletions: number
  /** Lines with hidden characters of the whole file. */
  hidden_lines: number
  hunks: DiffHunk[]
  /** Lines of this file that are not shown. */
  cut_lines: number
}

export interface DiffDocument {
  files: DiffFile[]
  additions: number
  deletions: number
  hidden_lines: number
  /** What limits kept out: the screen has to say so. */
  cut: { files: number; lines: number }
}

export interface DiffLimits {
  max_files: number
  max_lines: number
  max_line_bytes: number
}

export const DEFAULT_DIFF_LIMITS: DiffLimits = { max_files: 1_000, max_lines: 20_000, max_line_bytes: 4_096 }

/** Not bytes that our forge makes: another program's diff, or damaged. `offset` is the byte where reading stopped. */
export class DiffFormatError extends Error {
  readonly code = 'diff-malformed'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`)
    this.name = 'DiffFormatError'
    this.offset = offset
  }
}

const LF = 0x0a
const KINDS: Readonly<Record<number, DiffLine['kind']>> = { 0x20: 'context', 0x2b: 'added', 0x2d: 'removed' }

/**
 * Reads the bytes of the forge's own diff (`git diff-tree -p --full-index --binary --no-renames`) into a document for
 * screens. Counts cover everything; what is listed is bounded by `limits`. Throws DiffFormatError for other bytes.
 */
export function parseDiff(bytes: Uint8Array, limits: DiffLimits = DEFAULT_DIFF_LIMITS): DiffDocument {
  const reader = new Reader(bytes)
  const document: DiffDocument = { files: [], additions: 0, deletions: 0, hidden_lines: 0, cut: { files: 0, lines: 0 } }
  let room = limits.max_lines
  while (!reader.done()) {
    const file = readFileHeader(reader)
    const shown = document.files.length < limits.max_files
    if (file.binary) skipBinary(reader)
    else room -= readHunks(reader, file, shown ? room : 0, limits.max_line_bytes)
    document.additions += file.additions
    document.deletions += file.deletions
    document.hidden_lines += file.hidden_lines
    document.cut.lines += file.cut_lines
    if (shown) document.files.push(file)
    else document.cut.files += 1
  }
  return document
}

/** Lines of bytes, one by one, without their line feeds. */
class Reader {
  at = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  done(): boolean {
    return this.at >= this.bytes.length
  }

  peekByte(): number | undefined {
    return this.bytes[this.at]
  }

  line(): Uint8Array {
    const found = this.bytes.indexOf(LF, this.at)
    if (found < 0) this.fail('the last line is cut off')
    const line = this.bytes.subarray(this.at, found)
    this.at = found + 1
    return line
  }

  /** The next line, taken only if it starts so; what follows the start. */
  takeDecoded(start: string): DecodedText | null {
    for (let i = 0; i < start.length; i += 1) if (this.bytes[this.at + i] !== start.charCodeAt(i)) return null
    const { text, escaped } = decodeText(this.line())
    return { text: text.slice(start.length), escaped }
  }

  take(start: string): string | null {
    return this.takeDecoded(start)?.text ?? null
  }

  fail(message: string): never {
    throw new DiffFormatError(message, this.at)
  }
}

function readFileHeader(reader: Reader): DiffFile {
  const names = reader.take('diff --git ') ?? reader.fail('a file should start with "diff --git"')
  const path = pathOf(names) ?? reader.fail('the two names of a file should be the same')
  const oldMode = reader.take('old mode ')
  const changedMode = reader.take('new mode ')
  const addedMode = reader.take('new file mode ')
  const deletedMode = reader.take('deleted file mode ')
  const index = reader.take('index ')
  const blobs = index === null ? null : /^([0-9a-f]{40,64})\.\.([0-9a-f]{40,64})(?: (\d{6}))?$/.exec(index)
  if (index !== null && blobs === null) reader.fail('object names should be full')
  if (reader.take('--- ') !== null && reader.take('+++ ') === null) reader.fail('"---" should be followed by "+++"')
  const present = (blob: string | undefined): string | null => (blob === undefined || /^0+$/.test(blob) ? null : blob)
  return {
    path: path.text,
    path_escaped: path.escaped,
    path_hidden: hiddenCharacters(path.text),
    status: addedMode === null ? (deletedMode === null ? 'modified' : 'deleted') : 'added',
    old_mode: oldMode ?? deletedMode ?? blobs?.[3] ?? null,
    new_mode: changedMode ?? addedMode ?? blobs?.[3] ?? null,
    old_blob: present(blobs?.[1]),
    new_blob: present(blobs?.[2]),
    binary: reader.take('GIT binary patch') !== null,
    additions: 0,
    deletions: 0,
    hidden_lines: 0,
    hunks: [],
    cut_lines: 0,
  }
}

/** Both names are the same behind `a/` and `b/`, so half of the line is the path, quoted or not. */
function pathOf(names: string): ReturnType<typeof unquotePath> | null {
  const half = (names.length - 1) / 2
  const [before, after] = [names.slice(0, half), names.slice(half + 1)]
  const plain = (name: string): string => (name.startsWith('"') ? `"${name.slice(3)}` : name.slice(2))
  if (names[half] !== ' ' || plain(before) !== plain(after)) return null
  return unquotePath(plain(before))
}

function skipBinary(reader: Reader): void {
  for (const _ of ['new', 'old']) {
    const size = reader.take('literal ') ?? reader.take('delta ')
    if (size === null) reader.fail('a binary file should say its size')
    while (reader.line().length > 0) if (reader.done()) reader.fail('a binary file is cut off')
  }
}

/** Returns how many lines were listed. */
function readHunks(reader: Reader, file: DiffFile, room: number, maxLineBytes: number): number {
  let listed = 0
  for (let head = reader.takeDecoded('@@ -'); head !== null; head = reader.takeDecoded('@@ -')) {
    const found =
      /^(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?/.exec(head.text) ?? reader.fail('a hunk should say its lines')
    const [whole, oldStart = '0', oldLines = '1', newStart = '0', newLines = '1'] = found
    const hunk: DiffHunk = {
      old_start: Number(oldStart),
      old_lines: Number(oldLines),
      new_start: Number(newStart),
      new_lines: Number(newLines),
      section: head.text.slice(whole.length),
      // Git cuts this text after 80 bytes, sometimes inside a character.
      section_escaped: head.escaped,
      lines: [],
    }
    listed += readHunk(reader, file, hunk, room - listed, maxLineBytes)
    if (hunk.lines.length > 0) file.hunks.push(hunk)
  }
  return listed
}

function readHunk(reader: Reader, file: DiffFile, hunk: DiffHunk, room: number, maxLineBytes: number): number {
  let [oldAt, newAt] = [hunk.old_start, hunk.new_start]
  const [oldEnd, newEnd] = [oldAt + hunk.old_lines, newAt + hunk.new_lines]
  while (oldAt < oldEnd || newAt < newEnd) {
    const kind = KINDS[reader.peekByte() ?? 0] ?? reader.fail('a hunk has fewer lines than it says')
    const raw = reader.line().subarray(1)
    const decoded = decodeText(raw)
    const hidden = hiddenCharacters(decoded.text)
    const noNewline = reader.take('\\ ') !== null
    if (hidden.length > 0) file.hidden_lines += 1
    if (kind === 'added') file.additions += 1
    if (kind === 'removed') file.deletions += 1
    if (hunk.lines.length < room) {
      const cut = raw.length > maxLineBytes ? decodeText(wholeCharacters(raw, maxLineBytes, decoded.escaped)) : decoded
      hunk.lines.push({
        kind,
        old: kind === 'added' ? null : oldAt,
        new: kind === 'removed' ? null : newAt,
        ...cut,
        hidden,
        no_newline: noNewline,
        cut_bytes: Math.max(0, raw.length - maxLineBytes),
      })
    } else file.cut_lines += 1
    if (kind !== 'added') oldAt += 1
    if (kind !== 'removed') newAt += 1
  }
  return hunk.lines.length
}

/** The first bytes of a line, not ending inside a UTF-8 character. */
function wholeCharacters(bytes: Uint8Array, count: number, escaped: boolean): Uint8Array {
  if (escaped) return bytes.subarray(0, count)
  let end = count
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}
