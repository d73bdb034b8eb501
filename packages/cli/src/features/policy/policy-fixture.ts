import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'vitest'
import { findOpa } from '../../../../../tools/opa.ts'
import { runProgram } from '../../program.ts'
import { testHost } from '../../test-host.ts'

/** For tests: `gatehouse policy ...` in a folder, with OPA or without. */
const opa = findOpa()

/** As there is none. */
export const NO_OPA = { PATH: '/nowhere', GATEHOUSE_TOOLS_CACHE: '/nowhere' }

export interface Ran {
  readonly code: number
  readonly out: string
  /** With --json: what was answered, or the problem. */
  readonly document: Readonly<Record<string, unknown>>
}

/** Writes files below a folder. */
export function putFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** OPA by setting; the test is skipped where it is not to be had. */
export function opaEnv(ctx: TestContext): Record<string, string> {
  if (!opa.ok) ctx.skip(opa.reason)
  return opa.ok ? { GATEHOUSE_OPA: opa.path } : {}
}

/** `gatehouse policy ...` from a folder; without a test's context there is no OPA. */
export async function runPolicy(ctx: TestContext | null, folder: string, argv: readonly string[]): Promise<Ran> {
  const host = testHost({ env: ctx === null ? NO_OPA : opaEnv(ctx) })
  const code = await runProgram(['policy', ...argv], { ...host, cwd: folder, home: folder })
  const out = host.stdout() === '' ? host.stderr() : host.stdout()
  return { code, out, document: argv.includes('--json') ? (JSON.parse(out) as Ran['document']) : {} }
}
