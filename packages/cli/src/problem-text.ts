import { exitCode, isProblemSlug, Problem, PROBLEMS, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import { ProblemError } from '@gatehouse/client/problem-error'
import { CommanderError } from 'commander'
import { cleanLine, cleanLines } from './clean-text.ts'
import type { Style } from './style.ts'

/** What went wrong, in one shape whoever said it. */
export interface Refused {
  readonly slug: ProblemSlug
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly retryable: boolean
  readonly correlationId: string | null
  readonly extra: Readonly<Record<string, unknown>>
}

/** Shell convention: 128 + SIGINT. */
export const INTERRUPTED = 130

/** Turns anything thrown into a refusal. What we did not foresee is `internal-error`, told with its own words. */
export function refusedOf(error: unknown): Refused {
  if (error instanceof ProblemError) return error
  const own = (slug: ProblemSlug, detail: string, extra: Readonly<Record<string, unknown>> = {}): Refused => ({
    slug,
    ...PROBLEMS[slug],
    detail,
    extra,
    correlationId: null,
  })
  if (error instanceof Problem) return own(error.slug, error.message, error.extra)
  if (error instanceof CommanderError)
    return own('usage', `${error.message.replace(/^error: /, '')}; "--help" behind the command shows how it is written`)
  return own('internal-error', error instanceof Error ? error.message : String(error))
}

export function exitOf(refused: Refused): number {
  return exitCode(refused.slug)
}

/** The problem document (RFC 9457) of a refusal. */
export function refusedDocument(refused: Refused): Readonly<Record<string, unknown>> {
  return {
    ...refused.extra,
    type: `https://gatehouse.dev/problems/${refused.slug}`,
    title: refused.title,
    status: refused.status,
    detail: refused.detail,
    code: refused.slug,
    retryable: refused.retryable,
    ...(refused.correlationId === null ? {} : { instance: refused.correlationId }),
  }
}

/** For people: what happened, why, what else is known, what to do, and the id to ask about. */
export function refusedText(refused: Refused, style: Style): string {
  const detail = cleanLines(refused.detail)
  // What the user wrote is best answered at once, without a heading.
  const lines =
    refused.slug === 'usage'
      ? [`${style.bad('Error')}: ${detail.replaceAll('\n', '\n  ')} (usage)`]
      : [`${style.bad('Error')}: ${refused.title} (${refused.slug})`, indent(detail)]
  const missing = refused.extra['missing']
  if (Array.isArray(missing))
    for (const item of missing as unknown[])
      lines.push(`  ${style.waiting('missing')}  ${cleanLine(missingText(item))}`)
  const advice =
    ADVICE[refused.slug] ?? (refused.retryable && refused.slug !== 'not-running' ? 'Try again in a moment.' : undefined)
  if (advice !== undefined) lines.push(indent(advice))
  if (refused.correlationId !== null) lines.push(style.dim(`  correlation id ${cleanLine(refused.correlationId)}`))
  return `${lines.join('\n')}\n`
}

function missingText(item: unknown): string {
  if (typeof item === 'string') return item
  if (typeof item !== 'object' || item === null) return String(item)
  const { what, who, code } = item as Record<string, unknown>
  const said = typeof what === 'string' ? what : typeof code === 'string' ? code : JSON.stringify(item)
  return typeof who === 'string' && who !== '' ? `${said} (${who})` : said
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}

/** What to do, where the detail alone would leave one standing there. */
const ADVICE: { readonly [K in ProblemSlug]?: string } = {
  'token-missing': 'Log in: gatehouse login',
  'token-invalid': 'Log in with a token that is known there: gatehouse login',
  'intent-mismatch': 'Look at it as it is now: gatehouse proposal show <id>; then decide again.',
  'version-conflict': 'Read it again, then repeat your change.',
  'runbook-changed': 'Read it again: gatehouse runbook show <id>',
  'gate-closed': 'gatehouse proposal show <id> lists what is missing, and who can give it.',
  'internal-error': 'This is a fault of Gatehouse, not yours; please report it if it happens again.',
}

/** The problem of a state that a `--wait` ended in: its own slug where the server gave one, else `fallback`. */
export function endedBadly(
  reason: string | null,
  fallback: ProblemSlug,
  detail: string,
  extra: Record<string, unknown>,
): Problem {
  const slug = reason !== null && isProblemSlug(reason) ? reason : fallback
  return new Problem(
    slug,
    reason === null || reason === slug || detail.includes(reason) ? detail : `${detail} (${reason})`,
    extra,
  )
}
