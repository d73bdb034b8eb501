import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml'
import { ok, refuse, type Result } from '../../kernel/result.ts'
import { isRuleId, RULE_IDS, SEVERITIES, type RuleId, type Severity } from './rules.ts'

export interface RuleConfig {
  /** null: as the rule has it. */
  readonly severity: Severity | 'off' | null
  /** Patterns of paths where it is not asked. */
  readonly ignore: readonly string[]
}

export interface LintConfig {
  readonly rules: Readonly<Partial<Record<RuleId, RuleConfig>>>
  /** Patterns of paths without findings, as `.gitignore` writes them. */
  readonly ignore: readonly string[]
  readonly options: {
    /** Open questions that a specification may carry; spec-kit says three. */
    readonly maxClarifications: number
    /** Words that this project holds for vague, besides ours. */
    readonly vagueWords: readonly string[]
    /** Words that it does not hold for vague. */
    readonly allowedWords: readonly string[]
    /** Words of a status that mean done, besides ours. */
    readonly doneStatuses: readonly string[]
  }
}

export const DEFAULT_LINT_CONFIG: LintConfig = {
  rules: {},
  ignore: [],
  options: { maxClarifications: 3, vagueWords: [], allowedWords: [], doneStatuses: [] },
}

class Wrong extends Error {}

/** Reads the configuration: YAML 1.2. A refusal names file, line and key. */
export function readLintConfig(text: string, file: string): Result<LintConfig, 'spec-config-invalid'> {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true })
  const [broken] = document.errors
  const lineOf = (offset: number) => counter.linePos(offset).line
  if (broken)
    return refuse(
      'spec-config-invalid',
      `${file}:${lineOf(broken.pos[0])}: ${broken.message.split('\n')[0]?.replace(/ at line \d+.*/, '') ?? 'it is no YAML'}`,
    )
  const fail = (node: unknown, what: string): never => {
    const range = (node as Node | null)?.range
    throw new Wrong(`${file}${range ? `:${lineOf(range[0])}` : ''}: ${what}`)
  }
  try {
    return ok(configOf(document.contents, fail))
  } catch (error) {
    if (error instanceof Wrong) return refuse('spec-config-invalid', error.message)
    throw error
  }
}

type Fail = (node: unknown, what: string) => never

function configOf(root: unknown, fail: Fail): LintConfig {
  if (root === null || (isScalar(root) && root.value === null)) return DEFAULT_LINT_CONFIG
  const rules: Partial<Record<RuleId, RuleConfig>> = {}
  let ignore: string[] = []
  const options: { -readonly [K in keyof LintConfig['options']]: LintConfig['options'][K] } = {
    ...DEFAULT_LINT_CONFIG.options,
  }
  for (const [key, node, value] of entries(root, 'the file', fail)) {
    if (key === 'rules') {
      for (const [rule, ruleNode, said] of entries(value, 'rules', fail)) {
        if (!isRuleId(rule)) fail(ruleNode, `rules.${rule}: there is no such rule${nearest(rule, RULE_IDS)}`)
        else rules[rule] = ruleOf(rule, said, fail)
      }
    } else if (key === 'ignore') ignore = texts(value, 'ignore', fail)
    else if (key === 'options') {
      for (const [name, optionNode, said] of entries(value, 'options', fail)) {
        if (name === 'max_clarifications') {
          const count = isScalar(said) ? said.value : null
          if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
            fail(said, 'options.max_clarifications: a whole number of at least 0 is needed')
          else options.maxClarifications = count
        } else if (name === 'vague_words') options.vagueWords = texts(said, `options.${name}`, fail)
        else if (name === 'allowed_words') options.allowedWords = texts(said, `options.${name}`, fail)
        else if (name === 'done_statuses') options.doneStatuses = texts(said, `options.${name}`, fail)
        else
          fail(
            optionNode,
            `options.${name}: no such key${nearest(name, ['max_clarifications', 'vague_words', 'allowed_words', 'done_statuses'])}`,
          )
      }
    } else fail(node, `${key}: no such key${nearest(key, ['rules', 'ignore', 'options'])}`)
  }
  return { rules, ignore, options }
}

function ruleOf(rule: string, node: unknown, fail: Fail): RuleConfig {
  const severityOf = (said: unknown, key: string): RuleConfig['severity'] => {
    const value = isScalar(said) ? said.value : null
    // YAML 1.1 readers, and people, write `off` as false.
    if (value === false || value === 'off') return 'off'
    const found = SEVERITIES.find((severity) => severity === value)
    return found ?? fail(said, `${key}: one of error, warning, note or off is needed`)
  }
  if (!isMap(node)) return { severity: severityOf(node, `rules.${rule}`), ignore: [] }
  let severity: RuleConfig['severity'] = null
  let ignore: string[] = []
  for (const [key, keyNode, value] of entries(node, `rules.${rule}`, fail)) {
    if (key === 'severity') severity = severityOf(value, `rules.${rule}.severity`)
    else if (key === 'ignore') ignore = texts(value, `rules.${rule}.ignore`, fail)
    else fail(keyNode, `rules.${rule}.${key}: no such key; there are severity and ignore`)
  }
  return { severity, ignore }
}

function entries(node: unknown, what: string, fail: Fail): [string, unknown, unknown][] {
  if (node === null || (isScalar(node) && node.value === null)) return []
  if (!isMap(node)) return fail(node, `${what}: keys with values are needed`)
  return node.items.map((pair: Pair) => [
    isScalar(pair.key) ? String(pair.key.value) : fail(pair.key, `${what}: a key must be a word`),
    pair.key,
    pair.value,
  ])
}

function texts(node: unknown, what: string, fail: Fail): string[] {
  if (!isSeq(node)) return fail(node, `${what}: a list of texts is needed`)
  return node.items.map((item) => {
    const value = isScalar(item) ? item.value : null
    return typeof value === 'string' && value !== '' ? value : fail(item, `${what}: a list of texts is needed`)
  })
}

/** `; did you mean x?`, where a known word is near. */
function nearest(word: string, known: readonly string[]): string {
  const parts = new Set(word.split(/[-_]/))
  const [best] = known
    .map((name) => ({ name, shared: name.split(/[-_]/).filter((part) => parts.has(part)).length }))
    .sort((a, b) => b.shared - a.shared)
  if (best && best.shared > 0) return `; did you mean ${best.name}?`
  return known.length < 10 ? `; there are ${known.join(', ')}` : ''
}
