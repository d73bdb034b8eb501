import { expect, test } from 'vitest'
import { streamMessages } from './event-stream.ts'

async function messages(...pieces: (string | Uint8Array)[]) {
  async function* chunks() {
    for (const piece of pieces) yield typeof piece === 'string' ? new TextEncoder().encode(piece) : piece
  }
  const found = []
  for await (const message of streamMessages(chunks())) found.push(message)
  return found
}

test('fields, comments and several data lines are read', async () => {
  expect(await messages(': hello\nid: 3\nevent: ledger\ndata: a\ndata:b\n\ndata: c\n\n')).toEqual([
    { id: '3', event: 'ledger', data: 'a\nb' },
    { id: '3', event: 'message', data: 'c' },
  ])
})

test.each(['\n', '\r\n', '\r'])('lines may end with %j, also where pieces are cut at every byte', async (end) => {
  const bytes = new TextEncoder().encode(['id: 1', 'data: grün', '', 'data: x', '', ''].join(end))
  const pieces = Array.from(bytes, (byte) => new Uint8Array([byte]))
  // A last CR could be half of a CRLF: only the next byte settles it.
  expect(await messages(...pieces, '\n')).toEqual([
    { id: '1', event: 'message', data: 'grün' },
    { id: '1', event: 'message', data: 'x' },
  ])
})

test('a message that was not finished is dropped', async () => {
  expect(await messages('data: whole\n\ndata: half\n')).toEqual([{ id: '', event: 'message', data: 'whole' }])
})

test('a stream without line ends is given up', async () => {
  await expect(messages('x'.repeat(5_000_000))).rejects.toThrow(RangeError)
})

test('a message without end is given up', async () => {
  await expect(messages(...Array.from({ length: 5 }, () => `data: ${'x'.repeat(1_000_000)}\n`))).rejects.toThrow(
    RangeError,
  )
})
