import { expect, test } from 'vitest'
import { identityToken } from './identity-token.ts'
import { oidcToken } from './sigstore-fixture.ts'

const token = oidcToken()
const actions = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.example/token?v=1',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer-secret',
}
const missing = expect.objectContaining({ slug: 'identity-token-missing' })

test('SIGSTORE_ID_TOKEN comes first', async () => {
  expect(await identityToken({ ...actions, SIGSTORE_ID_TOKEN: `${token}\n` })).toBe(token)
})

test('GitHub Actions is asked for the audience sigstore, with the job’s own token', async () => {
  const asked: { url: string; authorization: string | null }[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push({
      url: url instanceof Request ? url.url : url.toString(),
      authorization: new Headers(init?.headers).get('authorization'),
    })
    return Response.json({ value: token })
  }
  expect(await identityToken(actions, { fetch })).toBe(token)
  expect(asked).toEqual([
    { url: 'https://actions.example/token?v=1&audience=sigstore', authorization: 'Bearer bearer-secret' },
  ])
})

test('no identity, an address that is not https, and a refusal are told without any token', async () => {
  const fetch: typeof globalThis.fetch = async () => new Response('no', { status: 403 })
  await expect(identityToken({})).rejects.toThrow(missing)
  await expect(identityToken(actions, { fetch })).rejects.toThrow(missing)
  await expect(identityToken({ ...actions, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://x.example' })).rejects.toThrow(missing)
  for (const text of ['secret', 'a.secret.c', `${Buffer.from('{}').toString('base64url')}.e30.x`]) {
    // oxlint-disable-next-line no-await-in-loop -- three, each at once
    const told = await identityToken({ SIGSTORE_ID_TOKEN: text }).catch((error: unknown) => error)
    expect(told).toMatchObject({ slug: 'identity-token-missing' })
    expect(String(told)).not.toContain('secret')
  }
})
