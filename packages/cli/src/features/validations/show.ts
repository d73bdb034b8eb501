import type { ValidationDetail } from '@gatehouse/client/operations.gen'
import type { Command } from 'commander'
import { cleanLine, cleanLines } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

type Output = ValidationDetail['commands'][number]['stdout']

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'validation.show',
    about: "With the output of its commands. What we measured stands apart from what the code's own tests told.",
    examples: [['gatehouse validation show val_0193...', 'the id stands in: gatehouse proposal show']],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('validationShow', { params, signal: session.host.signal })
      return { document, text: validationText(document, session.style) }
    },
  })
}

function validationText(validation: ValidationDetail, style: Style): string {
  const { facts, isolation } = validation
  const told = facts?.candidate_reported
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
              ['  tests', `${told.passed} of ${told.total} passed, ${told.failed} failed, ${told.skipped} skipped`],
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
    ...validation.commands.map((c) =>
      section(
        `$ ${cleanLine(c.argv.join(' '))}`,
        `  ${c.timed_out ? 'ran out of time' : c.signal === null ? `exit ${c.exit_code ?? '-'}` : `ended by ${cleanLine(c.signal)}`} after ${Math.round(c.duration_ms)} ms\n${outputText(c.stdout)}${outputText(c.stderr)}`,
        style,
      ),
    ),
  ].join('')
}

function outputText({ text, dropped }: Output): string {
  const clean = cleanLines(text).trimEnd()
  const note = dropped > 0 ? `  | (${dropped} bytes were left out)\n` : ''
  return clean === '' ? note : `${clean.replaceAll(/^/gm, '  | ')}\n${note}`
}
