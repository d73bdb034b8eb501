import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { RULE_IDS } from '@gatehouse/core/specs/lint/rules'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { default as formats } from 'ajv-formats'
import { afterEach, expect, test, type TestContext } from 'vitest'
import { closeAll, run, scratchFolder } from '../../test-host.ts'

// Judges of our SARIF that others wrote: the schema of 2.1.0 and the rules of Microsoft's validator (both in @microsoft/sarif-multitool-linux, MIT).

afterEach(closeAll)

const PAGES = resolve(import.meta.dirname, '../../../../../docs/reference/spec-rules')

interface Result {
  readonly ruleId: string
  readonly level: string
  readonly message: { readonly text: string }
  readonly fixes?: readonly unknown[]
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[]
}
interface Log {
  readonly runs: readonly { readonly results: readonly Result[] }[]
}

function multitool(ctx: TestContext): string {
  const folder = process.env['GATEHOUSE_SARIF_MULTITOOL'] ?? ''
  if (!existsSync(join(folder, 'sarif-2.1.0.json')))
    ctx.skip('GATEHOUSE_SARIF_MULTITOOL names no folder of @microsoft/sarif-multitool-linux')
  return folder
}

/** The bad examples of every rule's page, each a project in a folder whose name has to be escaped. */
function everyRule(): string {
  const root = scratchFolder()
  for (const page of readdirSync(PAGES)) {
    const text = readFileSync(join(PAGES, page), 'utf8')
    const bad = text.slice(text.indexOf('\n## Bad\n'), text.indexOf('\n## Good\n'))
    for (const [, , path = '', held = ''] of bad.matchAll(/^(`{3,})(?:markdown|yaml) (\S+)\n([\s\S]*?)^\1$/gm)) {
      const file = join(root, `${page.replace(/\.md$/, '')} für 100 % & #1 [日本]`, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, held)
    }
  }
  return root
}

/** A log with a result of each rule, and one in which the baseline holds them all. */
async function logs(): Promise<{ full: string; empty: string }> {
  const root = everyRule()
  const sarif = async () => {
    const ran = await run(['spec', 'lint', root, '--format', 'sarif', '--fail-on', 'never'], null)
    expect(ran.code, ran.stderr()).toBe(0)
    return ran.stdout()
  }
  const full = await sarif()
  expect((await run(['spec', 'lint', root, '--write-baseline'], null)).code).toBe(0)
  return { full, empty: await sarif() }
}

function resultsOf(log: string): readonly Result[] {
  return (JSON.parse(log) as Log).runs[0]?.results ?? []
}

test('the schema of SARIF 2.1.0 takes a log with every rule, with fixes and odd paths, and one without results', async (ctx) => {
  const schema = JSON.parse(readFileSync(join(multitool(ctx), 'sarif-2.1.0.json'), 'utf8')) as object
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  const fits = ajv.compile(schema)
  const faults = (log: string) => {
    fits(JSON.parse(log))
    return (fits.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ''}`)
  }
  const { full, empty } = await logs()
  const results = resultsOf(full)
  expect([...new Set(results.map((r) => r.ruleId))].toSorted()).toEqual(RULE_IDS.toSorted())
  expect(results.some((r) => r.fixes !== undefined)).toBe(true)
  const [uri = ''] = results.map((r) => r.locations[0]?.physicalLocation.artifactLocation.uri)
  expect(decodeURIComponent(uri)).toContain(' für 100 % & #1 [日本]/')
  expect(resultsOf(empty)).toEqual([])
  expect(faults(full)).toEqual([])
  expect(faults(empty)).toEqual([])
  // The judge is awake.
  expect(faults(full.replaceAll('"level": "note"', '"level": "nota"'))).toContainEqual(
    expect.stringContaining('must be equal to one of the allowed values'),
  )
  expect(faults(full.replace('"version": "2.1.0",', '"version": "2.1.0", "more": 1,'))).toContainEqual(
    expect.stringContaining('must NOT have additional properties'),
  )
}, 300_000)

/** Notes of the validator that we live with, and why. */
const LIVED_WITH: Readonly<Record<string, string>> = {
  SARIF2002: 'messages are written out, not put together from templates of the rule',
  SARIF2003: 'who uploads the log knows the commit',
  SARIF2006: 'it asks the network, which tests do without',
  SARIF2009: 'rules are called as in the configuration, not A1234',
  SARIF2010: 'the text stays where it is: logs do not carry it',
  SARIF2011: 'the same for the lines around it',
}

test("Microsoft's validator finds no error and no warning in our logs, and only notes that we live with", async (ctx) => {
  const program = join(multitool(ctx), 'Sarif.Multitool')
  const env = {
    // It starts without ICU, and reaches nothing.
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
    DOTNET_BUNDLE_EXTRACT_BASE_DIR: scratchFolder(),
    HOME: scratchFolder(),
    ...Object.fromEntries(
      ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((n) => [n, 'http://127.0.0.1:9']),
    ),
  }
  const started = spawnSync(program, ['--version'], { env, encoding: 'utf8' })
  if (started.error !== undefined) ctx.skip(`Sarif.Multitool does not start here: ${started.error.message}`)
  const { full, empty } = await logs()
  const folder = scratchFolder()
  const wrong = full.replace('"ruleIndex": 0,', '"ruleIndex": 900,')
  for (const [name, text] of Object.entries({ full, empty, wrong })) writeFileSync(join(folder, `${name}.sarif`), text)
  const said = (name: string) => {
    const out = join(folder, `${name}-said.sarif`)
    const asked = ['--rule-kind', 'Sarif;Ghas', '--level', 'Error;Warning;Note']
    const ran = spawnSync(program, ['validate', join(folder, `${name}.sarif`), ...asked, '-o', out], {
      env,
      encoding: 'utf8',
      timeout: 240_000,
    })
    expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(0)
    return resultsOf(readFileSync(out, 'utf8'))
      .filter((r) => !(r.ruleId in LIVED_WITH && r.level === 'note'))
      .map((r) => `${r.level} ${r.ruleId} ${JSON.stringify(r.message)}`)
  }
  expect(said('full')).toEqual([])
  expect(said('empty')).toEqual([])
  expect(said('wrong')).toEqual([expect.stringMatching(/^error SARIF1009 /)])
}, 900_000)
