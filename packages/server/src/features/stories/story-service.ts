import { draftRunbook, runbookDigest } from '@gatehouse/core/delivery/runbooks/runbook'
import { triage } from '@gatehouse/core/delivery/stories/triage'
import { sha256 } from '@gatehouse/core/kernel/canonical'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import { parseStory, type StoryDocument } from '@gatehouse/core/specs/story'
import type { Context } from '../../context.ts'
import { performAct, serviceActor, type Acting, type ActTransaction } from '../../db/act.ts'
import { chooseRepository, type RepositoryRow } from '../repositories/repository-reads.ts'
import { lockName } from '../name-lock.ts'
import { refusalProblem } from '../refusal.ts'
import { insertTask, lockTask, moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'

/**
 * Takes a story in: parsed, deduplicated by feature_request_id, triaged, its task made and its runbook drafted, in one transaction with an event
 * for each. Sent again it is updated in place and goes back to triaged, while nobody has accepted it yet.
 */
export async function submitStory(
  context: Context,
  acting: Acting,
  input: { markdown: string; repository?: string | undefined },
) {
  const parsed = parseStory(input.markdown)
  if (!parsed.ok) throw refusalProblem(parsed)
  const story = parsed.value
  const repository = await chooseRepository(context.db, acting.project_id, input.repository)
  return performAct(context, acting, async (tx) => {
    // One story per feature_request_id, also for two requests at once: the second waits for the first and updates.
    await lockName(tx, 'story', story.feature_request_id)
    const known = await tx.trx
      .selectFrom('stories')
      .selectAll()
      .where('project_id', '=', acting.project_id)
      .where('feature_request_id', '=', story.feature_request_id)
      .forUpdate()
      .executeTakeFirst()
    if (known && !['new', 'triaged', 'runbook_drafted'].includes(known.state))
      throw new Problem(
        'story-not-deduplicable',
        `${story.feature_request_id} is ${known.state} already; a changed wish is a new story under an id of its own`,
        { story_id: known.id },
      )
    const unchanged = known !== undefined && known.body === input.markdown && known.repository_id === repository.id
    if (unchanged) return { id: known.id, deduplicated: true }
    const id = known
      ? await updateStory(tx, known, story, input.markdown, repository)
      : await insertStory(tx, story, input.markdown, repository)
    await draft(tx, id, story, repository)
    return { id, deduplicated: known !== undefined }
  })
}

async function insertStory(
  tx: ActTransaction,
  story: StoryDocument,
  body: string,
  repository: RepositoryRow,
): Promise<string> {
  const { acting } = tx
  const id = newId('story', millis(acting.at))
  const by = submitter(acting)
  await tx.trx
    .insertInto('stories')
    .values({
      ...columns(story, body, repository),
      id,
      project_id: acting.project_id,
      feature_request_id: story.feature_request_id,
      submitted_by: by,
      state: 'new',
      created_at: acting.at,
      updated_at: acting.at,
    })
    .execute()
  const result = triage(story)
  const task = await insertTask(tx, {
    title: story.title,
    description: story.user_story || story.problem,
    risk: result.risk,
    priority: result.priority,
    requested_by: by,
    story_id: id,
    repository_id: repository.id,
    target_branch: repository.default_branch,
    environment: repository.settings.environment,
    state: 'created',
  })
  tx.record({
    act: 'story.submit',
    subject: { kind: 'story', id },
    rows: [task],
    digests: { body: sha256(body) },
    detail: { feature_request_id: story.feature_request_id, title: story.title },
  })
  return id
}

async function updateStory(
  tx: ActTransaction,
  known: { id: string; version: number },
  story: StoryDocument,
  body: string,
  repository: RepositoryRow,
) {
  await tx.trx
    .updateTable('stories')
    .set({ ...columns(story, body, repository), state: 'new', version: known.version + 1, updated_at: tx.acting.at })
    .where('id', '=', known.id)
    .execute()
  const result = triage(story)
  const task = await tx.trx
    .updateTable('tasks')
    .set({
      title: story.title,
      description: story.user_story || story.problem,
      risk: result.risk,
      priority: result.priority,
      repository_id: repository.id,
      target_branch: repository.default_branch,
      environment: repository.settings.environment,
      state: 'created',
      updated_at: tx.acting.at,
    })
    .where('story_id', '=', known.id)
    .returning('id')
    .executeTakeFirstOrThrow()
  tx.record({
    act: 'story.submit',
    subject: { kind: 'story', id: known.id },
    rows: [task.id],
    digests: { body: sha256(body) },
    detail: { feature_request_id: story.feature_request_id, title: story.title, deduplicated: true },
  })
  return known.id
}

function columns(story: StoryDocument, body: string, repository: RepositoryRow) {
  return {
    title: story.title,
    body,
    problem: story.problem,
    user_story: story.user_story,
    criteria: JSON.stringify(story.criteria),
    repository_id: repository.id,
  }
}

/** Triage and the draft of the runbook: our own service's acts, on behalf of the submitter. Policy may raise the risk later. */
async function draft(tx: ActTransaction, id: string, story: StoryDocument, repository: RepositoryRow): Promise<void> {
  const { trx, acting } = tx
  const result = triage(story)
  requireTransition('story', 'story.triage', 'new', 'triaged')
  requireTransition('story', 'runbook.draft', 'triaged', 'runbook_drafted')
  await trx
    .updateTable('stories')
    .set({
      risk: result.risk,
      priority: result.priority,
      planner_notes: JSON.stringify(result.reasons),
      state: 'runbook_drafted',
    })
    .where('id', '=', id)
    .execute()
  const task = await trx
    .selectFrom('tasks')
    .selectAll()
    .where('story_id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await moveTask(tx, task, 'story.triage', 'triaged')
  const body = draftRunbook(story, result, { name: repository.name, target_branch: repository.default_branch })
  const digest = runbookDigest(body)
  const runbook = await trx
    .insertInto('runbooks')
    .values({
      id: newId('runbook', millis(acting.at)),
      project_id: acting.project_id,
      story_id: id,
      state: 'PROPOSED',
      body,
      digest,
      created_at: acting.at,
    })
    .onConflict((c) => c.columns(['project_id', 'story_id']).doUpdateSet({ body, digest, state: 'PROPOSED' }))
    .returning('id')
    .executeTakeFirstOrThrow()
  await trx.updateTable('tasks').set({ runbook_id: runbook.id }).where('id', '=', task.id).execute()
  const service = serviceActor('triage', [submitter(acting)])
  tx.record({
    act: 'story.triage',
    by: service,
    subject: { kind: 'story', id },
    rows: [task.id],
    detail: { risk: result.risk, priority: result.priority, why: result.reasons.join('; ') },
  })
  tx.record({
    act: 'runbook.draft',
    by: service,
    subject: { kind: 'runbook', id: runbook.id },
    rows: [id, task.id],
    digests: { runbook: digest },
  })
}

function submitter(acting: Acting): string {
  if (acting.actor.person_id === null) throw new Problem('forbidden', 'a story is submitted by a person')
  return acting.actor.person_id
}

/** A person accepts exactly the runbook they read; its task may start. Problem: runbook-changed. */
export async function acceptRunbook(context: Context, acting: Acting, id: string, digest: string): Promise<void> {
  await performAct(context, acting, async (tx) => {
    const { trx } = tx
    const found = await trx
      .selectFrom('runbooks')
      .select('story_id')
      .where('project_id', '=', acting.project_id)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!found) throw new Problem('not-found', `there is no runbook ${id}`)
    const story = await trx
      .selectFrom('stories')
      .selectAll()
      .where('id', '=', found.story_id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const row = await trx.selectFrom('runbooks').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()
    if (row.digest !== digest)
      throw new Problem('runbook-changed', `the runbook is now ${row.digest}; you read ${digest}: read it again`, {
        digest: row.digest,
      })
    requireTransition('runbook', 'runbook.accept', row.state, 'ACCEPTED')
    requireTransition('story', 'runbook.accept', story.state, 'accepted')
    const waiting = await trx
      .selectFrom('tasks')
      .select('id')
      .where('story_id', '=', story.id)
      .executeTakeFirstOrThrow()
    const task = await lockTask(trx, acting.project_id, waiting.id)
    await trx
      .updateTable('runbooks')
      .set({ state: 'ACCEPTED', accepted_by: submitter(acting), accepted_at: acting.at })
      .where('id', '=', id)
      .execute()
    await trx
      .updateTable('stories')
      .set({ state: 'accepted', version: story.version + 1, updated_at: acting.at })
      .where('id', '=', story.id)
      .execute()
    await moveTask(tx, task, 'runbook.accept', 'ready')
    tx.record({
      act: 'runbook.accept',
      subject: { kind: 'runbook', id },
      rows: [story.id, task.id],
      digests: { runbook: digest },
    })
  })
}
