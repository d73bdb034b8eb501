import { join } from 'node:path'
import { VERDICTS } from '@gatehouse/core/specs/evidence'
import type { TickedTasks } from '@gatehouse/core/delivery/validations/facts'
import { isSpecPath } from '@gatehouse/evidence/project-files'
import { judgeProposal } from '@gatehouse/evidence/proposal-process'
import type { Context } from '../../context.ts'
import type { ProposalFile } from '../decisions/input-reads.ts'
import type { RepositoryRow } from '../repositories/repository-reads.ts'
import { storable } from '../storable-text.ts'
import type { RecipeRun } from './recipe-run-service.ts'

const TIMEOUT_MS = 180_000
/** Tasks of each list, characters of a text, and lines below a task: the schema of the facts takes no more. */
const MOST = 500
const TEXT = 500
const LINES = 12

interface JudgedProposal {
  readonly base_commit: string
  readonly files: unknown
  readonly created_at: Date | string
}

/**
 * What the tasks that a proposal ticks show, with the tests of the candidate's own run. A proposal that touches no specification ticks none. Never
 * rejects but for the signal: what cannot be judged says why, and policy denies it.
 */
export async function tickedTasks(
  context: Pick<Context, 'forge' | 'workFolder'>,
  repository: RepositoryRow,
  proposal: JudgedProposal,
  resultTree: string,
  candidate: RecipeRun,
  signal: AbortSignal,
): Promise<TickedTasks> {
  const files = proposal.files as readonly ProposalFile[]
  if (!files.some((file) => isSpecPath(file.path))) return { judged: [], removed: [], total: 0, not_judged: null }
  const found = await judgeProposal(
    {
      gitDir: context.forge.repositoryFolder(repository.id),
      baseCommit: proposal.base_commit,
      resultTree,
      at: new Date(proposal.created_at).toISOString(),
      tests: candidate.tests.length > 0 ? candidate.tests : null,
    },
    { scratchFolder: join(context.workFolder, 'claims'), timeout_ms: TIMEOUT_MS, signal },
  )
  const worst = found.ticked.toSorted((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict))
  // What shrank counts more than any verdict.
  const listed = [...worst.filter((t) => t.dropped.length > 0), ...worst.filter((t) => t.dropped.length === 0)]
  return storable({
    judged: listed.slice(0, MOST).map((task) => ({
      ...named(task),
      verdict: task.verdict,
      lookable: task.lookable,
      dropped: task.dropped.slice(0, 100).map((name) => name.slice(0, TEXT)),
      evidence: task.evidence.slice(0, LINES).map(({ about, found: how, text, where }) => ({
        about,
        found: how,
        text: text.slice(0, TEXT),
        where: where?.slice(0, TEXT) ?? null,
      })),
      caveats: task.caveats.slice(0, LINES).map((caveat) => caveat.slice(0, TEXT)),
    })),
    removed: found.removed.slice(0, MOST).map(named),
    total: found.ticked.length,
    not_judged: found.not_judged?.slice(0, 2000) ?? null,
  })
}

function named(task: { id: string | null; path: string; line: number; text: string }) {
  return {
    id: task.id?.slice(0, 200) ?? null,
    path: task.path.slice(0, 4096),
    line: task.line,
    text: task.text.slice(0, TEXT),
  }
}
