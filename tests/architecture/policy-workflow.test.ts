import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildProgram } from '../../packages/cli/src/program.ts'
import { commandProblem, commandsIn } from './command-line.ts'
import { ROOT } from './tree.ts'

interface Step {
  readonly name: string
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: {
    readonly bundle: {
      readonly if: string
      readonly permissions: Readonly<Record<string, string>>
      readonly outputs: Readonly<Record<string, string>>
      readonly steps: readonly Step[]
    }
  }
}

const text = readFileSync(join(ROOT, 'deploy/github/policy-bundle.yml'), 'utf8')
const workflow = parse(text) as Workflow
const { steps, permissions, outputs } = workflow.jobs.bundle
const ours = steps.flatMap(({ run = '' }) => commandsIn(run).filter(([program]) => program === 'gatehouse'))

test('the workflow formats, checks, tests, builds, pushes and signs, in this order', () => {
  // Signing is written twice: with the services of a file, and with the public ones.
  expect([...new Set(ours.map((words) => words.slice(1, 3).join(' ')))]).toEqual([
    'policy fmt',
    'policy check',
    'policy test',
    'policy build',
    'policy push',
    'policy sign',
  ])
})

test('each of its commands is one of ours, with options that it has', () => {
  const program = buildProgram()
  const problems = ours.map((words) => commandProblem(program, words.slice(1))).filter((problem) => problem !== null)
  expect(problems).toEqual([])
})

test('format and build only compare: what is pushed is what was committed', () => {
  expect(ours[0]).toContain('--check')
  expect(ours[3]).toContain('--check')
})

test('the files that it runs are here', () => {
  const files = steps.flatMap(({ run = '' }) => [...run.matchAll(/node (\S+\.ts)/g)].map(([, file = '']) => file))
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(files.length).toBeGreaterThan(0)
})

test('actions are pinned by commit', () => {
  const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]))
  expect(used.length).toBeGreaterThan(0)
  for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
})

test('it may do what it must and no more, and never runs for a stranger’s pull request', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' })
  expect(permissions).toEqual({ contents: 'read', packages: 'write', 'id-token': 'write' })
  expect(Object.keys(workflow.on).toSorted()).toEqual(['push', 'workflow_dispatch'])
})

test('it gives digest and reference of what was pushed, and signs that very reference', () => {
  expect(outputs).toEqual({
    digest: '${{ steps.push.outputs.digest }}',
    reference: '${{ steps.push.outputs.reference }}',
  })
  const push = steps.find(({ id }) => id === 'push')
  expect(push?.run).toContain('echo "digest=')
  expect(push?.run).toContain('echo "reference=')
  const sign = steps.find(({ run = '' }) => run.includes('policy sign'))
  expect(sign?.env?.['REFERENCE']).toBe('${{ steps.push.outputs.reference }}')
})

test('nothing of GitHub’s is pasted into a shell: it goes through the environment', () => {
  for (const { run = '' } of steps) expect(run).not.toContain('${{')
})

test('a release is of the main branch only, also where somebody starts it by hand', () => {
  expect(workflow.jobs.bundle.if).toBe("github.ref == 'refs/heads/main'")
})

test('a command that fails before a pipe or inside of one ends its step', () => {
  expect(parse(text)).toMatchObject({ defaults: { run: { shell: 'bash' } } })
  for (const { run = '' } of steps) expect(run).not.toMatch(/echo "[^"]*\$\(/)
})
