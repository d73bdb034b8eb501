import type { Proposal } from '@gatehouse/client/operations.gen'
import { isSha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { confirm, type Session } from '../../command.ts'
import { intentText } from './proposal-text.ts'

export function intentOptions(command: Command): void {
  command.option('--intent <digest>', 'the intent digest that you decided on; refused where it is another by now')
  command.option('--yes', 'do not ask: decide on the intent as it stands now')
}

/**
 * The intent digest that the user decides on: the one given, else the one of the intent shown here and said yes to. It is what is sent, so
 * whatever changes meanwhile is refused by the server.
 */
export async function chosenIntent(session: Session, proposal: Proposal, question: string): Promise<string> {
  const given = session.options.text('intent')
  if (given !== null) {
    if (!isSha256(given)) throw new Problem('usage', '--intent: 64 hexadecimal characters are needed, the whole digest')
    return given
  }
  const { approval } = proposal
  if (!approval)
    throw new Problem(
      'nothing-to-approve',
      `proposal ${proposal.id} is ${proposal.state}: there is no intent to decide on; it has to be validated first`,
      { missing: proposal.missing },
    )
  // On standard error: standard output stays the result's.
  session.tell(`${intentText(approval, proposal, session.errStyle)}\n`)
  if (!session.options.flag('yes'))
    await confirm(session, question, `--intent ${approval.intent_digest} (read it first), or --yes`)
  return approval.intent_digest
}
