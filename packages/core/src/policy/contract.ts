import { z } from 'zod'
import { DecisionInput, HOOK_SUBJECTS } from './decision.ts'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

type Members = Readonly<Record<string, true>>

interface KnownObject {
  /** As a message names it: `input.agent.definition`. */
  readonly path: string
  /** The way to it from the input: `agent`, `definition`. The first is the part that it is in. */
  readonly steps: readonly string[]
  readonly members: Members
}

/** Every object of the schemas that names all of its members; members of alternatives are put together. */
function known(schemas: readonly Schema[], steps: readonly string[]): KnownObject[] {
  const alternatives = schemas.flatMap((schema) => schema.anyOf ?? schema.oneOf ?? [schema])
  const closed = alternatives.filter((s) => s.properties !== undefined && s.additionalProperties === false)
  const members = [...new Set(closed.flatMap((s) => Object.keys(s.properties ?? {})))].toSorted()
  if (members.length === 0) return []
  const inner = members.flatMap((member) =>
    known(
      closed.flatMap((s) => s.properties?.[member] ?? []),
      [...steps, member],
    ),
  )
  return [{ path: ['input', ...steps].join('.'), steps, members: named(members) }, ...inner]
}

function named(names: readonly string[]): Members {
  return Object.fromEntries(names.map((name) => [name, true as const]))
}

/**
 * What policy knows of its input, as the bundle's data (`data/contract.json`): the parts each hook is decided by, the members that the input
 * may have, and by these the objects in each with theirs. Objects within lists are not named.
 */
export function decisionContract(): {
  readonly hooks: Readonly<Record<string, Members>>
  readonly members: Members
  readonly objects: Readonly<Record<string, readonly KnownObject[]>>
} {
  const schema = z.toJSONSchema(DecisionInput, { io: 'output', unrepresentable: 'any' }) as Schema
  const [whole, ...parts] = known([schema], [])
  return {
    hooks: Object.fromEntries(Object.entries(HOOK_SUBJECTS).map(([hook, parts]) => [hook, named(parts)])),
    members: whole?.members ?? {},
    objects: Object.fromEntries(Map.groupBy(parts, ({ steps }) => steps[0] ?? '')),
  }
}
