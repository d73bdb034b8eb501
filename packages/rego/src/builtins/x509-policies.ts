import type { Machine } from '../machine.ts'
import type { Certificate } from './x509.ts'

const ANY = '2.5.29.32.0'

/** A policy that holds at one depth of a chain (RFC 9618, 3.1). */
interface Node {
  readonly policy: string
  /** Names under which certificates below may go on with it. */
  expected: readonly string[]
  readonly parents: ReadonlySet<Node>
  /** How many nodes below stand on it. */
  children: number
}

/** The nodes of each depth, by policy. */
type Graph = Map<string, Node>[]

function put(level: Map<string, Node>, policy: string, parents: readonly Node[], expected: readonly string[]): void {
  for (const parent of parents) parent.children++
  level.set(policy, { policy, expected, parents: new Set(parents), children: 0 })
}

function drop(level: Map<string, Node>, node: Node): void {
  for (const parent of node.parents) parent.children--
  level.delete(node.policy)
}

/** Takes away what nothing below stands on; the root and the lowest nodes stay. */
function prune(graph: Graph): void {
  for (const level of graph.slice(1, -1).reverse()) {
    for (const node of level.values()) if (node.children === 0) drop(level, node)
  }
}

/** Adds the depth of a certificate (RFC 9618, 5.4). */
function descend(m: Machine, graph: Graph, policies: readonly string[], mayBeAny: boolean): void {
  const above = graph.at(-1) ?? new Map<string, Node>()
  const expecting = new Map<string, Node[]>()
  for (const node of above.values()) {
    for (const name of node.expected) expecting.set(name, [...(expecting.get(name) ?? []), node])
  }
  m.spend(policies.length + above.size * 4 + expecting.size)
  const level = new Map<string, Node>()
  graph.push(level)
  const any = above.get(ANY)
  for (const policy of policies) {
    if (policy === ANY) continue
    const parents = expecting.get(policy) ?? (any === undefined ? [] : [any])
    if (parents.length > 0) put(level, policy, parents, [policy])
  }
  if (mayBeAny && policies.includes(ANY)) {
    for (const [name, parents] of expecting) if (!level.has(name)) put(level, name, parents, [name])
  }
  prune(graph)
}

/** Puts the names of one domain for those of another; false where `any policy` is among them. */
function map(graph: Graph, mappings: readonly { issuer: string; subject: string }[], mayMap: boolean): boolean {
  const level = graph.at(-1) ?? new Map<string, Node>()
  const subjects = new Map<string, string[]>()
  for (const { issuer, subject } of mappings) {
    if (mayMap) {
      if (issuer === ANY || subject === ANY) return false
      subjects.set(issuer, [...(subjects.get(issuer) ?? []), subject])
    } else {
      const node = level.get(issuer)
      if (node !== undefined) drop(level, node)
    }
  }
  prune(graph)
  for (const [issuer, expected] of subjects) {
    const node = level.get(issuer)
    const any = level.get(ANY)
    if (node !== undefined) node.expected = expected
    else if (any !== undefined) put(level, issuer, [any], expected)
  }
  return true
}

const least = (now: number, given: bigint | undefined): number =>
  given !== undefined && given >= 0n && given < BigInt(now) ? Number(given) : now

/**
 * Whether the policies of a chain, leaf first and root last, are those that its authorities ask for (RFC 5280, 6.1, as
 * RFC 9618 has it): any policy will do for us, but where one must be, one must be.
 */
export function policiesValid(m: Machine, chain: readonly Certificate[]): boolean {
  const below = chain.slice(0, -1).reverse()
  if (below.length === 0) return true
  let graph: Graph | null = [new Map()]
  put(graph[0] as Map<string, Node>, ANY, [], [ANY])
  let [inhibitAny, explicit, mapping] = [below.length + 1, below.length + 1, below.length + 1]
  for (const [depth, { extensions, issuer, subject }] of below.entries()) {
    const isLeaf = depth === below.length - 1
    const isOwn = issuer.equals(subject)
    const policies = extensions.policies ?? []
    if (policies.length === 0) graph = null
    if (graph === null) {
      if (explicit === 0) return false
    } else {
      descend(m, graph, policies, inhibitAny > 0 || (!isLeaf && isOwn))
      if (!isLeaf && extensions.mappings.length > 0 && !map(graph, extensions.mappings, mapping > 0)) return false
    }
    if (isLeaf) break
    if (!isOwn) {
      explicit = Math.max(0, explicit - 1)
      mapping = Math.max(0, mapping - 1)
      inhibitAny = Math.max(0, inhibitAny - 1)
    }
    explicit = least(explicit, extensions.requireExplicitPolicy)
    mapping = least(mapping, extensions.inhibitPolicyMapping)
    inhibitAny = least(inhibitAny, extensions.inhibitAnyPolicy)
  }
  const demanded = explicit <= 1 || chain[0]?.extensions.requireExplicitPolicy === 0n
  return !demanded || (graph !== null && holds(graph))
}

/** Whether a policy came through: one that stands on `any policy` alone, or that itself at the end. */
function holds(graph: Graph): boolean {
  if (graph.at(-1)?.has(ANY) === true) return true
  return graph.some((level) =>
    level
      .values()
      .some(({ policy, parents }) => policy !== ANY && parents.size === 1 && [...parents][0]?.policy === ANY),
  )
}
