import type { CommitRef, EvidenceLine, Found, TaskFacts } from './evidence.ts'

/** What became of a file that a task names. Every field is what was found; the worst value of each is "not found". */
export interface FileFact {
  /** Where it was found or ought to be, from the repository's top. */
  readonly path: string
  readonly action: 'create' | 'change' | 'delete'
  /** In the tree at HEAD; null without a repository. */
  readonly atHead: boolean | null
  readonly onDisk: boolean
  /** The working copy differs from HEAD in more than form. */
  readonly uncommitted: boolean
  readonly folder: boolean
  /** `code` is anything that is neither blank nor comment; `unread`: too large, or bytes. null: it is not there. */
  readonly content: 'code' | 'comments' | 'empty' | 'unread' | null
  /**
   * The change that shows most: `since` the task was written; `with` it, in the commit that wrote and ticked it; `import`: in the commit that wrote
   * it, where that shows no work (the history's first, or the box was open in it); `formatting`: since, blanks and comments only; `before` it only; `none`.
   */
  readonly change: 'since' | 'with' | 'import' | 'formatting' | 'before' | 'none'
  readonly changedBy: CommitRef | null
  /** All its changes since came after the tick. */
  readonly onlyAfterTick: boolean
  /** The commit that took it away; null where it is there or never was. */
  readonly deletedBy: CommitRef | null
  /** It was taken away after the box was ticked: at the tick it was there. */
  readonly deletedAfterTick: boolean
  /** Some commit had it. */
  readonly existed: boolean
  /** A commit before the task had it. */
  readonly older?: boolean
  /** Where a file of this name is instead; also after a move. */
  readonly elsewhere: readonly string[]
  /** It was found by its name, not by the path as written. */
  readonly byName: boolean
  /** git ignores it: it is not meant to be committed. */
  readonly ignored: boolean
  /** A marker of work that is not done, as `path:line`. */
  readonly unfinished: string | null
  /** It holds functions and classes that do nothing yet, and nothing else. */
  readonly stub?: boolean
  /**
   * Of a folder that only its being there tells to be a path: the files below it that commits changed which name or tick the task. `change` and
   * `changedBy` are of these commits too.
   */
  readonly below?: readonly string[]
}

export interface SymbolFact {
  readonly name: string
  /**
   * `defined` and `used`: a name in code, by a parser; `hollow`: defined, and its body does nothing yet. `text`: a word in code of a language without one. `string`, `comment`: only there.
   * null: nowhere.
   */
  readonly found: 'defined' | 'hollow' | 'used' | 'text' | 'string' | 'comment' | null
  /** `path:line`. */
  readonly where: string | null
  readonly lookedIn: readonly string[]
  /** Only the working copy has it. */
  readonly uncommitted: boolean
  /**
   * Since when its file has the name, where the task names no file that speaks for itself. `new`: since the task was written. `changed`: before, and
   * the file was changed since. `same`: before, and it was not. `import`: the first commit brought both. `unknown`: no history tells.
   */
  readonly since?: 'new' | 'changed' | 'same' | 'import' | 'unknown'
}

export interface TestFact {
  /** A file of tests, or a test's name. */
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'not-in-report' | 'not-run'
  /** Whose report says so: one that was `given`, or one that a run of ours on HEAD made. `given` where nobody says. */
  readonly by?: 'given' | 'run'
  /** How many of its tests the report has passed. */
  readonly passed: number
  readonly skipped: number
  /** Names of those that failed, at most some. */
  readonly failed: readonly string[]
  /** What the file itself holds: tests, and those of them that are switched off. null: not read, or no parser for it. */
  readonly written: { readonly tests: number; readonly off: number } | null
}

export interface Graded {
  readonly line: EvidenceLine
  readonly caveats: readonly string[]
  /** It alone refutes the tick. */
  readonly refutes: boolean
}

function graded(line: EvidenceLine, caveats: readonly (string | false | null)[], refutes = false): Graded {
  return { line, caveats: caveats.filter((c) => typeof c === 'string'), refutes }
}

/** A file that is empty by its nature. */
const MAY_BE_EMPTY = /(?:^|\/)(?:__init__\.pyi?|\.gitkeep|\.keep|py\.typed|\.nojekyll|conftest\.py)$/

const OTHER_NAME = 'the work may be in a file of another name'

function short(commit: CommitRef): string {
  return `${commit.id.slice(0, 10)} "${commit.subject}"`
}

export function gradeFile(
  fact: FileFact,
  { ground, tick, stubAsked }: Pick<TaskFacts, 'ground' | 'tick' | 'stubAsked'>,
): Graded {
  const there = fact.atHead === true || fact.onDisk
  const what = `${fact.path}${fact.folder ? ' (folder)' : ''}`
  const line = (found: Found, text: string, where: string | null = null): EvidenceLine => ({
    about: 'file',
    found,
    text: `${what} ${text}`,
    where,
  })
  const by = fact.changedBy
  const common = [
    fact.byName && `${fact.path} was found by its name only; the task writes another path`,
    fact.uncommitted && `${fact.path} has changes that are not committed`,
    fact.atHead === true && !fact.onDisk && `${fact.path} is at HEAD, but not in the working tree`,
    fact.below !== undefined &&
      `${fact.path} is a folder, and any file below it may be meant: it counts for less than a file, and only by commits that name or tick the task`,
  ]
  if (fact.action === 'delete') {
    if (there) return graded(line('against', 'was to be deleted and is still there', fact.path), common)
    if (fact.deletedBy && (tick.written === null || fact.deletedBy.order >= tick.written.order))
      return graded(line('yes', `was deleted by ${short(fact.deletedBy)}`, fact.deletedBy.id), common)
    if (fact.deletedBy) return graded(line('no', `was deleted before the task was written`, fact.deletedBy.id), common)
    return graded(line('no', 'is not there, and no commit shows that it was'), common)
  }
  if (!there) return gradeAbsent(fact, ground.history, line)
  if (fact.content === 'empty' && !MAY_BE_EMPTY.test(fact.path))
    return graded(line('no', `is there and ${fact.folder ? 'holds nothing of substance' : 'empty'}`, fact.path), common)
  if (fact.content === 'comments' && !MAY_BE_EMPTY.test(fact.path))
    return graded(line('no', 'is there and holds comments only', fact.path), common)
  if (fact.stub === true && stubAsked !== true)
    return graded(
      line('no', 'is there and does nothing yet: all that it defines is empty or "not implemented"', fact.path),
      [...common, `a stub may be all that the task asks for in ${fact.path}`],
    )
  if (fact.content === null) return graded(line('no', 'is there and could not be read', fact.path), common)
  if (fact.atHead !== true)
    return graded(line('partly', ground.history === 'none' ? 'is there' : 'is there, not committed', fact.path), [
      ...common,
      ground.history !== 'none' && fact.ignored && `git ignores ${fact.path}: no commit will ever show it`,
    ])
  const more = [
    ...common,
    fact.content === 'unread' && `${fact.path} is large or binary: what it holds was not looked at`,
    fact.unfinished !== null && `${fact.unfinished} says that something is not done yet`,
    fact.onlyAfterTick && `${fact.path} was changed only after the box was ticked`,
  ]
  // What HEAD has is no longer in the working tree: something takes it back.
  // That something changed below a folder is not much: anything could be meant.
  const vague = fact.folder && (fact.action === 'change' || fact.older === true)
  // A file that was there before, and was changed after the tick only, was changed for something else as likely as not.
  const late = fact.onlyAfterTick && fact.older === true
  const full: Found = fact.onDisk && !vague && !late ? 'yes' : 'partly'
  if (fact.uncommitted && fact.change !== 'since' && fact.change !== 'with')
    return graded(line('partly', 'is changed, not committed', fact.path), more)
  const which = `${by ? short(by) : 'a commit'}${belowText(fact)}`
  switch (fact.change) {
    case 'since':
      return graded(line(full, `is there and was changed since by ${which}`, by?.id ?? null), more)
    case 'with':
      return graded(line(full, `came with the task itself, by ${which}`, by?.id ?? null), [
        ...more,
        `task and ${fact.path} came in one commit: which was first cannot be seen`,
      ])
    case 'import':
      return graded(line('partly', 'is there since the commit that wrote the task', by?.id ?? null), [
        ...more,
        `task and ${fact.path} came in by one commit: what was done for the task cannot be seen`,
      ])
    case 'formatting':
      return graded(
        line('no', `was changed since in blanks and comments only, by ${by ? short(by) : 'a commit'}`, by?.id ?? null),
        [...more, `a comment or a line break in ${fact.path} may be all that the task asks for`],
      )
    case 'before':
    case 'none':
      if (fact.below !== undefined)
        return graded(
          line('no', 'is there, and no commit that names or ticks the task changed anything below it', fact.path),
          more,
        )
      return graded(line('no', 'is there and was not changed since the task was written', fact.path), [
        ...more,
        ground.history === 'whole' && `${fact.path} may have had before what the task asks for`,
      ])
  }
}

const NAMED = 3

function belowText({ below = [] }: FileFact): string {
  if (below.length === 0) return ''
  return `: ${below.slice(0, NAMED).join(', ')}${below.length > NAMED ? ` and ${below.length - NAMED} more` : ''} below it`
}

function gradeAbsent(
  fact: FileFact,
  history: 'whole' | 'cut' | 'none',
  line: (found: Found, text: string, where?: string | null) => EvidenceLine,
): Graded {
  const other = fact.elsewhere.slice(0, 3).join(', ')
  const caveats = [
    other !== '' && `a file of this name is at ${other}`,
    fact.ignored && `git ignores ${fact.path}: it may be made when needed`,
  ]
  if (fact.deletedBy) {
    const text = `was deleted${fact.deletedAfterTick ? ' after the tick' : ''} by ${short(fact.deletedBy)}`
    return graded(line(fact.deletedAfterTick ? 'partly' : 'no', text, fact.deletedBy.id), [
      ...caveats,
      `${fact.path} may have been replaced by later work`,
    ])
  }
  if (fact.action === 'create' && history === 'whole' && other === '' && !fact.ignored && !fact.existed)
    return graded(line('against', 'was to be created, is not there, and no commit has it'), [OTHER_NAME])
  return graded(
    line('no', history !== 'whole' || fact.existed ? 'is not there' : 'is not there, and no commit has it'),
    [...caveats, other === '' && OTHER_NAME],
  )
}

/** A name that is in code, but not since the task asked for it; null where nothing speaks against it. */
function sinceOf({ found, since = 'new' }: SymbolFact): { readonly found: Found; readonly text: string } | null {
  if (since === 'new' || (found !== 'defined' && found !== 'used' && found !== 'text')) return null
  const texts = {
    changed: 'was there before the task was written; its file was changed since',
    same: 'was there before the task was written, and its file was not changed since',
    import: 'came in with the task itself, by the first commit',
    unknown: 'is there, and no history tells since when',
  }
  return { found: since === 'same' ? 'no' : 'partly', text: texts[since] }
}

/** `stubAsked`: a body that does nothing is what the task asks for. */
export function gradeSymbol(fact: SymbolFact, stubAsked: boolean): Graded {
  const line = (found: Found, text: string): EvidenceLine => ({
    about: 'symbol',
    found,
    text: `${fact.name} ${text}`,
    where: fact.where,
  })
  const old = sinceOf(fact)
  if (old !== null)
    return graded(line(old.found, old.text), [`what the task asks of ${fact.name} may have been done elsewhere`])
  const places = fact.lookedIn.length === 0 ? 'no file to look in' : fact.lookedIn.slice(0, 3).join(', ')
  const caveats = [fact.uncommitted && `${fact.name} is in the working copy only`]
  const full: Found = fact.uncommitted ? 'partly' : 'yes'
  switch (fact.found) {
    case 'defined':
      return graded(line(full, 'is defined'), caveats)
    case 'hollow':
      return graded(line(stubAsked ? full : 'no', 'is defined, and its body does nothing yet'), [
        ...caveats,
        `nothing may be what ${fact.name} has to do`,
      ])
    case 'used':
      return graded(line(full, 'is used in code'), [
        ...caveats,
        `no definition of ${fact.name} was looked for outside of ${places}`,
      ])
    case 'text':
      return graded(line(full, 'is there as a word'), [
        ...caveats,
        `${fact.name} was found as text: there is no parser for the language of ${fact.where ?? places}`,
      ])
    case 'string':
      return graded(line('partly', 'is there in a string only'), [
        ...caveats,
        `a name that is built at run time looks like a string`,
      ])
    case 'comment':
      return graded(line('no', 'is there in a comment only'), caveats)
    case null:
      return graded(line('no', `was not found (${places})`), [
        ...caveats,
        'a symbol may be in a file that the task does not name',
      ])
  }
}

export function gradeTest(fact: TestFact): Graded {
  const line = (found: Found, text: string): EvidenceLine => ({
    about: 'test',
    found,
    text: `tests of ${fact.name}: ${text}`,
    where: fact.name.includes('/') ? fact.name : null,
  })
  const off = fact.written !== null && fact.written.tests > 0 && fact.written.off >= fact.written.tests
  const given =
    fact.by === 'run'
      ? 'the report was written by the code under test, in a run on HEAD: code that is made to can report what it likes'
      : 'the report was given: whether it is of this revision, and who wrote it, was not checked'
  switch (fact.outcome) {
    case 'failed':
      return graded(
        line('against', `${fact.failed.length} failed: ${fact.failed.slice(0, 3).join('; ')}`),
        [given],
        true,
      )
    case 'passed':
      if (off)
        return graded(line('partly', `${fact.passed} passed, and all of them are empty or switched off in the file`), [
          given,
          'an empty test passes whatever the code does',
        ])
      return graded(line('yes', `${fact.passed} passed${fact.skipped > 0 ? `, ${fact.skipped} skipped` : ''}`), [
        given,
        fact.skipped > 0 && `${fact.skipped} tests of ${fact.name} were skipped`,
      ])
    case 'skipped':
      return graded(line('no', `${fact.skipped === 1 ? 'the only one was' : `all ${fact.skipped} were`} skipped`), [
        given,
      ])
    case 'not-in-report':
    case 'not-run':
      if (off) return graded(line('no', 'all of them are switched off or empty in the file'), [])
      if (fact.written?.tests === 0) return graded(line('no', 'the file holds none'), [])
      return fact.outcome === 'not-in-report'
        ? graded(line('no', 'the report has none of them'), [given, `the report may name ${fact.name} in another way`])
        : graded(line('partly', 'no report has them (--junit gives one, --run makes one)'), [
            `whether ${fact.name} passes is not known`,
          ])
  }
}
