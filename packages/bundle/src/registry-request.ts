import { Problem } from '@gatehouse/core/kernel/problems'
import { readLimited, tooLarge } from './content-check.ts'
import type { RegistryCredentials } from './credential-helper.ts'

export interface RegistryOptions {
  readonly fetch?: typeof globalThis.fetch
  /** A function is asked once, when the registry wants to know who we are: finding them may start a program. */
  readonly credentials?: RegistryCredentials | null | (() => Promise<RegistryCredentials | null>)
  /** http for a host that is not this machine. For tests in closed networks only. */
  readonly plainHttp?: boolean
  /** Milliseconds without an answer. Default 60,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface RegistryCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

const MAX_HOPS = 5
const MAX_TOKEN_BYTES = 1024 * 1024

/** This machine by name or address: traffic that does not leave it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/**
 * Requests to one registry (OCI distribution-spec 1.1): answers its Basic or Bearer challenge, follows redirects by hand so that
 * credentials never reach another origin, and speaks http only to this machine or where told to.
 */
export class RegistryConnection {
  readonly base: URL
  private readonly options: RegistryOptions
  private readonly fetch: typeof globalThis.fetch
  private authorization: string | null = null
  private known: Promise<RegistryCredentials | null> | null = null

  constructor(host: string, options: RegistryOptions) {
    this.options = options
    this.fetch = options.fetch ?? globalThis.fetch
    const url = new URL(`https://${host}/`)
    if (isLoopback(url.hostname) || options.plainHttp === true) url.protocol = 'http:'
    // The default port of https is dropped from a URL; http on port 443 must still say so.
    this.base = host.endsWith(':443') && url.protocol === 'http:' ? new URL(`http://${host}/`) : url
  }

  /** One request. `path` is a path of the API, or a Location that the registry gave. The caller judges the status. */
  async call(path: string | URL, call: RegistryCall = {}): Promise<Response> {
    const url = new URL(path, this.base)
    const first = await this.follow(url, call)
    if (first.status !== 401) return this.refused(first)
    // Also where a token was sent: one for pulling does not push, and tokens expire.
    const challenge = first.headers.get('www-authenticate') ?? ''
    await first.body?.cancel()
    this.authorization = await this.answer(challenge)
    return this.refused(await this.follow(url, call))
  }

  private async credentials(): Promise<RegistryCredentials | null> {
    const { credentials = null } = this.options
    this.known ??= typeof credentials === 'function' ? credentials() : Promise.resolve(credentials)
    return await this.known
  }

  private async refused(response: Response): Promise<Response> {
    if (response.status !== 401 && response.status !== 403) return response
    await response.body?.cancel()
    const sent = this.known !== null && (await this.known) !== null
    const who = sent ? 'the credentials it was given' : 'a request without credentials'
    throw new Problem(
      'registry-refused',
      `${this.base.host} refused ${who} (HTTP ${response.status}). Log in with "docker login ${this.base.host}", or set GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD.`,
    )
  }

  private async follow(start: URL, call: RegistryCall): Promise<Response> {
    let url = start
    for (let hop = 0; hop <= MAX_HOPS; hop++) {
      this.mayGo(url)
      const own = url.origin === this.base.origin
      const headers = {
        ...call.headers,
        ...(own && this.authorization !== null ? { authorization: this.authorization } : {}),
      }
      const response = await this.send(url, { ...call, headers })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null)
        return response
      await response.body?.cancel()
      if (call.method === 'PUT' || call.method === 'POST') {
        if (response.status !== 307 && response.status !== 308) {
          throw new Problem('registry-failed', `${this.base.host} redirects an upload (HTTP ${response.status}).`)
        }
      }
      url = new URL(location, url)
    }
    throw new Problem('registry-failed', `${this.base.host} redirects more than ${MAX_HOPS} times.`)
  }

  /** A registry may send us elsewhere, but not from https to http, nor to a scheme that is neither. */
  private mayGo(url: URL): void {
    const allowed = isLoopback(url.hostname) || this.options.plainHttp === true
    const plain = url.protocol === 'http:' && this.base.protocol === 'http:' && allowed
    if (url.protocol === 'https:' || plain) return
    throw new Problem(
      'registry-failed',
      `${this.base.host} redirects to ${url.protocol}//${url.host}; only https is followed.`,
    )
  }

  private async send(url: URL, call: RegistryCall): Promise<Response> {
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? 60_000)
    const signal = this.options.signal ? AbortSignal.any([timeout, this.options.signal]) : timeout
    try {
      return await this.fetch(url, {
        method: call.method ?? 'GET',
        // What is named by a digest is wanted as it is, and nothing is unpacked on the way.
        headers: { 'accept-encoding': 'identity', ...call.headers },
        redirect: 'manual',
        signal,
        ...(call.body === undefined ? {} : { body: new Uint8Array(call.body) }),
      })
    } catch (error) {
      this.options.signal?.throwIfAborted()
      throw new Problem('registry-unreachable', `${url.host} cannot be reached: ${reason(error)}.`)
    }
  }

  /** A token for what the challenge names (distribution's token authentication). */
  private async ask(url: URL, wish: Wish, basic: string | null): Promise<Response> {
    for (const [name, value] of wish) url.searchParams.set(name, value)
    return await this.send(url, { headers: basic === null ? {} : { authorization: basic } })
  }

  /**
   * The same for an identity token (distribution's OAuth2 token authentication, RFC 6749 section 6): it goes in the body and nowhere else,
   * and no redirect is followed with it.
   */
  private async exchange(url: URL, wish: Wish, token: string): Promise<Response> {
    const fields: [string, string][] = [
      ['grant_type', 'refresh_token'],
      ['client_id', 'gatehouse'],
      ...wish,
      ['refresh_token', token],
    ]
    return await this.send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    })
  }

  /** The Authorization header that a challenge asks for (RFC 7235; distribution's token authentication). */
  private async answer(challenge: string): Promise<string> {
    const credentials = await this.credentials()
    const basic = basicOf(credentials)
    const scheme = /^\s*(\w+)/.exec(challenge)?.[1]?.toLowerCase()
    if (scheme === 'basic' && basic !== null) return basic
    if (scheme === 'basic' && credentials !== null) {
      throw new Problem(
        'registry-refused',
        `${this.base.host} takes a username and password only, and the login there is an identity token. Log in with a password, or set GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD.`,
      )
    }
    if (scheme !== 'bearer') {
      throw new Problem(
        'registry-refused',
        `${this.base.host} asks for credentials. Log in with "docker login ${this.base.host}", or set GATEHOUSE_REGISTRY_USERNAME and GATEHOUSE_REGISTRY_PASSWORD.`,
      )
    }
    const fields = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key.toLowerCase(), value]),
    )
    const realm = fields.get('realm') ?? ''
    if (!URL.canParse(realm))
      throw new Problem('registry-failed', `${this.base.host} names no place to ask for a token.`)
    const url = new URL(realm)
    this.mayGo(url)
    const wish = ['service', 'scope'].flatMap((name) => {
      const value = fields.get(name)
      return value === undefined ? [] : [[name, value] as [string, string]]
    })
    const response =
      credentials?.identityToken !== undefined
        ? await this.exchange(url, wish, credentials.identityToken)
        : await this.ask(url, wish, basic)
    if (!response.ok) {
      await response.body?.cancel()
      if (response.status >= 500)
        throw new Problem('registry-unreachable', `${url.host} gives no token (HTTP ${response.status}).`)
      throw new Problem(
        'registry-refused',
        `${url.host} gives no token for ${this.base.host} (HTTP ${response.status}); check the credentials.`,
      )
    }
    const bytes = await readBody(response, MAX_TOKEN_BYTES, 'the token')
    const token = tokenOf(bytes)
    if (token === null) throw new Problem('registry-failed', `${url.host} answers without a token.`)
    return `Bearer ${token}`
  }
}

/** Parameters of a token's request: service and scope, where the challenge has them. */
type Wish = readonly [name: string, value: string][]

function basicOf(credentials: RegistryCredentials | null): string | null {
  if (credentials === null || credentials.identityToken !== undefined) return null
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}

function tokenOf(bytes: Buffer): string | null {
  try {
    const { token, access_token: access } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    const found = token ?? access
    return typeof found === 'string' && /^[\u0021-\u007e]+$/.test(found) ? found : null
  } catch {
    return null
  }
}

/** A response's body, never more of it than allowed. A connection that breaks is `registry-unreachable`. */
export async function readBody(response: Response, maxBytes: number, what: string): Promise<Buffer> {
  if (response.body === null) return Buffer.alloc(0)
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body.cancel()
    throw tooLarge(what, maxBytes)
  }
  try {
    return await readLimited(response.body, maxBytes, what)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('registry-unreachable', `${what} stopped coming: ${reason(error)}.`)
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error.name === 'TimeoutError') return 'it took too long'
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
