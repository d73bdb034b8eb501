import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { appliedValidations } from '@gatehouse/core/delivery/validations/reported'
import { ValidationFacts } from '@gatehouse/core/delivery/validations/facts'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Envelope } from '@gatehouse/sandbox/envelope'
import { readBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import type { Db } from '../../db/database.ts'
import { IsolationView } from './validation-schemas.ts'

function rows(db: Db, project: string) {
  return db
    .selectFrom('validations')
    .innerJoin('proposals', 'proposals.id', 'validations.proposal_id')
    .selectAll('validations')
    .select(['proposals.target_branch', 'proposals.environment'])
    .where('validations.project_id', '=', project)
}
type Row = Awaited<ReturnType<ReturnType<typeof rows>['executeTakeFirstOrThrow']>>

function view(row: Row) {
  const recipe = Recipe.parse(row.recipe)
  return {
    id: row.id,
    proposal_id: row.proposal_id,
    state: row.state as 'running' | 'passed' | 'failed' | 'errored',
    reason: row.reason,
    base_commit: row.base_commit,
    result_tree: row.result_tree,
    recipe_digest: row.recipe_digest,
    recipe_source: row.recipe_source,
    recipe,
    applied: appliedValidations(recipe, row.target_branch, row.environment),
    facts: row.facts === null ? null : ValidationFacts.parse(row.facts),
    isolation: row.isolation === null ? null : IsolationView.parse(row.isolation),
    envelope_digest: row.envelope_digest,
    digest: row.digest,
    created_at: instant(row.created_at),
    finished_at: row.finished_at === null ? null : instant(row.finished_at),
  }
}

/** The newest validation of a proposal, or null. */
export async function latestValidation(db: Db, project: string, proposal: string) {
  const row = await rows(db, project)
    .where('validations.proposal_id', '=', proposal)
    .orderBy('validations.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? view(row) : null
}

export async function validationsOf(db: Db, project: string, proposal: string) {
  return (
    await rows(db, project).where('validations.proposal_id', '=', proposal).orderBy('validations.id').execute()
  ).map(view)
}

/** One validation with its commands' outputs out of the envelope. Problems: not-found, content-purged. */
export async function showValidation(context: Context, project: string, id: string) {
  const row = await rows(context.db, project).where('validations.id', '=', id).executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no validation ${id}`)
  const envelopes =
    row.envelope_digest === null
      ? []
      : (JSON.parse(Buffer.from(await readBlob(context, row.envelope_digest)).toString('utf8')) as Envelope[])
  return { ...view(row), commands: envelopes.flatMap((e) => e.commands) }
}

/** When a recipe last ran for a repository, and whether it passed on the base itself; null where it never did. */
export async function recipeTried(db: Db, repository: string, recipeDigest: string) {
  const last = await db
    .selectFrom('validations')
    .innerJoin('proposals', 'proposals.id', 'validations.proposal_id')
    .select(['validations.id', 'validations.finished_at', 'proposals.base_tree'])
    .where('proposals.repository_id', '=', repository)
    .where('validations.recipe_digest', '=', recipeDigest)
    .where('validations.state', 'in', ['passed', 'failed'])
    .orderBy('validations.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!last?.finished_at) return null
  const base = await db
    .selectFrom('steps')
    .select('output')
    .where('owner_id', '=', baselineOwner(repository, last.base_tree))
    .where('name', '=', recipeDigest)
    .executeTakeFirst()
  const output: unknown = base?.output
  const passed = typeof output === 'object' && output !== null && 'passed' in output && output.passed === true
  return { at: instant(last.finished_at), validation_id: last.id, passed_on_base: passed }
}

/** Who owns the step that keeps what a recipe showed on a base: it runs there once. */
export function baselineOwner(repository: string, baseTree: string): string {
  return `baseline:${repository}:${baseTree}`
}
