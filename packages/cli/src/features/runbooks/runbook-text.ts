import type { Client } from '@gatehouse/client/client'
import type { Runbook } from '@gatehouse/client/operations.gen'
import { ID_PREFIXES } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { cleanLines } from '../../clean-text.ts'
import { resolveId } from '../../id-prefix.ts'
import { stateStyle, type Style } from '../../style.ts'
import { fields, time } from '../../table.ts'

/** A runbook by its own id or by its story's. `not-found` for a story that has none yet. */
export async function runbookOf(client: Client, given: string, signal: AbortSignal): Promise<Runbook> {
  if (!given.startsWith(`${ID_PREFIXES.story}_`))
    return await client.call('runbookShow', { params: { id: given }, signal })
  const id = await resolveId(client, 'story', given)
  const story = await client.call('storyShow', { params: { id }, signal })
  if (story.runbook) return story.runbook
  throw new Problem(
    'not-found',
    `the story ${id} is ${story.state}: its runbook is not drafted yet; look again in a moment`,
  )
}

export function runbookText(runbook: Runbook, style: Style): string {
  const accepted = runbook.accepted_by ? `${time(runbook.accepted_at)} by ${runbook.accepted_by.login}` : null
  const head = fields(
    [
      ['runbook', runbook.id],
      ['story', runbook.story_id],
      ['state', runbook.state, stateStyle(style)],
      ['accepted', accepted],
      ['digest', runbook.digest, style.bold],
    ],
    style,
  )
  return `${head}\n${cleanLines(runbook.body).trimEnd()}\n`
}
