import type { Client } from '@gatehouse/client/client'
import { ID_PREFIXES } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'

const PAGES = 5

type Kind = 'proposal' | 'task' | 'story' | 'run' | 'validation'
interface Page {
  readonly items: readonly { readonly id: string }[]
  readonly next_cursor: string | null
}

/**
 * The full id that an argument means. A beginning is enough where it is of one thing only, looked for in the newest 1,000: tables on narrow
 * terminals show such beginnings. What does not look like an id goes to the server as it is, which then says what it knows.
 */
export async function resolveId(client: Client, kind: Kind, text: string): Promise<string> {
  const prefix = ID_PREFIXES[kind]
  if (!new RegExp(`^${prefix}_[0-9a-f]{8,31}$`).test(text)) return text
  const found: string[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const answer: Page = await LISTS[kind](client, { limit: 200, cursor })
    found.push(...answer.items.map((item) => item.id).filter((id) => id.startsWith(text)))
    if (answer.next_cursor === null) break
    cursor = answer.next_cursor
  }
  const [first, second] = found
  if (first === undefined) throw new Problem('not-found', `no ${kind} begins with ${text}; give the whole id`)
  if (second !== undefined)
    throw new Problem(
      'usage',
      `${text} begins ${found.length} of them: ${found.slice(0, 5).join(', ')}; give more of the id`,
    )
  return first
}

type Query = { limit: number; cursor: string | undefined }

const LISTS: Readonly<Record<Kind, (client: Client, query: Query) => Promise<Page>>> = {
  proposal: (client, query) => client.call('proposalList', { query }),
  task: (client, query) => client.call('taskList', { query }),
  story: (client, query) => client.call('storyList', { query }),
  run: (client, query) => client.call('runList', { query }),
  validation: validationsStarted,
}

/** Validations have no list of their own: each is the subject of the event that it started with. */
async function validationsStarted(client: Client, { limit, cursor }: Query): Promise<Page> {
  const before = cursor === undefined ? undefined : Number(cursor)
  const { items } = await client.call('ledgerShow', { query: { act: 'validation.start', limit, before } })
  return {
    items: items.map((event) => ({ id: event.subject.id })),
    next_cursor: items.length < limit ? null : String(items.at(-1)?.seq),
  }
}
