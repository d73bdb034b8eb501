/** The process that reads and judges for the server, so that a long call blocks nothing and can be ended. One order at a time, over the pipe of `fork`. */
import { speakSchemaWords } from '@gatehouse/core/kernel/schema-words'
import { Problem } from '@gatehouse/core/kernel/problems'
import { coverageWork } from './coverage-work.ts'
import { evidenceWork } from './evidence-work.ts'
import { lintWork } from './lint-work.ts'
import { modelLine } from './model-text.ts'
import { modelsWork, modelWork, type ModelInput } from './model-work.ts'
import type { CoverageInput, EvidenceInput, LintInput, TraceInput } from './tool-inputs.ts'
import { ToolRefusal } from './tool-refusal.ts'
import { traceWork } from './trace-work.ts'
import type { WorkAnswer, WorkMessage, WorkNote, WorkOrder } from './work-order.ts'

function work({ tool, root, scope, input }: WorkOrder, note: (note: WorkNote) => void): Promise<WorkAnswer> {
  switch (tool) {
    case 'spec_lint':
      return lintWork(root, scope, input as LintInput)
    case 'spec_evidence':
      return evidenceWork(root, scope, input as EvidenceInput, note)
    case 'spec_trace':
      return traceWork(root, scope, input as TraceInput, note)
    case 'spec_coverage':
      return coverageWork(root, scope, input as CoverageInput)
    case 'spec_models':
      return modelsWork(root, scope)
    case 'spec_model':
      return modelWork(root, scope, input as ModelInput)
  }
}

async function answerTo(order: WorkOrder, note: (note: WorkNote) => void): Promise<WorkAnswer> {
  try {
    return await work(order, note)
  } catch (error) {
    const refuse = (code: string, detail: string): WorkAnswer => ({
      ok: false,
      code,
      detail: modelLine(detail).slice(0, 2000),
    })
    if (error instanceof ToolRefusal) return refuse(error.code, error.message)
    if (error instanceof Problem) return refuse(error.slug, error.message)
    // What nobody foresaw is told whole to the person at the server, and to the model only that it was.
    process.stderr.write(
      `${order.tool} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return refuse('internal-error', 'Gatehouse broke; its standard error says where. Ask a person to report it')
  }
}

function send(message: WorkMessage): void {
  process.send?.(message)
}

speakSchemaWords()
process.on('disconnect', () => {
  // The server is gone, however it went: with us goes what we started. We lead our group, but on Windows.
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  process.exit()
})
process.on('message', (message: { readonly id: number; readonly order: WorkOrder }) => {
  const { id, order } = message
  const note = (told: WorkNote) => send({ id, note: told })
  note({ text: 'reading specifications' })
  void answerTo(order, note).then((answer) => send({ id, answer }))
})
