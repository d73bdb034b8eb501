import { existsSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { commandProblem, commandsIn, type CommandLike } from './command-line.ts'
import { ROOT, textOf, trackedFiles } from './tree.ts'

interface Snippet {
  readonly where: string
  readonly language: string
  readonly code: string
}

/** Every fenced block of a Markdown text, with the line it opens on. */
function snippetsOf(file: string): Snippet[] {
  const found: Snippet[] = []
  let open: { fence: string; language: string; line: number; code: string[] } | null = null
  for (const [index, line] of (textOf(file) ?? '').split('\n').entries()) {
    const [, fence = '', language = ''] = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line) ?? []
    if (open && line.trim() === open.fence) {
      found.push({ where: `${file}:${open.line}`, language: open.language, code: open.code.join('\n') })
      open = null
    } else if (open) open.code.push(line)
    else if (fence !== '') open = { fence, language, line: index + 1, code: [] }
  }
  return found
}

const pages = trackedFiles().filter((file) =>
  /^(README|AGENTS|CONTRIBUTING|SECURITY)\.md$|^docs\/.*\.md$|^packages\/[^/]+\/README\.md$/.test(file),
)
const snippets = pages.flatMap((page) => snippetsOf(page))
const CHECKED = ['sh', 'bash', 'ts', 'js', 'json']
/** Shown, and said to be no code that we could run: drawings, output, other people's formats. */
const SHOWN = ['text', 'mermaid', 'yaml', 'markdown', 'md', 'diff', 'rego', 'sql', 'console', 'http']
/** Programs of others that a snippet may call. What is not here is likely a mistake; add it by hand where it is not. */
const OTHERS = [
  'git',
  'cd',
  'curl',
  'mkdir',
  'cat',
  'cp',
  'echo',
  'export',
  'jq',
  'opa',
  'docker',
  'podman',
  'kill',
  'ls',
  'sudo',
  'apt-get',
  'tar',
  'printf',
]

function failures(languages: readonly string[], problem: (snippet: Snippet) => string | null): string[] {
  return snippets
    .filter((snippet) => languages.includes(snippet.language))
    .flatMap((snippet) => {
      const found = problem(snippet)
      return found === null ? [] : [`${snippet.where}: ${found}`]
    })
}
function thrown(act: () => unknown): string | null {
  try {
    act()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('every fenced snippet says its language, and one that we check or show', () => {
  const unknown = snippets.filter(({ language }) => ![...CHECKED, ...SHOWN].includes(language))
  expect(unknown.map(({ where, language }) => `${where}: "${language}"`)).toEqual([])
})

test('every JSON snippet is JSON', () => {
  expect(failures(['json'], ({ code }) => thrown(() => JSON.parse(code) as unknown))).toEqual([])
})

test('every TypeScript snippet parses, and imports only what is there', () => {
  const wrong = failures(['ts', 'js'], ({ code }) => {
    const syntax = thrown(() => stripTypeScriptTypes(code))
    if (syntax !== null) return syntax
    const missing = [...code.matchAll(/from\s+['"]@gatehouse\/([a-z]+)\/([^'"]+)['"]/g)].filter(
      ([, name, path]) => !existsSync(`${ROOT}/packages/${name}/src/${path}.ts`),
    )
    return missing.length === 0 ? null : `imports what is not there: ${missing.map((m) => m[0]).join(', ')}`
  })
  expect(wrong).toEqual([])
})

test('every script and file that a shell snippet runs is there, and every other program is a known one', () => {
  const scripts = (JSON.parse(textOf('package.json') ?? '{}') as { scripts: Record<string, string> }).scripts
  const wrong = failures(['sh', 'bash'], ({ code }) => {
    for (const [program = '', first = '', second = ''] of commandsIn(code)) {
      if (program === 'npm' && first === 'run' && !Object.hasOwn(scripts, second))
        return `package.json has no script ${second}`
      if (program === 'npm' && first === 'test' && !Object.hasOwn(scripts, 'test'))
        return 'package.json has no script test'
      if (program === 'node' && !first.startsWith('-') && !existsSync(`${ROOT}/${first}`))
        return `there is no file ${first}`
      if (program.includes('/') && !existsSync(`${ROOT}/${program}`)) return `there is no file ${program}`
      if (!program.includes('/') && !['npm', 'npx', 'node', 'gatehouse', ...OTHERS].includes(program))
        return `unknown program ${program}`
    }
    return null
  })
  expect(wrong).toEqual([])
})

test('every gatehouse command in a shell snippet is a real one, with real options', async (ctx) => {
  const file = `${ROOT}/packages/cli/src/program.ts`
  if (!existsSync(file)) {
    ctx.skip('packages/cli/src/program.ts is not there: commands in snippets cannot be held against it')
    return
  }
  const { buildProgram } = (await import(pathToFileURL(file).href)) as { buildProgram: () => CommandLike }
  const program = buildProgram()
  const wrong = failures(['sh', 'bash'], ({ code }) => {
    const problems = commandsIn(code).flatMap((words) => {
      const at = words[0] === 'npx' ? 1 : 0
      const demo = words[0] === 'npm' && words[1] === 'run' && words[2] === 'demo'
      if (demo) return commandProblem(program, ['demo', ...words.slice(3).filter((word) => word !== '--')]) ?? []
      return words[at] === 'gatehouse' ? (commandProblem(program, words.slice(at + 1)) ?? []) : []
    })
    return problems[0] ?? null
  })
  expect(wrong).toEqual([])
})
