import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { linksDetail } from '@gatehouse/bundle/policy-links'
import { Problem, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import type { Result } from '@gatehouse/core/kernel/result'
import { findOpa, runOpa, type Opa, type OpaRun } from '@gatehouse/rego/opa-command'
import { openPolicyFolder, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import type { Session } from '../../command.ts'

/** Where policies are looked for when no path is given. */
export const DEFAULT_POLICIES = 'policy/governance'

/** One thing that OPA says against a file. */
export interface CompileError {
  readonly file: string
  /** 0 where none is known: of two data files that contradict each other. */
  readonly line: number
  readonly column: number
  readonly code: string
  readonly message: string
}

/** The value, or the refusal as a problem. */
export function valueOf<T>(result: Result<T, ProblemSlug>): T {
  if (!result.ok) throw new Problem(result.code, result.detail)
  return result.value
}

export function addOpaOption(command: Command): void {
  command.option('--opa <program>', 'OPA to use; without it GATEHOUSE_OPA, else the PATH')
}

/** Asks for --opa, GATEHOUSE_OPA, the PATH, in this order. */
export async function opaOf({ host, options }: Session): Promise<Opa> {
  return valueOf(await findOpa(host.env, host.cwd, options.text('opa')))
}

/** `policy-not-found` where there is none, `policy-invalid` where a link in it leads OPA elsewhere. */
export function policyFolder({ host }: Session, path: string | undefined): PolicyFolder {
  const folder = valueOf(openPolicyFolder(resolve(host.cwd, path ?? DEFAULT_POLICIES)))
  mustHaveNoLinks(folder)
  return folder
}

/** What OPA compiles must be what is looked at. */
export function mustHaveNoLinks(folder: PolicyFolder): void {
  const links = linksDetail(folder)
  if (links !== null) throw new Problem('policy-invalid', links)
}

/** Of tests alone nothing is built, and nothing is covered: 100 % of nothing would be no answer. */
export function mustHavePolicies(folder: PolicyFolder): void {
  if (folder.policies.length > 0) return
  throw new Problem(
    'policy-not-found',
    `${folder.root} has tests only. Name the folder in which the policies stand beside them.`,
  )
}

/** Runs OPA in the folder, stopped by the user's Ctrl-C. */
export async function askOpa(
  { host }: Session,
  opa: Opa,
  folder: PolicyFolder,
  args: readonly string[],
  timeoutMs = 300_000,
): Promise<OpaRun> {
  return valueOf(await runOpa(opa.path, args, { cwd: folder.root, signal: host.signal, timeoutMs }))
}

/** A file of the folder as the user would name it: from where they stand. */
export function shownPath({ host }: Session, folder: PolicyFolder, file: string): string {
  const path = relative(host.cwd, isAbsolute(file) ? file : join(folder.root, file))
  return path === '' || path.startsWith('..') ? join(folder.root, file) : path
}

/** A path of the user's as the folder names the file, or null where it is outside. */
export function folderPath({ host }: Session, folder: PolicyFolder, path: string): string | null {
  for (const base of [host.cwd, folder.root]) {
    const inside = relative(folder.root, resolve(base, path)).replaceAll('\\', '/')
    if (folder.policies.includes(inside) || folder.tests.includes(inside)) return inside
  }
  return null
}

/** The errors of `opa ... --format json`, or of its plain text: `file:line: code: message`. */
export function compileErrors(session: Session, folder: PolicyFolder, said: OpaRun): CompileError[] {
  return jsonErrors(said.stderr || said.stdout, said, folder).map((told) => {
    const error = told.file === '' ? (dataError(folder, told.message) ?? told) : told
    const also = folder.data.find((file) => error.message.endsWith(`also defined in ${file}`))
    return {
      ...error,
      file: error.file === '' ? '' : shownPath(session, folder, error.file),
      message:
        also === undefined ? error.message : error.message.slice(0, -also.length) + shownPath(session, folder, also),
    }
  })
}

/** What OPA says against a data file: the file stands before it, without a place in it. Null where none is named. */
function dataError(folder: PolicyFolder, text: string): CompileError | null {
  const at = (file: string) => {
    const found = text.indexOf(`${file}: `)
    return found > 0 && text[found - 1] !== ' ' ? -1 : found
  }
  // The one that comes first, and of two that do, the longer name.
  const [file] = folder.data.filter((name) => at(name) >= 0).toSorted((a, b) => at(a) - at(b) || b.length - a.length)
  if (file === undefined) return null
  const message = text.slice(at(file) + file.length + 2)
  return { file, line: dataLine(folder, file, message), column: 0, code: '', message }
}

/** The line in which a data file is broken off; 0 where it is not, or nobody says where. */
function dataLine(folder: PolicyFolder, file: string, message: string): number {
  if (!file.endsWith('.json')) return Number(/\bline (\d+)/.exec(message)?.[1] ?? 0)
  const text = readFileSync(join(folder.root, file), 'utf8')
  try {
    JSON.parse(text)
    return 0
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    const last = text.trimEnd().split('\n').length
    return Math.min(Number(/\bline (\d+)/.exec(why)?.[1] ?? last), last)
  }
}

function jsonErrors(text: string, said: OpaRun, folder: PolicyFolder): CompileError[] {
  try {
    const { errors = [] } = JSON.parse(text) as {
      errors?: { message?: string; code?: string; location?: { file?: string; row?: number; col?: number } }[]
    }
    return errors.map(({ message = '', code = '', location }) => ({
      file: location?.file ?? '',
      line: location?.row ?? 0,
      column: location?.col ?? 0,
      code,
      message,
    }))
  } catch {
    return textErrors(`${said.stderr}\n${said.stdout}`, folder)
  }
}

function textErrors(text: string, folder: PolicyFolder): CompileError[] {
  const errors = text.split('\n').flatMap((line) => {
    const found = /(?:^|\s)([^\s:]+\.rego):(\d+)(?::(\d+))?: (?:(rego_\w+): )?(.*)$/.exec(line)
    if (found === null) {
      const data = dataError(folder, line)
      return data === null ? [] : [data]
    }
    const [, file = '', row = '0', column = '0', code = '', message = ''] = found
    return [{ file, line: Number(row), column: Number(column), code, message }]
  })
  if (errors.length > 0) return errors
  const message = text.trim().split('\n')[0] ?? ''
  return [{ file: '', line: 0, column: 0, code: '', message: message === '' ? 'OPA says nothing more' : message }]
}

export function errorLine({ file, line, message }: CompileError): string {
  return file === '' ? message : `${file}${line === 0 ? '' : `:${line}`}: ${message}`
}

/** The problem of policies that do not compile: the first error in words, all of them in `errors`. */
export function invalidPolicies(errors: readonly CompileError[]): Problem {
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: gatehouse policy check)` : ''
  const [first] = errors
  return new Problem('policy-invalid', `${first ? errorLine(first) : 'OPA refuses the policies'}${more}`, { errors })
}
