import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type InputRequiredResult,
  type McpServer,
  type ProtocolEra,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { rootsWithin } from './served-folder.ts'
import { ToolRefusal } from './tool-refusal.ts'

const KEY = 'roots'
/** A client that offers roots and then does not name them: nothing is told that they might leave out. */
const ANSWER_MS = 10_000

/**
 * What the roots of the client leave of the served folder, as paths in it; [''] where it offers none. Clients of 2026-07-28 are asked by a result that
 * wants input, which has to be handed back; older ones are asked in between. Fails closed with `roots-unavailable`.
 */
export async function clientScope(
  root: string,
  era: ProtocolEra,
  server: McpServer,
  context: ServerContext,
): Promise<readonly string[] | InputRequiredResult> {
  if (era === 'modern') {
    const { envelope, inputResponses } = context.mcpReq
    const said = envelope as Readonly<Record<string, { readonly roots?: unknown } | undefined>> | undefined
    if (said?.[CLIENT_CAPABILITIES_META_KEY]?.roots === undefined) return ['']
    const answer = inputResponse(inputResponses, KEY)
    if (answer.kind === 'roots') return rootsWithin(root, urisOf(answer.roots))
    if (inputResponses !== undefined) throw unavailable('it answered with something else')
    return inputRequired({ inputRequests: { [KEY]: inputRequired.listRoots() } })
  }
  // oxlint-disable-next-line typescript/no-deprecated -- clients before 2026-07-28 say it in no other way
  if (server.server.getClientCapabilities()?.roots === undefined) return ['']
  try {
    // oxlint-disable-next-line typescript/no-deprecated -- and are asked in no other way
    const { roots } = await server.server.listRoots({}, { timeout: ANSWER_MS, signal: context.mcpReq.signal })
    return rootsWithin(root, urisOf(roots))
  } catch (error) {
    if (error instanceof ToolRefusal) throw error
    throw unavailable(error instanceof Error ? error.message : String(error))
  }
}

function urisOf(roots: readonly { readonly uri: string }[]): string[] {
  return roots.map(({ uri }) => uri)
}

function unavailable(why: string): ToolRefusal {
  return new ToolRefusal(
    'roots-unavailable',
    `the client offers roots and did not name them (${why}), so it is not known what may be told. A person has to mend or replace the client`,
  )
}
