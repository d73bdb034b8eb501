import type { Repository } from '@gatehouse/client/operations.gen'
import { stringify } from 'yaml'
import { cleanLine } from '../../clean-text.ts'
import type { Style } from '../../style.ts'
import { fields, section, time, type Field } from '../../table.ts'

export function repositoryText(repository: Repository, style: Style): string {
  const { settings } = repository
  const usable = repository.recipe_source === 'base' || repository.recipe_source === 'settings'
  const isolated = settings.isolation === 'required'
  const recipe =
    settings.recipe?.validations.flatMap((v) => v.commands.map((c) => [`  ${v.name}`, c.run.join(' ')] as const)) ?? []
  return [
    fields(
      [
        ['repository', repository.name, style.bold],
        ['id', repository.id],
        ['from', repository.source],
        ['branch', `${repository.default_branch} at ${repository.head_commit ?? 'no commit'}`],
        ['clone', repository.clone_url],
        ['recipe', `${repository.recipe_source}: ${repository.recipe_detail}`, usable ? style.good : style.bad],
        ...triedRow(repository, usable, style),
        ['environment', settings.environment],
        [
          'isolation',
          isolated ? 'required' : 'none: plain limited processes are allowed',
          isolated ? style.good : style.bad,
        ],
        ['approvals expire', `after ${settings.approval_days} days`],
        ['version', repository.version],
        ['added', time(repository.created_at)],
      ],
      style,
    ),
    section('Recipe of the settings', fields(recipe, style), style),
    section('Policy settings', policyText(settings.policy), style),
  ].join('')
}

/** As `--policy` takes them. */
function policyText(policy: Repository['settings']['policy']): string {
  if (policy === undefined || Object.keys(policy).length === 0) return ''
  return `${stringify(policy).trimEnd().split('\n').map(cleanLine).join('\n')}\n`
}

/** A recipe that nobody tried may be wrong: nothing told so yet. */
function triedRow(repository: Repository, usable: boolean, style: Style): Field[] {
  const { recipe_tried: tried } = repository
  if (!usable || tried === undefined) return []
  if (tried === null) return [['tried', 'not yet: it runs for the first time with the first proposal', style.waiting]]
  return tried.passed_on_base
    ? [['tried', `${time(tried.at) ?? ''}, it passes on the base`, style.good]]
    : [
        [
          'tried',
          `${time(tried.at) ?? ''}, it does NOT pass on the base itself: gatehouse validation show ${tried.validation_id}`,
          style.bad,
        ],
      ]
}

/** What to do about a recipe that was never tried: the command that tries it. Empty where it was. */
export function tryText(repository: Repository): string {
  if (repository.recipe_tried !== null) return ''
  const name = cleanLine(repository.name)
  return `\nThe recipe was not tried yet. A first proposal tries it in the sandbox, on the base and on the change (withdraw it afterwards):\n  git diff | gatehouse proposal submit - --repo ${name} --wait\nIf it is not right: gatehouse repo set ${name} --test "<command>" --junit <file>\n`
}
