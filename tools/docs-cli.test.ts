import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandLeaves, readmePage, referencePage } from './docs-cli.ts'
import { realHost } from '../packages/cli/src/host.ts'
import { buildProgram } from '../packages/cli/src/program.ts'

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')

test("the reference and the README's table of commands are in step with the program", () => {
  expect(read('../docs/reference/cli.md')).toBe(referencePage())
  const readme = read('../packages/cli/README.md')
  expect(readmePage(readme)).toBe(readme)
})

test('every command has its section, and a README without its marks is refused', () => {
  const page = referencePage()
  for (const { words } of commandLeaves(buildProgram(realHost(new AbortController().signal))))
    expect(page).toContain(`\n## ${words}\n`)
  expect(() => readmePage('# nothing')).toThrow('needs the lines')
})

test('the command lines of the README are commands of the program', () => {
  const known = commandLeaves(buildProgram(realHost(new AbortController().signal))).map(({ words }) => words)
  const block = read('../packages/cli/README.md').match(/```sh\n([\s\S]*?)```/)?.[1] ?? ''
  const lines = block.split('\n').filter((line) => line.startsWith('gatehouse'))
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) expect(known.some((words) => line === words || line.startsWith(`${words} `))).toBe(true)
})
