import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DECISION_HOOKS } from '@gatehouse/core/policy/decision'
import { expect, test } from 'vitest'
import { contractText } from './governance-contract.ts'
import { GOVERNANCE } from './governance-fixture.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGES = join(ROOT, 'docs/reference/policies')

const read = (path: string) => readFileSync(path, 'utf8')

interface Told {
  readonly id: string
  readonly title: string
  readonly severity: string
  readonly owner: string
  readonly runbook: string
  readonly from: string
}

/** METADATA of each module that has an id: the policies, and the decision. */
const policies: readonly Told[] = readdirSync(join(GOVERNANCE, 'policies'))
  .filter((file) => file.endsWith('.rego'))
  .flatMap((file) => {
    const text = read(join(GOVERNANCE, 'policies', file))
    const of = (name: string) => new RegExp(`^# +${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
    const told = { id: of('id'), title: of('title'), severity: of('severity'), owner: of('owner') }
    return told.id === '' ? [] : [{ ...told, runbook: of('runbook'), from: file }]
  })

const { modes, hooks } = (
  JSON.parse(read(join(GOVERNANCE, 'data/modes.json'))) as {
    governance: { modes: Record<string, unknown>; hooks: Record<string, Record<string, string>> }
  }
).governance

function spoken(id: string): string {
  const at = DECISION_HOOKS.filter((hook) => hooks[hook]?.[id] !== undefined)
  return at.length === 0 ? 'every hook' : at.map((hook) => `\`${hook}\``).join(', ')
}

test('every policy has an id as its file is named, a severity, an owner and its page as runbook', () => {
  for (const { id, from, severity, owner, runbook } of policies) {
    expect(from).toBe(`${id}.rego`)
    expect(['low', 'medium', 'high', 'critical']).toContain(severity)
    expect(owner).not.toBe('')
    expect(runbook).toBe(`docs/reference/policies/${id}.md`)
  }
  expect(policies.map((p) => p.id).toSorted()).toEqual([...Object.keys(modes), 'decision'].toSorted())
})

test('every policy has a test of its own, and a page that says what, why, how to comply and how to be excused', () => {
  for (const { id, title, severity, owner, runbook } of policies) {
    expect(existsSync(join(GOVERNANCE, 'tests', `${id}_test.rego`)), id).toBe(true)
    const page = read(join(ROOT, runbook))
    expect(page.split('\n')[2]).toBe(`${title}. Severity ${severity}, owner ${owner}. Speaks at ${spoken(id)}.`)
    const sections = [...page.matchAll(/^## (.*)$/gm)].map((match) => match[1])
    expect(sections, id).toEqual(['What it checks', 'Why', 'How to comply', 'How to ask for an exception'])
  }
  expect(readdirSync(PAGES).toSorted()).toEqual(policies.map((p) => `${p.id}.md`).toSorted())
})

test('the table of policies in policy/README.md is what METADATA and data say', () => {
  const rows = policies
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(
      ({ id, title, severity }) =>
        `| [${id}](../docs/reference/policies/${id}.md) | ${title} | ${severity} | ${spoken(id)} |`,
    )
  expect(read(join(ROOT, 'policy/README.md'))).toContain(`${rows.join('\n')}\n`)
})

test('policies speak at every hook that core knows, and at no other', () => {
  expect(Object.keys(hooks).toSorted()).toEqual([...DECISION_HOOKS].toSorted())
})

test('data/contract.json is what core’s schemas say', () => {
  expect(
    read(join(GOVERNANCE, 'data/contract.json')) === contractText(),
    'run: node packages/rego/src/governance-contract.ts',
  ).toBe(true)
})
