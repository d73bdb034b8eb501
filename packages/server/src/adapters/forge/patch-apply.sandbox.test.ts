import { readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ID, makeStartedBench, type Bench } from './forge-bench.ts'
import { hasUnprintable, unsafePath } from './path-rules.ts'

let bench: Bench
let base: string

const lines = (n: number): string => Array.from({ length: n }, (_, i) => `line ${i + 1}\n`).join('')

beforeAll(async () => {
  const started = await makeStartedBench({
    'a.txt': lines(20),
    'crlf.txt': 'one\r\ntwo\r\nthree\r\n',
    'deep/b.txt': lines(5),
    'seed.bin': crypto.getRandomValues(new Uint8Array(40_000)),
    'image.bin': new Uint8Array([0, 1, 2, 3, 255, 254]),
    '.gitattributes': '*.txt -diff eol=crlf\n',
    // So that the bytes above are committed as they stand, against the wish of .gitattributes.
    '.git/info/attributes': '* -text\n',
  })
  ;({ bench, base } = started)
})
afterAll(() => bench.close())

/** What plain git says the working tree's change is; the working tree is put back afterwards. */
function patchOf(change: () => void, args: string[] = ['--text']): Uint8Array {
  change()
  bench.git(['add', '-A'])
  const patch = bench.git(['-c', 'core.attributesFile=/dev/null', 'diff', '--cached', '--binary', ...args, base])
  bench.git(['reset', '-q', '--hard', base])
  return patch
}
const apply = (patch: string | Uint8Array, extra = {}) =>
  bench.forge.applyPatch(ID, { base, patch: typeof patch === 'string' ? Buffer.from(patch) : patch, ...extra })
const looseObjects = (): string[] =>
  readdirSync(path.join(bench.forge.repositoryFolder(ID), 'objects'), { recursive: true })
    .map(String)
    .filter((f) => /^..\/.{38}$/.test(f))

describe('a patch that fits', () => {
  test('gives the tree that git itself would have committed, and the files with their counts', async () => {
    bench.write('a.txt', lines(20).replace('line 3\n', 'LINE 3\n'))
    bench.write('new.txt', 'new\n')
    bench.git(['rm', '-q', 'deep/b.txt'])
    bench.git(['add', '-A'])
    const tree = bench.git(['write-tree']).toString().trim()
    const patch = bench.git(['diff', '--cached', '--text', base])
    bench.git(['reset', '-q', '--hard', base])
    const result = await apply(patch)
    if (!result.ok) throw new Error(result.detail)
    expect(result.value.result_tree).toBe(tree)
    expect(result.value.diff.files.map((f) => [f.path, f.status, f.binary, f.additions, f.deletions])).toEqual([
      ['a.txt', 'modified', false, 1, 1],
      ['deep/b.txt', 'deleted', false, 0, 5],
      ['new.txt', 'added', false, 1, 0],
    ])
    expect((await bench.forge.diffTrees(ID, base, tree)).bytes).toEqual(result.value.diff.bytes)
  })

  test('changes a CRLF file byte for byte, also where attributes ask for conversion', async () => {
    const result = await apply(patchOf(() => bench.write('crlf.txt', 'one\r\nTWO\r\nthree\r\n')))
    if (!result.ok) throw new Error(result.detail)
    const read = await bench.forge.readFile(ID, result.value.result_tree, 'crlf.txt', 1000)
    expect(read.ok && Buffer.from(read.value).toString()).toBe('one\r\nTWO\r\nthree\r\n')
  })

  test('carries binary bytes, which are marked as binary', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(3000))
    const result = await apply(patchOf(() => bench.write('image.bin', bytes)))
    if (!result.ok) throw new Error(result.detail)
    expect(result.value.diff.files).toMatchObject([{ path: 'image.bin', binary: true, additions: null }])
    const read = await bench.forge.readFile(ID, result.value.result_tree, 'image.bin', 5000)
    expect(read.ok && Buffer.from(read.value).equals(Buffer.from(bytes))).toBe(true)
  })

  test('is read from format-patch mail, whose author and trailers stay mere claims', async () => {
    bench.write('a.txt', lines(21))
    bench.commit('add a line\n\nSigned-off-by: Grace <grace@example.org>\nCo-authored-by: Eve <eve@example.org>')
    const mail = bench.git(['format-patch', '-1', '--stdout', '--text'])
    bench.git(['reset', '-q', '--hard', base])
    const result = await apply(mail)
    expect(result).toMatchObject({
      ok: true,
      value: {
        claimed: {
          author: 'Ada <ada@example.org>',
          subject: '[PATCH] add a line',
          trailers: [{ key: 'Signed-off-by' }, { key: 'Co-authored-by', value: 'Eve <eve@example.org>' }],
        },
      },
    })
  })

  test('may be a plain unified diff, with dates, and without prefixes', async () => {
    const body = '@@ -1,3 +1,3 @@\n-line 1\n+LINE 1\n line 2\n line 3\n'
    for (const head of [
      '--- a/deep/b.txt\t2026-01-01 00:00:00\n+++ b/deep/b.txt\t2026-01-01 00:00:01\n',
      '--- deep/b.txt\n+++ deep/b.txt\n',
      '--- old/deep/b.txt\n+++ new/deep/b.txt\n',
    ]) {
      expect(await apply(head + body)).toMatchObject({
        ok: true,
        value: { diff: { files: [{ path: 'deep/b.txt' }] } },
      })
    }
  })

  test('may rename, which is shown as what it does: one file gone, one new', async () => {
    const result = await apply(patchOf(() => bench.git(['mv', 'a.txt', 'b c.txt']), ['-M']))
    expect(result.ok && result.value.diff.files.map((f) => `${f.status} ${f.path}`)).toEqual([
      'deleted a.txt',
      'added b c.txt',
    ])
  })

  test('may add a link that stays inside', async () => {
    expect(await apply(patchOf(() => bench.link('deep/up', '../a.txt')))).toMatchObject({ ok: true })
  })

  test('is shown in full although an attribute of the tree says its files have no diff', async () => {
    const result = await apply(patchOf(() => bench.write('a.txt', lines(19))))
    expect(result.ok && Buffer.from(result.value.diff.bytes).toString()).toContain('\n-line 20\n')
  })
})

const file = (name: string, mode = '100644', body = 'x'): string =>
  `diff --git a/${name} b/${name}\nnew file mode ${mode}\nindex 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+${body}\n\\ No newline at end of file\n`
const quoted = (escaped: string): string =>
  `diff --git "a/${escaped}" "b/${escaped}"\nnew file mode 100644\n--- /dev/null\n+++ "b/${escaped}"\n@@ -0,0 +1 @@\n+x\n`

test('a damaged patch is refused, or gives a tree that keeps every rule', async () => {
  const whole = patchOf(() => {
    bench.write('a.txt', lines(20).replace('line 3\n', 'LINE 3\n'))
    bench.write('deep/new.txt', 'new\n')
    bench.link('deep/up', '../a.txt')
    bench.write('image.bin', new Uint8Array([0, 9, 9]))
  })
  const edit = fc.record({
    at: fc.nat(whole.length),
    drop: fc.nat(12),
    put: fc.constantFrom(
      '',
      '\n',
      '..',
      '/',
      '.git/',
      '160000',
      '104755',
      '120000',
      '\r',
      '\u0000',
      '"',
      '\\',
      'é',
      '@@ -1 +1 @@\n',
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      let patch = Buffer.from(whole)
      for (const { at, drop, put } of edits)
        patch = Buffer.concat([patch.subarray(0, at), Buffer.from(put), patch.subarray(at + drop)])
      const result = await apply(patch)
      if (!result.ok) {
        expect(result.detail).not.toBe('')
        return
      }
      for (const f of result.value.diff.files) {
        expect([f.path, unsafePath(f.path), hasUnprintable(f.path), f.utf8]).toEqual([f.path, null, false, true])
        expect([null, '100644', '100755', '120000']).toContain(f.new_mode)
      }
    }),
    { numRuns: 60 },
  )
})

describe('a patch is refused', () => {
  const cases: [string, string, string][] = [
    ['when it is empty', '', 'patch-empty'],
    ['when it is blank', ' \n\r\n\t', 'patch-empty'],
    ['when it is prose', 'please merge my change\n', 'patch-malformed'],
    ['when it is a hunk without a file', '@@ -1 +1 @@\n-a\n+b\n', 'patch-malformed'],
    ['when a hunk is cut off', '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n-line 1\n', 'patch-malformed'],
    [
      'when a hunk has other lines than it says',
      '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-line 1\nhello\n',
      'patch-malformed',
    ],
    [
      'when its context differs',
      '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-line X\n+LINE\n line 2\n',
      'patch-does-not-apply',
    ],
    ['when its file is not there', '--- a/no.txt\n+++ b/no.txt\n@@ -1 +1 @@\n-a\n+b\n', 'patch-does-not-apply'],
    ['when it adds a file that is there', file('a.txt'), 'patch-does-not-apply'],
    [
      'when a binary change has no bytes',
      'diff --git a/image.bin b/image.bin\nindex 1111111..2222222 100644\nBinary files a/image.bin and b/image.bin differ\n',
      'patch-binary-without-data',
    ],
    ['when a path goes up', file('../evil'), 'patch-path-unsafe'],
    ['when a path goes up in the middle', file('deep/../../evil'), 'patch-path-unsafe'],
    ['when a path is absolute', '--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n', 'patch-path-unsafe'],
    ['when a path is absolute behind its prefix', file('/etc/passwd'), 'patch-path-unsafe'],
    ['when it writes .git', file('.git/config'), 'patch-path-unsafe'],
    ['when it writes .GIT', file('deep/.GIT/hooks/post-checkout'), 'patch-path-unsafe'],
    ['when it writes git~1', file('git~1/config'), 'patch-path-unsafe'],
    ['when it writes ".git "', file('.git /config'), 'patch-path-unsafe'],
    ['when it writes .git::$INDEX_ALLOCATION', file('.git::$INDEX_ALLOCATION/config'), 'patch-path-unsafe'],
    ['when it writes .g<ZWNJ>it', quoted('.g\\342\\200\\214it/config'), 'path-not-utf8'],
    ['when a path has a backslash', quoted('a\\\\..\\\\b'), 'patch-path-unsafe'],
    ['when a path is not UTF-8', quoted('caf\\351.txt'), 'path-not-utf8'],
    ['when a path has a newline', quoted('a\\nb'), 'path-not-utf8'],
    ['when a path turns text around', quoted('a\\342\\200\\256txt.exe'), 'path-not-utf8'],
    ['when a link is absolute', file('l', '120000', '/etc/passwd'), 'patch-symlink-unsafe'],
    ['when a link leaves the repository', file('deep/l', '120000', '../../x'), 'patch-symlink-unsafe'],
    ['when a link goes up after going down', file('deep/l', '120000', 'x/../b.txt'), 'patch-symlink-unsafe'],
    ['when a link points into .git', file('l', '120000', '.git/config'), 'patch-symlink-unsafe'],
    [
      'when it adds a submodule',
      `diff --git a/sub b/sub\nnew file mode 160000\nindex 0000000..1111111\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit ${'1'.repeat(40)}\n`,
      'patch-submodule',
    ],
    ['when a mode is setuid', file('tool', '104755'), 'patch-mode-not-allowed'],
    [
      'when a mode changes to a folder',
      'diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 040000\n',
      'patch-mode-not-allowed',
    ],
    ['when it changes nothing', '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-line 1\n+line 1\n line 2\n', 'diff-empty'],
  ]
  test.each(cases)('%s', async (_, patch, code) => {
    const before = looseObjects()
    const result = await apply(patch)
    expect(result).toMatchObject({ ok: false, code })
    expect(looseObjects()).toEqual(before)
    expect(readdirSync(path.join(bench.forge.repositoryFolder(ID), 'gatehouse-scratch'))).toEqual([])
  })

  test('as a whole when one file of two does not fit, and says which and where', async () => {
    const before = looseObjects()
    const result = await apply(
      `${file('fine.txt')}--- a/deep/b.txt\n+++ b/deep/b.txt\n@@ -2,2 +2,2 @@\n line 2\n-line X\n+line Y\n`,
    )
    expect(result).toMatchObject({ ok: false, code: 'patch-does-not-apply', file: 'deep/b.txt', line: 2 })
    expect(looseObjects()).toEqual(before)
  })

  test('when a link is only refused by what the tree becomes: the file was there, the mode is new', async () => {
    const patch = patchOf(() => {
      bench.git(['rm', '-q', 'deep/b.txt'])
      bench.write('deep/keep', '')
      bench.link('deep/b.txt', '../../outside')
    })
    expect(await apply(patch)).toMatchObject({ ok: false, code: 'patch-symlink-unsafe', file: 'deep/b.txt' })
  })

  test('when it is larger than the limits, in bytes, in files, or in what one file becomes', async () => {
    const limits = { max_bytes: 10_000, max_files: 2, max_blob_bytes: 1_000_000 }
    expect(await apply(Buffer.alloc(10_001, 'x'), { limits })).toMatchObject({ code: 'patch-too-large' })
    expect(await apply(file('1') + file('2') + file('3'), { limits })).toMatchObject({ code: 'patch-too-large' })
    expect(
      await apply(file('1', '100644', 'y'.repeat(5000)), { limits: { ...limits, max_blob_bytes: 4000 } }),
    ).toMatchObject({ code: 'patch-too-large' })
  })

  test('when some packed bytes unpack to more than a file may have', async () => {
    const limits = { max_bytes: 20_000, max_files: 2, max_blob_bytes: 1_000_000 }
    const literal = patchOf(() => bench.write('zeros.bin', Buffer.alloc(3_000_000)), [])
    expect(literal.length).toBeLessThan(limits.max_bytes)
    expect(await apply(literal, { limits })).toMatchObject({ ok: false, code: 'patch-too-large', file: 'zeros.bin' })
    const many = patchOf(() => {
      for (let i = 0; i < 9; i++) bench.write(`zeros${i}.bin`, Buffer.alloc(950_000 + i))
    }, [])
    expect(many.length).toBeLessThan(100_000)
    expect(await apply(many, { limits: { ...limits, max_bytes: 100_000, max_files: 9 } })).toMatchObject({
      ok: false,
      code: 'patch-too-large',
      file: null,
    })
    const seed = bench.git(['cat-file', 'blob', `${base}:seed.bin`])
    const delta = patchOf(() => bench.write('seed.bin', Buffer.concat(Array.from({ length: 60 }, () => seed))), [])
    expect(Buffer.from(delta).toString('latin1')).toMatch(/^delta \d+$/m)
    expect(await apply(delta, { limits })).toMatchObject({ ok: false, code: 'patch-too-large', file: 'seed.bin' })
  })

  test('when its base is not there, as the mistake of the caller that it is', async () => {
    await expect(
      bench.forge.applyPatch(ID, { base: '1'.repeat(40), patch: Buffer.from(file('x')) }),
    ).rejects.toMatchObject({ code: 'object-not-found' })
    await expect(bench.forge.applyPatch(ID, { base: 'HEAD~1', patch: Buffer.from(file('x')) })).rejects.toMatchObject({
      code: 'name-invalid',
    })
  })
})
