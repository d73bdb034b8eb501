import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import type { Evaluation, Policy } from '@gatehouse/rego/rego'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, argument, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { section } from '../../table.ts'
import {
  compareData,
  compareRules,
  policyIds,
  type Change,
  type DataChange,
  type RuleChange,
} from './policy-compare.ts'
import { addOpaOption } from './policy-files.ts'
import { entrypointOf, readInputs, type NamedInput } from './policy-input.ts'
import { isObject, outcomeOf } from './policy-outcome.ts'
import { openSide, type PolicySide } from './policy-side.ts'

interface PolicyChange {
  readonly change: 'added' | 'removed'
  readonly package: string
  /** As its METADATA says; null where it says none. */
  readonly id: string | null
}

interface DecisionChange {
  readonly input: string
  /** Whether the outcome itself is another one. */
  readonly flip: boolean
  readonly before: Said
  readonly after: Said
  /** Members of the decision that differ: `violations`, `requirements`. */
  readonly differs: readonly string[]
}

interface Said {
  /** The decision's `outcome`; the code of a refusal; null where the answer has no outcome. */
  readonly outcome: string | null
  readonly answer: Json
}

export function addPolicyDiff(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'diff <before> <after>',
    act: null,
    summary: 'Compare two sets of policies: rules, data, and what they decide',
    about:
      "Each side is a folder, a bundle's .tar.gz, or an artifact in a folder: oci:folder:tag or oci:folder@sha256:... With --inputs every JSON file of a folder " +
      'is decided by both sides, and what comes out differently is listed; a flip is a decision with another outcome.',
    configure: (command) => {
      command.option('--inputs <folder>', 'input documents to decide by both')
      command.option('--entrypoint <rule>', 'what is asked; by default gatehouse/decision')
      command.option(
        '--exit-code',
        'end with status 4 where a decision differs, or without --inputs, where anything does',
      )
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy diff old/governance policy/governance', 'which rules and data differ'],
      ['gatehouse policy diff old new --inputs golden --exit-code', 'and which decisions; for CI'],
    ],
    run: async (session, args) => {
      const [before, after] = [await openSide(session, argument(args, 0)), await openSide(session, argument(args, 1))]
      const folder = session.options.text('inputs')
      const inputs = folder === null ? null : await readInputs(session, folder)
      const without = [before, after].filter(({ sources }) => sources.size === 0).map(({ name }) => name)
      const policies = without.length > 0 ? [] : comparePolicies(before, after)
      const rules = without.length > 0 ? [] : compareRules(before.sources, after.sources)
      const data = compareData(before.data, after.data)
      const decisions = inputs === null ? null : await compareDecisions(session, before, after, inputs)
      const document = {
        same: policies.length + rules.length + data.length + (decisions?.length ?? 0) === 0,
        before: { name: before.name, revision: before.revision, plan: before.plan },
        after: { name: after.name, revision: after.revision, plan: after.plan },
        policies,
        rules,
        data,
        inputs: inputs?.length ?? null,
        flips: decisions?.filter(({ flip }) => flip).length ?? null,
        decisions,
        /** Sides that hold no Rego: their rules cannot be compared. */
        without_sources: without,
      }
      const failed = decisions === null ? !document.same : decisions.length > 0
      const text = diffText(session, document)
      return { document, text, exit: session.options.flag('exitCode') && failed ? 4 : 0 }
    },
  })
}

function comparePolicies(before: PolicySide, after: PolicySide): PolicyChange[] {
  const [old, now] = [policyIds(before.sources), policyIds(after.sources)]
  const only = (a: Map<string, string | null>, b: Map<string, string | null>, change: PolicyChange['change']) =>
    [...a].filter(([name]) => !b.has(name)).map(([name, id]) => ({ change, package: name, id }))
  return [...only(now, old, 'added'), ...only(old, now, 'removed')].toSorted((a, b) => (a.package < b.package ? -1 : 1))
}

async function compareDecisions(
  session: Session,
  before: PolicySide,
  after: PolicySide,
  inputs: readonly NamedInput[],
): Promise<DecisionChange[]> {
  const [old, now] = [await before.policy(), await after.policy()]
  const ask = (policy: Policy) => {
    const entrypoint = entrypointOf(session, policy.entrypoints)
    return ({ input }: NamedInput) => said(policy.evaluate(entrypoint, input))
  }
  const [askOld, askNow] = [ask(old), ask(now)]
  return inputs.flatMap((input): DecisionChange[] => {
    const [was, is] = [askOld(input), askNow(input)]
    if (canonicalJson(was.answer) === canonicalJson(is.answer)) return []
    return [
      {
        input: input.name,
        flip: was.outcome !== is.outcome,
        before: was,
        after: is,
        differs: differing(was.answer, is.answer),
      },
    ]
  })
}

function said(evaluation: Evaluation): Said {
  // An answer without an outcome is its own: true to false is a flip.
  const outcome = outcomeOf(evaluation)
  if (evaluation.ok) return { outcome, answer: evaluation.result }
  return { outcome, answer: { code: evaluation.code, detail: evaluation.detail } }
}

function differing(a: Json, b: Json): string[] {
  if (!isObject(a) || !isObject(b)) return []
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted()
  return keys.filter((key) => canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null))
}

/** Differences of one answer that are shown. */
const VALUES = 10

function valuesOf({ change, before, after }: DataChange): string {
  const value = (json: Json | null) => {
    const text = cleanLine(JSON.stringify(json))
    return text.length > 200 ? `${text.slice(0, 199)}…` : text
  }
  if (change === 'changed') return `${value(before)} -> ${value(after)}`
  return value(change === 'added' ? after : before)
}

interface DiffDocument {
  readonly same: boolean
  readonly policies: readonly PolicyChange[]
  readonly rules: readonly RuleChange[]
  readonly data: readonly DataChange[]
  readonly inputs: number | null
  readonly flips: number | null
  readonly decisions: readonly DecisionChange[] | null
  readonly without_sources: readonly string[]
}

function diffText(session: Session, document: DiffDocument): string {
  const { style } = session
  const mark = (change: Change) =>
    change === 'added' ? style.added('+') : change === 'removed' ? style.removed('-') : style.waiting('~')
  const policies = document.policies.map(
    (p) => `${mark(p.change)} ${cleanLine(p.package)}${p.id === null ? '' : ` (${cleanLine(p.id)})`}\n`,
  )
  const rules = document.rules.map((r) => {
    const where = r.after ?? r.before
    return `${mark(r.change)} ${cleanLine(r.package)}.${cleanLine(r.rule)}  ${where === null ? '' : `${cleanLine(where.file)}:${where.line}`}\n`
  })
  const value = (d: DataChange) => `${mark(d.change)} ${cleanLine(d.path)}  ${valuesOf(d)}\n`
  const data = document.data.map(value)
  const decisions = (document.decisions ?? []).map((d) => {
    const way = d.flip ? style.bad(`${d.before.outcome ?? '-'} -> ${d.after.outcome ?? '-'}`) : (d.after.outcome ?? '-')
    const head = `${d.flip ? style.bad('!') : mark('changed')} ${cleanLine(d.input)}`
    // An outcome says what came out. Where there is none on a side, only the values do.
    if (d.before.outcome !== null && d.after.outcome !== null)
      return `${head}  ${way}  ${cleanLine(d.differs.join(', '))}\n`
    const changes = compareData(d.before.answer, d.after.answer)
    const rest = changes.length > VALUES ? `    and ${changes.length - VALUES} more: --json\n` : ''
    const shown = changes.slice(0, VALUES).map((change) => `    ${value({ ...change, path: change.path || 'answer' })}`)
    return `${head}${d.flip ? `  ${way}` : ''}\n${shown.join('')}${rest}`
  })
  const parts = [
    section('Policies', policies.join(''), style),
    section('Rules', rules.join(''), style),
    section('Data', data.join(''), style),
    section('Decisions', decisions.join(''), style),
  ].join('')
  const notes = document.without_sources
    .map((name) => `${cleanLine(name)} holds no Rego: its rules are not compared.\n`)
    .join('')
  const end =
    document.inputs === null
      ? ''
      : `\n${document.inputs} inputs decided by both: ${document.decisions?.length ?? 0} differ, ${document.flips ?? 0} flips\n`
  return `${document.same ? `${style.good('No difference')}\n` : parts.replace(/^\n/, '')}${notes}${end}`
}
