import type { Client } from '@gatehouse/client/client'
import type { Person, WhoAmI } from '@gatehouse/client/operations.gen'
import { ID_PREFIXES } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { Option } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import type { Style } from '../../style.ts'
import { fields } from '../../table.ts'

export function whoText(who: WhoAmI, url: string, style: Style): string {
  return fields(
    [
      ['server', url],
      ['person', `${who.person.login} (${who.person.display_name})`, style.bold],
      ['id', who.person.id],
      ['roles', who.person.roles.join(', ') || 'none'],
      ['project', who.project.name],
    ],
    style,
  )
}

export function personLine(person: Person): string {
  return `${cleanLine(person.login)} (${person.id}): ${person.roles.join(', ') || 'no role'}\n`
}

/** Law 2: whoever answers for a service account is an author of what its token sends. */
export function accountableOption(): Option {
  return new Option('--accountable <person>', 'with the role automation: who answers for the account; you unless told')
}

/** The field of the request; empty where the option was not given. */
export async function accountable(client: Client, given: string | null): Promise<{ accountable_person?: string }> {
  return given === null ? {} : { accountable_person: await personId(client, given) }
}

/** The id of a person named by login or id. `not-found` where nobody has that login. */
export async function personId(client: Client, given: string): Promise<string> {
  if (new RegExp(`^${ID_PREFIXES.person}_[0-9a-f]{32}$`).test(given)) return given
  const { items } = await client.call('personList')
  const found = items.find((person) => person.login === given)
  if (found) return found.id
  throw new Problem('not-found', `nobody with the login "${given}" is in the project; see: gatehouse person list`)
}
