import { readFileSync } from 'node:fs'
import type { Reporter, TestCase } from 'vitest/node'

/**
 * Names every skipped test with its reason and counts at the end. With CI=true a skip fails the run unless `.ci/run` names it in a line
 * `# allowed-skip: <test name or its beginning>`.
 */
export default class SkipReporter implements Reporter {
  private passed = 0
  private failed = 0
  private readonly skipped: { readonly name: string; readonly reason: string }[] = []

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'passed') this.passed++
    if (result.state === 'failed') this.failed++
    if (result.state === 'skipped') this.skipped.push({ name: test.fullName, reason: result.note ?? 'no reason given' })
  }

  onTestRunEnd(): void {
    for (const { name, reason } of this.skipped) process.stdout.write(`  skipped: ${name}: ${reason}\n`)
    if (process.env['CI'] === 'true') {
      const allowed = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8')
        .split('\n')
        .flatMap((line) => /^# allowed-skip: (.+)$/.exec(line)?.[1] ?? [])
      const refused = this.skipped.filter((s) => !allowed.some((a) => s.name.startsWith(a)))
      if (refused.length > 0) {
        process.stdout.write(`${refused.length} skipped under CI=true that .ci/run does not allow\n`)
        process.exitCode = 1
      }
    }
    process.stdout.write(`${this.passed} passed, ${this.failed} failed, ${this.skipped.length} skipped\n`)
  }
}
