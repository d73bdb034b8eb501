import { basename } from 'node:path'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { RepositorySource } from '../../adapters/forge/forge.ts'
import type { Context } from '../../context.ts'
import { isUniqueViolation, performAct, type Acting } from '../../db/act.ts'
import { refusalProblem } from '../refusal.ts'
import { suggestRecipe } from './recipe-suggestion.ts'
import { requirePublicAddress } from './repository-address.ts'
import { repositoryByName } from './repository-reads.ts'
import { RepositoryName, RepositorySettings } from './repository-schemas.ts'

function sourceOf(text: string): RepositorySource {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/\s]+@[^/\s:]+:/.test(text)
    ? { kind: 'url', url: text }
    : { kind: 'path', path: text }
}

function nameOf(source: string): string {
  const name = basename(source.replace(/[/\\]+$/, ''))
    .replace(/\.git$/, '')
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
  if (name === '') throw new Problem('request-invalid', 'name: none can be made from this source; give one with --name')
  return name.slice(0, 100)
}

/**
 * Brings a repository under the gate: copied into the embedded forge first, then the row and its event. A crash between leaves a folder that
 * no row names, which is harmless. Where its base says no way to validate it, one is suggested from what lies in its tree.
 */
export async function addRepository(
  context: Context,
  acting: Acting,
  input: { source: string; name?: string | undefined; settings?: RepositorySettings | undefined },
) {
  const named = RepositoryName.safeParse(input.name ?? nameOf(input.source))
  if (!named.success)
    throw new Problem(
      'request-invalid',
      `name: ${named.error.issues[0]?.message ?? 'is not valid'}; give another with --name`,
    )
  const name = named.data
  // A file: address is a path of the server by another name.
  if ((sourceOf(input.source).kind === 'path' || /^file:/i.test(input.source)) && !acting.actor.roles.includes('owner'))
    throw new Problem('forbidden', 'a path of the server is added by an owner only; others add a URL')
  if (input.settings?.isolation === 'none' && !acting.actor.roles.includes('owner'))
    throw new Problem('forbidden', 'settings.isolation: "none" is an owner\'s leave; add the repository without it')
  if (!acting.actor.roles.includes('owner')) await requirePublicAddress(input.source)
  const taken = await context.db
    .selectFrom('repositories')
    .select('id')
    .where('project_id', '=', acting.project_id)
    .where('name', '=', name)
    .executeTakeFirst()
  if (taken) throw existing(name)
  const id = newId('repository', millis(acting.at))
  const created = await context.forge.createRepository({ id, source: sourceOf(input.source) })
  if (!created.ok) throw refusalProblem(created)
  try {
    const settings = RepositorySettings.parse(input.settings ?? {})
    settings.recipe ??= await suggestRecipe(context.forge, id, created.value.head_commit)
    // To fetch it took time, and an event says when it happened.
    await performAct(context, { ...acting, at: context.clock() }, async ({ trx, record }) => {
      await trx
        .insertInto('repositories')
        .values({
          id,
          project_id: acting.project_id,
          name,
          forge: 'embedded',
          default_branch: created.value.default_branch,
          source: input.source,
          settings: JSON.stringify(settings),
          created_at: acting.at,
        })
        .execute()
      record({
        act: 'repository.add',
        subject: { kind: 'repository', id },
        detail: {
          name,
          default_branch: created.value.default_branch,
          head_commit: created.value.head_commit,
          isolation: settings.isolation,
        },
      })
    })
  } catch (error) {
    await context.forge.removeRepository(id)
    throw isUniqueViolation(error) ? existing(name) : error
  }
  return repositoryByName(context.db, acting.project_id, id)
}

function existing(name: string): Problem {
  return new Problem(
    'repository-exists',
    `a repository called ${name} is here already; choose another name with --name`,
  )
}

/** Replaces a repository's settings, if they are still at the version that was read. Problem: version-conflict. */
export async function configureRepository(
  context: Context,
  acting: Acting,
  key: string,
  input: { version: number; settings: RepositorySettings },
) {
  const { id } = await repositoryByName(context.db, acting.project_id, key)
  await performAct(context, acting, async ({ trx, record }) => {
    const updated = await trx
      .updateTable('repositories')
      .set({ settings: JSON.stringify(input.settings), version: input.version + 1 })
      .where('id', '=', id)
      .where('version', '=', input.version)
      .returning('name')
      .executeTakeFirst()
    if (!updated)
      throw new Problem('version-conflict', 'somebody changed the settings since you read them; read them again')
    record({
      act: 'repository.configure',
      subject: { kind: 'repository', id },
      detail: {
        name: updated.name,
        isolation: input.settings.isolation,
        environment: input.settings.environment,
        version: input.version + 1,
      },
    })
  })
  return repositoryByName(context.db, acting.project_id, id)
}
