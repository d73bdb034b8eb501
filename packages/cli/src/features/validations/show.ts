import type { ValidationDetail } from '@gatehouse/client/operations.gen'
import { reportedTests } from '@gatehouse/core/delivery/validations/reported'
import type { Command } from 'commander'
import { commandsText } from '../../command-output.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'
import { tickedText } from './ticked-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'validation.show',
    about: "With the output of its commands. What we measured stands apart from what the code's own tests told.",
    examples: [['gatehouse validation show val_0193...', 'the id stands in: gatehouse proposal show']],
    run: async (session, args) => {
      const client = session.client()
      const params = { id: await resolveId(client, 'validation', argument(args, 0)) }
      const document = await client.call('validationShow', { params, signal: session.host.signal })
      return { document, text: validationText(document, session.style, session.columns) }
    },
  })
}

function validationText(validation: ValidationDetail, style: Style, columns: number): string {
  const { facts, isolation } = validation
  const told = facts?.candidate_reported
  const reported = reportedTests(validation)
  const listed = (items: readonly string[] | undefined) => (items && items.length > 0 ? items.join(', ') : null)
  return [
    fields(
      [
        ['validation', validation.id],
        ['proposal', validation.proposal_id],
        [
          'state',
          validation.reason === null ? validation.state : `${validation.state} (${validation.reason})`,
          stateStyle(style),
        ],
        ['base', validation.base_commit],
        ['result tree', validation.result_tree],
        ['recipe', `from ${validation.recipe_source}, ${validation.recipe_digest}`],
        ['started', time(validation.created_at)],
        ['finished', time(validation.finished_at)],
        ['digest', validation.digest],
      ],
      style,
    ),
    section(
      'Isolation in force, as measured',
      isolation === null
        ? ''
        : fields(
            [
              ['  driver', isolation.driver === 'none' ? 'NONE: plain limited processes' : isolation.driver],
              ['  network', isolation.network],
              ['  notes', listed(isolation.notes)],
            ],
            style,
          ),
      style,
    ),
    section(
      'Measured by us',
      facts
        ? fields(
            [
              ['  test files deleted', listed(facts.host_measured.test_files_deleted) ?? 'none'],
              ['  test files changed', listed(facts.host_measured.test_files_changed) ?? 'none'],
            ],
            style,
          )
        : '',
      style,
    ),
    section(
      "Told by the code's own tests",
      told
        ? fields(
            [
              ['  tests', reported?.text ?? null, reported?.loud ? style.bad : String],
              ['  removed', listed(told.removed_tests)],
              ['  newly skipped', listed(told.newly_skipped_tests)],
              ...told.newly_failing_tests.map((t) => ['  newly failing', `${t.id}: ${t.message}`] as const),
              ['  problems', listed(told.problems)],
            ],
            style,
          )
        : '',
      style,
    ),
    tickedText(facts?.ticked_tasks, style, columns),
    commandsText(validation.commands, style),
  ].join('')
}
