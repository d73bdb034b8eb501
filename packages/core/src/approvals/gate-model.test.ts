/**
 * Law 1, law 2: no interleaving of edits, votes, expiry, role changes, reloads, crashes and retries effects an unapproved intent, or one
 * twice. The world below keeps rows as the server does and calls the real functions; the oracle beside it knows only what was
 * asked and answered, and what the laws say. It shares no code with the gate: diffs are compared as text, never as digests.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Role } from '../kernel/access.ts'
import { sha256 } from '../kernel/canonical.ts'
import { instant } from '../kernel/time.ts'
import type { EffectState, ProposalState } from '../delivery/states.ts'
import { castVote, granted, isLive, reconsider, revokeVote, type ApprovalRequest, type Change } from './change.ts'
import { gate, type Evidence, type GateDecision } from './gate.ts'
import { intentDigest, type Execution, type Intent } from './intent.ts'
import type { Requirement, Vote } from './quorum.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)
const LIFETIME = 10 * MINUTE
const PERSONS = ['ann', 'ben', 'cas', 'dee', 'eva'] as const
type Person = (typeof PERSONS)[number]

const person = fc.constantFrom(...PERSONS)
const action = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('edit' as const), by: person, value: fc.constantFrom('b', 'c') }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('validate' as const), passes: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('validate' as const), passes: fc.constant(false) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('vote' as const),
      by: person,
      yes: fc.integer({ min: 0, max: 11 }).map((n) => n > 0),
      doubled: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      shown: fc.integer({ min: 0, max: 9 }).map((n) => (n > 1 ? ('now' as const) : ('before' as const))),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('revoke' as const), by: person }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 5, 10) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      of: person,
      role: fc.constantFrom<Role | null>(null, 'viewer', 'developer', 'maintainer', 'owner', 'automation'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reload' as const),
      denies: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      lasts: fc.constantFrom(null, null, null, 0, 5),
      needs: fc.subarray(['one maintainer', 'two developers', 'one owner'] as const, { minLength: 0, maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      file: fc.constantFrom('a', 'x', 'recipe', 'back' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('execute' as const),
      crash: fc.constantFrom(null, null, 'before grant', 'after grant', 'after swap' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('retry' as const), crash: fc.constantFrom(null, 'after swap' as const) }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never
type Need = 'one maintainer' | 'two developers' | 'one owner'

const NEEDS: Record<Need, { count: number; roles: Role[] }> = {
  'one maintainer': { count: 1, roles: ['maintainer', 'owner'] },
  'two developers': { count: 2, roles: ['developer', 'maintainer', 'owner'] },
  'one owner': { count: 1, roles: ['owner'] },
}

interface Commit {
  readonly id: string
  readonly files: Readonly<Record<string, string>>
}
const commitOf = (parent: string, files: Record<string, string>): Commit => ({
  id: sha256(`${parent}${JSON.stringify(files)}`).slice(0, 40),
  files,
})
const treeOf = (files: Readonly<Record<string, string>>) => sha256(JSON.stringify(files)).slice(0, 40)

/** Rows and branch. Each method is one transaction or one outside effect, as the server has them. */
class World {
  now = START
  branch: Commit[] = [commitOf('', { a: '1', x: '1', recipe: '1' })]
  roles = new Map<Person, Role>([
    ['ann', 'developer'],
    ['ben', 'developer'],
    ['cas', 'maintainer'],
    ['dee', 'maintainer'],
    ['eva', 'owner'],
  ])
  policy = { denies: false, needs: ['one maintainer'] as readonly Need[], version: 1, until: null as number | null }
  state: ProposalState = 'pending'
  wanted = 'b'
  base = this.branch[0] as Commit
  authors = new Set<Person>(['ann'])
  request: ApprovalRequest | null = null
  votes: Vote[] = []
  shownBefore = sha256('nothing')
  evidence: Evidence | null = null
  effects: { state: EffectState; readonly execution: Execution; readonly files: Record<string, string> }[] = []
  ids = 0

  get head(): Commit {
    return this.branch.at(-1) as Commit
  }
  get at() {
    return instant(this.now)
  }
  get files(): Record<string, string> {
    return { ...this.base.files, a: this.wanted }
  }
  get intent(): Intent {
    return {
      schema: 'gatehouse.intent/v1',
      kind: 'merge',
      project_id: 'p',
      repository_id: 'r',
      task_id: 't',
      target_branch: 'main',
      environment: 'sandbox',
      diff_digest: sha256(`-${this.base.files['a']}\n+${this.wanted}\n`),
      agent_version: null,
      exceptions: [],
    }
  }
  get requirements(): Requirement[] {
    return this.policy.needs.map((need) => ({ id: need, policy_id: 'test', reason: need, ...NEEDS[need] }))
  }
  get change(): Change {
    const voters = [...this.roles].map(([person_id, role]) => ({ person_id, roles: [role] }))
    const effect = this.effects.at(-1)?.state ?? null
    const { state: proposal_state, request, votes, authors } = this
    return { proposal_state, request, votes, authors, voters, effect }
  }
  get closed(): boolean {
    return granted(this.change) || this.state === 'merged'
  }

  validate(passes: boolean): void {
    if (this.closed || !['pending', 'validated', 'failed'].includes(this.state)) return
    this.base = this.head
    const digest = sha256(`${++this.ids}`)
    this.evidence = {
      validation_id: `val_${this.ids}`,
      validation_digest: digest,
      verdict: passes ? 'passed' : 'failed',
      base_commit: this.base.id,
      result_tree: treeOf(this.files),
      recipe_digest: sha256(String(this.base.files['recipe'])),
    }
    this.state = passes ? 'validated' : 'failed'
    if (!passes) return
    const { intent, request } = this
    const stands = request !== null && isLive(request.state) && this.now < Date.parse(request.expires_at)
    if (stands && reconsider(request, intent).keep) return
    if (request) this.shownBefore = request.intent_digest as typeof this.shownBefore
    // Votes on other intents may lie about: they must not count, and must not be what a revocation takes back.
    this.votes = this.votes.filter((v) => v.intent_digest !== intentDigest(intent))
    this.request = {
      id: `apr_${this.ids}`,
      intent_digest: intentDigest(intent),
      intent,
      state: 'open',
      requirements: this.requirements,
      expires_at: instant(this.now + LIFETIME),
    }
  }

  edit(by: Person, value: string): boolean {
    if (this.closed) return false
    this.state = 'pending'
    this.wanted = value
    this.authors = new Set([...this.authors, by])
    return true
  }

  grant(): { opened: boolean; missing: readonly string[]; effect: number | null } {
    const decision: GateDecision = {
      decision_id: `dec_${++this.ids}`,
      outcome: this.policy.denies ? 'deny' : 'allow',
      violations: [],
      requirements: this.requirements,
      policy_set_hash: sha256(String(this.policy.version)),
      valid_until: this.policy.until === null ? null : instant(this.policy.until),
    }
    const result = gate({
      at: this.at,
      change: this.change,
      intent: this.intent,
      proposal: { base_commit: this.base.id, base_tree: treeOf(this.base.files), result_tree: treeOf(this.files) },
      target_head: this.head.id,
      recipe_digest: sha256(String(this.head.files['recipe'])),
      evidence: this.evidence,
      decision,
    })
    if (!result.ok) return { opened: false, missing: result.missing.map((m) => m.code), effect: null }
    this.effects.push({ state: 'granted', execution: result.execution, files: this.files })
    return { opened: true, missing: [], effect: this.effects.length - 1 }
  }

  /** Compare and swap: the branch takes the commit only where it still stands at the base. Reads back first. */
  swap(index: number): 'swapped' | 'there' | 'moved' {
    const effect = this.effects[index]
    if (!effect) throw new Error('no such effect')
    const commit = commitOf(effect.execution.base_commit, effect.files)
    if (this.branch.some((c) => c.id === commit.id)) return 'there'
    if (this.head.id !== effect.execution.base_commit) return 'moved'
    this.branch = [...this.branch, commit]
    return 'swapped'
  }

  settle(index: number, outcome: 'swapped' | 'there' | 'moved'): void {
    const effect = this.effects[index]
    if (!effect) throw new Error('no such effect')
    effect.state = outcome === 'moved' ? 'refused' : 'effected'
    if (outcome !== 'moved') this.state = 'merged'
  }
}

/** What the laws allow, from what was said and done. Knows diffs as text, times as numbers, roles as they are now. */
class Oracle {
  readonly authors = new Set<Person>(['ann'])
  readonly standing = new Map<Person, { readonly diff: string; readonly round: number }>()
  round = 0
  roundEnds = Number.NEGATIVE_INFINITY
  roundDiff = ''
  roundNeeds: readonly Need[] = []
  rejected = false
  validated: { readonly base: string; readonly diff: string; readonly recipe: string } | null = null
  granted = false
  readonly swaps = new Map<string, number>()

  diff(world: World): string {
    return `${world.base.files['a']} -> ${world.wanted}`
  }

  /** A round of approval ends with its time, with a no, or with another diff. */
  validatedNow(world: World, passed: boolean): void {
    const diff = this.diff(world)
    this.validated = passed ? { base: world.base.id, diff, recipe: String(world.base.files['recipe']) } : null
    if (!passed || (this.roundDiff === diff && world.now < this.roundEnds && !this.rejected)) return
    this.round++
    this.roundEnds = world.now + LIFETIME
    this.roundDiff = diff
    this.roundNeeds = world.policy.needs
    this.rejected = false
  }

  mayVote(who: Person, world: World): boolean {
    const role = world.roles.get(who)
    return !this.authors.has(who) && (role === 'developer' || role === 'maintainer' || role === 'owner')
  }

  /** The persons whose yes counts now: to this diff, in this round, still standing, no author, with a role that votes. */
  yes(world: World): Person[] {
    return PERSONS.filter((who) => {
      const vote = this.standing.get(who)
      return vote?.diff === this.diff(world) && vote.round === this.round && this.mayVote(who, world)
    })
  }

  allows(world: World): boolean {
    const diff = this.diff(world)
    const yes = this.yes(world)
    const count = (roles: readonly (Role | undefined)[]) =>
      yes.filter((who) => roles.includes(world.roles.get(who))).length
    const needs = [...this.roundNeeds, ...world.policy.needs]
    const approved =
      needs.length === 0
        ? count(['maintainer', 'owner']) >= 1
        : needs.every((need) => {
            if (need === 'one owner') return count(['owner']) >= 1
            return need === 'one maintainer' ? count(['maintainer', 'owner']) >= 1 : yes.length >= 2
          })
    return (
      !this.granted &&
      this.validated !== null &&
      this.validated.diff === diff &&
      this.validated.base === world.head.id &&
      this.validated.recipe === world.head.files['recipe'] &&
      this.roundDiff === diff &&
      world.now < this.roundEnds &&
      !this.rejected &&
      approved &&
      !world.policy.denies &&
      (world.policy.until === null || world.now < world.policy.until)
    )
  }
}

const seen = { granted: 0, merged: 0, refused: 0, tooLate: 0, keptOverRebase: 0, selfRefused: 0, resumed: 0 }

function carryOut(world: World, oracle: Oracle, index: number, crash: string | null): void {
  const effect = world.effects[index]
  if (!effect || crash === 'after grant') return
  const before = world.head
  const outcome = world.swap(index)
  if (outcome === 'swapped') {
    const diff = `${before.files['a']} -> ${world.head.files['a']}`
    const times = (oracle.swaps.get(diff) ?? 0) + 1
    oracle.swaps.set(diff, times)
    expect(times, 'one intent is effected once').toBe(1)
    expect(before.id, 'the branch stood at the approved base').toBe(effect.execution.base_commit)
    expect(treeOf(world.head.files), 'the branch took exactly the approved tree').toBe(effect.execution.result_tree)
    expect({ ...before.files, a: world.head.files['a'] }, 'nothing but the approved diff').toEqual(world.head.files)
  }
  if (crash === 'after swap') return
  world.settle(index, outcome)
  if (outcome === 'moved') {
    oracle.granted = false
    seen.refused++
  } else seen.merged++
}

function step(world: World, oracle: Oracle, a: Action): void {
  switch (a.do) {
    case 'edit':
      if (world.edit(a.by, a.value)) {
        oracle.authors.add(a.by)
        oracle.validated = null
      }
      return
    case 'validate': {
      const [id, base] = [world.ids, world.base]
      const votes = world.votes.length
      world.validate(a.passes)
      if (world.ids === id) return
      oracle.validatedNow(world, a.passes)
      if (votes > 0 && world.votes.length === votes && world.base.id !== base.id) seen.keptOverRebase++
      return
    }
    case 'vote': {
      const shown = a.shown === 'now' ? (world.request?.intent_digest ?? world.shownBefore) : world.shownBefore
      const vote = {
        id: `apv_${++world.ids}`,
        person_id: a.by,
        intent_digest: shown,
        verdict: a.yes ? 'yes' : 'no',
      } as const
      const result = castVote(world.change, vote, world.at)
      if (!result.ok) {
        if (result.code === 'self-approval') seen.selfRefused++
        return
      }
      expect(oracle.granted, 'nobody votes after the grant').toBe(false)
      expect(oracle.mayVote(a.by, world), `${a.by} has a vote`).toBe(true)
      expect(shown, 'the vote is on what the request asks').toBe(world.request?.intent_digest)
      expect(oracle.validated, 'there is something validated to vote on').not.toBe(null)
      expect(world.now < oracle.roundEnds, 'the request has time left').toBe(true)
      // Two sessions of one person may both get through: that is still one person.
      const rows = a.doubled ? [result.value.vote, { ...result.value.vote, id: `${vote.id}x` }] : [result.value.vote]
      world.votes = [...world.votes, ...rows]
      if (world.request) world.request = { ...world.request, state: result.value.request_state }
      if (a.yes) oracle.standing.set(a.by, { diff: oracle.roundDiff, round: oracle.round })
      else {
        world.state = 'failed'
        oracle.validated = null
        oracle.rejected = true
      }
      return
    }
    case 'revoke': {
      const before = JSON.stringify([world.votes, world.request, world.effects])
      const standing = oracle.standing.get(a.by)
      const result = revokeVote(world.change, a.by, world.at)
      if (oracle.granted) {
        expect(result.ok ? 'taken back' : result.code, 'after the grant it is too late').toBe('too-late')
        expect(JSON.stringify([world.votes, world.request, world.effects])).toBe(before)
        seen.tooLate++
        return
      }
      const live = world.request !== null && isLive(world.request.state)
      expect(result.ok, 'a standing approval can be taken back').toBe(live && standing?.round === oracle.round)
      if (!result.ok) return
      let back: ReturnType<typeof revokeVote> = result
      while (back.ok) {
        const { vote, request_state } = back.value
        world.votes = world.votes.map((v) => (v.id === vote.id ? vote : v))
        if (world.request) world.request = { ...world.request, state: request_state }
        back = revokeVote(world.change, a.by, world.at)
      }
      oracle.standing.delete(a.by)
      return
    }
    case 'wait':
      world.now += a.minutes * MINUTE
      return
    case 'role':
      if (a.role === null) world.roles.delete(a.of)
      else world.roles.set(a.of, a.role)
      return
    case 'reload':
      world.policy = {
        ...world.policy,
        denies: a.denies,
        needs: a.needs,
        version: world.policy.version + 1,
        until: a.lasts === null ? null : world.now + a.lasts * MINUTE,
      }
      return
    case 'push': {
      // Back to an older commit, as who owns the disk could: what was merged once must not be merged again. Not while an effect is
      // under way: from the branch alone that cannot be told from a swap that never happened, and the commit is the same one.
      if (a.file === 'back' && world.effects.some((e) => e.state === 'granted')) return
      const files = { ...world.head.files, ...(a.file === 'back' ? {} : { [a.file]: `${++world.ids}` }) }
      world.branch =
        a.file === 'back'
          ? world.branch.slice(0, Math.max(1, world.branch.length - 1))
          : [...world.branch, commitOf(world.head.id, files)]
      return
    }
    case 'execute': {
      const allowed = oracle.allows(world)
      const copy = [...world.effects]
      const { opened, missing, effect } = world.grant()
      expect(opened, `the gate opens exactly when the laws allow it (missing: ${missing.join()})`).toBe(allowed)
      if (effect === null) return expect(missing.length, 'a refusal says what is missing').toBeGreaterThan(0)
      if (a.crash === 'before grant') {
        world.effects = copy
        return
      }
      oracle.granted = true
      seen.granted++
      const named = world.effects[effect]?.execution.approvals.map(
        (id) => world.votes.find((v) => v.id === id)?.person_id,
      )
      expect(new Set(named), 'the grant names the votes that count').toEqual(new Set(oracle.yes(world)))
      const live = world.effects.filter((e) => e.state !== 'refused')
      expect(live.length, 'a grant is given once').toBe(1)
      carryOut(world, oracle, effect, a.crash)
      return
    }
    case 'retry': {
      const index = world.effects.findIndex((e) => e.state === 'granted' || e.state === 'unknown')
      if (index < 0) return
      seen.resumed++
      carryOut(world, oracle, index, a.crash)
    }
  }
}

test('no interleaving effects an unapproved intent, or one intent twice', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 60, size: 'max' }), (actions) => {
      const world = new World()
      const oracle = new Oracle()
      for (const a of actions) step(world, oracle, a)
    }),
    { numRuns: Number(process.env['GATE_MODEL_RUNS'] ?? 3000) },
  )
})

test('the interleavings above met what they are about: merges, refusals, late revocations, kept approvals, retries', () => {
  for (const [what, times] of Object.entries(seen)) expect(times, `met: ${what}`).toBeGreaterThan(0)
})
