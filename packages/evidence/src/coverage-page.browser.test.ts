import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { coverageOf } from './coverage.ts'
import { coveragePage } from './coverage-page.ts'
import { projectEvidence } from './project-evidence.ts'
import { readReports } from './test-results.ts'
import { closeRepositories, testRepository } from './test-repository.ts'

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-coverage-'))
const HOSTILE =
  '<script>document.title="taken"</script><img src=x onerror="document.title=1"> "\'>`</style></title> \u202etxt.exe'
let browser: Browser | null = null

beforeAll(async () => {
  if (program === undefined) return
  browser = await chromium.launch({ executablePath: program, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  const requirements = [
    `- **FR-001**: The system MUST sign in ${HOSTILE}`,
    '- **FR-002**: The system MUST sign out',
    '- **FR-003**: النظام MUST يعمل من اليمين إلى اليسار',
    `- **FR-004**: ${'averylongwordwithoutanyplacetobreakit'.repeat(6)}`,
    '- **FR-005**: The system MUST be fast',
  ]
  const tasks = [
    `- [x] T001 Create \`src/a.ts\` with \`go()\` for FR-001 ${HOSTILE}`,
    '- [x] T002 Create `src/never.ts` for FR-002',
    '- [ ] T003 Create `src/b.ts` for FR-003',
    '- [x] T004 Talk to people',
    '- [x] T005 Create `src/a.ts` and `src/c.ts` for FR-004',
  ]
  const spec = (name: string) =>
    `# Feature Specification: ${name}\n\n## Requirements\n\n### Functional Requirements\n\n${requirements.join('\n')}\n`
  const list = (lines: readonly string[]) => `# Tasks\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
  const repo = testRepository()
  const open = list(tasks.map((line) => line.replace('[x]', '[ ]')))
  repo.commit('plan', {
    'specs/001-login/spec.md': spec('Login'),
    'specs/001-login/tasks.md': open,
    'specs/002-other/spec.md': spec('Other'),
  })
  repo.commit(`work ${HOSTILE}`, { 'src/a.ts': 'export function go(): number {\n  return 1\n}\n' })
  repo.commit('tick', { 'specs/001-login/tasks.md': list(tasks) })
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const evidence = await projectEvidence(repo.root, read.results)
  const origin = { head: evidence.repository?.head ?? null, tests: null }
  writeFileSync(
    join(folder, 'page.html'),
    coveragePage(`shop ${HOSTILE}`, coverageOf(evidence), [`a note ${HOSTILE}`], origin),
  )
})

afterAll(async () => {
  await browser?.close()
  closeRepositories()
  rmSync(folder, { recursive: true, force: true })
})

async function opened(
  colorScheme: 'light' | 'dark',
  width: number,
  javaScriptEnabled = true,
): Promise<{ page: Page; errors: string[] }> {
  if (!browser) throw new Error('there is no browser')
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, javaScriptEnabled })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) errors.push(request.url())
  })
  await page.goto(pathToFileURL(join(folder, 'page.html')).href)
  return { page, errors }
}

/** A computed style of the first element of a selector. */
async function styleOf(page: Page, selector: string, name: string): Promise<unknown> {
  return page.evaluate(`getComputedStyle(document.querySelector("${selector}")).${name}`)
}

test('axe finds nothing, nothing runs over the edge and nothing is fetched: light and dark, wide and narrow', async (ctx) => {
  if (program === undefined) ctx.skip('Chromium is not installed')
  for (const scheme of ['light', 'dark'] as const)
    for (const width of [1100, 390, 320]) {
      const { page, errors } = await opened(scheme, width)
      await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
      const axe = new AxeBuilder({ page }).withTags([
        'wcag2a',
        'wcag2aa',
        'wcag21a',
        'wcag21aa',
        'wcag22aa',
        'best-practice',
      ])
      const { violations } = await axe.analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      expect(errors).toEqual([])
      await page.context().close()
    }
})

test("the page's own style is in force under its policy, and what others wrote is text", async (ctx) => {
  if (program === undefined) ctx.skip('Chromium is not installed')
  const { page, errors } = await opened('light', 1100)
  expect(await page.title()).toContain('Coverage of shop <script>')
  expect(await page.locator('script, img, style:not(head > style)').count()).toBe(0)
  expect(await styleOf(page, 'details', 'borderRadius')).not.toBe('0px')
  // A style or script that got in all the same would be refused.
  await page.evaluate(
    'document.head.append(Object.assign(document.createElement("style"), { textContent: "h1 { display: none }" }))',
  )
  await expect.poll(() => errors.length).toBe(1)
  const refused = await styleOf(page, 'h1', 'display')
  expect(refused).toBe('block')
  await page.context().close()
})

test('it works by keyboard and without scripts: a requirement opens, the choice hides what is shown', async (ctx) => {
  if (program === undefined) ctx.skip('Chromium is not installed')
  const { page } = await opened('light', 1100, false)
  const first = page.locator('details.requirement').first()
  const evidence = page.getByText('go is defined').first()
  expect(await evidence.isVisible()).toBe(false)
  await first.locator('summary').focus()
  await page.keyboard.press('Enter')
  expect(await evidence.isVisible()).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('radio', { name: 'contradicted or without a task' }).focus()
  await page.keyboard.press('Space')
  const visible = page.locator('details.requirement:visible')
  expect(await visible.count()).toBeGreaterThan(0)
  expect(await visible.and(page.locator('.shown, .partly, .open')).count()).toBe(0)
  await page.context().close()
})

test('on paper every requirement is open, and the controls are left out', async (ctx) => {
  if (program === undefined) ctx.skip('Chromium is not installed')
  const { page } = await opened('dark', 1100)
  await page.emulateMedia({ media: 'print' })
  expect(await page.getByText('go is defined').first().isVisible()).toBe(true)
  expect(await page.getByRole('radio').first().isVisible()).toBe(false)
  expect(await styleOf(page, 'body', 'backgroundColor')).toBe('rgb(255, 255, 255)')
  await page.context().close()
})
