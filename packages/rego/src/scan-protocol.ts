import type { EvaluateOptions, LoadCode } from './rego.ts'

/** What a scan says to a process of its own: first what decides, then one range of lines after another. */
export type ScanRequest =
  | {
      readonly kind: 'load'
      /** `BundleParts` as JSON. */
      readonly parts: string
      readonly entrypoint: string
      readonly limits: EvaluateOptions
      readonly maxLineBytes: number
    }
  | {
      readonly kind: 'range'
      /** Bytes of the file: lines that begin from here on and before there. */
      readonly from: number
      readonly to: number
      /** Lines of the range that are answered already. */
      readonly skip: number
      /** Tell each answer before the next line is decided. */
      readonly single: boolean
    }

/** What the process says. */
export type ScanReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: LoadCode | 'unknown-entrypoint'; readonly detail: string }
  | {
      readonly kind: 'answers'
      /** How many. */
      readonly lines: number
      /** An `Evaluation` as JSON for each line, in order, and nothing for a line that holds nothing; between them ends of lines. */
      readonly text: string
      /** Whether the range is answered. */
      readonly end: boolean
    }
  | { readonly kind: 'unreadable'; readonly detail: string }

/** The descriptor by which the process has the file. */
export const SCANNED = 4
