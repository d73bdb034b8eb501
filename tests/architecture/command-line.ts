/** As much of a command of commander as is asked here. */
export interface CommandLike {
  name(): string
  aliases(): string[]
  readonly commands: readonly CommandLike[]
  readonly options: readonly {
    readonly short?: string | undefined
    readonly long?: string | undefined
    readonly required: boolean
    readonly optional: boolean
  }[]
  readonly registeredArguments: readonly { readonly required: boolean; readonly variadic: boolean }[]
}

/**
 * The commands in a shell snippet, each as its words: lines joined at `\`, comments and prompts gone, cut at pipes and lists. Quotes keep
 * words together. Here-documents are skipped to their end. It is no shell: what a snippet in the docs needs, it reads.
 */
export function commandsIn(snippet: string): string[][] {
  const commands: string[][] = []
  const lines = snippet.replaceAll(/\\\n\s*/g, ' ').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').replace(/^\s*\$ /, '')
    const here = /<<-?\s*['"]?(\w+)['"]?/.exec(line)
    commands.push(...split(here ? line.slice(0, here.index) : line))
    if (here) while (i < lines.length && lines[i]?.trim() !== here[1]) i++
  }
  return commands
}

function split(line: string): string[][] {
  const commands: string[][] = [[]]
  for (const match of line.matchAll(/\s+|#.*$|(&&|\|\||[|;&])|((?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'|;&])+)/g)) {
    if (match[1] !== undefined) commands.push([])
    else if (match[2] !== undefined) commands.at(-1)?.push(match[2].replaceAll(/^["']|["']$/g, ''))
  }
  // A redirection is no argument, a variable before the command no command.
  return commands
    .map((words) => words.filter((word, i) => !/^\d?[<>]/.test(word) && !/^\d?[<>]+$/.test(words[i - 1] ?? '')))
    .map((words) =>
      words.slice(
        Math.max(
          0,
          words.findIndex((word) => !/^[A-Z_]+=/.test(word)),
        ),
      ),
    )
    .filter((words) => words.length > 0)
}

/** What is wrong with a command line of ours, by its words without the program's name; null where it is a real one. */
export function commandProblem(program: CommandLike, words: readonly string[]): string | null {
  let command = program
  const path = [program.name()]
  const known = [...program.options]
  const positional: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '--help' || word === '-h') return null
    if (word === '--') {
      positional.push(...words.slice(i + 1))
      break
    }
    if (/^-./.test(word)) {
      const [flag] = word.split('=', 1)
      const option = known.find((o) => o.short === flag || o.long === flag)
      if (!option && !(path.length === 1 && /^(--version|-V)$/.test(word)))
        return `${path.join(' ')} has no option ${flag}`
      if (option?.required && !word.includes('=')) i++
      continue
    }
    const next =
      positional.length === 0 ? command.commands.find((c) => [c.name(), ...c.aliases()].includes(word)) : undefined
    if (next) {
      command = next
      path.push(word)
      known.push(...next.options)
    } else if (command.commands.length > 0) return `${path.join(' ')} has no command ${word}`
    else positional.push(word)
  }
  const places = command.registeredArguments
  const least = places.filter((p) => p.required).length
  if (positional.length < least) return `${path.join(' ')} needs ${least} argument(s)`
  if (positional.length > places.length && !places.some((p) => p.variadic))
    return `${path.join(' ')} takes ${places.length} argument(s)`
  return null
}
