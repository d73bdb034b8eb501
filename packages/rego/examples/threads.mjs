// Decisions in threads that are killed when they take too long. Run: node examples/threads.mjs
/* oxlint-disable no-console -- it prints what it shows */
import { fileURLToPath } from 'node:url'
import { readBundleFolder } from '@gatehouse/rego/bundle-folder'
import { WorkerEvaluator } from '@gatehouse/rego/worker-evaluator'

const bundle = readBundleFolder(fileURLToPath(new URL('bundle', import.meta.url)))
if (!bundle.ok) throw new Error(bundle.detail)
const opened = await WorkerEvaluator.open(bundle.value, { threads: 2, wallMs: 1000 })
if (!opened.ok) throw new Error(opened.detail)
const at = '2026-12-01T09:00:00.000Z'
const answers = await Promise.all(
  ['staging', 'production'].map((environment) =>
    opened.value.evaluate('release/decision', { environment, tests_passed: true, approvals: 0, at }),
  ),
)
for (const answer of answers) console.log(answer.ok ? JSON.stringify(answer.result) : `denied: ${answer.code}`)
await opened.value.close()
