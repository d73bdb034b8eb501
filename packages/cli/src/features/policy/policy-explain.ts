import { DECISION_HOOKS } from '@gatehouse/core/policy/decision'
import { Problem } from '@gatehouse/core/kernel/problems'
import { smallestChange, type ChangeSearch } from '@gatehouse/rego/change-search'
import { explain, type Explanation } from '@gatehouse/rego/explain'
import { GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import type { Policy } from '@gatehouse/rego/rego'
import type { FiredRule } from '@gatehouse/rego/trace'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle } from '../../style.ts'
import { fields, section } from '../../table.ts'
import { addOpaOption, DEFAULT_POLICIES } from './policy-files.ts'
import { entrypointOf, readInput, type InputDocument } from './policy-input.ts'
import { isDenied, outcomeWord } from './policy-outcome.ts'
import { openSide } from './policy-side.ts'

/** What people write themselves. What is measured, the time and who acts are no one's to edit. */
const EDITABLE = [
  '/agent/definition',
  '/agent/owner_person_id',
  '/task',
  '/proposal',
  '/promotion',
  '/field_change',
  '/remediation',
  '/policy_update',
  '/settings',
]

export function addPolicyExplain(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'explain [path]',
    act: null,
    summary: 'Why a decision is what it is',
    about:
      'Decides an input and says which rules fired, where they stand, and which parts of the input they read. For a deny it searches the smallest change of ' +
      "editable fields with which the input would pass, and checks it by deciding again. The path is a folder, a bundle's .tar.gz or oci:folder@sha256:...; without one " +
      'it is policy/governance.',
    configure: (command) => {
      command.requiredOption('--input <file>', 'input document, - for standard input')
      command.option('--hook <hook>', `ask for this hook instead of the input's: ${DECISION_HOOKS.join(', ')}`)
      command.option('--entrypoint <rule>', 'what is asked; by default gatehouse/decision')
      command.option(
        '--editable <pointer...>',
        `what a change may touch, JSON pointers; by default ${EDITABLE.join(' ')}`,
      )
      command.option('--no-change', 'do not search a change')
      command.option(
        '--all',
        'every rule that fired and every part read, not only those of the policies that found something',
      )
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy explain --input input.json', 'decision, findings and the rules behind them'],
      ['gatehouse policy explain --input input.json --all', 'every rule that fired, every part read'],
      ['gatehouse policy explain --input input.json --hook before_effect', 'as at another hook'],
      ['gatehouse policy explain --input input.json --editable /task/risk --json', 'would another risk pass?'],
    ],
    run: async (session, args) => {
      const { options } = session
      const input = hooked(session, await readInput(session, options.text('input') ?? '-'))
      const side = await openSide(session, args[0] ?? DEFAULT_POLICIES)
      const policy = await side.policy()
      const entrypoint = entrypointOf(session, policy.entrypoints)
      const explanation = explain(policy, entrypoint, input)
      const denied = isDenied(explanation.evaluation)
      const change = denied && !options.denied('change') ? search(session, policy, entrypoint, input) : null
      const { evaluation, ...why } = explanation
      const document = {
        policies: { name: side.name, revision: side.revision, plan: side.plan },
        entrypoint,
        outcome: outcomeWord(evaluation),
        decision: evaluation.ok ? evaluation.result : null,
        refusal: evaluation.ok ? null : { code: evaluation.code, detail: evaluation.detail },
        ...why,
        smallest_change: change,
      }
      return { document, text: explainText(session, explanation, change) }
    },
  })
}

function hooked({ options }: Session, input: InputDocument): InputDocument {
  const hook = options.text('hook')
  if (hook === null) return input
  const known: readonly string[] = DECISION_HOOKS
  if (!known.includes(hook)) throw new Problem('usage', `--hook ${hook}: one of ${known.join(', ')} is needed`)
  return { ...input, hook }
}

function search({ options, host }: Session, policy: Policy, entrypoint: string, input: InputDocument): ChangeSearch {
  const named = options.texts('editable')
  const editable = named.length > 0 ? named : entrypoint === GOVERNANCE_ENTRYPOINT ? EDITABLE : ['']
  const found = smallestChange(policy, entrypoint, input, { editable, stop: () => host.signal.aborted })
  if (!found.ok) throw new Problem('usage', `--editable: ${found.detail}`)
  return found.value
}

interface Finding {
  readonly policy_id?: unknown
  readonly message?: unknown
}

function said(value: unknown): string {
  return typeof value === 'string' ? cleanLine(value) : '-'
}

function explainText(session: Session, explanation: Explanation, change: ChangeSearch | null): string {
  const { style } = session
  const { evaluation, fired, reads, valid_until } = explanation
  const decision =
    evaluation.ok && typeof evaluation.result === 'object' ? (evaluation.result as Record<string, unknown>) : {}
  const findings = (key: string) => {
    const list = decision[key]
    return (Array.isArray(list) ? (list as Finding[]) : [])
      .map(({ policy_id, message }) => `${said(policy_id)}: ${said(message)}\n`)
      .join('')
  }
  const telling = session.options.flag('all') ? fired : behindFindings(fired, decision)
  const rules = telling.map((rule) => {
    const read = rule.reads.length === 0 ? '' : `\n    ${style.dim(`reads ${rule.reads.map(cleanLine).join(' ')}`)}`
    return `${cleanLine(rule.file)}:${rule.line}  ${cleanLine(rule.rule)}${rule.default ? ' (default)' : ''}${read}\n`
  })
  const rest = fired.length - telling.length
  const more =
    rest === 0 ? '' : style.dim(`and ${rest} rules of other policies, ${reads.length} parts read in all: --all\n`)
  const head = fields(
    [
      ['decision', outcomeWord(evaluation), stateStyle(style)],
      ['why', evaluation.ok ? null : evaluation.detail],
      ['valid until', valid_until],
    ],
    style,
  )
  return [
    head,
    section('Violations', findings('violations'), style),
    section('Warnings', findings('warnings'), style),
    section('Rules that fired', rules.join('') + more, style),
    rest > 0
      ? ''
      : section('Parts of the input read', reads.map((pointer) => `${cleanLine(pointer)}\n`).join(''), style),
    change === null ? '' : section('Smallest change that passes', changeText(change), style),
  ].join('')
}

/** The rules of the policies that found something, told apart by the policy's id in the rule's path; all rules where that tells nothing. */
function behindFindings(
  fired: readonly FiredRule[],
  decision: Readonly<Record<string, unknown>>,
): readonly FiredRule[] {
  const ids = new Set(
    [decision['violations'], decision['warnings']]
      .flatMap((list) => (Array.isArray(list) ? (list as Finding[]) : []))
      .map(({ policy_id }) => policy_id),
  )
  const telling = fired.filter(({ rule }) => rule.split('.').some((segment) => ids.has(segment)))
  return telling.length === 0 ? fired : telling
}

function changeText(change: ChangeSearch): string {
  if (!change.found) return `${cleanLine(change.detail)} --editable says what may be changed.\n`
  const lines = change.changes.map((one) => {
    const value = 'value' in one ? ` ${cleanLine(JSON.stringify(one.value))}` : ''
    return `${one.op} ${cleanLine(one.path)}${value}\n`
  })
  const sure = change.smallest ? '' : ' (a smaller one may exist)'
  return `${lines.join('')}With it the decision is ${outcomeWord(change.evaluation)}${sure}: decided again, in ${change.evaluations} evaluations.\n`
}
