import { describe, expect, test } from 'vitest'
import { diffDigest } from './diff-digest.ts'
import { parseDiff, type DiffLine } from './diff-document.ts'
import { hiddenCharacters, visibleText } from './diff-hidden-characters.ts'
import { printDiff } from './diff-print.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const modified = (body: string, path = 'x.js'): string =>
  `diff --git a/${path} b/${path}\nindex ${A}..${B} 100644\n--- a/${path}\n+++ b/${path}\n${body}`

describe('a diff document', () => {
  test('numbers the lines of both sides', () => {
    const { files } = parseDiff(bytes(modified('@@ -3,3 +3,4 @@ function x() {\n one\n-two\n+TWO\n+more\n three\n')))
    expect(files).toMatchObject([{ path: 'x.js', status: 'modified', old_mode: '100644', additions: 2, deletions: 1 }])
    expect(files[0]?.hunks[0]).toMatchObject({ old_start: 3, new_lines: 4, section: 'function x() {' })
    expect(files[0]?.hunks[0]?.lines.map((l: DiffLine) => [l.kind, l.old, l.new, l.text])).toEqual([
      ['context', 3, 3, 'one'],
      ['removed', 4, null, 'two'],
      ['added', null, 4, 'TWO'],
      ['added', null, 5, 'more'],
      ['context', 5, 6, 'three'],
    ])
  })

  test('does not read the content of a hunk as headers', () => {
    const text = modified('@@ -1,2 +1,2 @@\n--- a/other\n-diff --git a/y b/y\n+++ b/other\n+@@ -1 +1 @@\n')
    const document = parseDiff(bytes(text))
    expect(document.files).toHaveLength(1)
    expect(document.files[0]?.hunks[0]?.lines.map((l) => l.text)).toEqual([
      '-- a/other',
      'diff --git a/y b/y',
      '++ b/other',
      '@@ -1 +1 @@',
    ])
    expect(printDiff(document)).toEqual(bytes(text))
  })

  test('shows bytes that are not UTF-8 escaped, with a flag, and without loss', () => {
    const raw = Uint8Array.from([...bytes(modified('@@ -1 +1 @@\n-caf')), 0xe9, 0x5c, 0x0a, ...bytes('+caf\u00e9\\\n')])
    const document = parseDiff(raw)
    expect(document.files[0]?.hunks[0]?.lines).toMatchObject([
      { text: 'caf\\xe9\\x5c', escaped: true },
      { text: 'caf\u00e9\\', escaped: false },
    ])
    expect(printDiff(document)).toEqual(raw)
  })

  test('marks lines that read differently from what runs', () => {
    const body =
      "@@ -1 +1,4 @@\n-if (level != 'user') {\n+if (level != 'user\u202e \u2066// only admins\u2069 \u2066') {\n+const\u200b x = 1\n+plain\r\n+\u001b[2Jgone\n"
    const { files, hidden_lines: count } = parseDiff(bytes(modified(body)))
    expect(count).toBe(3)
    expect(files[0]?.hunks[0]?.lines.map((l) => l.hidden.map((h) => `${h.kind} ${h.code}`))).toEqual([
      [],
      ['bidi U+202E', 'bidi U+2066', 'bidi U+2069', 'bidi U+2066'],
      ['invisible U+200B'],
      [],
      ['control U+001B'],
    ])
  })

  test('is bounded in files, lines and bytes of a line, and says what was cut', () => {
    const many = Array.from({ length: 4 }, (_, i) => modified('@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n', `${i}.js`)).join(
      '',
    )
    const document = parseDiff(bytes(many), { max_files: 2, max_lines: 4, max_line_bytes: 2 })
    expect(document).toMatchObject({ additions: 4, deletions: 4, cut: { files: 2, lines: 8 } })
    expect(document.files.map((f) => [f.hunks[0]?.lines.length, f.cut_lines])).toEqual([
      [3, 0],
      [1, 2],
    ])
    expect(document.files[0]?.hunks[0]?.lines[0]).toMatchObject({ text: 'on', cut_bytes: 1 })
    expect(printDiff(document)).toBeNull()
  })

  test('cuts a long line between characters', () => {
    const document = parseDiff(bytes(modified('@@ -1 +1 @@\n-x\n+\u00e9\u00e9\u00e9\n')), {
      max_files: 1,
      max_lines: 9,
      max_line_bytes: 3,
    })
    expect(document.files[0]?.hunks[0]?.lines[1]).toMatchObject({ text: '\u00e9', escaped: false })
  })

  test('knows binary files, added and deleted files, modes, and files without a last line feed', () => {
    const text =
      `diff --git a/a.bin b/a.bin\nnew file mode 100644\nindex ${'0'.repeat(40)}..${A}\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHcmV\n\n` +
      `diff --git a/run b/run\nold mode 100644\nnew mode 100755\n` +
      `diff --git a/gone b/gone\ndeleted file mode 100644\nindex ${A}..${'0'.repeat(40)}\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n`
    expect(parseDiff(bytes(text)).files).toMatchObject([
      { path: 'a.bin', binary: true, status: 'added', old_blob: null, new_blob: A },
      { path: 'run', old_mode: '100644', new_mode: '100755', hunks: [] },
      { path: 'gone', status: 'deleted', deletions: 1, hunks: [{ lines: [{ no_newline: true }] }] },
    ])
  })

  test.each([
    ['prose', 'hello\n'],
    ['a cut-off line', 'diff --git a/x b/x'],
    ['two different names', `diff --git a/x b/y\nindex ${A}..${B} 100644\n`],
    ['short object names', 'diff --git a/x b/x\nindex 1234567..89abcde 100644\n'],
    ['a hunk that ends early', modified('@@ -1,2 +1,2 @@\n-one\n')],
    ['a hunk with strange lines', modified('@@ -1,2 +1,2 @@\nhello\n')],
  ])('refuses %s', (_, text) => {
    expect(() => parseDiff(bytes(text))).toThrow(expect.objectContaining({ code: 'diff-malformed' }))
  })

  test('of nothing is empty', () => {
    expect(parseDiff(new Uint8Array())).toMatchObject({ files: [], additions: 0, cut: { files: 0, lines: 0 } })
  })
})

describe('hidden characters', () => {
  test('are shown by name, also to a terminal', () => {
    expect(visibleText('a\u202eb\u001b[31m\u{e0061}')).toBe('a<U+202E>b<U+001B>[31m<U+E0061>')
  })

  test('do not include tabs, emoji and the return of a CRLF line', () => {
    expect(hiddenCharacters('\tfamily: \u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f\r')).toEqual([])
    expect(hiddenCharacters('a\rb')).toMatchObject([{ kind: 'control', code: 'U+000D' }])
    expect(hiddenCharacters('user\u200dname')).toMatchObject([{ kind: 'invisible', at: 4 }])
  })
})

test('the digest of a diff is that of its bytes', () => {
  expect(diffDigest(bytes('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(diffDigest(bytes('abd'))).not.toBe(diffDigest(bytes('abc')))
})
