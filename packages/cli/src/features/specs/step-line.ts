import type { EvidenceProgress } from '@gatehouse/evidence/project-evidence'
import type { Session } from '../../command.ts'

export interface StepLine {
  readonly at: (progress: EvidenceProgress) => void
  /** Takes the line away. */
  readonly end: () => void
}

/** Which step long work is at: one line on the terminal that each step writes over. Nothing with --json, or where nobody sits at standard error. */
export function stepLine({ host: { err, env }, json, errStyle }: Session): StepLine {
  if (json || !err.isTty || env['TERM'] === 'dumb') return { at: () => undefined, end: () => undefined }
  const clear = '\r\u001b[K'
  return {
    at: ({ done, total, step }) => err.write(`${clear}${errStyle.dim(`${step} (${done + 1} of ${total})`)}`),
    end: () => err.write(clear),
  }
}
