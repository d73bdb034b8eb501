import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDENTITY, ISSUER, oidcToken, startSigstore } from '@gatehouse/bundle/sigstore-fixture'
import { findOpa } from '@gatehouse/rego/opa-command'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closeAll, run, scratchFolder } from '../../test-host.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder = ''
let key = ''
let pub = ''
beforeEach(() => {
  folder = scratchFolder()
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  key = join(folder, 'key.pem')
  pub = join(folder, 'pub.pem')
  writeFileSync(key, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  writeFileSync(pub, keys.publicKey.export({ format: 'pem', type: 'spki' }))
})
afterEach(closeAll)

function policies(rule = 'input.ok'): string {
  const at = join(folder, 'policy')
  for (const part of ['policies', 'data', 'tests']) mkdirSync(join(at, part), { recursive: true })
  writeFileSync(
    join(at, 'policies', 'a.rego'),
    `package gatehouse\n\ndefault decision := "deny"\n\ndecision := "allow" if ${rule}\n`,
  )
  writeFileSync(join(at, 'data', 'a.json'), '{"gatehouse_data": {"x": 1}}')
  writeFileSync(
    join(at, 'tests', 'a_test.rego'),
    'package gatehouse_test\n\nimport data.gatehouse\n\ntest_allows if gatehouse.decision == "allow" with input as {"ok": true}\n\ntest_each[name] if {\n\tsome name, want in {"no": "deny"}\n\tgatehouse.decision == want with input as {"ok": false}\n}\n',
  )
  return at
}

interface Skipping {
  readonly skip: (reason: string) => void
}

async function opaEnv(ctx: Skipping): Promise<Record<string, string>> {
  const opa = await findOpa(process.env, folder)
  if (!opa.ok) {
    ctx.skip(opa.detail)
    return {}
  }
  return { GATEHOUSE_OPA: opa.value.path }
}

const refused = (ran: { stderr: () => string }) => (JSON.parse(ran.stderr()) as { code: string }).code

test('a folder of policies is pushed, signed, verified and pulled, and a changed one is not', async (ctx) => {
  const env = await opaEnv(ctx)
  const layout = `oci:${join(folder, 'oci')}`
  const pushed = await run(['policy', 'push', policies(), `${layout}:main`, '--release', '3', '--json'], null, { env })
  expect(pushed.stderr()).toBe('')
  const { reference, tests, digest } = JSON.parse(pushed.stdout()) as {
    reference: string
    tests: number
    digest: string
  }
  expect(reference).toBe(`${layout}@${digest}`)
  expect(tests).toBe(2)
  const verify = ['policy', 'verify', reference, '--key', pub, '--without-timestamps', '--json']
  expect(refused(await run(verify, null))).toBe('bundle-unsigned')
  expect((await run(['policy', 'sign', reference, '--key', key], null)).code).toBe(0)
  const verified = await run(verify, null)
  expect(verified.code).toBe(0)
  expect(JSON.parse(verified.stdout())).toMatchObject({
    digest,
    version: 3,
    tests: 2,
    signer: { kind: 'key', times: [] },
  })
  expect(refused(await run([...verify, '--in-force', '3'], null))).toBe('bundle-version-older')
  const copy = `oci:${join(folder, 'copy')}`
  const pulled = await run(['policy', 'pull', reference, `${copy}:main`, '--json'], null)
  expect(JSON.parse(pulled.stdout())).toMatchObject({ target: `${copy}@${digest}`, signatures: 1 })
  expect((await run(verify.with(2, `${copy}@${digest}`), null)).code).toBe(0)
  const file = join(folder, 'bundle.tar.gz')
  expect((await run(['policy', 'pull', reference, file], null)).code).toBe(0)
  const again = await run(
    ['policy', 'push', file, `oci:${join(folder, 'third')}:main`, '--release', '3', '--json'],
    null,
  )
  expect((JSON.parse(again.stdout()) as { digest: string }).digest).toBe(digest)
  const blob = join(folder, 'copy', 'blobs', 'sha256', digest.slice(7))
  writeFileSync(blob, `${readFileSync(blob, 'utf8')} `)
  const changed = await run(verify.with(2, `${copy}@${digest}`), null)
  expect([refused(changed), changed.code]).toEqual(['bundle-tampered', 4])
})

test('failing tests and a builtin of chance are refused before anything is pushed', async (ctx) => {
  const env = await opaEnv(ctx)
  const push = async (rule: string) =>
    refused(
      await run(
        ['policy', 'push', policies(rule), `oci:${join(folder, 'oci')}:main`, '--release', '1', '--json'],
        null,
        { env },
      ),
    )
  expect(await push('input.other')).toBe('bundle-tests-failing')
  expect(await push('{ input.ok; time.now_ns() > 0 }')).toBe('bundle-builtin-unknown')
  expect(await push('input.ok ==')).toBe('bundle-build-failed')
  expect(await push('nowhere(input.ok)')).toMatch(/^bundle-(build-failed|builtin-unknown)$/)
})

test.each([
  [['push', '.', 'oci:x:main'], '--release'],
  [['push', '.', 'policy:1', '--release', '1'], 'host/repository'],
  [['push', '.', 'oci:x:main', '--release', '1', '--commit', 'abc'], '--commit'],
  [['push', 'nowhere', 'oci:x:main', '--release', '1'], 'nowhere'],
  [['verify', 'oci:x@sha256:1'], 'digest'],
  [['verify', `oci:x@sha256:${'1'.repeat(64)}`], '--identity'],
  [['verify', `oci:x@sha256:${'1'.repeat(64)}`, '--identity', 'a', '--issuer', 'b', '--without-timestamps'], '--key'],
])('policy %j is told what is missing', async (words, names) => {
  const ran = await run(['policy', ...words, '--json'], null)
  expect(refused(ran)).toBe('usage')
  expect(ran.stderr()).toContain(names)
})

test.each(['sign', 'pull', 'verify'])('%s of a tag is refused as unpinned', async (word) => {
  const more = { sign: ['--key', key], pull: ['x.tar.gz'], verify: ['--key', pub, '--without-timestamps'] }[word] ?? []
  const ran = await run(['policy', word, 'oci:x:main', ...more, '--json'], null)
  expect([refused(ran), ran.code]).toEqual(['bundle-unpinned', 4])
})

test('keyless without an identity says what to set, and the token is told to nobody', async (ctx) => {
  const env = await opaEnv(ctx)
  const layout = `oci:${join(folder, 'oci')}`
  const pushed = await run(['policy', 'push', policies(), `${layout}:main`, '--release', '1', '--json'], null, { env })
  const { reference } = JSON.parse(pushed.stdout()) as { reference: string }
  const none = await run(['policy', 'sign', reference, '--json'], null)
  expect([refused(none), none.code]).toEqual(['identity-token-missing', 3])
  const bad = await run(['policy', 'sign', reference, '--json'], null, { env: { SIGSTORE_ID_TOKEN: 'secret-token' } })
  expect(refused(bad)).toBe('identity-token-missing')
  expect(bad.stderr()).not.toContain('secret-token')
})

test('keyless with one’s own services: verified for this identity and issuer, refused for others', async (ctx) => {
  const env = await opaEnv(ctx)
  const sigstore = await startSigstore()
  try {
    const root = join(folder, 'trusted_root.json')
    writeFileSync(root, sigstore.trustRoot)
    const layout = `oci:${join(folder, 'oci')}`
    const pushed = await run(['policy', 'push', policies(), `${layout}:main`, '--release', '1', '--json'], null, {
      env,
    })
    const { reference } = JSON.parse(pushed.stdout()) as { reference: string }
    const urls = ['--fulcio-url', sigstore.url, '--rekor-url', sigstore.url, '--tsa-url', sigstore.url]
    const signed = await run(['policy', 'sign', reference, ...urls], null, { env: { SIGSTORE_ID_TOKEN: oidcToken() } })
    expect([signed.stderr(), signed.code]).toEqual(['', 0])
    const verify = (identity: string, issuer: string) =>
      run(
        ['policy', 'verify', reference, '--identity', identity, '--issuer', issuer, '--trusted-root', root, '--json'],
        null,
      )
    const verified = await verify(IDENTITY, ISSUER)
    expect(JSON.parse(verified.stdout())).toMatchObject({ signer: { identity: IDENTITY, issuer: ISSUER } })
    expect(refused(await verify(IDENTITY.slice(0, -1), ISSUER))).toBe('bundle-identity-mismatch')
    expect(refused(await verify('.*', ISSUER))).toBe('bundle-identity-mismatch')
    expect(refused(await verify(IDENTITY, `${ISSUER}/`))).toBe('bundle-issuer-mismatch')
  } finally {
    await sigstore.close()
  }
})

test('a signing config names the services, Rekor v2 among them, and what the log gives is told', async (ctx) => {
  const env = await opaEnv(ctx)
  const sigstore = await startSigstore()
  try {
    writeFileSync(join(folder, 'trusted_root.json'), sigstore.trustRoot)
    const config = join(folder, 'signing_config.json')
    const service = (majorApiVersion: number, path = '') => [
      { url: `${sigstore.url}${path}`, majorApiVersion, operator: 'o', validFor: { start: '2024-01-01T00:00:00Z' } },
    ]
    const write = (caUrls: unknown) =>
      writeFileSync(
        config,
        JSON.stringify({
          mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
          caUrls,
          rekorTlogUrls: service(2),
          rekorTlogConfig: { selector: 'ANY' },
          tsaUrls: service(1, '/api/v1/timestamp'),
          tsaConfig: { selector: 'ANY' },
        }),
      )
    write(service(1))
    const layout = `oci:${join(folder, 'oci')}`
    const pushed = await run(['policy', 'push', policies(), `${layout}:main`, '--release', '1', '--json'], null, {
      env,
    })
    const { reference } = JSON.parse(pushed.stdout()) as { reference: string }
    const token = { env: { SIGSTORE_ID_TOKEN: oidcToken() } }
    const sign = ['policy', 'sign', reference, '--signing-config', config, '--json']
    const signed = await run(sign, null, token)
    expect(JSON.parse(signed.stdout())).toMatchObject({
      keyless: true,
      logs: [{ url: sigstore.url, version: 2 }],
      timestamp_urls: [`${sigstore.url}/api/v1/timestamp`],
    })
    const root = ['--trusted-root', join(folder, 'trusted_root.json')]
    const verify = ['policy', 'verify', reference, '--identity', IDENTITY, '--issuer', ISSUER, ...root, '--json']
    expect(refused(await run(verify, null))).toBe('bundle-timestamp-missing')
    expect((await run([...verify, '--timestamps', '1'], null)).code).toBe(0)
    expect(refused(await run([...sign, '--rekor-url', sigstore.url], null, token))).toBe('usage')
    expect((await run([...sign, '--key', key], null)).code).toBe(0)
    write([])
    const none = await run(sign, null, token)
    expect([refused(none), none.stderr()]).toEqual(['signing-failed', expect.stringContaining('caUrls')])
  } finally {
    await sigstore.close()
  }
})
