import { askedOf } from '@gatehouse/core/approvals/quorum'
import type { DecisionDetail } from '@gatehouse/client/operations.gen'
import type { Command } from 'commander'
import { cleanLine, cleanLines, jsonText } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'decision.show',
    configure: (command) => void command.option('--input', 'also the exact input that policy was asked with'),
    examples: [
      ['gatehouse decision show dec_0193...', 'what policy said, and why'],
      ['gatehouse decision show dec_0193... --json | jq .input', 'its input, to ask OPA the same'],
    ],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('decisionShow', { params, signal: session.host.signal })
      return { document, text: decisionText(document, session.options.flag('input'), session.style) }
    },
  })
}

function decisionText(decision: DecisionDetail, withInput: boolean, style: Style): string {
  const said = (items: DecisionDetail['violations']) =>
    items.map((v) => `  ${cleanLine(v.policy_id)} (${cleanLine(v.severity)}): ${cleanLine(v.message)}\n`).join('')
  const needs = decision.requirements.map(
    (r) => `  ${r.count} of ${askedOf(r)}: ${cleanLine(r.reason)} (${cleanLine(r.policy_id)})\n`,
  )
  return [
    fields(
      [
        ['decision', decision.id],
        ['hook', decision.hook],
        ['about', decision.subject_id],
        ['outcome', decision.outcome, stateStyle(style)],
        ['risk', decision.effective_risk],
        ['at', time(decision.at)],
        ['valid until', time(decision.valid_until)],
        ['bundle', decision.bundle_digest],
        ['policy set', decision.policy_set_hash],
        ['input', decision.input_digest],
      ],
      style,
    ),
    section('Violations', said(decision.violations), style),
    section('Warnings', said(decision.warnings), style),
    section('Needs', needs.join(''), style),
    withInput ? section('Input', `${cleanLines(jsonText(decision.input, 2))}\n`, style) : '',
  ].join('')
}
