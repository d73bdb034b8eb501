import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from './tree.ts'

/** Held here: that the pages about specifications in CI and spec-kit say what the files in `deploy` have. */
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const inCi = read('docs/how-to/spec-in-ci.md')
const specKit = read('docs/how-to/spec-kit.md')

function yamlBlocks(page: string): unknown[] {
  return [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => parse(text) as unknown)
}
/** The names in backquotes on the lines from `from` to the next empty one. */
function namesAfter(page: string, from: string): string[] {
  const start = page.indexOf(from)
  expect(start, `"${from}" is on the page`).toBeGreaterThan(-1)
  return [...page.slice(start, page.indexOf('\n\n', start)).matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name)
}

const [step, gitlab, preCommit] = yamlBlocks(inCi) as [
  { uses: string; with: Record<string, string> }[],
  { include: { file: string; inputs: Record<string, string> }[] },
  { repos: { hooks: { id: string }[] }[] },
]

test('the GitHub step on the page has inputs that the action has, and all of them are listed', () => {
  const action = parse(read('deploy/github/spec-lint/action.yml')) as { inputs: object; outputs: object }
  expect(step[0]?.uses).toMatch(/\/deploy\/github\/spec-lint@[0-9a-f]{40}$/)
  for (const name of Object.keys(step[0]?.with ?? {})) expect(action.inputs).toHaveProperty(name)
  expect(namesAfter(inCi, 'Inputs: ').toSorted()).toEqual(Object.keys(action.inputs).toSorted())
  expect([...namesAfter(inCi, 'SARIF file ('), 'sarif-file'].toSorted()).toEqual(Object.keys(action.outputs).toSorted())
})

test('the GitLab include on the page gives inputs that the file has, and the others are listed', () => {
  const head = parse(read('deploy/gitlab/spec-lint.yml').split(/^---$/m)[0] ?? '') as {
    spec: { inputs: Record<string, { default?: unknown }> }
  }
  const { file = '', inputs = {} } = gitlab.include[0] ?? {}
  expect(read(file)).not.toBe('')
  const needed = Object.entries(head.spec.inputs).flatMap(([name, input]) => ('default' in input ? [] : [name]))
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(needed))
  const listed = [...Object.keys(inputs), ...namesAfter(inCi, 'Other inputs: '), 'image']
  expect(listed.toSorted()).toEqual(Object.keys(head.spec.inputs).toSorted())
})

test('the hooks on the page are those that pre-commit finds here', () => {
  const hooks = parse(read('.pre-commit-hooks.yaml')) as { id: string }[]
  expect(preCommit.repos[0]?.hooks.map(({ id }) => id)).toEqual(hooks.map(({ id }) => id))
})

test('the page about spec-kit has the settings, commands and steps of the extension and the overlay', () => {
  const template = parse(read('deploy/spec-kit/extension/gatehouse-config.template.yml')) as object
  expect(Object.keys(yamlBlocks(specKit)[0] as object)).toEqual(Object.keys(template))
  const manifest = parse(read('deploy/spec-kit/extension/extension.yml')) as {
    provides: { commands: { name: string }[] }
  }
  for (const { name } of manifest.provides.commands) expect(specKit).toContain(`\`${name}\``)
  const overlay = parse(read('deploy/spec-kit/workflow/gatehouse-gates.yml')) as { edits: { step: { id: string } }[] }
  for (const { step: inserted } of overlay.edits) expect(specKit).toContain(`\`${inserted.id}\``)
})
