import { askedOf } from '@gatehouse/core/approvals/quorum'
import type { Approval, Proposal } from '@gatehouse/client/operations.gen'
import { reportedTests } from '@gatehouse/core/delivery/validations/reported'
import { cleanLine, cleanLines } from '../../clean-text.ts'
import type { Session } from '../../command.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, table, time } from '../../table.ts'
import { tickedText } from '../validations/ticked-text.ts'

type File = Proposal['files'][number]

/** One line: what became of it, and what comes next. */
export function proposalLine(proposal: Proposal): string {
  const counts = `${proposal.files_changed} file${proposal.files_changed === 1 ? '' : 's'}, +${proposal.additions} -${proposal.deletions}`
  const reason = proposal.reason === null ? '' : ` (${proposal.reason})`
  return `proposal ${proposal.id}  ${proposal.state}${reason}  ${counts}`
}

/** After an act: how the proposal stands now and what may come next. */
export function proposalDone(done: string, proposal: Proposal, style: Style): string {
  // Purged, nothing can be missing any more: its content is gone.
  const open = proposal.purged_at === null ? proposal.missing : []
  const missing = open.map((m) => `  ${cleanLine(m.what)}${m.who === '' ? '' : ` (${cleanLine(m.who)})`}\n`)
  const next = nextStep(proposal)
  return [
    `${style.good(done)}: ${cleanLine(proposal.title)}\n`,
    `${cleanLine(proposalLine(proposal))}\n`,
    section('Missing before the merge', missing.join(''), style),
    next === null ? '' : `\nNext: ${next}\n`,
  ].join('')
}

function nextStep(proposal: Proposal): string | null {
  const { can, id } = proposal
  if (can.merge.ok && proposal.missing.length === 0) return `gatehouse merge ${id}`
  if (can.approve.ok) return `gatehouse proposal diff ${id}, then: gatehouse proposal approve ${id}`
  return proposal.state === 'merged' ? null : `gatehouse proposal show ${id}`
}

/** What a person approves: everything that its digest covers, and the digest. */
export function intentText(approval: Approval, proposal: Proposal, style: Style): string {
  const { intent } = approval
  return [
    fields(
      [
        ['proposal', `${proposal.id}  ${proposal.title}`],
        ['by', authorsOf(proposal)],
        ['target', `${proposal.repository_name} ${intent.target_branch}, environment ${intent.environment}`],
        ['diff', intent.diff_digest],
        ['agent version', intent.agent_version ?? 'none: it came from outside'],
        ['exceptions used', intent.exceptions.length === 0 ? 'none' : intent.exceptions.join(', ')],
        ['risk', proposal.risk],
        ['intent', approval.intent_digest, style.bold],
      ],
      style,
    ),
    filesText(proposal.files, style),
  ].join('')
}

function authorsOf(proposal: Proposal): string {
  return [...new Set(proposal.authors.map((author) => author.person.login))].join(', ') || proposal.created_by.login
}

/** `ben (submitted it, prompter)`: each author once, with every path that makes them one. */
function authorPaths({ authors }: Proposal): string {
  const paths = Map.groupBy(authors, (author) => author.person.login)
  return [...paths].map(([login, found]) => `${login} (${found.map((a) => a.path).join(', ')})`).join('; ') || '-'
}

export function filesText(files: readonly File[], style: Style): string {
  const lines = files.map((file) => {
    const counts = file.binary ? 'binary' : `+${file.additions ?? 0} -${file.deletions ?? 0}`
    const mode =
      file.old_mode !== null && file.new_mode !== null && file.old_mode !== file.new_mode
        ? ` mode ${file.old_mode} to ${file.new_mode}`
        : ''
    return `  ${cleanLine(file.status).padEnd(8)}  ${counts.padEnd(12)}  ${cleanLine(file.path)}${mode}\n`
  })
  return section(`Files (${files.length})`, lines.join(''), style)
}

/** The whole page of a proposal. */
export function proposalText(proposal: Proposal, session: Session): string {
  const { style } = session
  const state = stateStyle(style)
  return [
    fields(
      [
        ['proposal', proposal.id],
        ['title', proposal.title, style.bold],
        ['state', proposal.state, state],
        ['reason', proposal.reason],
        ['task', proposal.task_id],
        ['run', proposal.run_id],
        [
          'provenance',
          proposal.provenance === 'observed' ? 'observed: our own run made it' : 'unobserved: it came from outside',
        ],
        ['target', `${proposal.repository_name} ${proposal.target_branch}, environment ${proposal.environment}`],
        ['base', proposal.base_commit],
        ['result tree', proposal.result_tree],
        ['diff', `${proposal.diff_digest} (${proposal.diff_bytes} bytes)`],
        ['risk', `${proposal.risk}, priority ${proposal.priority}`],
        ['authors', authorPaths(proposal)],
        ['created', `${time(proposal.created_at)} by ${proposal.created_by.login}`],
        ['supersedes', proposal.supersedes],
        ['superseded by', proposal.superseded_by],
        ['purged', time(proposal.purged_at)],
        ['correlation id', proposal.correlation_id],
      ],
      style,
    ),
    section('Rationale', indented(proposal.rationale), style),
    filesText(proposal.files, style),
    validationText(proposal, session),
    tickedText(proposal.validation?.facts?.ticked_tasks, style, session.columns),
    decisionsText(proposal, session),
    approvalText(proposal, session),
    effectText(proposal, style),
    section(
      'Missing before the merge',
      proposal.missing.map((m) => `  ${cleanLine(m.what)}${m.who === '' ? '' : ` (${cleanLine(m.who)})`}\n`).join(''),
      style,
    ),
    mayText(proposal, style),
  ].join('')
}

function indented(text: string): string {
  const clean = cleanLines(text).trim()
  return clean === '' ? '' : `${clean.replaceAll(/^/gm, '  ')}\n`
}

function validationText({ validation }: Proposal, { style }: Session): string {
  if (!validation) return ''
  const { facts, isolation } = validation
  const seen = facts?.host_measured.commands.map(
    (c) =>
      `${c.name} ${c.timed_out ? 'ran out of time' : `exit ${c.exit_code ?? '-'}`} in ${Math.round(c.duration_ms)} ms`,
  )
  const told = facts?.candidate_reported
  const reported = reportedTests(validation)
  return section(
    'Validation',
    fields(
      [
        ['  id', validation.id],
        ['  state', validation.state, stateStyle(style)],
        ['  reason', validation.reason],
        ['  recipe', `from ${validation.recipe_source}, ${validation.recipe_digest}`],
        [
          '  isolation',
          isolation === null
            ? null
            : [
                isolation.driver === 'none' ? 'NONE: plain limited processes' : isolation.driver,
                ...isolation.notes,
              ].join('; '),
        ],
        ['  measured by us', seen?.join(', ') ?? null],
        [
          '  test files deleted',
          facts && facts.host_measured.test_files_deleted.length > 0
            ? facts.host_measured.test_files_deleted.join(', ')
            : null,
          style.bad,
        ],
        ['  told by its tests', reported?.text ?? null, reported?.loud ? style.bad : String],
        ['  about the reports', told && told.problems.length > 0 ? told.problems.join('; ') : null, style.bad],
        ['  removed tests', told && told.removed_tests.length > 0 ? told.removed_tests.join(', ') : null, style.bad],
        [
          '  newly skipped',
          told && told.newly_skipped_tests.length > 0 ? told.newly_skipped_tests.join(', ') : null,
          style.bad,
        ],
        [
          '  newly failing',
          told && told.newly_failing_tests.length > 0 ? told.newly_failing_tests.map((t) => t.id).join(', ') : null,
          style.bad,
        ],
      ],
      style,
    ),
    style,
  )
}

function decisionsText({ decisions }: Proposal, session: Session): string {
  if (decisions.length === 0) return ''
  const { style, columns } = session
  const body = table(
    decisions,
    [
      { header: 'DECISION', value: (d) => d.id, id: true },
      { header: 'HOOK', value: (d) => d.hook },
      { header: 'OUTCOME', value: (d) => d.outcome, style: stateStyle(style) },
      {
        header: 'WHY',
        value: (d) => [...d.violations, ...d.warnings].map((v) => v.message).join('; ') || '-',
        flex: true,
      },
    ],
    { columns, style, empty: '' },
  )
  return section('Policy', body, style)
}

function approvalText(proposal: Proposal, { style }: Session): string {
  const lines: string[] = []
  for (const approval of [...(proposal.approval ? [proposal.approval] : []), ...proposal.past_approvals]) {
    lines.push(
      fields(
        [
          ['  request', approval.request_id],
          [
            '  state',
            approval.reason === null ? approval.state : `${approval.state} (${approval.reason})`,
            stateStyle(style),
          ],
          ['  intent', approval.intent_digest],
          ['  expires', time(approval.expires_at)],
          ...approval.requirements.map(
            (r) =>
              [
                '  needs',
                `${r.count} of ${askedOf(r)}: ${r.reason}; ${r.remaining} still missing${r.remaining > 0 ? `, may give it: ${r.eligible.map((p) => p.login).join(', ') || 'nobody'}` : ''}`,
              ] as const,
          ),
          ...approval.votes.map(
            (v) =>
              [
                '  vote',
                `${v.verdict} by ${v.person.login} at ${time(v.at)}${v.revoked_at === null ? '' : `, taken back ${time(v.revoked_at)}`}${v.comment === '' ? '' : `: ${v.comment}`}`,
              ] as const,
          ),
        ],
        style,
      ),
    )
  }
  return section('Approval', lines.join('\n'), style)
}

function effectText({ effect }: Proposal, style: Style): string {
  if (!effect) return ''
  return section(
    'Effect',
    fields(
      [
        ['  id', effect.id],
        ['  state', effect.reason === null ? effect.state : `${effect.state} (${effect.reason})`, stateStyle(style)],
        [
          '  grant',
          `${effect.grant_id}${effect.grant_spent_at === null ? '' : `, spent ${time(effect.grant_spent_at)}`}`,
        ],
        ['  merged as', effect.result_commit],
        ['  asked for by', effect.requested_by.login],
        ['  execution', effect.execution_digest],
      ],
      style,
    ),
    style,
  )
}

function mayText({ can }: Proposal, style: Style): string {
  const lines = Object.entries(can).map(
    ([act, answer]) =>
      [`  ${act}`, answer.ok ? 'yes' : `no: ${answer.reason ?? ''}`, answer.ok ? style.good : style.dim] as const,
  )
  return section('You may', fields(lines, style), style)
}
