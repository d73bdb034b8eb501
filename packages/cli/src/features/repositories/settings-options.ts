import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { DecisionSettings } from '@gatehouse/core/policy/settings'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { RepositorySettingsInput } from '@gatehouse/client/operations.gen'
import { Option, type Command } from 'commander'
import { parse } from 'yaml'
import type { Session } from '../../command.ts'

/** Adds the options that are a repository's settings. */
export function settingsOptions(command: Command): void {
  command.option('--environment <name>', 'the environment that proposals are validated for')
  command.addOption(
    new Option(
      '--isolation <kind>',
      '"none" lets commands run as plain limited processes where the machine grants no isolation; evidence and policy see it',
    ).choices(['required', 'none']),
  )
  command.option('--approval-days <n>', 'days until an approval request expires, 1 to 90')
  command.option(
    '--recipe <file>',
    'how to validate, as YAML or JSON; used where the protected branch has no .gatehouse/recipe.yaml',
  )
  command.option('--test <command>', 'how to validate, in short: one shell command, such as "npm test"')
  command.option('--policy <file>', 'what policy is asked with beside its preset, as YAML or JSON; it can only tighten')
  command.option('--junit <path>', 'with --test: where the command leaves a JUnit report')
}

/** The settings that the user gave; what was not given is not there. */
export async function givenSettings(session: Session): Promise<RepositorySettingsInput> {
  const { options } = session
  const environment = options.text('environment')
  const isolation = options.text('isolation')
  const approval_days = options.whole('approvalDays', 1, 90)
  const recipe = await givenRecipe(session)
  const policy = await givenPolicy(session)
  return {
    ...(environment === null ? {} : { environment }),
    ...(isolation === 'none' || isolation === 'required' ? { isolation } : {}),
    ...(approval_days === null ? {} : { approval_days }),
    ...(recipe === null ? {} : { recipe }),
    ...(policy === null ? {} : { policy }),
  }
}

async function givenRecipe({ options, host }: Session): Promise<Recipe | null> {
  const file = options.text('recipe')
  const test = options.text('test')
  const junit = options.text('junit')
  if (file !== null && test !== null) throw new Problem('usage', 'give --recipe or --test, not both')
  if (junit !== null && test === null) throw new Problem('usage', '--junit belongs to --test')
  if (test !== null)
    return checkedRecipe('--test', {
      version: 1,
      validations: [
        {
          name: 'test',
          commands: [{ name: 'test', run: ['sh', '-c', test] }],
          reports: junit === null ? [] : [{ format: 'junit', path: junit }],
        },
      ],
    })
  return file === null ? null : checkedRecipe(file, await readYaml('--recipe', resolve(host.cwd, file), file))
}

async function givenPolicy({ options, host }: Session): Promise<DecisionSettings | null> {
  const file = options.text('policy')
  if (file === null) return null
  const read = DecisionSettings.safeParse(await readYaml('--policy', resolve(host.cwd, file), file))
  if (read.success) return read.data
  const said = read.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`).join('; ')
  throw new Problem('usage', `--policy ${file}: ${said}`)
}

async function readYaml(option: string, path: string, given: string): Promise<unknown> {
  try {
    return parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Problem('usage', `${option} ${given}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function checkedRecipe(given: string, value: unknown): Recipe {
  const recipe = Recipe.safeParse(value)
  if (recipe.success) return recipe.data
  const errors = recipe.error.issues.map((issue) => ({
    field: issue.path.join('.') || 'recipe',
    message: issue.message,
  }))
  throw new Problem('recipe-invalid', `${given}: ${errors.map((e) => `${e.field}: ${e.message}`).join('; ')}`, {
    errors,
  })
}
