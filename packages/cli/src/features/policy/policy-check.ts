import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildCapabilities } from '@gatehouse/rego/opa-build'
import type { Opa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { addOpaOption, askOpa, compileErrors, opaOf, policyFolder, valueOf, type CompileError } from './policy-files.ts'

export function addPolicyCheck(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'check [path]',
    act: null,
    summary: 'Compile Rego strictly, with the builtins that the evaluator has',
    about:
      'Policies are held to the capabilities.json of the folder, or, where there is none, to what the evaluator has: a builtin that it lacks is an error here ' +
      'and not in production. Tests are compiled as well, with all of OPA. Without a path it is policy/governance.',
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
      const errors = await checkPolicies(session, opa, folder)
      const files = folder.policies.length + folder.tests.length
      const document = { ok: errors.length === 0, files, opa_version: opa.version, errors }
      const { good, bad } = session.style
      if (errors.length === 0)
        return { document, text: `${good('No errors')} in ${files} files (OPA ${opa.version})\n` }
      const lines = errors.map(({ file, line, column, code, message }) => {
        const where = file === '' ? '' : `${cleanLine(file)}:${line}:${column}: `
        return `${where}${cleanLine(message)}${code === '' ? '' : ` (${cleanLine(code)})`}\n`
      })
      return { document, text: `${lines.join('')}${bad(`${errors.length} errors`)}\n`, exit: 4 }
    },
  })
}

async function checkPolicies(session: Session, opa: Opa, folder: PolicyFolder): Promise<CompileError[]> {
  const { host, options } = session
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'))
  try {
    const given = options.text('capabilities')
    let capabilities = given === null ? join(folder.root, 'capabilities.json') : resolve(host.cwd, given)
    if (given === null && !existsSync(capabilities)) {
      capabilities = join(scratch, 'capabilities.json')
      writeFileSync(capabilities, valueOf(await buildCapabilities(opa.path, host.signal)))
    }
    const strict = options.denied('strict') ? [] : ['--strict']
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
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
