import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { SEVERITIES, type Severity } from '@gatehouse/core/specs/lint/rules'
import { cleanLine } from '../../clean-text.ts'
import type { Style } from '../../style.ts'

export type Counts = Readonly<Record<Severity, number>>

export function countOf(findings: readonly Finding[]): Counts {
  const of = (severity: Severity) => findings.filter((f) => f.severity === severity).length
  return { error: of('error'), warning: of('warning'), note: of('note') }
}

/** How many findings of one rule in one file are told one by one; the rest is counted. */
const SHOWN = { error: 5, warning: 3, note: 1 } as const

export interface TextWish {
  readonly style: Style
  /** All of them, one by one. */
  readonly all: boolean
  /** A path as the user would name it. */
  readonly shown: (path: string) => string
}

/** Findings by file: place, severity, message, rule, and what to do, once for each rule of a file. */
export function findingsText(findings: readonly Finding[], { style, all, shown }: TextWish): string {
  const byPath = Map.groupBy(findings, (f) => f.place.path)
  const parts: string[] = []
  for (const [path, list] of byPath) {
    const lines = [style.bold(cleanLine(shown(path)))]
    const byRule = Map.groupBy(list, (f) => f.rule)
    const told = new Set<Finding>()
    for (const same of byRule.values())
      for (const f of all ? same : same.slice(0, SHOWN[same[0]?.severity ?? 'note'])) told.add(f)
    const width = Math.max(...[...told].map((f) => whereOf(f).length))
    const explained = new Set<string>()
    for (const finding of told) {
      const { rule, severity, message, fix } = finding
      lines.push(
        `  ${style.dim(whereOf(finding).padStart(width))}  ${coloured(style, severity)}  ${cleanLine(message)}  ${style.dim(rule)}`,
      )
      // What differs from place to place is told each time.
      if (!explained.has(`${rule} ${fix}`))
        lines.push(`  ${' '.repeat(width)}           ${style.good('fix:')} ${cleanLine(fix)}`)
      explained.add(`${rule} ${fix}`)
      const same = byRule.get(rule) ?? []
      const rest = same.length - same.filter((f) => told.has(f)).length
      const isLast = same.filter((f) => told.has(f)).at(-1) === finding
      if (isLast && rest > 0)
        lines.push(
          `  ${' '.repeat(width)}           ${style.dim(`and ${rest} more of ${rule}${linesOf(same.filter((f) => !told.has(f)))}`)}`,
        )
    }
    parts.push(`${lines.join('\n')}\n`)
  }
  return parts.join('\n')
}

function whereOf({ place }: Finding): string {
  return `${place.line}:${place.column}`
}

function linesOf(findings: readonly Finding[]): string {
  const numbers = findings.slice(0, 8).map((f) => f.place.line)
  return `, line ${numbers.join(', ')}${findings.length > 8 ? ' ...' : ''}`
}

function coloured(style: Style, severity: Severity): string {
  const word = severity.padEnd(7)
  if (severity === 'error') return style.bad(word)
  return severity === 'warning' ? style.waiting(word) : style.dim(word)
}

/** `2 errors, 1 warning` or `No findings`. */
export function countsText(counts: Counts): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const n = counts[severity]
    return n === 0 ? [] : [`${n} ${severity}${n === 1 ? '' : 's'}`]
  })
  return parts.length === 0 ? 'No findings' : parts.join(', ')
}
