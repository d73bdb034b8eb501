import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { AgentDefinition } from '@gatehouse/core/agents/definition'
import { Problem } from '@gatehouse/core/kernel/problems'

const FILE_MAX_CHARACTERS = 262_144

type Fields = Record<string, unknown>

/**
 * Reads a definition from a JSON file. `anatomy.command.files_from`, a list of paths or an object of name to path, is replaced by `files`
 * with their text: the version's hash then covers what the agent runs. Paths are relative to the JSON file and stay in its folder.
 * Problems: `usage` for a file that cannot be read, `agent-invalid` naming the field.
 */
export async function readDefinition(path: string, given: string): Promise<AgentDefinition> {
  let document: unknown
  try {
    document = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw error instanceof SyntaxError
      ? new Problem('agent-invalid', `${given} is not JSON: ${why}`)
      : new Problem('usage', `${given} cannot be read: ${why}`)
  }
  const definition = AgentDefinition.safeParse(await withFiles(document, dirname(path)))
  if (definition.success) return definition.data
  const errors = definition.error.issues.map((issue) => ({
    field: issue.path.join('.') || 'definition',
    message: issue.message,
  }))
  throw new Problem('agent-invalid', `${given}: ${errors.map((e) => `${e.field}: ${e.message}`).join('; ')}`, {
    errors,
  })
}

async function withFiles(document: unknown, folder: string): Promise<unknown> {
  if (!isFields(document) || !isFields(document['anatomy']) || !isFields(document['anatomy']['command']))
    return document
  const { files_from: from, ...command } = document['anatomy']['command']
  if (from === undefined) return document
  const files: Fields = isFields(command['files']) ? { ...command['files'] } : {}
  for (const [name, path] of pairs(from)) {
    if (Object.hasOwn(files, name))
      throw new Problem('agent-invalid', `anatomy.command.files_from: there are two files named "${name}"`)
    files[name] = await readBeside(folder, path)
  }
  return { ...document, anatomy: { ...document['anatomy'], command: { ...command, files } } }
}

function pairs(from: unknown): [name: string, path: string][] {
  const found: [string, unknown][] = Array.isArray(from)
    ? from.map((path: unknown) => [typeof path === 'string' ? basename(path) : '', path])
    : isFields(from)
      ? Object.entries(from)
      : []
  if (found.length === 0)
    throw new Problem('agent-invalid', 'anatomy.command.files_from: a list of paths, or an object of name to path')
  return found.map(([name, path]) => {
    if (typeof path !== 'string' || path === '')
      throw new Problem('agent-invalid', `anatomy.command.files_from: "${name}" names no path`)
    return [name, path]
  })
}

async function readBeside(folder: string, path: string): Promise<string> {
  const field = `anatomy.command.files_from: ${path}`
  try {
    const file = await realpath(resolve(folder, path))
    const within = relative(await realpath(folder), file)
    // A definition made by somebody else must not carry off files of ours.
    if (within.startsWith(`..${sep}`) || within === '..' || isAbsolute(within))
      throw new Problem('agent-invalid', `${field} lies outside the folder of the definition`)
    if ((await stat(file)).size > FILE_MAX_CHARACTERS * 4)
      throw new Problem('agent-invalid', `${field} is larger than ${FILE_MAX_CHARACTERS} characters`)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    if (error instanceof Problem) throw error
    const why =
      error instanceof TypeError
        ? 'is not UTF-8 text'
        : `cannot be read: ${error instanceof Error ? error.message : String(error)}`
    throw new Problem('agent-invalid', `${field} ${why}`)
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
