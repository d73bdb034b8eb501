import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'

export function tokenRevokeCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'revoke <id>',
    act: 'token.revoke',
    examples: [['gatehouse token revoke tok_0193...', 'it counts from this moment on']],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('tokenRevoke', { params, ...session.acting() })
      return { document, text: `${session.style.good('Revoked')} ${document.id} (${cleanLine(document.label)})\n` }
    },
  })
}
