import { parse } from 'yaml'
import { Recipe, RECIPE_PATH, recipeDigest } from '@gatehouse/core/delivery/validations/recipe'
import type { Sha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { refuse, ok, type Result } from '@gatehouse/core/kernel/result'
import { instant } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import type { Db, Trx } from '../../db/database.ts'
import { recipeTried } from '../validations/validation-reads.ts'
import { RepositorySettings } from './repository-schemas.ts'

const RECIPE_MAX_BYTES = 65_536

export interface RepositoryRow {
  readonly id: string
  readonly name: string
  readonly default_branch: string
  readonly source: string
  readonly settings: RepositorySettings
  readonly version: number
  readonly created_at: Date
}

function rows(db: Db | Trx, project: string) {
  return db
    .selectFrom('repositories')
    .select(['id', 'name', 'default_branch', 'source', 'settings', 'version', 'created_at'])
    .where('project_id', '=', project)
}

function read(row: { settings: unknown } & Omit<RepositoryRow, 'settings'>): RepositoryRow {
  return { ...row, settings: RepositorySettings.parse(row.settings) }
}

export async function listRepositoryRows(db: Db | Trx, project: string): Promise<RepositoryRow[]> {
  return (await rows(db, project).orderBy('name').execute()).map(read)
}

/** By id or name. Problem: not-found. */
export async function repositoryByName(db: Db | Trx, project: string, key: string): Promise<RepositoryRow> {
  const row = await rows(db, project)
    .where((eb) => eb.or([eb('id', '=', key), eb('name', '=', key)]))
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no repository ${key}; gatehouse repo list shows those here`)
  return read(row)
}

/** The repository that was named, or the only one there is. */
export async function chooseRepository(db: Db | Trx, project: string, key: string | undefined): Promise<RepositoryRow> {
  if (key !== undefined) return repositoryByName(db, project, key)
  const all = await listRepositoryRows(db, project)
  const [only] = all
  if (only && all.length === 1) return only
  throw new Problem(
    'no-repository',
    all.length === 0
      ? 'no repository is under the gate yet: gatehouse repo add <path or URL>'
      : `say which repository: ${all.map((r) => r.name).join(', ')} (--repo)`,
  )
}

export interface ReadRecipe {
  readonly recipe: Recipe
  readonly digest: Sha256
  readonly source: 'base' | 'settings'
}

/**
 * How a commit of the protected base says it is to be validated: its `.gatehouse/recipe.yaml`, else the repository's settings. The candidate
 * has no say (law 5). Refused: `recipe-missing`, `recipe-invalid` with the field.
 */
export async function readRecipe(
  context: Pick<Context, 'forge'>,
  repository: RepositoryRow,
  baseCommit: string,
): Promise<Result<ReadRecipe, 'recipe-missing' | 'recipe-invalid'>> {
  const file = await context.forge.readFile(repository.id, baseCommit, RECIPE_PATH, RECIPE_MAX_BYTES)
  if (file.ok) return parseRecipe(new TextDecoder().decode(file.value))
  if (file.code !== 'file-not-found') return refuse('recipe-invalid', `${RECIPE_PATH}: ${file.detail}`)
  if (repository.settings.recipe) {
    const recipe = repository.settings.recipe
    return ok({ recipe, digest: recipeDigest(recipe), source: 'settings' })
  }
  return refuse(
    'recipe-missing',
    `${repository.name} has no ${RECIPE_PATH} on its base and no recipe in its settings: add the file, or gatehouse repo set ${repository.name} --test "npm test"`,
  )
}

function parseRecipe(text: string): Result<ReadRecipe, 'recipe-invalid'> {
  let document: unknown
  try {
    document = parse(text, { maxAliasCount: 20, schema: 'core' })
  } catch (error) {
    return refuse('recipe-invalid', `${RECIPE_PATH}: ${error instanceof Error ? error.message : 'not YAML'}`)
  }
  const result = Recipe.safeParse(document)
  if (!result.success) {
    const [issue] = result.error.issues
    return refuse(
      'recipe-invalid',
      `${RECIPE_PATH}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a recipe'}`,
    )
  }
  return ok({ recipe: result.data, digest: recipeDigest(result.data), source: 'base' })
}

/** One repository as it stands now, and whether its recipe ever ran: one that was suggested or written may be wrong. */
export async function repositoryDetail(context: Context, row: RepositoryRow) {
  const { digest, view } = await viewOf(context, row)
  return { ...view, recipe_tried: digest === null ? null : await recipeTried(context.db, row.id, digest) }
}

export async function repositoryView(context: Context, row: RepositoryRow) {
  return (await viewOf(context, row)).view
}

async function viewOf(context: Context, row: RepositoryRow) {
  const head = await context.forge.readRef(row.id, row.default_branch)
  const recipe = head === null ? refuse('recipe-missing', 'the branch is gone') : await readRecipe(context, row, head)
  const view = {
    ...row,
    forge: 'embedded' as const,
    head_commit: head,
    clone_url: `${context.baseUrl}/git/${row.name}.git`,
    recipe_source: recipe.ok
      ? recipe.value.source
      : recipe.code === 'recipe-missing'
        ? ('missing' as const)
        : ('invalid' as const),
    recipe_detail: recipe.ok
      ? recipe.value.recipe.validations.flatMap((v) => v.commands.map((c) => c.run.join(' '))).join('; ')
      : recipe.detail,
    created_at: instant(row.created_at),
  }
  return { view, digest: recipe.ok ? recipe.value.digest : null }
}
