import { LIVE_PROPOSAL } from '@gatehouse/core/delivery/states'
import { validationsFor } from '@gatehouse/core/delivery/validations/recipe'
import { Problem } from '@gatehouse/core/kernel/problems'
import { isBranchName } from '../../adapters/forge/ref-names.ts'
import type { Context } from '../../context.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import { chooseRepository, readRecipe, repositoryByName, type RepositoryRow } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import { insertTask, lockTask, moveTask } from '../tasks/task-service.ts'
import { insertValidation, type ValidationPlan } from '../validations/validation-service.ts'
import { closeProposal } from './closing-service.ts'
import { PATCH_MAX_BYTES } from './proposal-schemas.ts'
import { insertProposal, prepareChange, type PreparedChange } from './change-service.ts'

export interface PatchInput {
  /** Base64. */
  readonly patch: string
  readonly title?: string | undefined
  readonly rationale?: string | undefined
}

interface Target {
  readonly repository: RepositoryRow
  readonly branch: string
}

function decodePatch(text: string): Uint8Array {
  // White space goes first: a pattern that allows it in two places takes quadratic time.
  const packed = text.replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) throw new Problem('request-invalid', 'patch: must be base64')
  const bytes = Buffer.from(packed, 'base64')
  if (bytes.length > PATCH_MAX_BYTES)
    throw new Problem(
      'patch-too-large',
      `the patch has ${bytes.length} bytes, at most ${PATCH_MAX_BYTES} are taken; split the change`,
    )
  return bytes
}

/** How a change to a branch is to be validated, by the branch's commit now. Problems: branch-not-found, recipe-missing, recipe-invalid. */
export async function planValidation(
  context: Context,
  repository: RepositoryRow,
  branch: string,
  environment: string,
): Promise<ValidationPlan & { readonly base_commit: string }> {
  if (!isBranchName(branch))
    throw new Problem('ref-name-invalid', `target_branch: ${branch.slice(0, 100)} is not the name of a branch`)
  // Whoever may push a task branch would write the very recipe that their change is held to (law 5).
  if (branch.startsWith('task/'))
    throw new Problem(
      'request-invalid',
      `target_branch: ${branch} is a branch of work that anybody may push to; a change is for a branch like ${repository.default_branch}`,
    )
  const base_commit = await context.forge.readRef(repository.id, branch)
  if (base_commit === null) throw new Problem('branch-not-found', `${repository.name} has no branch ${branch}`)
  const read = await readRecipe(context, repository, base_commit)
  if (!read.ok) throw refusalProblem(read)
  const { recipe, digest, source } = read.value
  if (validationsFor(recipe, branch, environment).length === 0)
    throw new Problem(
      'recipe-missing',
      `the recipe has no validation for branch ${branch} in environment ${environment}; add one, since a change that nothing validates cannot pass`,
    )
  return { base_commit, recipe, recipe_digest: digest, recipe_source: source }
}

async function applyPatch(
  context: Context,
  acting: Acting,
  { repository }: Target,
  base: string,
  input: PatchInput,
  title: string | undefined,
) {
  const applied = await context.forge.applyPatch(repository.id, { base, patch: decodePatch(input.patch) })
  if (!applied.ok) throw refusalProblem(applied)
  const { base_tree, result_tree, diff, claimed } = applied.value
  const named = (
    title ??
    claimed.subject ??
    `Change of ${diff.files[0]?.path ?? 'the tree'}${diff.files.length > 1 ? ` and ${diff.files.length - 1} more` : ''}`
  ).slice(0, 300)
  const change = await prepareChange(context, repository.id, {
    base_commit: base,
    base_tree,
    result_tree,
    diff,
    title: named,
    at: acting.at,
    correlation_id: acting.correlation_id,
  })
  return { change, claimed, title: named }
}

/**
 * Takes in work from outside as an `unobserved` proposal: the patch is applied to the protected base in a trusted index, kept, and its validation
 * enqueued with it. For a task, or with a task made for it.
 */
export async function submitProposal(
  context: Context,
  acting: Acting,
  input: PatchInput & {
    repository?: string | undefined
    task?: string | undefined
    target_branch?: string | undefined
  },
): Promise<string> {
  const created_by = person(acting)
  const task = input.task === undefined ? null : await readTask(context, acting, input.task)
  const repository = task?.repository_id
    ? await repositoryByName(context.db, acting.project_id, task.repository_id)
    : await chooseRepository(context.db, acting.project_id, input.repository)
  const target: Target = { repository, branch: input.target_branch ?? task?.target_branch ?? repository.default_branch }
  const environment = task?.environment ?? repository.settings.environment
  const plan = await planValidation(context, repository, target.branch, environment)
  const { change, claimed, title } = await applyPatch(context, acting, target, plan.base_commit, input, input.title)
  await keepOrDrop(context, repository.id, change, () =>
    performAct(context, acting, async (tx) => {
      const id =
        task?.id ??
        (await insertTask(tx, {
          title,
          description: input.rationale ?? '',
          risk: 'low',
          priority: 3,
          requested_by: created_by,
          story_id: null,
          repository_id: repository.id,
          target_branch: target.branch,
          environment,
          state: 'ready',
        }))
      if (!task) tx.record({ act: 'task.create', subject: { kind: 'task', id }, detail: { title, from: 'proposal' } })
      const locked = await lockTask(tx.trx, acting.project_id, id)
      await refuseSecondLive(tx, id)
      await moveTask(tx, locked, 'proposal.submit', 'proposed')
      const rows = await insertProposal(tx, {
        change,
        task_id: id,
        run_id: null,
        repository_id: repository.id,
        target_branch: target.branch,
        environment,
        title,
        rationale: input.rationale ?? '',
        provenance: 'unobserved',
        claimed,
        agent_version: null,
        supersedes: null,
        created_by,
        authors: [{ person_id: created_by, path: 'submitter' }],
      })
      tx.record({
        act: 'proposal.submit',
        subject: { kind: 'proposal', id: change.id },
        rows: [id, ...rows],
        digests: { diff: change.digest },
        detail: { title, provenance: 'unobserved', files: change.diff.files.length },
      })
      await insertValidation(
        tx,
        { id: change.id, task_id: id, base_commit: change.base_commit, result_tree: change.result_tree },
        { state: 'pending', task_state: 'proposed' },
        plan,
      )
    }),
  )
  return change.id
}

/** Runs a transaction that names a change; where it does not come to that, the change's keeping ref is dropped again. */
async function keepOrDrop(
  context: Context,
  repository: string,
  change: PreparedChange,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const row = await context.db.selectFrom('proposals').select('id').where('id', '=', change.id).executeTakeFirst()
    if (!row) await context.forge.dropRef(repository, `proposals/${change.id}`)
    throw error
  }
}

export function person(acting: Acting): string {
  if (acting.actor.person_id === null) throw new Problem('forbidden', 'this act needs a person')
  return acting.actor.person_id
}

async function readTask(context: Context, acting: Acting, id: string) {
  const task = await context.db
    .selectFrom('tasks')
    .selectAll()
    .where('project_id', '=', acting.project_id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!task) throw new Problem('not-found', `there is no task ${id}`)
  return task
}

async function refuseSecondLive({ trx }: ActTransaction, task: string): Promise<void> {
  const live = await trx
    .selectFrom('proposals')
    .select('id')
    .where('task_id', '=', task)
    .where('state', 'in', LIVE_PROPOSAL)
    .executeTakeFirst()
  if (live)
    throw new Problem(
      'task-has-live-proposal',
      `the task has the live proposal ${live.id}; replace it with: gatehouse proposal supersede ${live.id} <patch>`,
      { proposal_id: live.id },
    )
}

/**
 * Replaces a proposal by a new patch: a new proposal of the same task, whose approvals begin from nothing; the old one's request goes stale. The
 * authors of the old one stay authors of the new: whoever's work it builds on does not approve it.
 */
export async function supersedeProposal(
  context: Context,
  acting: Acting,
  oldId: string,
  input: PatchInput,
): Promise<string> {
  const created_by = person(acting)
  const old = await context.db
    .selectFrom('proposals')
    .selectAll()
    .where('project_id', '=', acting.project_id)
    .where('id', '=', oldId)
    .executeTakeFirst()
  if (!old) throw new Problem('not-found', `there is no proposal ${oldId}`)
  const repository = await repositoryByName(context.db, acting.project_id, old.repository_id)
  const plan = await planValidation(context, repository, old.target_branch, old.environment)
  const { change, claimed, title } = await applyPatch(
    context,
    acting,
    { repository, branch: old.target_branch },
    plan.base_commit,
    input,
    input.title ?? old.title,
  )
  await keepOrDrop(context, repository.id, change, () =>
    performAct(context, acting, async (tx) => {
      const { task, rows } = await closeProposal(
        tx,
        oldId,
        'proposal.supersede',
        'superseded',
        `replaced by ${change.id}`,
        'proposed',
      )
      const added = await insertProposal(tx, {
        change,
        task_id: task.id,
        run_id: null,
        repository_id: old.repository_id,
        target_branch: old.target_branch,
        environment: old.environment,
        title,
        rationale: input.rationale ?? `Replaces ${oldId}.`,
        provenance: 'unobserved',
        claimed,
        agent_version: null,
        supersedes: oldId,
        created_by,
        authors: [{ person_id: created_by, path: 'submitter' }],
      })
      const voided = rows.filter((r) => r.startsWith('apr_')).length
      tx.record({
        act: 'proposal.supersede',
        subject: { kind: 'proposal', id: change.id },
        rows: [oldId, task.id, ...rows, ...added],
        digests: { diff: change.digest, diff_before: old.diff_digest },
        detail: { supersedes: oldId, requests_voided: voided },
      })
      await insertValidation(
        tx,
        { id: change.id, task_id: task.id, base_commit: change.base_commit, result_tree: change.result_tree },
        { state: 'pending', task_state: 'proposed' },
        plan,
      )
    }),
  )
  return change.id
}
