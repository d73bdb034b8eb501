import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { ValidationFacts } from '@gatehouse/core/delivery/validations/facts'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Envelope } from '@gatehouse/sandbox/envelope'
import { readBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import type { Db } from '../../db/database.ts'
import { IsolationView } from './validation-schemas.ts'

function rows(db: Db, project: string) {
  return db.selectFrom('validations').selectAll().where('project_id', '=', project)
}
type Row = Awaited<ReturnType<ReturnType<typeof rows>['executeTakeFirstOrThrow']>>

function view(row: Row) {
  return {
    id: row.id,
    proposal_id: row.proposal_id,
    state: row.state as 'running' | 'passed' | 'failed' | 'errored',
    reason: row.reason,
    base_commit: row.base_commit,
    result_tree: row.result_tree,
    recipe_digest: row.recipe_digest,
    recipe_source: row.recipe_source,
    recipe: Recipe.parse(row.recipe),
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
    .where('proposal_id', '=', proposal)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? view(row) : null
}

export async function validationsOf(db: Db, project: string, proposal: string) {
  return (await rows(db, project).where('proposal_id', '=', proposal).orderBy('id').execute()).map(view)
}

/** One validation with its commands' outputs out of the envelope. Problems: not-found, content-purged. */
export async function showValidation(context: Context, project: string, id: string) {
  const row = await rows(context.db, project).where('id', '=', id).executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no validation ${id}`)
  const envelopes =
    row.envelope_digest === null
      ? []
      : (JSON.parse(Buffer.from(await readBlob(context, row.envelope_digest)).toString('utf8')) as Envelope[])
  return { ...view(row), commands: envelopes.flatMap((e) => e.commands) }
}
