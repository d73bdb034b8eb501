import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedOutput } from './output-bounded.ts'

test('head and tail are kept, the middle is counted, the digest is of all bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.integer({ min: 16, max: 200 }), (chunks, limit) => {
      const output = new BoundedOutput(limit)
      for (const chunk of chunks) output.push(Buffer.from(chunk))
      const all = Buffer.concat(chunks)
      const end = output.end()
      expect(end.bytes).toBe(all.length)
      expect(end.sha256).toBe(createHash('sha256').update(all).digest('hex'))
      const half = Math.floor(limit / 2)
      expect(end.dropped).toBe(Math.max(0, all.length - 2 * half))
      if (end.dropped === 0) expect(end.text).toBe(all.toString('utf8'))
    }),
  )
})

test('a long output shows its first and its last bytes and how many are missing between', () => {
  const output = new BoundedOutput(20)
  for (let index = 0; index < 1_000; index++) output.push(Buffer.from(String(index % 10)))
  expect(output.end()).toMatchObject({
    text: '0123456789\n[... 980 bytes dropped ...]\n0123456789',
    bytes: 1000,
    dropped: 980,
  })
})
