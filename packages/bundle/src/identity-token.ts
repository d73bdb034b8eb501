import { Problem } from '@gatehouse/core/kernel/problems'
import { isLoopback } from './registry-request.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface TokenOptions {
  readonly fetch?: typeof globalThis.fetch
  readonly signal?: AbortSignal
}

const AUDIENCE = 'sigstore'

/**
 * The OIDC token to sign with: `SIGSTORE_ID_TOKEN` where it is set, else the one that GitHub Actions gives a job with
 * `permissions: id-token: write`. The token itself is never logged nor told in an error.
 */
export async function identityToken(env: Environment, options: TokenOptions = {}): Promise<string> {
  const given = env['SIGSTORE_ID_TOKEN']
  if (given !== undefined && given !== '') return checked(given.trim(), 'SIGSTORE_ID_TOKEN')
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL']
  const bearer = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']
  if (url === undefined || bearer === undefined) {
    throw new Problem(
      'identity-token-missing',
      'There is no identity to sign with. In GitHub Actions give the job "permissions: id-token: write"; elsewhere set SIGSTORE_ID_TOKEN to an OIDC token for the audience sigstore, or sign with --key.',
    )
  }
  return checked(await fromActions(url, bearer, options), 'The token of GitHub Actions')
}

async function fromActions(address: string, bearer: string, options: TokenOptions): Promise<string> {
  if (!URL.canParse(address)) throw unusable('ACTIONS_ID_TOKEN_REQUEST_URL is no URL')
  const url = new URL(address)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw unusable('ACTIONS_ID_TOKEN_REQUEST_URL is not https')
  url.searchParams.set('audience', AUDIENCE)
  const timeout = AbortSignal.timeout(30_000)
  try {
    const response = await (options.fetch ?? globalThis.fetch)(url, {
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
      redirect: 'error',
      signal: options.signal ? AbortSignal.any([timeout, options.signal]) : timeout,
    })
    const { value } = (await response.json()) as { value?: unknown }
    if (response.ok && typeof value === 'string') return value
  } catch {
    options.signal?.throwIfAborted()
  }
  throw unusable('GitHub Actions gave no token')
}

function unusable(why: string): Problem {
  return new Problem(
    'identity-token-missing',
    `${why}; run the job again, or look at its permissions (id-token: write).`,
  )
}

/** The signer below tells the whole token where it cannot read it, so it must be readable before it gets there. */
function checked(token: string, source: string): string {
  const parts = token.split('.')
  try {
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
    if (parts.length === 3 && (typeof claims['sub'] === 'string' || typeof claims['email'] === 'string')) return token
  } catch {
    // told below, without the token
  }
  throw new Problem('identity-token-missing', `${source} is no OIDC token (a JWT with a subject).`)
}
