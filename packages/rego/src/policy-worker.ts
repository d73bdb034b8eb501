import { parentPort, workerData } from 'node:worker_threads'
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { EvaluateOptions, Evaluation } from './evaluation.ts'
import { loadEvaluator, type BundleParts, type LoadCode } from './evaluator.ts'

/** What the pool asks of this thread. */
export interface WorkerRequest {
  readonly id: number
  readonly entrypoint: string
  readonly input: Json
  readonly options: EvaluateOptions
}

/** What this thread says: once how loading went, then an answer for each request. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: LoadCode; readonly detail: string }
  | { readonly kind: 'answer'; readonly id: number; readonly evaluation: Evaluation }

const port = parentPort
if (port === null) throw new Error('policy-worker.ts is started by the pool of worker-evaluator.ts')

const say = (reply: WorkerReply): void => port.postMessage(reply)
const loaded = await loadEvaluator(workerData as BundleParts)
if (loaded.ok) {
  const policy = loaded.value
  port.on('message', (request: WorkerRequest) => {
    const evaluation = policy.evaluate(request.entrypoint, request.input, request.options)
    say({ kind: 'answer', id: request.id, evaluation })
  })
  say({ kind: 'ready' })
} else say({ kind: 'refused', code: loaded.code, detail: loaded.detail })
