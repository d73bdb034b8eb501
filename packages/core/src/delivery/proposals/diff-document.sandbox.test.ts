import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDiff } from './diff-document.ts'
import { printDiff } from './diff-print.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-diff-'))
  git(['init', '-q', '--bare', '.'])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function git(args: string[], input?: Uint8Array): Buffer {
  return execFileSync('git', args, {
    cwd: folder,
    input,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

type Files = Record<string, { mode: string; content: Buffer }>

/** Two commits from one stream: no file of the host is involved, so every byte may stand in paths and contents. */
function commits(before: Files, after: Files): void {
  const parts: Buffer[] = []
  for (const [ref, files] of [
    ['a', before],
    ['b', after],
  ] as const) {
    parts.push(
      Buffer.from(
        `reset refs/heads/${ref}\ncommit refs/heads/${ref}\ncommitter x <x@example.org> 0 +0000\ndata 0\ndeleteall\n`,
      ),
    )
    for (const [name, file] of Object.entries(files)) {
      const quoted = name.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')
      parts.push(
        Buffer.from(`M ${file.mode} inline "${quoted}"\ndata ${file.content.length}\n`),
        file.content,
        Buffer.from('\n'),
      )
    }
  }
  git(['fast-import', '--quiet', '--force'], Buffer.concat(parts))
}

const word = fc.constantFrom(
  'one',
  'two',
  'diff --git a/x b/x',
  '--- a/x',
  '+++ b/x',
  '@@ -1 +1 @@',
  '\\ No newline at end of file',
  '',
  '\u00e9',
  '\u202e',
  'function f() {',
  '\\x41',
  'a\rb',
)
const line = fc.oneof(
  { weight: 8, arbitrary: word.map((w) => Buffer.from(w)) },
  // Bytes that are no UTF-8, but neither NUL (binary) nor a line feed.
  { weight: 1, arbitrary: fc.uint8Array({ min: 11, max: 255, maxLength: 6 }).map((b) => Buffer.from(b)) },
)
const content = fc
  .tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom('', '\n'), fc.constantFrom('\n', '\r\n'))
  .map(([lines, last, end]) =>
    Buffer.concat(lines.flatMap((l, i) => [l, Buffer.from(i < lines.length - 1 ? end : last)])),
  )
const name = fc.constantFrom(
  'a.js',
  'b c.js',
  'd/e.js',
  'd/\u00e9.js',
  'quo"te',
  'back\\slash',
  'tab\there',
  'new\nline',
  'new line\u202e',
)
const files = fc.dictionary(name, fc.record({ mode: fc.constantFrom('100644', '100755'), content }), {
  maxKeys: 4,
  noNullPrototype: true,
})

test('what is read from the diff of two trees prints back to the same bytes, with git’s own counts', () => {
  fc.assert(
    fc.property(files, files, (before, after) => {
      commits(before, after)
      const flags = ['diff-tree', '-r', '--no-renames', '--full-index', '--no-color']
      const bytes = git([...flags, '-p', '-U3', '--binary', 'a', 'b'])
      const document = parseDiff(bytes)
      expect(document.files.some((f) => f.binary)).toBe(false)
      expect(Buffer.from(printDiff(document) ?? []).toString('latin1')).toBe(bytes.toString('latin1'))
      const numbers = git([...flags, '--numstat', 'a', 'b'])
        .toString('latin1')
        .split('\n')
        .filter((l) => l !== '')
      expect(document.files.map((f) => `${f.additions}\t${f.deletions}`)).toEqual(
        numbers.map((l) => l.split('\t').slice(0, 2).join('\t')),
      )
    }),
    { numRuns: 80 },
  )
})
