import type { Repository } from '@gatehouse/client/operations.gen'
import type { Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

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
  ].join('')
}
