import { createHash } from 'node:crypto'

/** A finding as every CI shows one: lines and columns count from 1, the path is from the top of the repository. */
export interface CiFinding {
  readonly rule: string
  readonly level: 'error' | 'warning' | 'note'
  readonly message: string
  readonly path: string
  readonly line: number
  readonly column: number | null
  readonly endLine: number | null
  /** The same for the same finding at another line: 32 hex digits. */
  readonly fingerprint: string
}

/** What `gatehouse spec lint --format sarif` prints, as far as it is read here. */
export interface SarifLog {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string
      readonly level: CiFinding['level']
      readonly message: { readonly text: string }
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string }
          readonly region: { readonly startLine: number; readonly startColumn: number; readonly endLine: number }
        }
      }[]
      readonly partialFingerprints: Readonly<Record<string, string>>
    }[]
  }[]
}

/** What `gatehouse spec evidence --format json` prints, as far as it is read here. */
export interface EvidenceDocument {
  readonly counts: Readonly<Record<Verdict | 'ticked' | 'nothing_named', number>>
  readonly repository: { readonly cut: boolean } | null
  readonly notes: readonly string[]
  readonly features: readonly {
    readonly tasks: readonly {
      readonly id: string | null
      readonly text: string
      readonly path: string
      readonly line: number
      readonly verdict: Verdict
      readonly lookable: boolean
      readonly evidence: readonly { readonly found: string; readonly text: string }[]
      readonly caveats: readonly string[]
    }[]
  }[]
}

export type Verdict = 'contradicted' | 'unshown' | 'partly' | 'shown'

/** The worst first, else as they came. */
export function worstFirst(findings: readonly CiFinding[]): CiFinding[] {
  const order = ['error', 'warning', 'note']
  return findings.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
}

/** The findings of a SARIF log of ours. */
export function lintFindings(log: SarifLog): CiFinding[] {
  return log.runs.flatMap(({ results }) =>
    results.flatMap(({ ruleId, level, message, locations, partialFingerprints }) => {
      const place = locations[0]?.physicalLocation
      if (!place) return []
      return [
        {
          rule: ruleId,
          level,
          message: message.text,
          path: decodeURIComponent(place.artifactLocation.uri),
          line: place.region.startLine,
          column: place.region.startColumn,
          endLine: place.region.endLine,
          fingerprint: partialFingerprints['gatehouseSpec/v1'] ?? '',
        },
      ]
    }),
  )
}

const LEVELS: Readonly<Record<Verdict, CiFinding['level'] | null>> = {
  contradicted: 'error',
  unshown: 'warning',
  partly: 'note',
  shown: null,
}

/** Ticked tasks that are not shown to be done. A task that names nothing to look for says nothing, and is left out. */
export function evidenceFindings({ features }: EvidenceDocument): CiFinding[] {
  const seen = new Map<string, number>()
  return features.flatMap(({ tasks }) =>
    tasks.flatMap((task) => {
      const level = LEVELS[task.verdict]
      if (level === null || (task.verdict === 'unshown' && !task.lookable)) return []
      const name = task.id ?? `"${oneLine(task.text)}"`
      const against = task.evidence.filter(({ found }) => found === 'against' || found === 'no').map(({ text }) => text)
      const why = against.length === 0 ? '' : `: ${against.map(oneLine).join('; ')}`
      const doubt = task.caveats.length === 0 ? '' : ` Wrong where ${task.caveats.map(oneLine).join('; ')}.`
      const known = `phantom-completion\n${task.path}\n${task.id ?? ''}\n${task.text}`
      const times = seen.get(known) ?? 0
      seen.set(known, times + 1)
      return [
        {
          rule: 'phantom-completion',
          level,
          message: `${name} is ticked, and ${task.verdict === 'partly' ? 'only partly shown' : task.verdict}${why}.${doubt}`,
          path: task.path,
          line: task.line,
          column: null,
          endLine: null,
          fingerprint: createHash('sha256').update(`${known}\n${times}`).digest('hex').slice(0, 32),
        },
      ]
    }),
  )
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
