/**
 * Writes docs/reference/cli.md and the table of commands in packages/cli/README.md from the program itself; `--check` compares instead and
 * exits with 1 where one differs. Usage: node tools/docs-cli.ts [--check]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { commandAct, commandExamples, EXIT_CODES } from '../packages/cli/src/command.ts'
import { realHost } from '../packages/cli/src/host.ts'
import { buildProgram } from '../packages/cli/src/program.ts'
import { exitCode, isProblemSlug, PROBLEMS } from '../packages/core/src/kernel/problems.ts'

const REFERENCE = fileURLToPath(new URL('../docs/reference/cli.md', import.meta.url))
const README = fileURLToPath(new URL('../packages/cli/README.md', import.meta.url))
const BEGIN = '<!-- commands: made by `node tools/docs-cli.ts` -->'
const END = '<!-- /commands -->'

interface Leaf {
  readonly words: string
  readonly command: Command
}

/** Every command that does something, in the order of the help. */
export function commandLeaves(command: Command, words: readonly string[] = []): Leaf[] {
  const here = [...words, command.name()]
  if (command.commands.length === 0) return [{ words: here.join(' '), command }]
  return command.commands.flatMap((sub) => commandLeaves(sub, here))
}

function usageOf({ words, command }: Leaf): string {
  const names = command.registeredArguments.map((a) => (a.required ? `<${a.name()}>` : `[${a.name()}]`))
  return [words, ...names].join(' ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}

function commandTable(leaves: readonly Leaf[]): string {
  const rows = leaves.map((leaf) => `| \`${cell(usageOf(leaf))}\` | ${cell(leaf.command.summary())} |`)
  return ['| Command | What it does |', '| --- | --- |', ...rows].join('\n')
}

function commandSection(leaf: Leaf): string {
  const { command } = leaf
  const act = commandAct(command)
  const options = command.options.map((o) => {
    const choices = o.argChoices ? ` One of: ${o.argChoices.join(', ')}.` : ''
    return `| \`${cell(o.flags)}\` | ${cell(o.description)}${o.mandatory ? ' (needed)' : ''}${choices} |`
  })
  const examples = commandExamples(command).map(([line, does]) => `# ${does}\n${line}`)
  return [
    `## ${leaf.words}`,
    `\`\`\`text\n${usageOf(leaf)} [options]\n\`\`\``,
    command.description(),
    act === null ? '' : `Act: [\`${act}\`](acts.md).`,
    ['| Option | What it does |', '| --- | --- |', ...options].join('\n'),
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function exitSection(): string {
  const codes = EXIT_CODES.map(([code, means]) => {
    const slugs = Object.keys(PROBLEMS).filter((slug) => isProblemSlug(slug) && exitCode(slug) === code)
    return `| ${code} | ${means} | ${slugs.map((slug) => `[\`${slug}\`](problems/${slug}.md)`).join(', ') || '-'} |`
  })
  return ['| Exit code | Means | Problems |', '| --- | --- | --- |', ...codes].join('\n')
}

/** The text of docs/reference/cli.md. */
export function referencePage(): string {
  const leaves = commandLeaves(buildProgram(realHost(new AbortController().signal)))
  return `${[
    '# The command line',
    '<!-- Made by `node tools/docs-cli.ts` from packages/cli; edit there. -->',
    'Results go to standard output, everything else to standard error. With `--json` the result is one JSON document, as the API gives it, ' +
      'and an error is its problem document (RFC 9457) on standard error. Colours come only on a terminal and without `NO_COLOR`. What others ' +
      'wrote is stripped of control characters before it is shown. The beginning of an id is enough where it is of one thing only.',
    '`GATEHOUSE_URL` and `GATEHOUSE_TOKEN` say where to and as whom; without them it is the last `gatehouse login`, kept in ' +
      '`$XDG_CONFIG_HOME/gatehouse/credentials.json`, which only you can read. `GATEHOUSE_DATA` is the data folder of `up`, `down` and `status`.',
    '## Exit codes',
    exitSection(),
    '## All commands',
    commandTable(leaves),
    ...leaves.map(commandSection),
  ].join('\n\n')}\n`
}

/** The README with its table of commands as it should be. Throws where the two marks are not there. */
export function readmePage(now: string): string {
  const begin = now.indexOf(BEGIN)
  const end = now.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`packages/cli/README.md needs the lines ${BEGIN} and ${END}`)
  const leaves = commandLeaves(buildProgram(realHost(new AbortController().signal)))
  return `${now.slice(0, begin)}${BEGIN}\n\n${commandTable(leaves)}\n\n${now.slice(end)}`
}

function main(check: boolean): number {
  const pages = [
    { file: REFERENCE, text: referencePage() },
    { file: README, text: readmePage(readFileSync(README, 'utf8')) },
  ]
  let differs = false
  for (const { file, text } of pages) {
    if (read(file) === text) continue
    differs = true
    mkdirSync(dirname(file), { recursive: true })
    if (!check) writeFileSync(file, text)
    process.stdout.write(`${file}: ${check ? 'out of step with the program; run node tools/docs-cli.ts' : 'written'}\n`)
  }
  return check && differs ? 1 : 0
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.includes('--check'))
