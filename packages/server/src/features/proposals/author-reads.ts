import type { Db, Trx } from '../../db/database.ts'

/** A person behind a diff, and by which path. */
export interface Author {
  readonly person_id: string
  readonly path: string
}

/**
 * The persons who answer for those of `persons` that are service accounts, with those who answered for them since `since`: whoever can
 * make a service account speak is behind what it said (law 2).
 */
export async function accountableFor(
  db: Db | Trx,
  project: string,
  persons: readonly string[],
  since: Date,
): Promise<Author[]> {
  const found = new Set<string>()
  let asked = [...new Set(persons)]
  while (asked.length > 0) {
    const rows = await db
      .selectFrom('memberships')
      .select('accountable_person_id')
      .where('project_id', '=', project)
      .where('person_id', 'in', asked)
      .where('accountable_person_id', 'is not', null)
      .where((eb) => eb.or([eb('revoked_at', 'is', null), eb('revoked_at', '>=', since)]))
      .execute()
    asked = [...new Set(rows.flatMap((r) => r.accountable_person_id ?? []))].filter((id) => !found.has(id))
    for (const id of asked) found.add(id)
  }
  return [...found].map((person_id) => ({ person_id, path: 'accountable' }))
}

/** When the work of a proposal began: with the story, or with the task. */
export async function workBegan(db: Db | Trx, task: string): Promise<Date> {
  const row = await db
    .selectFrom('tasks')
    .leftJoin('stories', 'stories.id', 'tasks.story_id')
    .select(['tasks.created_at', 'stories.created_at as story_created_at'])
    .where('tasks.id', '=', task)
    .executeTakeFirstOrThrow()
  return row.story_created_at ?? row.created_at
}

/**
 * The author set of a proposal as it stands now: those on record with it, those on record with any proposal of the very same diff in its
 * repository, sent before it or after it, and the persons who answer for service accounts among them. Where its own record names
 * nobody the set is empty, and the gate stays shut.
 */
export async function authorsOf(db: Db | Trx, project: string, proposal: string): Promise<Author[]> {
  const { task_id } = await db
    .selectFrom('proposals')
    .select('task_id')
    .where('project_id', '=', project)
    .where('id', '=', proposal)
    .executeTakeFirstOrThrow()
  const rows = await db
    .selectFrom('proposals as this')
    .innerJoin('proposals as same', (join) =>
      join
        .onRef('same.project_id', '=', 'this.project_id')
        .onRef('same.repository_id', '=', 'this.repository_id')
        .onRef('same.diff_digest', '=', 'this.diff_digest'),
    )
    .innerJoin('proposal_authors', 'proposal_authors.proposal_id', 'same.id')
    .select(['proposal_authors.proposal_id', 'proposal_authors.person_id', 'proposal_authors.path'])
    .where('this.project_id', '=', project)
    .where('this.id', '=', proposal)
    .orderBy('proposal_authors.id')
    .execute()
  const own = rows.filter((r) => r.proposal_id === proposal).map(({ person_id, path }) => ({ person_id, path }))
  if (own.length === 0) return []
  const known = new Set(own.map((a) => a.person_id))
  const added: Author[] = []
  const add = (author: Author) => {
    if (!known.has(author.person_id)) added.push(author)
    known.add(author.person_id)
  }
  for (const { person_id } of rows) add({ person_id, path: 'same-diff' })
  for (const author of await accountableFor(db, project, [...known], await workBegan(db, task_id))) add(author)
  return [...own, ...added]
}
