import { makeClient, newIdempotencyKey, type Client } from '@gatehouse/client/client'
import { ACTS, type Act } from '@gatehouse/core/kernel/acts'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { cleanLine, jsonText, printable } from './clean-text.ts'
import { currentServer } from './credentials.ts'
import type { Host } from './host.ts'
import { coloursWanted, makeStyle, type Style } from './style.ts'

/** What a command says when it is done: one document for programs, text for people. */
export interface Result {
  /** Undefined where the command printed its documents itself, one a line. */
  readonly document: unknown
  /** What came from others must be clean: `table` and `fields` do it, else `cleanLine` and `cleanLines`. */
  readonly text: string
  /** Where the command did its work and the answer is no all the same (status of what does not run). */
  readonly exit?: number
}

/** Read by name and kind; what the user did not give is null or false. */
export interface Options {
  readonly text: (name: string) => string | null
  readonly flag: (name: string) => boolean
  /** Whether `--no-<name>` was given. */
  readonly denied: (name: string) => boolean
  readonly texts: (name: string) => string[]
  /** A whole number within bounds, or null; `usage` names the option and the bounds. */
  readonly whole: (name: string, min: number, max: number) => number | null
}

export interface Session {
  readonly host: Host
  readonly options: Options
  readonly json: boolean
  readonly style: Style
  /** For what goes to standard error. */
  readonly errStyle: Style
  readonly columns: number
  /** The client of the server we are logged in to; `not-logged-in` where there is none. */
  readonly client: () => Client
  /** A line for who watches, on standard error; silent with --json. */
  readonly progress: (line: string) => void
  /** Shows text before a question, on standard error; silent with --json. */
  readonly tell: (text: string) => void
  /** A fresh Idempotency-Key and the user's signal, for acting calls. */
  readonly acting: () => { readonly idempotencyKey: string; readonly signal: AbortSignal }
}

export interface CommandSpec {
  /** Last word and arguments as commander takes them: `approve <id>`. */
  readonly usage: string
  /** The act it does; null for what only the command line has. */
  readonly act: Act | null
  /** By default the act's. */
  readonly summary?: string
  /** Further words of the help page. */
  readonly about?: string
  readonly configure?: (command: Command) => void
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  /** Null where the command printed for itself (bytes, a stream). */
  readonly run: (session: Session, args: readonly string[]) => Promise<Result | null>
}

export const EXIT_CODES = [
  [0, 'done'],
  [1, 'Gatehouse broke, or is not running'],
  [2, 'the command line or what was sent is not well-formed'],
  [3, 'you may not: no token, no role, your own work'],
  [4, 'refused by the gate, policy or the state of things'],
  [5, 'there is no such thing'],
  [6, 'not now: try again later'],
  [130, 'stopped by Ctrl-C'],
] as const

const actOf = new WeakMap<Command, Act>()
const examplesOf = new WeakMap<Command, CommandSpec['examples']>()
const exits = new WeakMap<Command, number>()

/** The act that a command of the program does, for tests and docs. */
export function commandAct(command: Command): Act | null {
  return actOf.get(command) ?? null
}

export function commandExamples(command: Command): CommandSpec['examples'] {
  return examplesOf.get(command) ?? []
}

/** The exit code that a finished command of this program asked for. */
export function askedExit(program: Command): number {
  return exits.get(program) ?? 0
}

/** Adds a command. Every one of them has --json, examples and the exit codes in its help. */
export function addCommand(parent: Command, host: Host, spec: CommandSpec): Command {
  const command = parent.command(spec.usage)
  command.summary(spec.summary ?? (spec.act ? ACTS[spec.act].summary : ''))
  command.description([command.summary(), spec.about].filter(Boolean).join('.\n\n'))
  spec.configure?.(command)
  command.option('--json', 'print one JSON document; errors as a problem document on standard error')
  command.addHelpText('after', () => helpTail(spec.examples))
  if (spec.act) actOf.set(command, spec.act)
  examplesOf.set(command, spec.examples)
  command.action(async () => {
    const session = openSession(host, optionsOf(command.opts()))
    const result = await spec.run(session, command.args)
    if (result === null) return
    if (session.json) {
      if (result.document !== undefined) host.out.write(`${jsonText(result.document, 2)}\n`)
    } else host.out.write(printable(result.text, session.style.colours))
    exits.set(root(command), result.exit ?? 0)
  })
  return command
}

/** Adds a group of commands: `proposal`, `jobs dead`. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).summary(summary).description(summary)
}

function root(command: Command): Command {
  return command.parent ? root(command.parent) : command
}

/** Longer than a screen is wide: an option a line, as a shell takes it. */
function folded(line: string): string {
  return line.length <= 96 ? line : line.replaceAll(' --', ' \\\n      --')
}

function helpTail(examples: CommandSpec['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length))
  // Long lines keep what they do on a line of its own.
  const lines = examples.map(([line, does]) =>
    width <= 44 ? `  ${line.padEnd(width)}  ${does}` : `  ${folded(line)}\n      ${does}`,
  )
  const codes = EXIT_CODES.map(([code, means]) => `  ${String(code).padEnd(3)}  ${means}`)
  return `\nExamples:\n${lines.join('\n')}\n\nExit codes:\n${codes.join('\n')}`
}

function openSession(host: Host, options: Options): Session {
  const json = options.flag('json')
  const style = makeStyle(!json && coloursWanted(host.out.isTty, host.env))
  const errStyle = makeStyle(coloursWanted(host.err.isTty, host.env))
  return {
    host,
    options,
    json,
    style,
    errStyle,
    columns: host.out.isTty ? host.out.columns : 1000,
    client: () => {
      const { url, token } = currentServer(host)
      return makeClient({ baseUrl: url, token, fetch: host.fetch })
    },
    progress: (line) => {
      if (!json) host.err.write(`${errStyle.dim(cleanLine(line))}\n`)
    },
    tell: (text) => {
      if (!json) host.err.write(printable(text, errStyle.colours))
    },
    acting: () => ({ idempotencyKey: newIdempotencyKey(), signal: host.signal }),
  }
}

function optionsOf(values: Readonly<Record<string, unknown>>): Options {
  const text = (name: string) => {
    const value = values[name]
    return typeof value === 'string' ? value : null
  }
  return {
    text,
    flag: (name) => values[name] === true,
    denied: (name) => values[name] === false,
    texts: (name) => {
      const value = values[name]
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
    },
    whole: (name, min, max) => {
      const given = text(name)
      if (given === null) return null
      const value = Number(given)
      if (/^\d+$/.test(given) && value >= min && value <= max) return value
      const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      throw new Problem('usage', `--${option} "${given}": a whole number from ${min} to ${max} is needed`)
    },
  }
}

/** An argument that commander has made sure of. */
export function argument(args: readonly string[], index: number): string {
  const value = args[index]
  if (value === undefined) throw new Problem('usage', `argument ${index + 1} is missing`)
  return value
}

/** Asks for a yes. Where nobody can be asked it is a `usage` problem that names the option to give instead. */
export async function confirm(session: Session, question: string, instead: string): Promise<void> {
  const { host } = session
  if (!host.canAsk) throw new Problem('usage', `nobody can be asked here (no terminal): give ${instead}`)
  const answer = await host.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Problem('usage', 'nothing was done: the answer was not yes')
}
