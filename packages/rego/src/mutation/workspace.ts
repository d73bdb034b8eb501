import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { runOpa, type Opa } from '../opa-command.ts'
import { ignoreOptions, readPolicyFile, type PolicyFolder } from '../policy-folder.ts'
import { readTarGz } from '../tar-archive.ts'
import { makeFolder } from '../folder-make.ts'

/** What OPA says of a mutant when it runs the tests on it. */
export type OpaVerdict =
  | { readonly end: 'passed' | 'failed' | 'timeout' }
  | { readonly end: 'invalid'; readonly message: string }

export interface CompileError {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface OpaTests {
  /** Each once, by its package and name: `data.a.test_b`. */
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

const MAX_ERRORS = '100000'

/** A copy of a policy folder in which files are changed and OPA is run. Removed by `close`. */
export class Workspace {
  readonly folder: PolicyFolder
  private readonly root: string
  private readonly opa: Opa
  private readonly signal: AbortSignal

  constructor(folder: PolicyFolder, opa: Opa, signal: AbortSignal, change: (source: string) => string = (s) => s) {
    this.folder = folder
    this.opa = opa
    this.signal = signal
    this.root = mkdtempSync(join(tmpdir(), 'gatehouse-mutation-'))
    for (const file of [...folder.policies, ...folder.tests]) this.write(file, change(readPolicyFile(folder, file)))
    for (const file of folder.data) this.write(file, readFileSync(join(folder.root, file)))
  }

  write(file: string, content: string | Uint8Array): void {
    const path = join(this.root, file)
    makeFolder(dirname(path))
    writeFileSync(path, content)
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  private run(args: readonly string[], timeoutMs: number) {
    return runOpa(this.opa.path, args, { cwd: this.root, timeoutMs, signal: this.signal })
  }

  private get inputs(): readonly string[] {
    return [...ignoreOptions(this.folder), ...this.folder.all]
  }

  /** What does not compile; empty where everything does. */
  async check(): Promise<Result<CompileError[], 'opa-failed'>> {
    const args = ['check', '--format', 'json', '--max-errors', MAX_ERRORS, ...this.inputs]
    const said = await this.run(args, 300_000)
    if (!said.ok) return said
    if (said.value.exit === 0) return ok([])
    const errors = compileErrors(said.value.stderr || said.value.stdout)
    return errors.length > 0 ? ok(errors) : refuse('opa-failed', `opa check failed: ${firstLine(said.value.stderr)}`)
  }

  /** The plan of these entrypoints with its data. Null where OPA cannot make one. `options` are further ones of `opa build`. */
  async plan(
    entrypoints: readonly string[],
    options: readonly string[] = [],
  ): Promise<Result<{ plan: unknown; data: Json } | null, 'opa-failed'>> {
    const output = join(this.root, '.plan.tar.gz')
    const named = entrypoints.flatMap((name) => ['--entrypoint', name])
    const args = ['build', '--target', 'plan', '--output', output, ...options, ...named]
    const said = await this.run([...args, ...this.inputs], 300_000)
    if (!said.ok) return said
    if (said.value.exit !== 0) return ok(null)
    const files = readTarGz(readFileSync(output))
    const json = (name: string) => JSON.parse(files.get(name)?.toString('utf8') ?? 'null') as Json
    return ok({ plan: json('plan.json'), data: json('data.json') ?? {} })
  }

  /** Runs all tests with OPA. */
  async tests(): Promise<Result<OpaTests, 'opa-failed'>> {
    const said = await this.run(['test', '--format', 'json', ...this.inputs], 600_000)
    if (!said.ok) return said
    const results = testResults(said.value.stdout)
    if (results === null)
      return refuse('opa-failed', `opa test failed: ${firstLine(said.value.stderr || said.value.stdout)}`)
    const names = (wanted: boolean) => [
      ...new Set(
        results
          .filter((r) => !r.skip && (r.fail !== true && r.error === undefined) === wanted)
          .map((r) => `${r.package}.${r.name}`),
      ),
    ]
    return ok({ passed: names(true), failed: names(false) })
  }

  /** Whether a changed file compiles: OPA's first word against it, or null. The file is put back. */
  async refusal(file: string, source: string, original: string): Promise<Result<string | null, 'opa-failed'>> {
    this.write(file, source)
    const errors = await this.check()
    this.write(file, original)
    return errors.ok ? ok(errors.value[0]?.message ?? null) : errors
  }

  /** What OPA's tests say of a changed file. The file is put back. */
  async verdict(file: string, source: string, original: string, timeoutMs: number): Promise<OpaVerdict> {
    this.write(file, source)
    const said = await this.run(['test', '--format', 'json', ...this.inputs], timeoutMs)
    this.write(file, original)
    if (!said.ok) return { end: 'timeout' }
    if (said.value.exit === 0) return { end: 'passed' }
    const results = testResults(said.value.stdout)
    if (results !== null) {
      const cancelled = results.some((r) => JSON.stringify(r.error ?? '').includes('eval_cancel_error'))
      return { end: cancelled ? 'timeout' : 'failed' }
    }
    return { end: 'invalid', message: firstLine(said.value.stderr || said.value.stdout) }
  }
}

interface TestResult {
  readonly package: string
  readonly name: string
  readonly fail?: boolean
  readonly skip?: boolean
  readonly error?: unknown
}

function testResults(stdout: string): readonly TestResult[] | null {
  try {
    const value = JSON.parse(stdout) as unknown
    return Array.isArray(value) ? (value as TestResult[]) : null
  } catch {
    return null
  }
}

function compileErrors(stdout: string): CompileError[] {
  try {
    const { errors = [] } = JSON.parse(stdout) as {
      errors?: { message?: string; location?: { file?: string; row?: number } }[]
    }
    return errors.map(({ message, location }) => ({
      file: location?.file ?? '',
      line: location?.row ?? 0,
      message: message ?? '',
    }))
  } catch {
    return []
  }
}

function firstLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim() !== '') ?? ''
  return line.replace(/^\d+ errors? occurred(?: during loading)?: /, '').slice(0, 300)
}
