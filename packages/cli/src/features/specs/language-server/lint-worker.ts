import { parentPort } from 'node:worker_threads'
import { Linter, type LintJob } from './lint-run.ts'

/** What comes back for a job: its result, or why there is none. */
export type LintReply =
  | { readonly ok: true; readonly result: ReturnType<Linter['run']> }
  | { readonly ok: false; readonly seq: number; readonly detail: string }

const linter = new Linter()

parentPort?.on('message', (job: LintJob) => {
  let reply: LintReply
  try {
    reply = { ok: true, result: linter.run(job) }
  } catch (error) {
    reply = { ok: false, seq: job.seq, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(reply)
})
