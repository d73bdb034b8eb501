import { isJSONRPCNotification, isJSONRPCRequest, isJSONRPCResponse } from '@modelcontextprotocol/server'
import type { JSONRPCMessage, RequestId, Transport } from '@modelcontextprotocol/server'

/** A transport that knows which requests of the client have no answer yet, so that input that ended need not cut them off. */
export class CountedTransport implements Transport {
  onclose?: Transport['onclose']
  onerror?: Transport['onerror']
  onmessage?: Transport['onmessage']
  readonly #inner: Transport
  readonly #open = new Set<RequestId>()
  #waiting: (() => void)[] = []

  constructor(inner: Transport) {
    this.#inner = inner
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
    inner.onmessage = (message, extra) => {
      if (isJSONRPCRequest(message)) this.#open.add(message.id)
      // A cancelled request gets no answer.
      else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled')
        this.#settle((message.params as { readonly requestId?: RequestId } | undefined)?.requestId)
      this.onmessage?.(message, extra)
    }
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
    inner.onerror = (error) => this.onerror?.(error)
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
    inner.onclose = () => {
      this.#open.clear()
      this.#tell()
      this.onclose?.()
    }
  }

  start(): Promise<void> {
    return this.#inner.start()
  }

  async send(message: JSONRPCMessage): Promise<void> {
    try {
      await this.#inner.send(message)
    } finally {
      if (isJSONRPCResponse(message)) this.#settle(message.id)
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** When every request so far has its answer. */
  async answered(): Promise<void> {
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    await promise
  }

  #settle(id: RequestId | undefined): void {
    if (id === undefined || !this.#open.delete(id) || this.#open.size > 0) return
    this.#tell()
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
