import { join } from 'node:path'
import { validationsFor, type Recipe, type RecipeValidation } from '@gatehouse/core/delivery/validations/recipe'
import { Problem } from '@gatehouse/core/kernel/problems'
import { materialize } from '@gatehouse/sandbox/base-layer'
import type { Envelope } from '@gatehouse/sandbox/envelope'
import { parseJunit } from '@gatehouse/sandbox/junit'
import { runCommands } from '@gatehouse/sandbox/sandbox'
import type { SandboxLimits } from '@gatehouse/sandbox/sandbox-request'
import type { TestReport, TestResult } from '@gatehouse/sandbox/test-report'
import type { Context } from '../../context.ts'
import type { RepositoryRow } from '../repositories/repository-reads.ts'
import { refusalProblem } from '../refusal.ts'
import { storable } from '../storable-text.ts'

const REPORT_MAX_BYTES = 16 * 1_048_576
export const SANDBOX_LIMITS: SandboxLimits = { memory_mb: 2048, pids: 512, disk_mb: 1024, output_bytes: 262_144 }

/** What running a recipe on one tree showed. JSON, since it is kept as a step's output. */
export interface RecipeRun {
  readonly envelopes: readonly Envelope[]
  readonly passed: boolean
  readonly tests: readonly TestResult[]
  /** What was wrong with the reports themselves: missing, unreadable, odd. */
  readonly report_problems: readonly string[]
}

/**
 * Runs every validation of the recipe that fits branch and environment on a tree, each in a throw-away workspace with no network. The
 * commands' exit codes are ours; the reports are what the code under test wrote. Problem isolation-unavailable.
 */
export async function runRecipe(
  context: Pick<Context, 'forge' | 'workFolder'>,
  repository: RepositoryRow,
  recipe: Recipe,
  target: { readonly branch: string; readonly environment: string; readonly tree: string },
  correlationId: string,
  signal: AbortSignal,
): Promise<RecipeRun> {
  const layer = await materialize(
    context.forge.repositoryFolder(repository.id),
    target.tree,
    join(context.workFolder, 'layers'),
  )
  if (!layer.ok) throw refusalProblem(layer)
  try {
    const parts: RecipeRun[] = []
    for (const validation of validationsFor(recipe, target.branch, target.environment)) {
      const part = await runOne(layer.folder, repository, validation, correlationId, signal)
      parts.push(part)
      if (!part.passed) break
    }
    return storable({
      envelopes: parts.flatMap((p) => p.envelopes),
      passed: parts.length > 0 && parts.every((p) => p.passed),
      tests: parts.flatMap((p) => p.tests),
      report_problems: parts.flatMap((p) => p.report_problems),
    })
  } finally {
    layer.release()
  }
}

async function runOne(
  base: string,
  repository: RepositoryRow,
  validation: RecipeValidation,
  correlationId: string,
  signal: AbortSignal,
): Promise<RecipeRun> {
  const result = await runCommands(
    {
      workspace: { base },
      // A report's folder has to be there for a runner that makes none.
      commands: validation.commands.map((c) => ({ name: c.name, argv: c.run, timeout_ms: c.timeout_seconds * 1000 })),
      limits: SANDBOX_LIMITS,
      keep: validation.reports.map((r) => ({ path: r.path, max_bytes: REPORT_MAX_BYTES })),
      isolation: repository.settings.isolation === 'none' ? 'none-allowed' : 'required',
      env: { CI: 'true', NODE_ENV: 'test', GATEHOUSE_CORRELATION_ID: correlationId },
    },
    { signal },
  )
  if (!result.ok) {
    if (result.code === 'sandbox-aborted') signal.throwIfAborted()
    throw result.code === 'isolation-unavailable'
      ? new Problem('isolation-unavailable', result.detail)
      : refusalProblem(result)
  }
  const report_problems: string[] = []
  const reports: TestReport[] = []
  for (const wanted of validation.reports) {
    const kept = result.kept.find((k) => k.path === wanted.path)
    const parsed = kept && parseJunit(kept.content)
    if (!kept) report_problems.push(`${wanted.path}: ${missing(result.envelope, wanted.path)}`)
    else if (parsed && !parsed.ok) report_problems.push(`${wanted.path}: ${parsed.detail}`)
    else if (parsed?.ok) {
      reports.push(parsed.report)
      if (parsed.report.tests.length === 0) report_problems.push(`${wanted.path}: the report counts 0 tests`)
      report_problems.push(...parsed.report.problems.map((p) => `${wanted.path}: ${p}`))
    }
  }
  const tests = reports.flatMap((r) => r.tests)
  const whole = reports.length === validation.reports.length
  const passed = result.passed && whole && !tests.some((t) => t.status === 'failed' || t.status === 'errored')
  return { envelopes: [result.envelope], passed, tests, report_problems }
}

function missing(envelope: Envelope, path: string): string {
  const file = envelope.files.find((f) => f.path === path)
  return file && 'problem' in file ? `the report is ${file.problem}` : 'the report is missing'
}
