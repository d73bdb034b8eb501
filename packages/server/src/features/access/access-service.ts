import type { Role } from '@gatehouse/core/kernel/access'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant, millis, plus, type Instant } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import { performAct, serviceActor, newCorrelationId, type Acting, type ActTransaction } from '../../db/act.ts'
import { fingerprintOf, newTokenText, tokenHash } from '../../http/actor.ts'
import { lockName } from '../name-lock.ts'
import { showPerson } from './access-reads.ts'

const DAY = 86_400_000

/**
 * The first start of an empty installation: the project, its first owner and their token, in one act by the operator who holds the data folder.
 * Answers null where a project is there already.
 */
export async function bootstrap(
  context: Pick<Context, 'db' | 'clock' | 'tokenPepper'>,
  login: string,
): Promise<{ readonly token: string; readonly person_id: string } | null> {
  const at = context.clock()
  const project_id = newId('project', millis(at))
  const acting: Acting = { project_id, actor: serviceActor('operator'), correlation_id: newCorrelationId(at), at }
  return performAct({ ...context, boss: null }, acting, async (tx) => {
    const { trx } = tx
    if (await trx.selectFrom('projects').select('id').limit(1).executeTakeFirst()) return null
    await trx.insertInto('projects').values({ id: project_id, name: 'default', created_at: at }).execute()
    const person_id = newId('person', millis(at))
    await trx.insertInto('persons').values({ id: person_id, login, display_name: login, created_at: at }).execute()
    const membership = await insertMembership(tx, person_id, 'owner')
    tx.record({
      act: 'person.add',
      subject: { kind: 'person', id: person_id },
      rows: [project_id, membership],
      detail: { role: 'owner', first: true },
    })
    const issued = await issueInto(tx, context.tokenPepper, {
      person_id,
      label: 'operator',
      days: 365,
      scopes: [],
      kind: 'token',
    })
    return { token: issued.token, person_id }
  })
}

async function insertMembership(
  { trx, acting }: ActTransaction,
  person: string,
  role: Role,
  accountable: string | null = null,
): Promise<string> {
  const id = newId('membership', millis(acting.at))
  await trx
    .insertInto('memberships')
    .values({
      id,
      project_id: acting.project_id,
      person_id: person,
      role,
      accountable_person_id: accountable,
      created_at: acting.at,
    })
    .execute()
  return id
}

/** Who answers for a service account: the person named, or whoever makes it one. Null for other roles. Problems: not-found, request-invalid. */
async function accountableOf(
  { trx, acting }: ActTransaction,
  person: string,
  role: Role | null,
  key: string | undefined,
): Promise<{ readonly id: string; readonly login: string } | null> {
  if (role !== 'automation') {
    if (key === undefined) return null
    throw new Problem(
      'request-invalid',
      'accountable_person: only a service account (role automation) has somebody who answers for it; leave it out',
    )
  }
  const answers = await showPerson(trx, acting.project_id, key ?? acting.actor.person_id ?? '')
  if (answers.id === person || answers.roles.every((r) => r === 'automation'))
    throw new Problem(
      'request-invalid',
      `accountable_person: ${answers.login} cannot answer for this service account; name a person of the project who is none`,
    )
  return { id: answers.id, login: answers.login }
}

/** Adds a person to the project, or a known person who is not in it yet. Problem: person-exists. */
export async function addPerson(
  context: Context,
  acting: Acting,
  input: {
    login: string
    display_name?: string | undefined
    role: Role
    accountable_person?: string | undefined
  },
) {
  const id = await performAct(context, acting, async (tx) => {
    const { trx } = tx
    await lockName(tx, 'person', input.login)
    const known = await trx
      .selectFrom('persons')
      .select('id')
      .where('login', '=', input.login)
      .forUpdate()
      .executeTakeFirst()
    const member = known && (await currentMemberships(tx, known.id)).length > 0
    if (member)
      throw new Problem(
        'person-exists',
        `${input.login} is in the project already; change the role with: gatehouse person role ${input.login} <role>`,
      )
    const person = known?.id ?? newId('person', millis(acting.at))
    if (!known)
      await trx
        .insertInto('persons')
        .values({
          id: person,
          login: input.login,
          display_name: input.display_name ?? input.login,
          created_at: acting.at,
        })
        .execute()
    const ended = known ? await endOldTokens(tx, person) : []
    const accountable = await accountableOf(tx, person, input.role, input.accountable_person)
    const membership = await insertMembership(tx, person, input.role, accountable?.id)
    tx.record({
      act: 'person.add',
      subject: { kind: 'person', id: person },
      rows: [membership, ...ended],
      detail: { role: input.role, ...(accountable === null ? {} : { accountable: accountable.id }) },
    })
    return person
  })
  return showPerson(context.db, acting.project_id, id)
}

/** Who comes back gets new tokens: those of before, which nobody could revoke meanwhile, must not come to life again. */
async function endOldTokens({ trx, acting }: ActTransaction, person: string): Promise<string[]> {
  const rows = await trx
    .updateTable('tokens')
    .set({ revoked_at: acting.at })
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('memberships').select('id').where('person_id', '=', person).where('revoked_at', 'is', null),
        ),
      ),
    )
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

async function currentMemberships({ trx, acting }: ActTransaction, person: string) {
  return trx
    .selectFrom('memberships')
    .select(['id', 'role', 'person_id'])
    .where('project_id', '=', acting.project_id)
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** Changes a person's role, or takes them out with null. A change of roles waits for gates under way (lockVoters). Problems: last-owner, request-invalid. */
export async function changeMembership(
  context: Context,
  acting: Acting,
  key: string,
  role: Role | null,
  accountableKey?: string,
) {
  return performAct(context, acting, async (tx) => {
    const person = await showPerson(tx.trx, acting.project_id, key)
    // All owners' rows are locked in one order: two owners who demote each other cannot both succeed.
    const owners = await tx.trx
      .selectFrom('memberships')
      .select(['person_id'])
      .where('project_id', '=', acting.project_id)
      .where('role', '=', 'owner')
      .where('revoked_at', 'is', null)
      .orderBy('id')
      .forUpdate()
      .execute()
    if (role !== 'owner' && owners.every((o) => o.person_id === person.id))
      throw new Problem('last-owner', `${person.login} is the project's last owner; make another person owner first`)
    const accountable = await accountableOf(tx, person.id, role, accountableKey)
    const old = await currentMemberships(tx, person.id)
    for (const membership of old)
      await tx.trx.updateTable('memberships').set({ revoked_at: acting.at }).where('id', '=', membership.id).execute()
    const rows = old.map((m) => m.id)
    if (role) rows.push(await insertMembership(tx, person.id, role, accountable?.id))
    tx.record({
      act: 'membership.change',
      subject: { kind: 'person', id: person.id },
      rows,
      detail: {
        from: old.map((m) => m.role).join(','),
        to: role ?? 'removed',
        ...(accountable === null ? {} : { accountable: accountable.id }),
      },
    })
    return { ...person, roles: role ? [role] : [], accountable_person: accountable }
  })
}

export interface TokenRequest {
  readonly person_id: string
  readonly label: string
  readonly days: number
  /** It ends at this time at the latest. */
  readonly until?: Instant
  readonly scopes: readonly string[]
  readonly kind: 'token' | 'session'
}

/** Issues a token inside an act. The text is given once; the row holds its keyed digest. */
async function issueInto({ trx, acting, record }: ActTransaction, pepper: Buffer, request: TokenRequest) {
  const token = newTokenText()
  const id = newId('token', millis(acting.at))
  const latest: Instant = plus(acting.at, request.days * DAY)
  const expires_at = request.until !== undefined && millis(request.until) < millis(latest) ? request.until : latest
  const hash = tokenHash(pepper, token)
  await trx
    .insertInto('tokens')
    .values({
      id,
      person_id: request.person_id,
      kind: request.kind,
      label: request.label,
      hash,
      scopes: [...request.scopes],
      created_at: acting.at,
      expires_at,
    })
    .execute()
  record({
    act: 'token.issue',
    subject: { kind: 'token', id },
    // The fingerprint ties what is done with this token to whoever issued it.
    detail: { person: request.person_id, label: request.label, expires_at, fingerprint: fingerprintOf(hash) },
  })
  return {
    id,
    token,
    person_id: request.person_id,
    label: request.label,
    scopes: [...request.scopes],
    created_at: acting.at,
    expires_at,
    revoked_at: null,
  }
}

/** Issues a token for a member of the project, unless it would speak for them in another one too. Problem: forbidden. */
export async function issueToken(
  context: Context,
  acting: Acting,
  key: string,
  input: { label: string; expires_in_days: number; scopes: readonly string[] },
) {
  return performAct(context, acting, async (tx) => {
    const person = await showPerson(tx.trx, acting.project_id, key)
    const elsewhere = await tx.trx
      .selectFrom('memberships')
      .select('id')
      .where('person_id', '=', person.id)
      .where('project_id', '!=', acting.project_id)
      .where('revoked_at', 'is', null)
      .limit(1)
      .executeTakeFirst()
    if (elsewhere)
      throw new Problem(
        'forbidden',
        `${person.login} is a member of another project too, where a token from here would hold as well; its owner issues it`,
      )
    return issueInto(tx, context.tokenPepper, {
      person_id: person.id,
      label: input.label,
      days: input.expires_in_days,
      scopes: input.scopes,
      kind: 'token',
    })
  })
}

/**
 * A console session: a short token of its own, so that signing out ends it and the pasted token is kept nowhere. It does not outlive the token
 * it was opened with, and opens no other. Problem: forbidden.
 */
export async function openSession(context: Context, acting: Acting, tokenId: string) {
  const person_id = acting.actor.person_id
  if (person_id === null) throw new Problem('forbidden', 'only a person has a console session')
  return performAct(context, acting, async (tx) => {
    // Locked, so that a revocation under way ends this session too.
    const used = await tx.trx
      .selectFrom('tokens')
      .select(['kind', 'expires_at', 'revoked_at'])
      .where('id', '=', tokenId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (used.kind === 'session')
      throw new Problem('forbidden', 'a session is opened with a token, not with another session: paste your token')
    if (used.revoked_at) throw new Problem('token-revoked', 'this token was revoked; ask an owner for a new one')
    return issueInto(tx, context.tokenPepper, {
      person_id,
      label: 'console session',
      days: 0.5,
      until: instant(used.expires_at),
      scopes: [],
      kind: 'session',
    })
  })
}

/** Revokes a token of a person of the project, and their console sessions with it. Revoking twice is no error. */
export async function revokeToken(context: Context, acting: Acting, id: string) {
  return performAct(context, acting, async ({ trx, record }) => {
    const row = await trx.selectFrom('tokens').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    if (!row) throw new Problem('not-found', `there is no token ${id}`)
    await showPerson(trx, acting.project_id, row.person_id)
    const revoked_at = row.revoked_at ? instant(row.revoked_at) : acting.at
    if (!row.revoked_at) {
      await trx.updateTable('tokens').set({ revoked_at }).where('id', '=', id).execute()
      // Which token a session was opened with is not kept: all end, and are opened anew with a token that still holds.
      const sessions =
        row.kind === 'session'
          ? []
          : await trx
              .updateTable('tokens')
              .set({ revoked_at })
              .where('person_id', '=', row.person_id)
              .where('kind', '=', 'session')
              .where('revoked_at', 'is', null)
              .returning('id')
              .execute()
      record({
        act: 'token.revoke',
        subject: { kind: 'token', id },
        rows: sessions.map((s) => s.id),
        detail: { person: row.person_id, sessions: sessions.length },
      })
    }
    const { person_id, label, scopes } = row
    return {
      id,
      person_id,
      label,
      scopes,
      created_at: instant(row.created_at),
      expires_at: instant(row.expires_at),
      revoked_at,
    }
  })
}

/** Signing out: the session's own token is revoked. */
export async function closeSession(context: Context, acting: Acting, text: string): Promise<void> {
  await performAct(context, acting, async ({ trx, record }) => {
    const row = await trx
      .updateTable('tokens')
      .set({ revoked_at: acting.at })
      .where('hash', '=', tokenHash(context.tokenPepper, text))
      .where('kind', '=', 'session')
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (row) record({ act: 'token.revoke', subject: { kind: 'token', id: row.id }, detail: { session: true } })
  })
}
