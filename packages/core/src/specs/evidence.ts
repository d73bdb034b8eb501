import {
  gradeFile,
  gradeSymbol,
  gradeTest,
  type FileFact,
  type Graded,
  type SymbolFact,
  type TestFact,
} from './evidence-grades.ts'

/** From the worst to the best. */
export const VERDICTS = ['contradicted', 'unshown', 'partly', 'shown'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface CommitRef {
  readonly id: string
  /** Place in the history: a later commit has a higher one. */
  readonly order: number
  /** First line of its message: other people's words. */
  readonly subject: string
}

/** A commit whose message names the task. Words: only what it changed counts, and that only where the task names nothing to look for. */
export interface MentionFact {
  readonly commit: CommitRef
  /** What makes sure that this task is meant; null where another task of this id may be. */
  readonly by: 'feature-named' | 'feature-folder' | 'named-file' | 'only-one' | null
  /** How many files it changed that are no specification. */
  readonly changed: number
}

/** What the repository can tell at all. */
export interface Ground {
  /** `cut`: a shallow or partial clone, or a limit. `none`: no repository. */
  readonly history: 'whole' | 'cut' | 'none'
}

/** The box itself. */
export interface TickFact {
  readonly done: boolean
  readonly ticked: CommitRef | null
  readonly written: CommitRef | null
  readonly tickedAtCreation: boolean
  /** The history begins with the commit that ticked it. */
  readonly tickedAtRoot?: boolean
  readonly reworded: CommitRef | null
  readonly unticked: CommitRef | null
}

export interface TaskFacts {
  readonly ground: Ground
  readonly tick: TickFact
  readonly files: readonly FileFact[]
  readonly symbols: readonly SymbolFact[]
  readonly tests: readonly TestFact[]
  readonly mentions: readonly MentionFact[]
  /** Paths that the task names and nobody can look up. */
  readonly unlookable: readonly string[]
  /** The task's words ask for a stub, a skeleton, a placeholder: then one is enough. */
  readonly stubAsked?: boolean
}

export type Found = 'yes' | 'partly' | 'no' | 'against'

/** One thing that was looked for. */
export interface EvidenceLine {
  readonly about: 'file' | 'symbol' | 'test' | 'commit'
  readonly found: Found
  /** What was looked for, and what was found: one sentence. */
  readonly text: string
  /** `path:line`, or a commit's id; null where it is nowhere. */
  readonly where: string | null
}

export interface TaskJudgement {
  readonly verdict: Verdict
  /** Whether the task names anything that can be looked for. Where it does not, `unshown` says no more than that. */
  readonly lookable: boolean
  readonly evidence: readonly EvidenceLine[]
  /** Where the verdict would be wrong. */
  readonly caveats: readonly string[]
}

/**
 * Judges one task by what was found. Pure. A tick, a commit's words and a file's mere presence show nothing (law 5):
 * - `contradicted`: a test that it names fails, or all that it says to create is not there, or all that it says to delete still is;
 * - `shown`: everything it names was found, with real content, changed since the task was written, its tests passed;
 * - `partly`: some of it was; or it names nothing, and a commit that is surely its own changed more than specifications;
 * - `unshown`: none of it was.
 * A further claim that is not found, a further commit that only says so, or a finding less never give a better verdict.
 */
export function judgeTask(facts: TaskFacts): TaskJudgement {
  const graded: Graded[] = [
    ...facts.files.map((fact) => gradeFile(fact, facts)),
    ...facts.symbols.map((fact) => gradeSymbol(fact, facts.stubAsked === true)),
    ...facts.tests.map(gradeTest),
  ]
  const mentions = facts.mentions.filter((mention) => isLater(mention, facts.tick))
  const worked = mentions.some(({ by, changed }) => by !== null && changed > 0)
  const verdict = verdictOf(graded, worked)
  const caveats = new Set([...graded.flatMap((g) => g.caveats), ...ownCaveats(facts, graded, mentions)])
  return {
    verdict,
    lookable: graded.length > 0,
    evidence: [...graded.map(({ line }) => line), ...mentions.filter(({ by }) => by !== null).map(mentionLine)],
    caveats: [...caveats, ...(verdict === 'shown' || caveats.size === 0 ? [LIMITS[verdict]] : [])],
  }
}

/** What no evidence of this kind can tell. */
const LIMITS: Readonly<Record<Verdict, string>> = {
  shown: 'what the task names was found; whether it does what the task asks was not looked at',
  partly: 'what is missing may be in a file, or under a name, that the task does not say',
  unshown: 'the work may be in a file, or under a name, that the task does not say',
  contradicted: 'the task may mean another file, or only a part of it',
}

function verdictOf(graded: readonly Graded[], worked: boolean): Verdict {
  const has = (found: Found) => graded.some(({ line }) => line.found === found)
  if (graded.some((g) => g.refutes)) return 'contradicted'
  if (graded.length === 0) return worked ? 'partly' : 'unshown'
  if (graded.every(({ line }) => line.found === 'yes')) return 'shown'
  if (has('yes') || has('partly')) return 'partly'
  return has('against') ? 'contradicted' : 'unshown'
}

/** Before the task was written its id meant something else. */
function isLater({ commit }: MentionFact, { written }: TickFact): boolean {
  return written === null || commit.order >= written.order
}

function mentionLine({ commit, by, changed }: MentionFact): EvidenceLine {
  const why = {
    'feature-named': 'names the feature too',
    'feature-folder': "touches the feature's folder",
    'named-file': 'touches a file that the task names',
    'only-one': 'and no other task has this id',
  }[by ?? 'only-one']
  const work =
    changed === 0 ? 'changes nothing but specifications' : `changes ${changed} other file${changed === 1 ? '' : 's'}`
  return {
    about: 'commit',
    found: changed === 0 ? 'no' : 'partly',
    text: `the commit "${commit.subject}" names the task (${why}) and ${work}`,
    where: commit.id,
  }
}

function ownCaveats(facts: TaskFacts, graded: readonly Graded[], mentions: readonly MentionFact[]): string[] {
  const { ground, tick } = facts
  const found: string[] = []
  if (ground.history === 'none') found.push('not a git repository: only the files as they are were looked at')
  if (ground.history === 'cut')
    found.push('the history is cut (shallow or partial clone, or limit): older changes are not seen')
  if (graded.length === 0) found.push('the task names no file, symbol or test: there was nothing to look for')
  if (tick.done && tick.ticked === null && ground.history !== 'none')
    found.push('no commit shows the tick: it is not committed, or was set while merging')
  if (tick.tickedAtCreation) found.push('the task was ticked in the commit that wrote it')
  if (tick.tickedAtRoot === true)
    found.push('the history begins with the commit that ticked the task: what was before it is not seen')
  if (tick.reworded && tick.ticked && tick.reworded.order > tick.ticked.order)
    found.push(`the task's words were changed after the tick, by ${tick.reworded.id.slice(0, 10)}`)
  const other = mentions.find(({ by }) => by === null)
  if (other)
    found.push(
      `${other.commit.id.slice(0, 10)} names an id that several features have, and does not say which: it was not counted`,
    )
  if (facts.unlookable.length > 0) found.push(`cannot be looked up: ${facts.unlookable.slice(0, 5).join(', ')}`)
  return found
}
