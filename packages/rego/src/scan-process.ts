import { isUtf8 } from 'node:buffer'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { refuse } from '@gatehouse/core/kernel/result'
import { messageOf, unknownEntrypoint, type Evaluation } from './evaluation.ts'
import { loadEvaluator, type BundleParts } from './evaluator.ts'
import { linesBetween } from './file-lines.ts'
import { SCANNED, type ScanReply, type ScanRequest } from './scan-protocol.ts'

/** A process of a scan (`input-scan.ts` starts it): decides the lines that it is told to. */
const BATCH_LENGTH = 256 * 1024
const BATCH_MS = 200

type Scanned = (line: Buffer | null) => string

/** Resolves when it is on its way: what is told before the next line survives the end of this process. */
async function say(reply: ScanReply): Promise<void> {
  await new Promise<void>((resolve) => {
    process.send?.(reply, undefined, undefined, () => resolve())
  })
}

async function loaded(request: ScanRequest & { kind: 'load' }): Promise<Scanned | null> {
  const { parts, entrypoint, limits, maxLineBytes } = request
  const bundle = await loadEvaluator(JSON.parse(parts) as BundleParts)
  if (!bundle.ok) {
    await say({ kind: 'refused', code: bundle.code, detail: bundle.detail })
    return null
  }
  const policy = bundle.value
  if (!policy.entrypoints.includes(entrypoint)) {
    const { detail } = unknownEntrypoint(entrypoint, policy.entrypoints)
    await say({ kind: 'refused', code: 'unknown-entrypoint', detail })
    return null
  }
  const decided = (line: Buffer | null): Evaluation => {
    if (line === null) return invalid(`The line is longer than ${maxLineBytes} bytes.`)
    if (!isUtf8(line)) return invalid('The line is not UTF-8.')
    let input: Json
    try {
      input = JSON.parse(line.toString('utf8')) as Json
    } catch (error) {
      return invalid(`The line is no JSON: ${messageOf(error)}.`)
    }
    return policy.evaluate(entrypoint, input, limits)
  }
  await say({ kind: 'ready' })
  return (line) => (line !== null && isBlank(line) ? '' : JSON.stringify(decided(line)))
}

function invalid(detail: string): Evaluation {
  return refuse('invalid-policy-input', detail)
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13)
}

async function range(
  { from, to, skip, single }: ScanRequest & { kind: 'range' },
  most: number,
  scanned: Scanned,
): Promise<void> {
  let text = ''
  let lines = 0
  let told = performance.now()
  let passed = 0
  for (const line of linesBetween(SCANNED, from, to, most)) {
    if (passed++ < skip) continue
    text += lines === 0 ? scanned(line) : `\n${scanned(line)}`
    lines++
    if (!single && text.length < BATCH_LENGTH && performance.now() - told < BATCH_MS) continue
    await say({ kind: 'answers', lines, text, end: false })
    text = ''
    lines = 0
    told = performance.now()
  }
  await say({ kind: 'answers', lines, text, end: true })
}

let scanned: Scanned | null = null
let most = 0

async function answered(request: ScanRequest): Promise<void> {
  if (request.kind === 'load') {
    most = request.maxLineBytes
    scanned = await loaded(request)
  } else if (scanned !== null) await range(request, most, scanned)
}

// Without its scan it has nothing to do.
process.on('disconnect', () => process.exit())
process.on('message', (request: ScanRequest) => {
  answered(request).catch((error: unknown) => say({ kind: 'unreadable', detail: messageOf(error) }))
})
