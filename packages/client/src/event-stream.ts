/** One message of a server-sent event stream (WHATWG HTML, section 9.2). */
export interface StreamMessage {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** A stream that sends more than this without ending a line or a message is not one of ours. */
const MAX_CHARACTERS = 4_194_304

/** The messages of a stream, given its bytes in pieces. Comments (heartbeats) are passed over; an unfinished last message is dropped. */
export async function* streamMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  let id = ''
  let event = ''
  let data: string[] = []
  let size = 0
  for await (const line of lines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') }
      event = ''
      data = []
      size = 0
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') {
      size += value.length
      if (size > MAX_CHARACTERS)
        throw new RangeError(`an event of the stream is longer than ${MAX_CHARACTERS} characters`)
      data.push(value)
    } else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}

/** Lines end with LF, CRLF or CR; a CR at the end of a piece may be half of a CRLF. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const held = rest.endsWith('\r') ? '\r' : ''
    const parts = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/)
    rest = (parts.pop() ?? '') + held
    if (rest.length > MAX_CHARACTERS)
      throw new RangeError(`a line of the stream is longer than ${MAX_CHARACTERS} characters`)
    yield* parts
  }
}

/** The pieces of a body; also where ReadableStream is no async iterable (older browsers). Leaving early cancels the body. */
export async function* bodyChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
