import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { makeClient } from '@gatehouse/client/client'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, type Session } from '../../command.ts'
import { credentialsFile, currentUrl, saveLogin, serverUrl } from '../../credentials.ts'
import type { Host } from '../../host.ts'
import { dataFolder } from '../lifecycle/data-folder.ts'
import { readInstance } from '../lifecycle/instance.ts'
import { whoText } from './person-text.ts'

export function loginCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'login [url]',
    act: null,
    summary: 'Keep a token for a Gatehouse',
    about:
      'A token is never an argument: other users of the machine can see those. It is asked for without being shown, or read from a file or ' +
      'standard input, tried, and kept in a file that only you can read. GATEHOUSE_URL and GATEHOUSE_TOKEN take precedence over it.',
    configure: (command) => {
      command.option(
        '--url <address>',
        'the address, where it is not the argument (default: the one in use, or the Gatehouse that runs here)',
      )
      command.option('--token-file <file>', 'read the token from a file')
      command.option('--token-stdin', 'read the token from standard input')
    },
    examples: [
      ['gatehouse login https://gatehouse.example.com', 'asks for the token'],
      ['gatehouse login --token-file /run/secrets/gatehouse', 'from a file'],
    ],
    run: async (session, args) => {
      const { host, options, style } = session
      const url = await addressOf(session, args[0] ?? null)
      const warning = plainHttp(url)
      if (warning) session.progress(warning)
      const token = await tokenOf(session, url)
      const client = makeClient({ baseUrl: url, token, fetch: host.fetch })
      const document = await client.call('personWhoami', { signal: host.signal })
      saveLogin(host, url, token, document.person.login)
      if (options.text('tokenFile') === null) session.progress(`kept in ${credentialsFile(host)}`)
      return { document: { url, ...document }, text: `${style.good('Logged in')}\n${whoText(document, url, style)}` }
    },
  })
}

async function addressOf({ host, options }: Session, argument: string | null): Promise<string> {
  const option = options.text('url')
  if (argument !== null && option !== null)
    throw new Problem('usage', 'give the address once: as argument or with --url')
  const given = argument ?? option
  if (given !== null) return serverUrl(given)
  const url = currentUrl(host) ?? (await readInstance(dataFolder(host, null)))?.url
  if (!url)
    throw new Problem(
      'usage',
      'no Gatehouse is known here: give its address (gatehouse login https://...), or start one with "gatehouse up"',
    )
  return serverUrl(url)
}

async function tokenOf({ host, options }: Session, url: string): Promise<string> {
  const file = options.text('tokenFile')
  if (file !== null && options.flag('tokenStdin'))
    throw new Problem('usage', 'give --token-file or --token-stdin, not both')
  let text: string
  if (file !== null) {
    try {
      text = await readFile(resolve(host.cwd, file), 'utf8')
    } catch (error) {
      throw new Problem(
        'usage',
        `--token-file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  } else if (options.flag('tokenStdin')) text = new TextDecoder().decode(await host.readInput())
  else if (host.canAsk) text = await host.ask(`Token for ${url}: `, true)
  else throw new Problem('usage', 'nobody can be asked here (no terminal): give --token-file or --token-stdin')
  const token = text.trim()
  if (token === '') throw new Problem('usage', 'the token is empty')
  // A header can hold nothing else; and a pasted file of another kind is better refused here than sent.
  if (!/^[\x21-\x7e]{1,512}$/.test(token))
    throw new Problem('usage', 'this is not a token: one word of at most 512 printable characters')
  return token
}

/** A word of warning where the token would cross a network readable by all on it. */
function plainHttp(address: string): string | null {
  const { protocol, hostname } = new URL(address)
  const here = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  return protocol === 'http:' && !here
    ? `warning: ${address} is not encrypted; others on the network can read the token`
    : null
}
