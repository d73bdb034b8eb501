import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startConsoleFixture, type ConsoleFixture } from './console-fixture.ts'
import { id, sha } from './console-fixture-data.ts'
import { makeApproval, makeProposals } from './console-fixture-proposals.ts'

/**
 * The console's pages in real Chromium, against its own fixture. Tests that need the server open it with the same `signIn`,
 * with the server's address and a token of it.
 */
const dist = join(import.meta.dirname, '../../packages/console/dist')
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const missing =
  program === undefined
    ? 'Chromium is not installed'
    : existsSync(join(dist, 'index.html'))
      ? null
      : 'the console is not built: npm run build -w packages/console'

/** Where the console is and who signs in: the one place that a test against the real server changes. */
interface Target {
  readonly url: string
  readonly token: string
}
async function signIn(page: Page, target: Target, path = '/'): Promise<void> {
  await page.goto(`${target.url}${path}`)
  await page.getByRole('textbox', { name: 'Token' }).fill(target.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page
    .getByRole('navigation', { name: 'Main' })
    .or(page.getByRole('button', { name: 'Menu' }))
    .first()
    .waitFor()
}

let browser: Browser
let fixture: ConsoleFixture
let context: BrowserContext
let page: Page
let errors: string[]

beforeAll(async () => {
  if (missing === null) browser = await chromium.launch({ executablePath: program ?? '', args: ARGUMENTS })
})
afterAll(async () => {
  if (missing === null) await browser.close()
})
beforeEach(async (ctx) => {
  if (missing !== null) ctx.skip(missing)
  fixture = await startConsoleFixture(dist)
  await open({ width: 1440, height: 900 }, 'light')
})
afterEach(async () => {
  if (missing !== null) return
  await context.close()
  await fixture.close()
})

async function open(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark'): Promise<void> {
  context = await browser.newContext({ viewport, colorScheme })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: fixture.url })
  page = await context.newPage()
  page.setDefaultTimeout(60_000)
  errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text())
  })
}

const PROPOSAL = `/proposals/${id('prp', 1)}`
const PAGES: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Flow'],
  ['/proposals', 'Proposals'],
  ['/proposals?state=merged', 'Proposals'],
  [PROPOSAL, 'Totals are shown with cents'],
  [`${PROPOSAL}?view=changes`, 'Totals are shown with cents'],
  [`${PROPOSAL}?view=validation`, 'Totals are shown with cents'],
  [`${PROPOSAL}?view=policy`, 'Totals are shown with cents'],
  [`${PROPOSAL}?view=history`, 'Totals are shown with cents'],
  [`/proposals/${id('prp', 2)}?view=validation`, 'The cart survives a reload'],
  [`/proposals/${id('prp', 7)}`, 'The invoice names the tax'],
  [`/stories/${id('sto', 4)}`, 'Prices come in the currency of the buyer'],
  [`/tasks/${id('tsk', 2)}`, 'The cart survives a reload'],
  [`/runs/${id('run', 1)}`, 'Run 2 by codemod'],
  [`/decisions/${id('dec', 2)}`, 'Decision after_execute'],
  ['/ledger?event=37', 'Ledger'],
  ['/agents', 'Agents'],
  ['/repositories', 'Repositories'],
  ['/people', 'People'],
  ['/jobs', 'Dead jobs'],
  ['/nowhere', 'No such page'],
]

async function show(path: string, heading: string): Promise<void> {
  await page.goto(`${fixture.url}${path}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.locator('[role=status][aria-label^=Loading]').first().waitFor({ state: 'detached' })
}

/** All rules; or only those that a theme can break: structure is the same in both. */
async function expectAccessible(what: string, rules: 'all' | 'contrast' = 'all'): Promise<void> {
  const axe = new AxeBuilder({ page })
  if (rules === 'contrast') axe.withRules(['color-contrast'])
  else axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
  const { violations } = await axe.analyze()
  const told = violations.map(
    (v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary ?? ''}`).join(' | ')}`,
  )
  expect([what, ...told]).toEqual([what])
}

describe.each([
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const)('every page, %s, %d px', (theme, width) => {
  test('axe finds nothing, nothing runs over the edge, no error is logged', async () => {
    await context.close()
    await open({ width, height: 900 }, theme)
    fixture.state.isolation = 'none'
    await page.goto(`${fixture.url}/sign-in`)
    await expectAccessible('/sign-in')
    await signIn(page, fixture)
    for (const [path, heading] of PAGES) {
      await show(path, heading)
      await expectAccessible(path, theme === 'light' ? 'all' : 'contrast')
      const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      expect([path, over]).toEqual([path, 0])
      expect(await page.title()).toBe(`${heading} · Gatehouse`)
    }
    expect(await page.evaluate("document.documentElement.dataset['theme']")).toBe(theme)
    expect(errors).toEqual([])
  }, 300_000)
})

describe('signing in', () => {
  test('a wrong token is refused with the words of the server and a request id to copy', async () => {
    await page.goto(`${fixture.url}/sign-in`)
    await page.getByRole('textbox', { name: 'Token' }).fill('gh_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('The token is not known').waitFor()
    const copy = alert.getByRole('button', { name: /^request req_/ })
    await copy.click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^req_fixture\d+$/)
  })

  test('text that is no token is told so before it is sent', async () => {
    await page.goto(`${fixture.url}/sign-in`)
    await page.getByRole('textbox', { name: 'Token' }).fill('hello')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('one begins with gh_').waitFor()
  })

  test('it leads back to the page that was asked for, and the token is in no storage of the page', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('heading', { level: 1, name: 'Totals are shown with cents' }).waitFor()
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])',
    )
    expect(kept).not.toContain(fixture.token)
  })

  test('an address of another site as next is not followed', async () => {
    await signIn(page, fixture, '/sign-in?next=//example.org/')
    await page.getByRole('heading', { level: 1, name: 'Flow' }).waitFor()
    expect(new URL(page.url()).origin).toBe(fixture.url)
  })

  test('signing out ends the session', async () => {
    await signIn(page, fixture)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await page.goto(`${fixture.url}/ledger`)
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  })
})

describe('the flow', () => {
  test('a card says what it waits for, and leads there by keyboard', async () => {
    await signIn(page, fixture)
    const card = page.getByRole('article').filter({ hasText: 'Totals are shown with cents' })
    await card.getByText('waits for: 1 approval by a maintainer or owner').waitFor()
    await card.getByRole('link', { name: 'Totals are shown with cents' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Totals are shown with cents' }).waitFor()
  })

  test('it moves without a reload when the ledger says that something happened', async () => {
    await signIn(page, fixture)
    const column = (name: string) =>
      page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 2, name }) })
    await column('Validation').getByText('Upgrade the date library').waitFor()
    await page.evaluate("window['kept'] = true")
    const tasks = fixture.state.tasks
    fixture.state.tasks = tasks.map((task) => (task.id === id('tsk', 8) ? { ...task, state: 'merged' as const } : task))
    fixture.emit('effect.execute', { kind: 'effect', id: id('eff', 8) })
    await column('Merged').getByText('Upgrade the date library').waitFor()
    expect(await page.evaluate("window['kept']")).toBe(true)
  })

  test('a lost stream is shown, and is taken up again after the last event seen', async () => {
    await signIn(page, fixture)
    await page.getByRole('button', { name: 'Live: pause' }).waitFor()
    const { seq } = fixture.emit('agent.register', { kind: 'agent', id: id('agt', 1) })
    await page.waitForTimeout(300)
    fixture.state.streams = false
    fixture.cutStreams()
    await page.getByRole('button', { name: 'Reconnecting: pause' }).waitFor()
    fixture.state.streams = true
    await page.getByRole('button', { name: 'Live: pause' }).waitFor()
    expect(fixture.resumedFrom.at(-1)).toBe(String(seq))
  })

  test('paused it stays as it is; going on brings what was missed', async () => {
    await signIn(page, fixture, '/ledger')
    await page.getByRole('button', { name: 'Live: pause' }).click()
    await page.getByRole('button', { name: 'Paused: go on' }).waitFor()
    const { seq } = fixture.emit('agent.register', { kind: 'agent', id: id('agt', 1) })
    await page.waitForTimeout(400)
    expect(await page.getByRole('link', { name: `Event ${seq}, open` }).count()).toBe(0)
    await page.getByRole('button', { name: 'Paused: go on' }).click()
    await page.getByRole('link', { name: `Event ${seq}, open` }).waitFor()
  })

  test('an empty flow names the first commands, to copy', async () => {
    fixture.state.empty = true
    await signIn(page, fixture)
    await page.getByText('Nothing is in the flow yet').waitFor()
    await page.getByRole('button', { name: 'Copy command to submit a story' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('gatehouse story submit story.md')
    await expectAccessible('the empty flow')
  })

  test('an error stands in one place, with its request id, and can be tried again', async () => {
    fixture.state.failing = '/tasks'
    await signIn(page, fixture)
    const alert = page.getByRole('alert')
    await alert.getByText('Gatehouse broke', { exact: true }).waitFor()
    expect(await alert.count()).toBe(1)
    fixture.state.failing = null
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('article').first().waitFor()
  })
})

describe('a proposal', () => {
  test('approving sends exactly the intent digest that was shown, once, with its own key', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('button', { name: 'Approve this intent' }).click()
    await page.getByRole('button', { name: 'Take my approval back' }).waitFor()
    const sent = fixture.sent.filter((each) => each.path.endsWith('/approve'))
    expect(sent.map((each) => each.body)).toEqual([{ intent_digest: sha('intent 1'), comment: '' }])
    expect(sent[0]?.key).toMatch(/^idem_[0-9a-f]{32}$/)
    await page.getByText('Everything is in order.').waitFor()
  })

  test('an intent that changed while one reads is not approved: it says what changed and asks to look', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('button', { name: 'Approve this intent' }).waitFor()
    const { intent } = makeApproval()
    const changed = makeApproval({
      intent_digest: sha('intent 2'),
      intent: { ...intent, diff_digest: sha('another diff') },
    })
    fixture.state.proposals = makeProposals().map((p) => (p.id === id('prp', 1) ? { ...p, approval: changed } : p))
    // No event tells the page: the refusal (409) does.
    await page.getByRole('button', { name: 'Approve this intent' }).click()
    const alert = page.getByRole('alert').filter({ hasText: 'The intent is not the one you were looking at' })
    await alert.getByText('Changed: the diff.').waitFor()
    expect(await page.getByRole('button', { name: 'Approve this intent' }).count()).toBe(0)
    await alert.getByRole('button', { name: 'I look at the new one' }).click()
    await page.getByRole('button', { name: 'Approve this intent' }).click()
    await page.getByRole('button', { name: 'Take my approval back' }).waitFor()
    expect(fixture.sent.filter((each) => each.path.endsWith('/approve')).map((each) => each.body)).toEqual([
      { intent_digest: sha('intent 1'), comment: '' },
      { intent_digest: sha('intent 2'), comment: '' },
    ])
  })

  test('a rejection needs its comment', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('button', { name: 'Reject' }).click()
    await page.getByText('Say what has to change').waitFor()
    expect(fixture.sent).toEqual([])
    await page.getByRole('textbox', { name: 'Comment' }).fill('Round half to even.')
    await page.getByRole('button', { name: 'Reject' }).click()
    await expect.poll(() => fixture.sent.length).toBe(1)
    expect(fixture.sent[0]?.body).toEqual({ intent_digest: sha('intent 1'), comment: 'Round half to even.' })
  })

  test('a comment that was not sent holds back who leaves, and is there for who stays', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('textbox', { name: 'Comment' }).fill('Half a thought')
    await page.getByRole('link', { name: 'Validation' }).click()
    await page.getByRole('region', { name: 'Measured by the host' }).waitFor()
    await page.getByRole('link', { name: 'Agents' }).click()
    await page
      .getByRole('dialog', { name: 'Leave without your comment?' })
      .getByRole('button', { name: 'Stay' })
      .click()
    expect(await page.getByRole('textbox', { name: 'Comment' }).inputValue()).toBe('Half a thought')
    await page.getByRole('link', { name: 'Agents' }).click()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor()
  })

  test('what cannot be done stays visible with its reason, and does nothing', async () => {
    await signIn(page, fixture, PROPOSAL)
    const merge = page.getByRole('button', { name: 'Merge exactly this' })
    expect(await merge.getAttribute('aria-disabled')).toBe('true')
    await page.getByText('Not yet: what is missing stands above.').waitFor()
    await merge.click({ force: true })
    expect(fixture.sent).toEqual([])
  })

  test('CLI and curl are made from the operation of the button', async () => {
    await signIn(page, fixture, PROPOSAL)
    await page.getByRole('button', { name: 'CLI / curl: Approve' }).click()
    await page.getByRole('button', { name: 'Copy CLI command' }).click()
    const command = `gatehouse proposal approve ${id('prp', 1)} --intent ${sha('intent 1')}`
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(command)
    await expectAccessible('the popover')
  })

  test('what the host measured and what the candidate reported stand apart', async () => {
    await signIn(page, fixture, `/proposals/${id('prp', 2)}?view=validation`)
    const host = page.getByRole('region', { name: 'Measured by the host' })
    const candidate = page.getByRole('region', { name: 'Reported by the candidate' })
    await host.getByText('exit 1').waitFor()
    expect(await host.textContent()).not.toContain('Passed')
    expect(await candidate.textContent()).toContain('It is no proof')
    const findings = page.getByRole('list', { name: 'Tests that speak against it' })
    await findings.getByText('cart.test.js > keeps its items').waitFor()
    await page.getByRole('alert').filter({ hasText: 'It ran without isolation' }).waitFor()
  })

  test('each ticked task is shown with its verdict, what was found, and what the change took out of it', async () => {
    await signIn(page, fixture, `/proposals/${id('prp', 2)}?view=validation`)
    const tasks = page.getByRole('list', { name: 'Ticked tasks' }).getByRole('listitem')
    const first = await tasks.filter({ hasText: 'T021' }).first().textContent()
    for (const part of [
      'contradicted',
      'specs/005-reload/tasks.md:12',
      'src/storage.ts, restoreCart',
      'against it: src/cart-storage.ts is not there',
    ])
      expect(first).toContain(part)
    expect(await tasks.filter({ hasText: 'T022' }).textContent()).toContain('open, taken away')
  })

  test('past approvals are shown as void with the reason', async () => {
    await signIn(page, fixture, `${PROPOSAL}?view=history`)
    await page.getByText('void: stale').waitFor()
    await page.getByText('the diff changed: proposal superseded').waitFor()
  })
})

describe('the changes', () => {
  test('j, k, n and v walk the files and mark them; while one types they are letters', async () => {
    await signIn(page, fixture, `${PROPOSAL}?view=changes`)
    await page.getByText('0 / 3 viewed').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('v')
    await page.getByText('1 / 3 viewed').waitFor()
    await page.keyboard.press('n')
    await page.keyboard.press('v')
    await page.getByText('2 / 3 viewed').waitFor()
    await page.keyboard.press('k')
    await page.keyboard.press('v')
    await page.getByText('1 / 3 viewed').waitFor()
    await page.getByRole('textbox', { name: 'Comment' }).fill('')
    await page.getByRole('textbox', { name: 'Comment' }).pressSequentially('vjnv')
    expect(await page.getByRole('textbox', { name: 'Comment' }).inputValue()).toBe('vjnv')
    await page.getByText('1 / 3 viewed').waitFor()
  })

  test('marks hold for their diff alone: another diff voids them and says so', async () => {
    await signIn(page, fixture, `${PROPOSAL}?view=changes`)
    await page.getByRole('checkbox', { name: 'Viewed' }).first().check()
    await page.reload()
    await page.getByText('1 / 3 viewed').waitFor()
    fixture.state.proposals = fixture.state.proposals.map((p) => ({ ...p, diff_digest: sha('one byte more') }))
    fixture.emit('proposal.supersede', { kind: 'proposal', id: id('prp', 1) })
    await page.getByText('The diff changed since you looked').waitFor()
    await page.getByText('0 / 3 viewed').waitFor()
  })

  test('hidden characters are shown by name, binary files are told', async () => {
    await signIn(page, fixture, `${PROPOSAL}?view=changes`)
    await page.getByRole('alert').filter({ hasText: 'Hidden characters in 1 line' }).waitFor()
    await page.getByText('U+202E bidi').waitFor()
    await page.getByText('A binary file was modified.').waitFor()
    expect(await page.getByRole('main').textContent()).not.toContain('\u202e')
  })
})

describe('around the pages', () => {
  test('a runbook of others shows its HTML as text and links only to the web', async () => {
    await signIn(page, fixture, `/stories/${id('sto', 4)}`)
    const runbook = page.getByRole('region', { name: 'Runbook' })
    await runbook.getByText('<script>alert(1)</script>').waitFor()
    const links = runbook.getByRole('link')
    expect(await links.count()).toBe(1)
    expect(await links.getAttribute('href')).toBe('https://example.org/')
    await runbook.getByRole('button', { name: 'Accept this runbook' }).click()
    await expect.poll(() => fixture.sent.length).toBe(1)
    expect(fixture.sent[0]?.path).toBe(`/runbooks/${id('rbk', 4)}/accept`)
  })

  test('a navigation sets the title, moves the focus to the heading and is announced', async () => {
    await signIn(page, fixture)
    await page.getByRole('link', { name: 'Agents' }).click()
    await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor()
    await expect.poll(() => page.evaluate('document.activeElement?.textContent')).toBe('Agents')
    await expect.poll(() => page.getByTestId('announcer').textContent()).toContain('Agents')
    expect(await page.title()).toBe('Agents · Gatehouse')
  })

  test('the first tab stop skips to the content', async () => {
    await signIn(page, fixture)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Flow' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement?.id')).toBe('main')
  })

  test('the theme that was chosen is there before the first paint of the next visit', async () => {
    await signIn(page, fixture)
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await page.reload({ waitUntil: 'commit' })
    await page.waitForFunction("document.documentElement.dataset['theme'] === 'dark'")
    await page.getByRole('button', { name: 'Use the light theme' }).waitFor()
  })

  test('the ledger is filtered by its address, verifies, and says where it is broken', async () => {
    await signIn(page, fixture, `/ledger?act=proposal.approve`)
    await expect.poll(() => page.getByRole('link', { name: /^Event \d+/ }).count()).toBe(4)
    await page.getByRole('button', { name: 'Remove the filter act proposal.approve' }).click()
    await expect.poll(() => new URL(page.url()).search).toBe('')
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    await page.getByText('40 events verified in 18 ms').waitFor()
    fixture.state.ledgerBroken = true
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    await page.getByRole('alert').getByText('Broken at event 7').waitFor()
  })

  test('missing isolation is said on every page', async () => {
    fixture.state.isolation = 'none'
    await signIn(page, fixture, '/people')
    await page.getByRole('region', { name: 'Isolation warning' }).getByText('No isolation.').waitFor()
  })

  test('on a narrow page the menu opens, leads on and closes', async () => {
    await context.close()
    await open({ width: 390, height: 800 }, 'light')
    await signIn(page, fixture)
    await page.getByRole('button', { name: 'Menu' }).click()
    await expectAccessible('the menu')
    await page.getByRole('dialog').getByRole('link', { name: 'Ledger' }).click()
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})
