import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { missingBuiltins, withCapabilities } from './policy-capabilities.ts'
import { dataErrors, mixedErrors } from './policy-data.ts'
import { addOpaOption, askOpa, compileErrors, opaOf, policyFolder, type CompileError } from './policy-files.ts'
import { givenFile } from './policy-registry.ts'

interface Checked {
  readonly errors: readonly CompileError[]
  /** Builtins that the bundle's capabilities lack where they are not asked for here: in tests, or by --capabilities. */
  readonly warnings: readonly CompileError[]
}

export function addPolicyCheck(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'check [path]',
    act: null,
    summary: 'Compile Rego strictly, with the builtins that the evaluator has',
    about:
      'Policies are held to the capabilities.json of the folder, or, where there is none, to what the evaluator has: a builtin that it lacks is an error here ' +
      'and not in production. Tests are compiled as well, with all of OPA; what push would refuse in them is a warning. Data files and manifest.json ' +
      'are loaded. Without a path it is policy/governance.',
    configure: (command) => {
      command.option('--no-strict', 'let pass what only the strict mode refuses: unused imports and variables')
      command.option('--capabilities <file>', 'other capabilities than those of the folder')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy check', 'the policies of this repository'],
      ['gatehouse policy check rules --json', 'errors with file, line and column'],
    ],
    run: async (session, args) => {
      const folder = policyFolder(session, args[0])
      const opa = await opaOf(session)
      const { errors, warnings } = await checkPolicies(session, opa, folder)
      const files = folder.policies.length + folder.tests.length
      const document = { ok: errors.length === 0, files, opa_version: opa.version, errors, warnings }
      const { good, bad, waiting } = session.style
      const told = warnings.map(
        (warning) => `${waiting('warning')}  ${lineOf(warning).trimEnd()}: gatehouse policy push refuses it\n`,
      )
      if (errors.length === 0)
        return { document, text: `${told.join('')}${good('No errors')} in ${files} files (OPA ${opa.version})\n` }
      const lines = errors.map(lineOf)
      return { document, text: `${lines.join('')}${told.join('')}${bad(`${errors.length} errors`)}\n`, exit: 4 }
    },
  })
}

function lineOf({ file, line, column, code, message }: CompileError): string {
  const place = [file, ...(line === 0 ? [] : [line]), ...(column === 0 ? [] : [column])].join(':')
  return `${file === '' ? '' : `${cleanLine(place)}: `}${cleanLine(message)}${code === '' ? '' : ` (${cleanLine(code)})`}\n`
}

async function checkPolicies(session: Session, opa: Opa, folder: PolicyFolder): Promise<Checked> {
  const { host, options } = session
  const given = options.text('capabilities')
  if (given !== null) givenFile(session, '--capabilities', given)
  const kept = join(folder.root, 'capabilities.json')
  const checked = async (bundled: string): Promise<Checked> => {
    const capabilities = given === null ? bundled : resolve(host.cwd, given)
    const rego = await regoErrors(session, opa, folder, capabilities)
    const errors = [...rego, ...(await dataErrors(session, opa, folder))]
    if (errors.length > 0) return { errors, warnings: [] }
    const mixed = await mixedErrors(session, opa, folder)
    if (mixed.length > 0) return { errors: mixed, warnings: [] }
    return { errors: [], warnings: await missingBuiltins(session, opa, folder, bundled) }
  }
  return existsSync(kept) ? checked(kept) : withCapabilities(session, opa, checked)
}

async function regoErrors(
  session: Session,
  opa: Opa,
  folder: PolicyFolder,
  capabilities: string,
): Promise<readonly CompileError[]> {
  const strict = session.options.denied('strict') ? [] : ['--strict']
  const check = ['check', '--format', 'json', '--max-errors', '1000', ...strict, ...ignoreOptions(folder)]
  const tests = folder.isBundle ? [] : ['--ignore', '*_test.rego']
  const runs = [
    folder.policies.length === 0 ? null : [...check, ...tests, '--capabilities', capabilities, ...folder.shipped],
    folder.tests.length === 0 ? null : [...check, ...folder.all],
  ]
  for (const run of runs) {
    if (run === null) continue
    const said = await askOpa(session, opa, folder, run)
    if (said.exit !== 0) return compileErrors(session, folder, said)
  }
  return []
}
