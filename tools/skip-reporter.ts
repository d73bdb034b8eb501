import { readFileSync } from 'node:fs'
import type { Reporter, TestModule, TestCase } from 'vitest/node'

/**
 * Names every skipped test with its reason. With CI=true a skip fails the run unless `.ci/run` names it in a line
 * `# allowed-skip: <test name or its beginning>`.
 */
export default class SkipReporter implements Reporter {
  private skipped: { name: string; reason: string }[] = []

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'skipped') this.skipped.push({ name: test.fullName, reason: result.note ?? 'no reason given' })
  }

  onTestRunEnd(_modules: readonly TestModule[]): void {
    if (this.skipped.length === 0) return
    const lines = this.skipped.map((s) => `  skipped: ${s.name}: ${s.reason}`)
    process.stdout.write(`\n${lines.join('\n')}\n`)
    if (process.env['CI'] !== 'true') return
    const allowed = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8')
      .split('\n')
      .flatMap((line) => /^# allowed-skip: (.+)$/.exec(line)?.[1] ?? [])
    const refused = this.skipped.filter((s) => !allowed.some((a) => s.name.startsWith(a)))
    if (refused.length === 0) return
    process.stdout.write(`\n${refused.length} skipped under CI that .ci/run does not allow\n`)
    process.exitCode = 1
  }
}
