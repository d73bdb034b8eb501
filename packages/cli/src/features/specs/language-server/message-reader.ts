import type { Readable } from 'node:stream'
import {
  AbstractMessageReader,
  ErrorCodes,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
} from 'vscode-languageserver/node'

/** Bodies above it are passed over: the largest honest one is a file of some MB in a `didOpen`. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024
const MAX_HEADER_BYTES = 8 * 1024
const HEADER = 'Content-Length:'

/** What a message that cannot be taken is answered with; `id` is null where none could be read. */
export type Refuse = (id: number | string | null, code: number, detail: string) => void

interface Gate {
  /** `initialize` came. */
  begun: boolean
  /** `shutdown` came. */
  ended: boolean
}

/**
 * Reads messages of the base protocol (LSP 3.17, "Base Protocol"; JSON-RPC 2.0). Unlike the library's own it bears anything: wrong JSON and things that
 * are no message are answered and left out, after a broken header or a length above 64 MiB it looks for the next header. JSON holds no raw line end inside
 * of a text, so a header found there is one. Requests before `initialize` and after `shutdown` are answered as the protocol asks.
 */
export class GuardedMessageReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable
  readonly #refuse: Refuse
  readonly #gate: Gate = { begun: false, ended: false }
  #chunks: Buffer[] = []
  #held = 0
  /** Bytes of the body we wait for; null while we read a header. */
  #wanted: number | null = null
  /** Looking for the next header after something broken. */
  #lost = false

  constructor(input: Readable, refuse: Refuse) {
    super()
    this.#input = input
    this.#refuse = refuse
  }

  listen(callback: DataCallback): Disposable {
    const take = (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#held += chunk.length
      this.#read(callback)
    }
    const close = () => this.fireClose()
    const fail = (error: Error) => this.fireError(error)
    this.#input.on('data', take).on('end', close).on('close', close).on('error', fail)
    return {
      dispose: () => void this.#input.off('data', take).off('end', close).off('close', close).off('error', fail),
    }
  }

  #read(callback: DataCallback): void {
    for (;;) {
      if (this.#wanted !== null) {
        if (this.#held < this.#wanted) return
        const body = this.#take(this.#wanted)
        this.#wanted = null
        this.#deliver(body, callback)
      } else if (this.#lost ? !this.#seek() : !this.#header()) return
    }
  }

  /** Reads one header; false where more bytes are needed. */
  #header(): boolean {
    const text = this.#all().toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0 && text.length <= MAX_HEADER_BYTES) return false
    const length = /(?:^|\r\n)content-length:[ \t]*(\d{1,15})[ \t]*(?=\r\n|$)/i.exec(
      text.slice(0, Math.max(0, Math.min(end, MAX_HEADER_BYTES))),
    )?.[1]
    if (length === undefined) {
      this.#refuse(
        null,
        ErrorCodes.ParseError,
        'a header without Content-Length, or longer than 8 KiB, was passed over',
      )
      this.#lost = true
      // What broke is not looked at again, but a good header may stand behind its first line.
      return this.#seek(1)
    }
    this.#take(end + 4)
    if (Number(length) <= MAX_BODY_BYTES) this.#wanted = Number(length)
    else {
      const detail = `a message of ${length} bytes was passed over: at most ${MAX_BODY_BYTES} are read`
      this.#refuse(null, ErrorCodes.InvalidRequest, detail)
      this.#lost = true
    }
    return true
  }

  /** Drops bytes up to the next header; false where there is none yet. */
  #seek(from = 0): boolean {
    const bytes = this.#all()
    const found = bytes.indexOf(HEADER, from, 'latin1')
    // The header's first letters may be the last bytes that came.
    const drop = found < 0 ? Math.max(0, bytes.length - HEADER.length + 1) : found
    if (drop > 0) this.#take(drop)
    if (found < 0) return false
    this.#lost = false
    return true
  }

  #all(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  #take(count: number): Buffer {
    const all = this.#all()
    this.#chunks = count < all.length ? [all.subarray(count)] : []
    this.#held = all.length - count
    return all.subarray(0, count)
  }

  #deliver(body: Buffer, callback: DataCallback): void {
    let value: unknown
    try {
      value = JSON.parse(body.toString('utf8'))
    } catch {
      this.#refuse(null, ErrorCodes.ParseError, 'the body of the message is no JSON')
      return
    }
    const message = messageOf(value)
    if (!message) {
      this.#refuse(idOf(value), ErrorCodes.InvalidRequest, 'an object of JSON-RPC 2.0 with a method or id is needed')
      return
    }
    const { method, id } = message
    if (method !== undefined && id !== undefined) {
      const refused = this.#refusal(method)
      if (refused) {
        this.#refuse(id, ...refused)
        return
      }
    } else if (method !== undefined && method !== 'exit' && !this.#gate.begun) return
    if (method === 'shutdown') this.#gate.ended = true
    if (method === 'initialize') complete(value as Record<string, unknown>)
    callback(value as Message)
  }

  #refusal(method: string): [code: number, detail: string] | null {
    const { begun, ended } = this.#gate
    if (ended) return [ErrorCodes.InvalidRequest, `${method}: the server was shut down; only exit is taken`]
    if (method === 'initialize') {
      if (begun) return [ErrorCodes.InvalidRequest, 'initialize was sent already']
      this.#gate.begun = true
      return null
    }
    return begun ? null : [ErrorCodes.ServerNotInitialized, `${method}: initialize must be sent first`]
  }
}

/** A client that names no capabilities has none. */
function complete(message: Record<string, unknown>): void {
  const params = (message['params'] ?? {}) as Record<string, unknown>
  const { capabilities } = params
  message['params'] = { ...params, capabilities: typeof capabilities === 'object' && capabilities ? capabilities : {} }
}

type Id = number | string

function idOf(value: unknown): Id | null {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : undefined
  return typeof id === 'number' || typeof id === 'string' ? id : null
}

/** A request, notification or response as far as its form goes; null for anything else. */
function messageOf(value: unknown): { method?: string; id?: Id } | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { method, params, error } = value as Record<string, unknown>
  const id = idOf(value)
  if (method === undefined) return id !== null || error !== undefined ? (id === null ? {} : { id }) : null
  if (typeof method !== 'string') return null
  if (params !== undefined && params !== null && typeof params !== 'object') return null
  return id === null ? { method } : { method, id }
}
