import { afterEach, expect, test } from 'vitest'
import type { CommandResult, RunDetail } from '@gatehouse/client/operations.gen'
import { closeAll, run, testApi } from '../../test-host.ts'
import { RUN_ID, sampleRun } from '../../test-samples.ts'

afterEach(closeAll)

const stream = (text: string, dropped = 0) => ({ text, bytes: text.length + dropped, dropped })

function detail(more: Partial<CommandResult> = {}, missing: string | null = null): RunDetail {
  const command: CommandResult = {
    name: 'codemod',
    argv: ['sh', '-c', 'codemod \u001b[2J'],
    exit_code: 3,
    signal: null,
    timed_out: false,
    duration_ms: 12.4,
    stdout: stream('changed 3 files\n'),
    stderr: stream(''),
    ...more,
  }
  const commands = missing === null ? [command] : []
  return { ...sampleRun(), commands, envelope_digest: 'a'.repeat(64), output_missing: missing }
}

test("a run is shown with the end of what the agent's command printed, and --json gives all that was kept", async () => {
  const long = Array.from({ length: 500 }, (_, i) => `line ${i}`).join('\n')
  const document = detail({ stdout: stream(long, 900), stderr: stream('a warning\n') })
  const api = await testApi({ runShow: () => ({ json: document }) })
  const { stdout, code } = await run(['run', 'show', RUN_ID], api)
  expect(code).toBe(0)
  expect(stdout()).toContain('exit 3 after 12 ms')
  expect(stdout()).toContain('  | line 499\n')
  expect(stdout()).not.toContain('  | line 100\n')
  expect(stdout()).toMatch(/\d+ characters before this are not printed; --json has them/)
  expect(stdout()).toContain('(900 bytes were left out)')
  expect(stdout()).toContain('  stderr\n  | a warning\n')
  expect(stdout().length).toBeLessThan(20_000)
  const json = await run(['run', 'show', RUN_ID, '--json'], api)
  expect((JSON.parse(json.stdout()) as RunDetail).commands[0]?.stdout.text).toBe(long)
})

test('what an agent printed cannot act on the terminal', async () => {
  const hostile = 'red \u001b[31mtext\u001b[0m \u001b]0;title\u0007 and \u202e back\r\nnext'
  const api = await testApi({ runShow: () => ({ json: detail({ stdout: stream(hostile) }) }) })
  const { stdout } = await run(['run', 'show', RUN_ID], api)
  // oxlint-disable-next-line no-control-regex -- that none is left is what is tested
  expect(stdout()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  expect(stdout()).toContain('  | red text  and  back\n  | next\n')
})

test('one endless line is cut too', async () => {
  const api = await testApi({ runShow: () => ({ json: detail({ stdout: stream('x'.repeat(200_000)) }) }) })
  expect((await run(['run', 'show', RUN_ID], api)).stdout().length).toBeLessThan(12_000)
})

test('where the output is gone, that is said', async () => {
  const api = await testApi({ runShow: () => ({ json: detail({}, 'the content was purged at noon') }) })
  expect((await run(['run', 'show', RUN_ID], api)).stdout()).toContain('not shown: the content was purged at noon')
})
