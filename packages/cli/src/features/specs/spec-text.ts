import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { SEVERITIES, type Severity } from '@gatehouse/core/specs/lint/rules'
import { cleanLine } from '../../clean-text.ts'
import type { Style } from '../../style.ts'

export type Counts = Readonly<Record<Severity, number>>

/** How many findings of one rule in one file are told one by one; the rest is counted. */
const SHOWN = { error: 5, warning: 3, note: 1 } as const

export interface TextWish {
  readonly style: Style
  /** All of them, one by one. */
  readonly all: boolean
  /** A path as the user would name it. */
  readonly shown: (path: string) => string
}

/** Findings, given by file: place, severity, message, rule, and what to do, once for each rule of a file. A file at a time, a blank line between two. */
export function* findingsText(findings: Iterable<Finding>, wish: TextWish): Generator<string> {
  let list: Finding[] = []
  let isFirst = true
  for (const finding of findings) {
    if (list.length > 0 && list[0]?.place.path !== finding.place.path) {
      yield `${isFirst ? '' : '\n'}${fileText(list, wish)}`
      isFirst = false
      list = []
    }
    list.push(finding)
  }
  if (list.length > 0) yield `${isFirst ? '' : '\n'}${fileText(list, wish)}`
}

function fileText(list: readonly Finding[], { style, all, shown: shownPath }: TextWish): string {
  const lines = [style.bold(cleanLine(shownPath(list[0]?.place.path ?? '')))]
  const groups = [...Map.groupBy(list, (f) => f.rule).values()].map((same) => {
    const count = all ? same.length : SHOWN[same[0]?.severity ?? 'note']
    return { shown: same.slice(0, count), rest: same.slice(count) }
  })
  const width = groups.reduce((most, group) => group.shown.reduce((m, f) => Math.max(m, whereOf(f).length), most), 0)
  const indent = `  ${' '.repeat(width)}           `
  const explained = new Set<string>()
  for (const group of groups) {
    for (const finding of group.shown) {
      const { rule, severity, message, fix } = finding
      lines.push(
        `  ${style.dim(whereOf(finding).padStart(width))}  ${coloured(style, severity)}  ${cleanLine(message)}  ${style.dim(rule)}`,
      )
      // What differs from place to place is told each time.
      if (!explained.has(`${rule} ${fix}`)) lines.push(`${indent}${style.good('fix:')} ${cleanLine(fix)}`)
      explained.add(`${rule} ${fix}`)
    }
    const { rest } = group
    if (rest.length > 0)
      lines.push(`${indent}${style.dim(`and ${rest.length} more of ${rest[0]?.rule ?? ''}${linesOf(rest)}`)}`)
  }
  return `${lines.join('\n')}\n`
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
