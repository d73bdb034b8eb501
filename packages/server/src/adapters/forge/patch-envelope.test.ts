import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEnvelope, stripPath } from './patch-envelope.ts'

const read = (text: string) => readEnvelope(Buffer.from(text, 'latin1'))
const value = (text: string) => {
  const result = read(text)
  if (!result.ok) throw new Error(result.detail)
  return result.value
}
const HUNK = '@@ -1 +1 @@\n-a\n+b\n'

describe('the envelope of a patch', () => {
  test('never throws, whatever the bytes', () => {
    const piece = fc.constantFrom(
      'diff --git a/x b/x\n',
      '--- a/x\n',
      '+++ b/x\n',
      '@@ -1,2 +1 @@\n',
      '-a\n',
      '+b\n',
      ' c\n',
      'GIT binary patch\n',
      'literal 9\n',
      'zcm\n',
      '\n',
      '"',
      '\\',
      'rename from "a\\',
      'new mode 1',
      '\u0000',
      'From: x\n',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (parts) => {
        const result = read(parts.join(''))
        expect(result.ok || result.detail.length > 10).toBe(true)
      }),
    )
  })

  test('tells names with blanks, quotes and octal bytes', () => {
    expect(value('diff --git a/b c b/b c\nold mode 100644\nnew mode 100755\n').files[0]).toMatchObject({
      old_path: 'a/b c',
      new_path: 'b/b c',
      modes: ['100644', '100755'],
    })
    expect(value('diff --git "a/x\\303\\251\\"" "b/x\\303\\251\\""\nold mode 1\nnew mode 2\n').files[0]?.new_path).toBe(
      'b/x\u00c3\u00a9"',
    )
    expect(value(`--- a/x y\t2026-01-01\n+++ /dev/null\n${HUNK}`).files[0]).toMatchObject({
      old_path: 'a/x y',
      new_path: null,
    })
  })

  test('does not take the content of a hunk for another file', () => {
    expect(value('--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n-1\n+2\n').files).toHaveLength(1)
  })

  test('finds out whether names have a prefix', () => {
    expect(value(`--- a/x\n+++ b/x\n${HUNK}`).strip).toBe(1)
    expect(value(`--- i/x\n+++ w/x\n${HUNK}`).strip).toBe(1)
    expect(value(`--- src/x\n+++ src/x\n${HUNK}`).strip).toBe(0)
    expect(value(`--- old/x\n+++ new/x\n${HUNK}`).strip).toBe(1)
    expect([stripPath('a/b/c', 1), stripPath('b/c', 0)]).toEqual(['b/c', 'b/c'])
  })

  test('keeps author, subject and trailers of a mail as claims, and no more than fits', () => {
    const claimed = value(
      `From abc Mon Sep 17 00:00:00 2001\nFrom: Eve <eve@example.org>\nSubject: [PATCH] x\n\n${'Signed-off-by: Ada\n'.repeat(50)}---\n--- a/x\n+++ b/x\n${HUNK}`,
    ).claimed
    expect(claimed).toMatchObject({ author: 'Eve <eve@example.org>', subject: '[PATCH] x' })
    expect(claimed.trailers).toHaveLength(20)
  })

  test('says of an encoded mail what to do', () => {
    expect(read('From: x\nContent-Transfer-Encoding: base64\n\nZGlmZg==\n')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('git format-patch --stdout'),
    })
  })
})
