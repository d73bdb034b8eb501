import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeClient, type Client } from '../../packages/client/src/client.ts'

/** The console in real Chromium against the real server: PostgreSQL, API, worker, sandbox, policy and ledger, nothing canned. */
const root = join(import.meta.dirname, '../..')
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const missing =
  program === undefined
    ? 'Chromium is not installed'
    : existsSync(join(root, 'packages/console/dist/index.html'))
      ? null
      : 'the console is not built: npm run build'
const FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking'

let folder: string
let server: ChildProcess
let browser: Browser
let url: string
let operator: Client
const people: Record<string, { token: string; client: Client }> = {}

beforeAll(async () => {
  if (missing !== null) return
  // Not below a home: PostgreSQL runs as another user when we are root.
  folder = mkdtempSync('/var/tmp/gatehouse-e2e-')
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o711 })
  execFileSync('chmod', ['711', folder])
  server = spawn(process.execPath, [join(root, 'packages/server/src/main-up.ts')], {
    env: { ...process.env, GATEHOUSE_DATA: data, GATEHOUSE_PORT: '0', DATABASE_URL: '' },
    stdio: 'ignore',
  })
  const note = join(data, 'gatehouse.json')
  for (let tries = 0; tries < 600 && !existsSync(note) && server.exitCode === null; tries++) await pause(100)
  url = (JSON.parse(readFileSync(note, 'utf8')) as { url: string }).url
  operator = makeClient({ baseUrl: url, token: readFileSync(join(data, 'operator-token'), 'utf8').trim() })
  for (const [login, role] of [
    ['ada', 'developer'],
    ['ben', 'maintainer'],
  ] as const) {
    await operator.call('personAdd', { body: { login, role } })
    const { token } = await operator.call('tokenIssue', { params: { id: login }, body: { label: 'e2e' } })
    people[login] = { token, client: makeClient({ baseUrl: url, token }) }
  }
  await operator.call('repositoryAdd', {
    body: { source: repository(), name: 'greeter', settings: { isolation: 'none' } },
  })
  browser = await chromium.launch({ executablePath: program ?? '', args: [...FLAGS.split(' '), '--disable-sync'] })
}, 300_000)

afterAll(async () => {
  if (missing !== null) return
  await browser?.close()
  if (server.exitCode === null) {
    const ended = new Promise((done) => server.once('exit', done))
    server.kill('SIGTERM')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
}, 300_000)

/** A repository whose recipe is one fast command. */
function repository(): string {
  const path = join(folder, 'greeter')
  mkdirSync(join(path, '.gatehouse'), { recursive: true })
  writeFileSync(join(path, 'greeting.txt'), 'hello\n')
  const command = { name: 'check', run: ['grep', '-q', 'hello', 'greeting.txt'] }
  writeFileSync(
    join(path, '.gatehouse/recipe.yaml'),
    JSON.stringify({ version: 1, validations: [{ name: 'default', commands: [command] }] }),
  )
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', ...args], { cwd: path })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'Greeter')
  return path
}

async function signIn(login: string, path = '/'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(`${url}${path}`)
  await page.getByRole('textbox', { name: 'Token' }).fill(people[login]?.token ?? '')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  return page
}

test('a patch appears on the board by itself, its author cannot approve it, another person approves and merges it', async (ctx) => {
  if (missing !== null) ctx.skip(missing)
  const ben = await signIn('ben')
  await ben.getByRole('heading', { level: 1, name: 'Flow' }).waitFor()
  await ben.getByRole('button', { name: 'Live: pause' }).waitFor()

  const patch =
    'diff --git a/greeting.txt b/greeting.txt\n--- a/greeting.txt\n+++ b/greeting.txt\n@@ -1 +1 @@\n-hello\n+hello, world\n'
  const submitted = await people['ada']?.client.call('proposalSubmit', {
    body: { patch: Buffer.from(patch).toString('base64'), title: 'Greet the world', repository: 'greeter' },
  })
  const id = submitted?.id ?? ''

  // Nobody reloads: the card comes by the event stream.
  const card = ben.getByRole('article').filter({ hasText: 'Greet the world' })
  await card.filter({ hasText: /approval/i }).waitFor()
  await card.getByRole('link', { name: 'Greet the world' }).click()
  await ben.getByRole('heading', { level: 1, name: 'Greet the world' }).waitFor()

  const ada = await signIn('ada', `/proposals/${id}`)
  await ada.getByText('you are among the authors of this change').first().waitFor()
  const clicked = ada.getByRole('button', { name: 'Approve this intent' })
  if ((await clicked.count()) > 0) await clicked.first().click({ force: true })
  expect((await operator.call('proposalShow', { params: { id } })).approval?.votes).toEqual([])

  await ben.getByRole('button', { name: 'Approve this intent' }).click()
  await ben.getByRole('button', { name: 'Take my approval back' }).waitFor()
  await ben.getByRole('button', { name: 'Merge exactly this' }).click()
  await ben.getByText('The branch took exactly the approved tree').waitFor()
  const merged = await operator.call('proposalShow', { params: { id } })
  expect(merged.state).toBe('merged')
  expect(merged.approval?.votes.map((v) => v.person.login)).toEqual(['ben'])
})

test('the ledger page verifies the real ledger, and pages with real data pass axe', async (ctx) => {
  if (missing !== null) ctx.skip(missing)
  const page = await signIn('ben', '/ledger')
  await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor()
  await page
    .getByRole('button', { name: /^Verify/ })
    .first()
    .click()
  await page.getByText(/^[1-9]\d* events verified in /).waitFor()
  for (const path of ['/ledger', '/', '/proposals', '/repositories', '/people', '/agents']) {
    await page.goto(`${url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const found = await new AxeBuilder({ page }).analyze()
    expect(found.violations.map((v) => `${path} ${v.id}: ${v.nodes[0]?.target.join(' ') ?? ''}`)).toEqual([])
  }
})
