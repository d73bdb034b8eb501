/** The workflow of deploy/github, step by step in a copy of this tree, against a registry and sigstore's services on loopback. */
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { bundleLayer } from '../../packages/bundle/src/bundle-fixture.ts'
import { pushBundle } from '../../packages/bundle/src/bundle-push.ts'
import { parseReference, type RegistryReference } from '../../packages/bundle/src/reference.ts'
import { RegistryStore } from '../../packages/bundle/src/registry-artifacts.ts'
import { LOGIN, startRegistry, type RegistryProcess } from '../../packages/bundle/src/registry-fixture.ts'
import {
  IDENTITY,
  ISSUER,
  oidcToken,
  startSigstore,
  type SigstoreServices,
} from '../../packages/bundle/src/sigstore-fixture.ts'
import { findProgram } from '../../tools/found-program.ts'
import { findOpa } from '../../tools/opa.ts'
import { ROOT, trackedFiles } from '../architecture/tree.ts'
import { runJob, type JobRan, type Workflow } from './workflow-run.ts'

// The shipped policies are tested, compiled and pushed by real programs.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 })

const run = promisify(execFile)
const program = findProgram('docker-registry')
const opa = findOpa()
const SHA = '0123456789abcdef0123456789abcdef01234567'
const BEARER = 'request-token'
const workflow = parse(readFileSync(join(ROOT, 'deploy/github/policy-bundle.yml'), 'utf8')) as Workflow

let scratch = ''
let registry: RegistryProcess | null = null
let sigstore: SigstoreServices
let tokens: Server
let tokenUrl = ''
const tokensAsked: string[] = []

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'gatehouse-workflow-'))
  sigstore = await startSigstore()
  tokens = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    tokensAsked.push(url.searchParams.get('audience') ?? '')
    const known = request.headers.authorization === `Bearer ${BEARER}`
    response.writeHead(known ? 200 : 401).end(known ? JSON.stringify({ value: oidcToken() }) : '')
  })
  await new Promise<void>((done) => tokens.listen(0, '127.0.0.1', done))
  tokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token?api-version=2.0`
  if (!program.ok || !opa.ok) return
  registry = await startRegistry(program.path, { login: true })
})
afterAll(async () => {
  tokens.closeAllConnections()
  await new Promise((done) => tokens.close(done))
  await registry?.close()
  await sigstore.close()
  rmSync(scratch, { recursive: true, force: true })
})

interface Skipping {
  readonly skip: (reason: string) => void
}

function need(ctx: Skipping): void {
  for (const tool of [program, opa]) if (!tool.ok) ctx.skip(tool.reason)
}

/** What Checkout, Node and the network part of "npm ci" would have made: the tree's files, and the modules that are here, as links. */
function checkout(name: string): string {
  const folder = join(scratch, name)
  for (const file of trackedFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(folder, file))
  }
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@gatehouse'), { recursive: true })
  for (const entry of readdirSync(join(ROOT, 'node_modules')))
    if (entry !== '@gatehouse' && entry !== '.bin') symlinkSync(join(ROOT, 'node_modules', entry), join(modules, entry))
  for (const part of readdirSync(join(folder, 'packages'))) {
    symlinkSync(join(folder, 'packages', part), join(modules, '@gatehouse', part))
    const own = join(ROOT, 'packages', part, 'node_modules')
    if (existsSync(own)) symlinkSync(own, join(folder, 'packages', part, 'node_modules'))
  }
  mkdirSync(join(modules, '.bin'))
  symlinkSync('../@gatehouse/cli/bin/gatehouse.js', join(modules, '.bin', 'gatehouse'))
  const services = {
    url: sigstore.url,
    majorApiVersion: 1,
    validFor: { start: '2024-01-01T00:00:00Z' },
    operator: 'test',
  }
  const config = {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [services],
    rekorTlogUrls: [services],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [{ ...services, url: `${sigstore.url}/api/v1/timestamp` }],
    tsaConfig: { selector: 'ANY' },
  }
  writeFileSync(join(folder, 'signing_config.json'), JSON.stringify(config))
  return folder
}

/** Programs that stand in front of the PATH: the Node of these tests, and an npm that only tells what it was asked. */
function programs(folder: string): string {
  const bin = `${folder}-bin`
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, 'node'))
  const asked = `${folder}-npm`
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$@" >> "${asked}"\n`, { mode: 0o755 })
  return bin
}

async function release(folder: string, repository: string, runNumber: number): Promise<JobRan> {
  const home = `${folder}-home`
  mkdirSync(home)
  return await runJob(workflow, 'bundle', {
    folder,
    scratch,
    env: {
      PATH: `${programs(folder)}:/usr/bin:/bin`,
      HOME: home,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: SHA,
      GATEHOUSE_OPA: opa.ok ? opa.path : '',
      ACTIONS_ID_TOKEN_REQUEST_URL: tokenUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: BEARER,
    },
    contexts: {
      'github.actor': LOGIN.username,
      'secrets.GITHUB_TOKEN': LOGIN.password,
      'github.run_number': String(runNumber),
    },
    override: { BUNDLE: `${registry?.host ?? ''}/${repository}`, SIGNING_CONFIG: 'signing_config.json' },
  })
}

async function gatehouse(folder: string, ...words: string[]): Promise<unknown> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: `${folder}-home`,
    GATEHOUSE_REGISTRY_USERNAME: LOGIN.username,
    GATEHOUSE_REGISTRY_PASSWORD: LOGIN.password,
  }
  const main = join(ROOT, 'packages/cli/src/main.ts')
  const { stdout } = await run(process.execPath, [main, ...words, '--json'], { env, maxBuffer: 1e7 })
  return JSON.parse(stdout)
}

/** How far a job came, and what its last step said: what one wants to read where a test fails. */
const came = ({ steps }: JobRan) => steps.map(({ name, exit }) => `${name}: ${exit ?? 'killed'}`)
const last = ({ steps }: JobRan) => steps.at(-1)?.said ?? ''

test('the workflow tests, builds, pushes and signs the shipped policies, and gives the digest that verifies', async (ctx) => {
  need(ctx)
  const folder = checkout('good')
  const job = await release(folder, 'acme/policy', 7)
  expect(came(job), last(job)).toEqual(
    ['Install', 'Format', 'Check', 'Test', 'Build', 'Push', 'Sign', 'Tell the digest'].map((name) => `${name}: 0`),
  )
  expect(readFileSync(`${folder}-npm`, 'utf8')).toBe('ci\n')
  const { digest = '', reference = '' } = job.outputs
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(reference).toBe(`${registry?.host ?? ''}/acme/policy@${digest}`)
  expect(job.summary).toContain(reference)
  expect(tokensAsked).toEqual(['sigstore'])
  expect(readFileSync(join(folder, 'policy-tests.xml'), 'utf8')).toContain('<testcase')
  const root = join(scratch, 'trusted_root.json')
  writeFileSync(root, sigstore.trustRoot)
  const who = ['--identity', IDENTITY, '--issuer', ISSUER, '--trusted-root', root]
  expect(await gatehouse(folder, 'policy', 'verify', reference, ...who)).toMatchObject({
    digest,
    version: 7,
    source_commit: SHA,
    signer: {
      kind: 'identity',
      identity: IDENTITY,
      issuer: ISSUER,
      times: [{ source: 'transparency-log' }, { source: 'timestamp-authority' }],
    },
  })
})

test('a policy whose test fails stops the job before anything is pushed', async (ctx) => {
  need(ctx)
  const folder = checkout('failing')
  const file = join(folder, 'policy/governance/tests/wrong_test.rego')
  writeFileSync(file, 'package gatehouse_test.wrong\n\ntest_that_fails if 1 == 2\n')
  const job = await release(folder, 'acme/failing', 1)
  expect(came(job), last(job)).toEqual(['Install: 0', 'Format: 0', 'Check: 0', 'Test: 4'])
  expect(last(job)).toContain('test_that_fails')
  await nothingPushed('acme/failing')
})

test('a plan that was not built anew, and policies that are not formatted, stop it too', async (ctx) => {
  need(ctx)
  const stale = checkout('stale')
  const plan = join(stale, 'policy/governance/plan.json')
  writeFileSync(plan, `${readFileSync(plan, 'utf8')} `)
  const unbuilt = await release(stale, 'acme/stale', 1)
  expect([unbuilt.ok, came(unbuilt).at(-1)]).toEqual([false, expect.stringMatching(/^Build: [1-9]/)])
  await nothingPushed('acme/stale')
  const loose = checkout('loose')
  const policies = join(loose, 'policy/governance/policies')
  const [first = ''] = readdirSync(policies).filter((name) => name.endsWith('.rego'))
  const path = join(policies, first)
  writeFileSync(path, `${readFileSync(path, 'utf8')}\n\n\n`)
  expect(came(await release(loose, 'acme/loose', 1)).at(-1)).toMatch(/^Format: [1-9]/)
  await nothingPushed('acme/loose')
})

test('a push that fails stops it, so that nothing is signed and no digest is told', async (ctx) => {
  need(ctx)
  const there = parseReference(`${registry?.host ?? ''}/acme/refused`) as RegistryReference
  const store = new RegistryStore(there, { credentials: LOGIN })
  await pushBundle(store, bundleLayer(), { version: 7, sourceCommit: null, tag: 'main' })
  const asked = tokensAsked.length
  const job = await release(checkout('refused'), 'acme/refused', 3)
  expect(came(job).at(-1)).toMatch(/^Push: [1-9]/)
  expect(last(job)).toContain('bundle-version-older')
  expect([job.outputs, tokensAsked.length]).toEqual([{}, asked])
})

async function nothingPushed(repository: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`
  const answer = await fetch(`http://${registry?.host ?? ''}/v2/${repository}/tags/list`, {
    headers: { authorization },
  })
  expect(answer.status).toBe(404)
}
