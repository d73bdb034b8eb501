/** Logins by an identity token: bought for a token of the registry, and told to nobody else. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { describe as descriptorOf, MEDIA } from './artifact.ts'
import { listen, type Listening } from './loopback-fixture.ts'
import { parseReference, type RegistryReference } from './reference.ts'
import { registryCredentials } from './registry-credentials.ts'
import { RegistryStore } from './registry-artifacts.ts'

const SECRET = 'identity-secret'
const BLOB = descriptorOf(Buffer.from('blob'), MEDIA.manifest)
let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gatehouse-identity-'))
  mkdirSync(join(home, '.docker'))
  return () => rmSync(home, { recursive: true, force: true })
})

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** A token server that sells a token for the identity token, and a registry that takes that and nothing else. */
async function places(
  answer: Answer,
  challenge = 'Bearer',
): Promise<{ realm: Listening; registry: Listening; forms: string[] }> {
  const forms: string[] = []
  const realm = await listen((request, response, body) => {
    forms.push(body.toString('utf8'))
    answer(request, response, body)
  })
  const asks = `${challenge} realm="${realm.url}/oauth2/token?x=1",service="reg",scope="repository:p:pull"`
  const registry = await listen((request, response) => {
    if (request.headers.authorization === 'Bearer bought') response.writeHead(200).end('blob')
    else response.writeHead(401, { 'www-authenticate': asks }).end()
  })
  return { realm, registry, forms }
}

const sell: Answer = (request, response, body) => {
  const form = new URLSearchParams(body.toString('utf8'))
  const known = request.method === 'POST' && form.get('refresh_token') === SECRET
  response
    .writeHead(known ? 200 : 401)
    .end(JSON.stringify(known ? { access_token: 'bought', expires_in: 60 } : { errors: [body.toString('utf8')] }))
}

/** Reads a blob with the login that the configuration file says. */
async function read({ host }: Listening, config: (host: string) => unknown): Promise<Buffer> {
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config(host)))
  const env = { PATH: `${join(home, 'bin')}:/usr/bin:/bin` }
  const reference = parseReference(`${host}/p`) as RegistryReference
  const credentials = async () => await registryCredentials({ host, repository: 'p' }, env, home)
  return await new RegistryStore(reference, { credentials }).blob(BLOB, 100)
}

function helper(secret: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true })
  const file = join(home, 'bin', 'docker-credential-test')
  writeFileSync(file, `#!/bin/sh\ncat > /dev/null\necho '{"Username":"<token>","Secret":"${secret}"}'\n`)
  chmodSync(file, 0o755)
}

const inFile = (token: string) => (host: string) => ({
  auths: { [host]: { auth: Buffer.from('anna:').toString('base64'), identitytoken: token } },
})

test.for([
  ['a credential helper gives', () => ({ credsStore: 'test' })],
  ['docker login left in its file', inFile(SECRET)],
] as const)('an identity token that %s is exchanged for a token of the registry', async ([, config]) => {
  const { realm, registry, forms } = await places(sell)
  helper(SECRET)
  expect((await read(registry, config)).toString()).toBe('blob')
  expect(realm.seen).toEqual([{ method: 'POST', url: '/oauth2/token?x=1', authorization: undefined }])
  expect(Object.fromEntries(new URLSearchParams(forms[0]))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'gatehouse',
    service: 'reg',
    scope: 'repository:p:pull',
    refresh_token: SECRET,
  })
  expect(registry.seen.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer bought'])
})

const answered =
  (status: number, body: string, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

test.for<readonly [string, Answer, string, RegExp]>([
  [
    'a refusal that repeats it',
    (_, response, body) => response.writeHead(401).end(body),
    'registry-refused',
    /gives no token/,
  ],
  ['a failure', answered(503, SECRET), 'registry-unreachable', /HTTP 503/],
  ['no token', answered(200, JSON.stringify({ refresh_token: SECRET })), 'registry-failed', /without a token/],
  ['no JSON', answered(200, SECRET), 'registry-failed', /without a token/],
  [
    'a token of two lines',
    answered(200, JSON.stringify({ access_token: `a\r\nx: ${SECRET}` })),
    'registry-failed',
    /./,
  ],
  ['more than a token is', answered(200, ' '.repeat(2_000_000)), 'bundle-over-limits', /larger than/],
])(
  'where the token server answers with %s, that is told, and nothing of the identity token',
  async ([, answer, slug, words]) => {
    const { registry } = await places(answer)
    const told = await read(registry, inFile(SECRET)).catch((error: unknown) => error)
    expect(told).toMatchObject({ slug, message: expect.stringMatching(words) })
    expect(JSON.stringify([String(told), told])).not.toContain(SECRET)
  },
)

test('a token server that sends it elsewhere is refused: the other is never asked', async () => {
  const other = await listen(sell)
  const { registry } = await places(answered(307, '', { location: `${other.url}/token` }))
  await expect(read(registry, inFile(SECRET))).rejects.toMatchObject({ slug: 'registry-refused' })
  expect(other.seen).toEqual([])
})

test('a registry that takes passwords only is told from one that refused a password', async () => {
  const { realm, registry } = await places(sell, 'Basic')
  const told = read(registry, inFile(SECRET))
  await expect(told).rejects.toMatchObject({
    slug: 'registry-refused',
    message: expect.stringContaining('identity token'),
  })
  expect(realm.seen).toEqual([])
})
