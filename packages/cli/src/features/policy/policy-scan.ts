import { closeSync, openSync, renameSync, rmSync, statSync, writeSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import { Problem, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import { InputScan, ScanError, type ScanCode } from '@gatehouse/rego/input-scan'
import { readPlan } from '@gatehouse/rego/plan'
import type { BundleParts, Evaluation } from '@gatehouse/rego/rego'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle } from '../../style.ts'
import { section, table } from '../../table.ts'
import { addOpaOption } from './policy-files.ts'
import { entrypointOf } from './policy-input.ts'
import { findingsOf, isDenied, outcomeWord } from './policy-outcome.ts'
import { openSide } from './policy-side.ts'

const SHOWN = 10
/** Findings that are counted apart: texts of a policy may be other ones for each input. */
const COUNTED = 1000
const OTHERS = '(others)'
const WRITTEN_BYTES = 256 * 1024

interface Found {
  /** The policy's id; what it says, where that is all there is. */
  readonly policy: string
  /** In how many decisions it denies or warns. */
  violations: number
  warnings: number
}

interface Denied {
  readonly line: number
  readonly outcome: string
  /** Why: what was found, or why there is no answer. */
  readonly reasons: readonly string[]
}

export function addPolicyScan(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'scan <policies> <inputs>',
    act: null,
    summary: 'Decide many inputs at once',
    about:
      'Each line of <inputs> is an input document, as JSON (JSON Lines). They are decided in as many processes as there are processors, and what came out is counted; ' +
      "with --out each decision is kept. <policies> is a folder, a bundle's .tar.gz or oci:folder@sha256:... An input over its limits, or a line that is no JSON, is " +
      'counted as refused; the others go on.',
    configure: (command) => {
      command.option('--out <file>', 'write the decisions, a JSON document a line: line, outcome, decision or refusal')
      command.option('--entrypoint <rule>', 'what is asked; by default gatehouse/decision')
      command.option('--processes <number>', 'how many at a time, 1 to 256; by default one for each processor')
      command.option('--seconds <number>', 'that an input may take, 1 to 3600; by default 10')
      command.option('--exit-code', 'end with status 4 where an input is denied or has no answer')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy scan policy/governance inputs.jsonl', 'what is denied, and by which policies'],
      ['gatehouse policy scan bundle.tar.gz inputs.jsonl --out decisions.jsonl', 'and keep every decision'],
      ['gatehouse policy scan policy/governance golden.jsonl --exit-code', 'for CI: nothing of these may be denied'],
    ],
    run: async (session, args) => {
      const { host: machine, options } = session
      const [source = '', inputs = ''] = args
      const began = machine.now()
      const side = await openSide(session, source)
      const parts = side.parts()
      const entrypoint = entrypointOf(session, entrypointsOf(source, parts))
      const out = options.text('out')
      const file = resolve(machine.cwd, inputs)
      const processes = options.whole('processes', 1, 256)
      const wallMs = (options.whole('seconds', 1, 3600) ?? 10) * 1000
      // Before anything is started: where it cannot be written, nothing is left that runs.
      const kept = out === null ? null : new DecisionFile(resolve(machine.cwd, out), out, file)
      const counts = new Counts()
      try {
        const opened = await InputScan.open(parts, file, entrypoint, {
          ...(processes === null ? {} : { processes }),
          wallMs,
          signal: machine.signal,
        })
        if (!opened.ok) throw problemOf(source, opened)
        await decided(session, opened.value, counts, kept)
        if (counts.inputs === 0)
          throw new Problem('policy-input-invalid', `${inputs} holds no input: a JSON document is needed on each line`)
        kept?.keep()
      } catch (error) {
        if (error instanceof ScanError) throw problemOf(source, { code: error.code, detail: error.message })
        throw error
      } finally {
        kept?.drop()
      }
      const document = {
        policies: { name: source, revision: side.revision, plan: side.plan },
        entrypoint,
        inputs: counts.inputs,
        outcomes: counts.outcomes,
        findings: counts.found,
        denied: { total: counts.denied, first: counts.first },
        out,
        duration_ms: machine.now() - began,
      }
      return {
        document,
        text: scanText(session, document),
        exit: options.flag('exitCode') && counts.denied > 0 ? 4 : 0,
      }
    },
  })
}

async function decided(session: Session, scan: InputScan, counts: Counts, kept: DecisionFile | null): Promise<void> {
  const tell = progressOf(session, scan)
  try {
    for await (const { line, evaluation } of scan) {
      counts.add(line, evaluation)
      kept?.add(line, evaluation)
      tell?.(false)
    }
  } finally {
    tell?.(true)
  }
}

function entrypointsOf(source: string, { plan }: BundleParts): string[] {
  try {
    return readPlan(plan).entrypoints.map(({ name }) => name)
  } catch (error) {
    throw new Problem(
      'policy-bundle-unreadable',
      `${source}: ${error instanceof Error ? error.message : 'it is no plan'}`,
    )
  }
}

function problemOf(source: string, { code, detail }: { readonly code: ScanCode; readonly detail: string }): Problem {
  const slugs: Readonly<Partial<Record<ScanCode, ProblemSlug>>> = {
    'policy-inputs-unreadable': 'policy-input-invalid',
    'policy-worker-failed': 'internal-error',
  }
  const slug = slugs[code]
  return slug === undefined
    ? new Problem('policy-bundle-unreadable', `${source}: ${detail}`)
    : new Problem(slug, detail)
}

class Counts {
  inputs = 0
  denied = 0
  readonly outcomes: Record<string, number> = Object.create(null) as Record<string, number>
  readonly first: Denied[] = []
  private readonly byPolicy = new Map<string, Found>()

  add(line: number, evaluation: Evaluation): void {
    this.inputs++
    const outcome = outcomeWord(evaluation)
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
    const violations = findingsOf(evaluation, 'violations')
    this.count(violations, 'violations')
    this.count(findingsOf(evaluation, 'warnings'), 'warnings')
    if (!isDenied(evaluation)) return
    this.denied++
    if (this.first.length >= SHOWN) return
    const reasons = evaluation.ok ? violations.map(({ message }) => message) : [evaluation.detail]
    this.first.push({ line, outcome, reasons })
  }

  /** What was found, most often first. */
  get found(): Found[] {
    return [...this.byPolicy.values()].toSorted(
      (a, b) => b.violations - a.violations || b.warnings - a.warnings || (a.policy < b.policy ? -1 : 1),
    )
  }

  private count(
    findings: readonly { readonly policy: string; readonly message: string }[],
    list: 'violations' | 'warnings',
  ): void {
    const said = new Set(findings.map(({ policy, message }) => (policy === '' ? message : policy)))
    const counted = new Set(
      [...said].map((name) => (this.byPolicy.has(name) || this.byPolicy.size < COUNTED ? name : OTHERS)),
    )
    for (const policy of counted) {
      const found = this.byPolicy.get(policy) ?? { policy, violations: 0, warnings: 0 }
      found[list]++
      this.byPolicy.set(policy, found)
    }
  }
}

function isSameFile(old: Stats, path: string): boolean {
  try {
    const { ino, dev } = statSync(path)
    return old.ino === ino && old.dev === dev
  } catch {
    // Whoever reads it says what is wrong with it.
    return false
  }
}

/** The decisions as they come, beside their place until all are there. `usage` where they cannot be written. */
class DecisionFile {
  private readonly path: string
  private readonly named: string
  private readonly partial: string
  private readonly descriptor: number
  private text = ''
  private isOpen = true
  private isKept = false

  constructor(path: string, named: string, inputs: string) {
    this.path = path
    this.named = named
    this.partial = `${path}.${process.pid}.partial`
    const old = this.tried(() => statSync(path, { throwIfNoEntry: false }))
    if (old?.isDirectory() === true) throw new Problem('usage', `--out ${named} is a folder; name a file in it`)
    if (old !== undefined && isSameFile(old, inputs))
      throw new Problem('usage', `--out ${named} is the file of the inputs; name another`)
    this.descriptor = this.tried(() => openSync(this.partial, 'wx'))
  }

  add(line: number, evaluation: Evaluation): void {
    const outcome = outcomeWord(evaluation)
    const said = evaluation.ok
      ? { decision: evaluation.result }
      : { refusal: { code: evaluation.code, detail: evaluation.detail } }
    this.text += `${JSON.stringify({ line, outcome, ...said })}\n`
    if (this.text.length >= WRITTEN_BYTES) this.write()
  }

  keep(): void {
    this.write()
    this.tried(() => {
      this.close()
      renameSync(this.partial, this.path)
      this.isKept = true
    })
  }

  /** Where it was not kept. */
  drop(): void {
    if (this.isOpen) this.close()
    if (!this.isKept) rmSync(this.partial, { force: true })
  }

  private write(): void {
    const bytes = Buffer.from(this.text)
    this.text = ''
    this.tried(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at)
    })
  }

  private close(): void {
    this.isOpen = false
    closeSync(this.descriptor)
  }

  private tried<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Problem(
        'usage',
        `--out ${this.named} cannot be written: ${why}; name a file in a folder that you may write`,
      )
    }
  }
}

/** Tells on a terminal how far it is; silent elsewhere. */
function progressOf({ host, json }: Session, scan: InputScan): ((end: boolean) => void) | null {
  if (!host.err.isTty || json) return null
  let last = host.now()
  return (end) => {
    if (end) host.err.write('\r\u001b[K')
    if (end || host.now() - last < 200) return
    last = host.now()
    host.err.write(`\r${Math.floor((scan.scannedBytes / scan.bytes) * 100)} % decided`)
  }
}

function scanText(
  { style, columns }: Session,
  document: {
    readonly inputs: number
    readonly outcomes: Readonly<Record<string, number>>
    readonly findings: readonly Found[]
    readonly denied: { readonly total: number; readonly first: readonly Denied[] }
    readonly out: string | null
  },
): string {
  const outcomes = Object.entries(document.outcomes).toSorted(([, a], [, b]) => b - a)
  const state = stateStyle(style)
  const counted = table(
    outcomes,
    [
      { header: 'Outcome', value: ([outcome]) => outcome, style: state },
      { header: 'Inputs', value: ([, count]) => count, right: true },
    ],
    { columns, style, empty: 'Nothing was decided' },
  )
  const found = table(
    document.findings.slice(0, 2 * SHOWN),
    [
      { header: 'Policy', value: ({ policy }) => policy, flex: true },
      { header: 'Denies', value: ({ violations }) => violations, right: true },
      { header: 'Warns', value: ({ warnings }) => warnings, right: true },
    ],
    { columns, style, empty: 'No policy found anything' },
  )
  const { total, first } = document.denied
  const denied = first.map(({ line, outcome, reasons }) => {
    const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : ''
    return `line ${line}  ${style.bad(cleanLine(outcome))}  ${shortened(reasons[0] ?? '')}${more}\n`
  })
  const rest = total > first.length ? `and ${total - first.length} more; --out keeps every decision\n` : ''
  return [
    `${document.inputs} inputs decided\n\n`,
    counted,
    document.findings.length === 0 ? '' : section('Findings', found, style),
    denied.length === 0 ? '' : section('Denied or without an answer', `${denied.join('')}${rest}`, style),
    document.out === null ? '' : `\nDecisions are in ${cleanLine(document.out)}\n`,
  ].join('')
}

function shortened(reason: string): string {
  const line = cleanLine(reason)
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
