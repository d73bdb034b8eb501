import type { AgentState } from '@gatehouse/core/agents/definition'
import type { ValidationFacts, Verdict } from '@gatehouse/core/delivery/validations/facts'
import type { DecisionHook, DecisionInput } from '@gatehouse/core/policy/decision'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Acting } from '../../db/act.ts'
import type { Trx } from '../../db/database.ts'
import { agentDefinition, runsToday } from '../agents/agent-reads.ts'
import { repositoryByName } from '../repositories/repository-reads.ts'
import { Risk } from '../schemas.ts'

export interface DecisionSubject {
  readonly hook: DecisionHook
  readonly environment: string
  readonly repository: { readonly id: string; readonly name: string; readonly default_branch: string }
  readonly task: {
    readonly id: string
    readonly kind: string
    readonly risk: string
    readonly priority: number
    readonly attempt: number
  }
  readonly agent: { readonly id: string; readonly version: string } | null
  readonly proposal: {
    readonly id: string
    readonly provenance: 'observed' | 'unobserved'
    readonly files: readonly ProposalFile[]
    readonly diff_bytes: number
    readonly authors: readonly string[]
  } | null
  readonly validation: {
    readonly id: string
    readonly verdict: Verdict
    readonly isolation_driver: string
    readonly facts: ValidationFacts
  } | null
  readonly target_branch: string | null
}

/** A changed file as a proposal's row keeps it. */
export interface ProposalFile {
  readonly path: string
  readonly status: string
  readonly old_mode: string | null
  readonly new_mode: string | null
  readonly binary: boolean
  readonly additions: number | null
  readonly deletions: number | null
}

/** Everything that policy is asked with, read under the deciding transaction. Time is the act's. */
export async function decisionInput(trx: Trx, acting: Acting, subject: DecisionSubject): Promise<DecisionInput> {
  const project = await trx
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('id', '=', acting.project_id)
    .executeTakeFirst()
  if (!project) throw new Problem('not-found', 'the project is gone')
  const { settings } = await repositoryByName(trx, acting.project_id, subject.repository.id)
  const { actor } = acting
  return {
    hook: subject.hook,
    at: acting.at,
    project,
    environment: subject.environment,
    actor: { kind: actor.kind, id: actor.id, person_id: actor.person_id, roles: actor.roles },
    repository: { ...subject.repository },
    task: { ...subject.task, risk: Risk.parse(subject.task.risk) },
    agent: subject.agent ? await agentInput(trx, acting, subject.agent) : null,
    proposal: subject.proposal
      ? { ...subject.proposal, files: subject.proposal.files.map(fileInput), authors: [...subject.proposal.authors] }
      : null,
    validation: subject.validation ? validationInput(subject.validation) : null,
    effect: subject.target_branch === null ? null : { kind: 'merge', target_branch: subject.target_branch },
    settings: settings.policy ?? {},
  }
}

async function agentInput(
  trx: Trx,
  acting: Acting,
  { id, version }: { id: string; version: string },
): Promise<DecisionInput['agent']> {
  const row = await trx.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return null
  return {
    id,
    name: row.name,
    version,
    lifecycle: { state: row.state as AgentState },
    owner_person_id: row.owner_person_id,
    definition: await agentDefinition(trx, id, version),
    runs_today: Math.max(0, (await runsToday(trx, id, acting.at)) - 1),
  }
}

function fileInput(file: ProposalFile): NonNullable<DecisionInput['proposal']>['files'][number] {
  const { path, old_mode, new_mode, binary } = file
  const status = file.status === 'added' || file.status === 'deleted' ? file.status : 'modified'
  return { path, status, old_mode, new_mode, binary, additions: file.additions ?? 0, deletions: file.deletions ?? 0 }
}

function validationInput({
  id,
  verdict,
  isolation_driver,
  facts,
}: NonNullable<DecisionSubject['validation']>): NonNullable<DecisionInput['validation']> {
  const { host_measured, candidate_reported, ticked_tasks } = facts
  return {
    id,
    verdict,
    isolation_driver,
    host_measured: {
      commands: host_measured.commands.map(({ name, exit_code, timed_out }) => ({ name, exit_code, timed_out })),
      test_files_deleted: host_measured.test_files_deleted,
      test_files_changed: host_measured.test_files_changed,
    },
    candidate_reported: {
      removed_tests: candidate_reported.removed_tests,
      newly_skipped_tests: candidate_reported.newly_skipped_tests,
      newly_failing_tests: candidate_reported.newly_failing_tests.map((t) => t.id),
      total: candidate_reported.total,
      failed: candidate_reported.failed,
    },
    ticked_tasks: {
      judged: ticked_tasks.judged.map(({ id: task, path, line, verdict: shown, lookable, dropped }) => ({
        id: task,
        path,
        line,
        verdict: shown,
        lookable,
        dropped,
      })),
      removed: ticked_tasks.removed.map(({ id: task, path, line }) => ({ id: task, path, line })),
      not_judged: ticked_tasks.not_judged,
    },
  }
}
