import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import { currentUrl, forgetLogin, serverUrl } from '../../credentials.ts'
import type { Host } from '../../host.ts'

export function logoutCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'logout',
    act: null,
    summary: 'Forget the kept token',
    about: 'The token itself goes on working: to end it, gatehouse token revoke.',
    configure: (command) =>
      void command.option('--url <address>', 'the address whose token to forget (default: the one in use)'),
    examples: [['gatehouse logout', 'forgets the token of the address in use']],
    run: async ({ host, options, style }) => {
      const given = options.text('url')
      const url = given === null ? currentUrl(host) : serverUrl(given)
      if (url === null || !forgetLogin(host, url))
        throw new Problem('not-logged-in', `there is no kept token${url === null ? '' : ` for ${url}`} to forget`)
      return { document: { url, logged_in: false }, text: `${style.good('Logged out')} of ${url}\n` }
    },
  })
}
