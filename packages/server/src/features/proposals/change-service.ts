import { diffDigest } from '@gatehouse/core/delivery/proposals/diff-digest'
import { newId, type Id } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis, type Instant } from '@gatehouse/core/kernel/time'
import type { TreeDiff } from '../../adapters/forge/forge.ts'
import type { Context } from '../../context.ts'
import { isUniqueViolation, type ActTransaction } from '../../db/act.ts'
import type { Trx } from '../../db/database.ts'
import { keepBlob } from '../../blobs/blob-rows.ts'
import type { ProposalFile } from '../decisions/input-reads.ts'
import { accountableFor, workBegan } from './author-reads.ts'

/** The files of a diff as a row keeps them. */
export function fileRows(diff: TreeDiff): ProposalFile[] {
  return diff.files.map(({ path, status, old_mode, new_mode, binary, additions, deletions }) => ({
    path,
    status,
    old_mode,
    new_mode,
    binary,
    additions,
    deletions,
  }))
}

/** A change as the forge holds it, ready to become a proposal: its objects are kept by a ref before any row names them. */
export interface PreparedChange {
  readonly id: Id<'proposal'>
  readonly base_commit: string
  readonly base_tree: string
  readonly result_tree: string
  readonly head_commit: string
  readonly diff: TreeDiff
  readonly digest: string
}

/** Commits a result tree on its base, keeps it in the forge, and keeps the diff's bytes as a blob. Repeatable: same input, same commit. */
export async function prepareChange(
  context: Context,
  repository: string,
  change: {
    id?: Id<'proposal'>
    base_commit: string
    base_tree: string
    result_tree: string
    diff: TreeDiff
    title: string
    at: Instant
    correlation_id: string
  },
): Promise<PreparedChange> {
  const id = change.id ?? newId('proposal', millis(change.at))
  const head_commit = await context.forge.commitTree(repository, {
    tree: change.result_tree,
    parents: [change.base_commit],
    // One line: a title must not put trailers of its own above ours.
    message: `${change.title.replaceAll(/\p{Cc}/gu, ' ')}\n\nGatehouse-Proposal: ${id}\n`,
    author: GATEHOUSE_SIGNATURE,
    at: change.at,
  })
  await context.forge.keepRef(repository, `proposals/${id}`, head_commit)
  const digest = diffDigest(change.diff.bytes)
  await keepBlob(context, change.diff.bytes, 'diff')
  const { base_commit, base_tree, result_tree, diff } = change
  return { id, base_commit, base_tree, result_tree, head_commit, diff, digest }
}

/** Commits that Gatehouse makes say so; who is behind them stands in the ledger, verified. */
export const GATEHOUSE_SIGNATURE = { name: 'Gatehouse', email: 'gatehouse@localhost' }

export interface NewProposal {
  readonly change: PreparedChange
  readonly task_id: string
  readonly run_id: string | null
  readonly repository_id: string
  readonly target_branch: string
  readonly environment: string
  readonly title: string
  readonly rationale: string
  readonly provenance: 'observed' | 'unobserved'
  readonly claimed: unknown
  readonly agent_version: string | null
  readonly supersedes: string | null
  readonly created_by: string
  /** Every person behind the diff, and by which path. */
  readonly authors: readonly { readonly person_id: string; readonly path: string }[]
}

/** Inserts a proposal with its author set. Returns the ids of the rows beside it, for the event. Problem: task-has-live-proposal. */
export async function insertProposal({ trx, acting }: ActTransaction, input: NewProposal): Promise<string[]> {
  const { change, authors, claimed, ...rest } = input
  try {
    await trx
      .insertInto('proposals')
      .values({
        ...rest,
        id: change.id,
        project_id: acting.project_id,
        claimed: claimed === null ? null : JSON.stringify(claimed),
        base_commit: change.base_commit,
        base_tree: change.base_tree,
        result_tree: change.result_tree,
        head_commit: change.head_commit,
        diff_digest: change.digest,
        diff_bytes: change.diff.bytes.length,
        files: JSON.stringify(fileRows(change.diff)),
        state: 'pending',
        correlation_id: acting.correlation_id,
        created_at: acting.at,
        updated_at: acting.at,
      })
      .execute()
  } catch (error) {
    if (isUniqueViolation(error, 'proposals_one_live'))
      throw new Problem(
        'task-has-live-proposal',
        'the task has a live proposal; replace it with: gatehouse proposal supersede <id> <patch>',
      )
    throw error
  }
  const named = [...authors, ...(await earlierAuthors(trx, acting.project_id, input))]
  const persons = named.map((a) => a.person_id)
  const began = await workBegan(trx, input.task_id)
  const all = [...named, ...(await accountableFor(trx, acting.project_id, persons, began))]
  const unique = [...new Map(all.map((a) => [`${a.person_id}/${a.path}`, a])).values()]
  const rows = unique.map((author, i) => ({
    ...author,
    id: `${change.id}/author/${i + 1}`,
    project_id: acting.project_id,
    proposal_id: change.id,
  }))
  if (rows.length > 0) await trx.insertInto('proposal_authors').values(rows).execute()
  return rows.map((r) => r.id)
}

/**
 * Authors of what came before: every earlier proposal of the task, whatever became of it, and any proposal of the very same diff. Handing
 * one's work to a colleague to submit makes nobody eligible to approve it (law 2).
 */
async function earlierAuthors(
  trx: Trx,
  project: string,
  { change, task_id, repository_id }: NewProposal,
): Promise<{ person_id: string; path: string }[]> {
  const rows = await trx
    .selectFrom('proposal_authors')
    .innerJoin('proposals', 'proposals.id', 'proposal_authors.proposal_id')
    .select(['proposal_authors.person_id', 'proposal_authors.path'])
    .where('proposals.project_id', '=', project)
    .where('proposals.id', '!=', change.id)
    .where((eb) =>
      eb.or([
        eb('proposals.task_id', '=', task_id),
        eb.and([eb('proposals.repository_id', '=', repository_id), eb('proposals.diff_digest', '=', change.digest)]),
      ]),
    )
    .execute()
  return rows.map((r) => ({
    person_id: r.person_id,
    path: r.path.startsWith('earlier:') ? r.path : `earlier:${r.path}`,
  }))
}

/** A proposal's row, locked; lock its task first. Problem: not-found. */
export async function lockProposal(trx: Trx, project: string, id: string) {
  const row = await trx
    .selectFrom('proposals')
    .selectAll()
    .where('project_id', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no proposal ${id}; gatehouse proposal list shows those here`)
  return row
}
export type LockedProposal = Awaited<ReturnType<typeof lockProposal>>
