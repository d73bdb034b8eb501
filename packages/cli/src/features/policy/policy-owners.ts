import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOwnerRules, readCodeOwners, type OwnerNames } from '@gatehouse/core/policy/code-owners'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'

/** Where GitHub looks, in its order. */
const PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS']
/** Settings hold no more rules. */
const MAX_RULES = 200

const Names = z.record(
  z.string().min(1).max(200),
  z.strictObject({
    roles: z.array(z.string().min(1).max(40)).max(20).default([]),
    persons: z.array(z.string().min(1).max(200)).max(100).default([]),
  }),
)

export function addPolicyOwners(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'owners [file]',
    act: null,
    summary: 'Turn a CODEOWNERS file into settings',
    about:
      'Prints the code_owners of a repository’s policy settings. The file is read as GitHub reads it; without one it is .github/CODEOWNERS, CODEOWNERS or ' +
      'docs/CODEOWNERS. Who @user, @organization/team or an address is here, roles and person ids, --names says. An owner that it does not name is an error: ' +
      'nobody is left out silently.',
    configure: (command) => {
      command.option(
        '--names <file>',
        'YAML or JSON: owner to roles and persons, such as {"@shop/team": {roles: [maintainer]}}',
      )
    },
    examples: [
      [
        'gatehouse policy owners --names names.yaml > policy.yaml',
        'settings; gatehouse repo set app --policy policy.yaml puts them in force',
      ],
      ['gatehouse policy owners docs/CODEOWNERS --names names.yaml --json', 'as JSON'],
    ],
    run: (session, args) => {
      const file = args[0] ?? PLACES.find((place) => existsSync(resolve(session.host.cwd, place)))
      if (file === undefined)
        throw new Problem('policy-input-invalid', `there is no ${PLACES.join(', ')} here: name the file`)
      const { lines, faults } = readCodeOwners(readText(session, file))
      const { rules, unknown, unowned } = codeOwnerRules(lines, names(session))
      const wrong = [
        ...faults.map(({ line, detail }) => `${file}:${line}: ${cleanLine(detail)}`),
        ...unknown.map(({ line, owner }) => `${file}:${line}: ${cleanLine(owner)} is not in --names`),
      ]
      if (wrong.length > 0) throw new Problem('policy-input-invalid', wrong.join('\n'))
      if (rules.length > MAX_RULES)
        throw new Problem('policy-input-invalid', `${file} has ${rules.length} rules; settings hold ${MAX_RULES}`)
      for (const { line, pattern } of unowned)
        session.progress(
          `${file}:${line}: ${cleanLine(pattern)} has no owners; settings take no ownership away, the rule before it holds`,
        )
      const document = { code_owners: rules }
      return Promise.resolve({ document, text: stringify(document) })
    },
  })
}

function names(session: Session): OwnerNames {
  const file = session.options.text('names')
  if (file === null) return {}
  let value: unknown
  try {
    value = parse(readText(session, file))
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(
      'policy-input-invalid',
      `--names ${file}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const read = Names.safeParse(value)
  if (read.success) return read.data
  const said = read.error.issues.map((issue) => `${issue.path.join('.') || 'names'}: ${issue.message}`).join('; ')
  throw new Problem('policy-input-invalid', `--names ${file}: ${said}`)
}

function readText({ host }: Session, file: string): string {
  try {
    return readFileSync(resolve(host.cwd, file), 'utf8')
  } catch (error) {
    throw new Problem(
      'policy-input-invalid',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
