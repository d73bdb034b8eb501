import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { lintParts } from '@gatehouse/core/specs/lint/lint-parts'
import { fitsPattern } from '@gatehouse/core/specs/lint/path-pattern'
import { rank, SEVERITIES, type Severity } from '@gatehouse/core/specs/lint/rules'
import type { Command } from 'commander'
import { cleanLine, jsonText, printable } from '../../clean-text.ts'
import { addCommand, type Result, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { BASELINE_FILE, readBaseline, writeBaseline } from './spec-baseline.ts'
import { lintConfig } from './spec-config.ts'
import { isUnder, listSpecFolder, needDocuments, readSpecFile } from './spec-files.ts'
import { fixAll, type FixedFinding } from './spec-fix.ts'
import { changedSince, gitIgnored } from './spec-git.ts'
import { levelMemory } from './spec-memory.ts'
import { spillShelf, type SpillShelf } from './spec-shelf.ts'
import { rulePage, sarifLog } from './spec-sarif.ts'
import { countsText, findingsText } from './spec-text.ts'
import { watchFolders } from './spec-watch.ts'
import { PieceWriter, StreamedList, writeJson } from './streamed-json.ts'

export function addSpecLint(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'lint [paths...]',
    act: null,
    summary: 'Find what is missing, vague, contradictory or untrue in specifications',
    about:
      'Reads spec-kit, OpenSpec, .agent, Kiro, task specs and Markdown stories; needs no server and no network. Ends with status 4 where there is a finding of ' +
      '--fail-on or graver. .gatehouse/specs.yaml or gatehouse-specs.yaml beside the specifications sets rules, paths to ignore and options.',
    configure: (command) => {
      command.option('--format <format>', 'text, json or sarif; by default text')
      command.option('--fail-on <severity>', 'error, warning, note or never; by default error')
      command.option('--fix', 'apply the safe fixes, then tell what is left')
      command.option('--dry-run', 'with --fix: tell what would be changed, and change nothing')
      command.option(
        '--baseline <file>',
        `leave out the findings of this file; by default ${BASELINE_FILE} where it is`,
      )
      command.option('--write-baseline', 'write all findings of today to the baseline')
      command.option('--config <file>', 'configuration to use')
      command.option('--all', 'show every finding, also where one rule has many in a file')
      command.option(
        '--report-only <files...>',
        'read the whole project, and tell only what is found in these files or folders; more than one may be given',
      )
      command.option(
        '--changed-since <ref>',
        'read the whole project, and tell only of files that changed since a commit',
      )
      command.option('--verbose', 'tell as well which files were left out, and why')
      command.option('--watch', 'lint again after every change, until Ctrl-C')
    },
    examples: [
      ['gatehouse spec lint', 'the project we stand in'],
      ['gatehouse spec lint specs/001-login', 'one feature, read in its project'],
      ['gatehouse spec lint --fix', 'mends what is safe to mend'],
      ['gatehouse spec lint --write-baseline', 'accepts what is there, for new findings only'],
      ['gatehouse spec lint --format sarif', 'for code scanning'],
      ['gatehouse spec lint --changed-since origin/main', 'what a branch brought'],
      ['gatehouse spec lint --report-only specs/001-login/spec.md', 'for a hook that is given files'],
    ],
    run: async (session, args) => {
      const wish = wishOf(session)
      if (!session.options.flag('watch'))
        return look(session, args, wish, (piece) => session.host.out.write(piece)).result
      let said = ''
      await watchFolders(() => {
        const { folders, text } = lookAgain(session, args, wish)
        if (text !== said) session.host.out.write(text)
        said = text
        return folders
      }, session.host.signal)
      return null
    },
  })
}

interface Wish {
  readonly format: 'text' | 'json' | 'sarif'
  readonly failOn: Severity | 'never'
}

function wishOf({ options, json }: Session): Wish {
  const format = options.text('format') ?? (json ? 'json' : 'text')
  if (format !== 'text' && format !== 'json' && format !== 'sarif')
    throw new Problem('usage', `--format "${format}": text, json or sarif is needed`)
  if (json && format !== 'json') throw new Problem('usage', 'give --json or --format, not both')
  const failOn = options.text('failOn') ?? 'error'
  const severity = failOn === 'never' ? failOn : SEVERITIES.find((s) => s === failOn)
  if (!severity) throw new Problem('usage', `--fail-on "${failOn}": error, warning, note or never is needed`)
  if (options.flag('dryRun') && !options.flag('fix')) throw new Problem('usage', '--dry-run goes with --fix')
  if (options.flag('watch') && (options.flag('fix') || options.flag('writeBaseline')))
    throw new Problem('usage', '--watch changes nothing: give it without --fix and --write-baseline')
  return { format, failOn: severity }
}

/** One run while watching: a wrong configuration or a vanished folder is told, and mended while we watch. */
function lookAgain(
  session: Session,
  args: readonly string[],
  wish: Wish,
): { folders: readonly string[]; text: string } {
  try {
    const pieces: string[] = []
    const { result, folders } = look(session, args, wish, (piece) => pieces.push(piece))
    const text = pieces.join('')
    return {
      folders,
      text:
        wish.format === 'text'
          ? text + printable(result.text, session.style.colours)
          : `${jsonText(JSON.parse(text) as unknown)}\n`,
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    session.host.err.write(`${cleanLine(error.message)}\n`)
    return { folders: [resolve(session.host.cwd, args[0] ?? '.')].filter(existsSync), text: '' }
  }
}

interface Looked {
  readonly result: Result
  /** Folders to watch, absolute. */
  readonly folders: readonly string[]
}

/** `emit` is given what is long, piece by piece; the result has what is left to say. */
function look(session: Session, args: readonly string[], wish: Wish, emit: (piece: string) => void): Looked {
  const shelves: SpillShelf[] = []
  try {
    return lookWith(session, args, wish, emit, () => {
      const shelf = spillShelf()
      shelves.push(shelf)
      return shelf
    })
  } finally {
    for (const shelf of shelves) shelf.close()
  }
}

function lookWith(
  session: Session,
  args: readonly string[],
  wish: Wish,
  emit: (piece: string) => void,
  shelf: () => SpillShelf,
): Looked {
  const { host, options, style } = session
  const folder = listSpecFolder(host.cwd, host.home, args)
  const { root, targets, skipped } = folder
  const config = lintConfig(host.cwd, root, options.text('config'))
  const only = onlyFiles(session, root)
  const isAsked = (path: string) =>
    targets.some((target) => isUnder(path, target)) && (only === null || only.some((o) => isUnder(path, o)))
  const shown = (path: string) => shownPath(host.cwd, join(root, path))
  const named = options.text('baseline')
  const baseline = named === null ? join(root, BASELINE_FILE) : resolve(host.cwd, named)

  const changed = new Map<string, string>()
  const read = (path: string) => changed.get(path) ?? readSpecFile(root, path, [])
  const lint = (first: boolean) => {
    const told = first ? progressOf(session, folder.files.length) : null
    const level = levelMemory(folder.files.length)
    const linted = lintParts(
      folder.files,
      first ? (path) => readSpecFile(root, path, skipped) : read,
      config,
      (done) => {
        told?.(done)
        level.step(done)
      },
      shelf(),
    )
    told?.(null)
    return { ...linted, findings: level.through(chosen(linted.findings, (f) => isAsked(f.place.path))) }
  }
  const linted = lint(true)
  needDocuments(
    linted.documents.map((d) => d.path),
    targets,
    args,
    folder.skipped,
  )
  let found = linted.findings
  if (options.flag('writeBaseline')) {
    writeBaseline(baseline, found)
    const written = shownPath(host.cwd, baseline)
    const accepted = summaryOf(found, new Set()).all
    return {
      folders: folder.folders,
      result: {
        document: { ok: true, baseline: written, findings: accepted },
        text: `${written}: ${accepted} findings accepted. From now on only new ones are told.\n`,
      },
    }
  }
  const known = readBaseline(baseline, named !== null)
  const open = (findings: Iterable<Finding>) => chosen(findings, (f) => !known.has(f.fingerprint))
  let mended = found
  const fixes = options.flag('fix')
    ? fixAll(root, open(found), read, changed, options.flag('dryRun'), open, () => (mended = lint(false).findings))
    : null
  if (fixes && !options.flag('dryRun')) found = mended

  const left = open(found)
  const { all, counts, fixable } = summaryOf(found, known)
  const count = counts.error + counts.warning + counts.note
  const asked = wish.failOn === 'never' ? -1 : rank(wish.failOn)
  const ok = !SEVERITIES.some((severity) => counts[severity] > 0 && rank(severity) <= asked)
  const exit = ok ? 0 : 4
  const files = linted.documents.filter(
    (d) => d.kind !== 'settings' && isAsked(d.path) && !config.ignore.some((p) => fitsPattern(d.path, p)),
  ).length
  const ignored = wish.format === 'json' || options.flag('verbose') ? ignoredByGit(root, targets) : []
  if (wish.format !== 'text') {
    const base = repositoryOf(root)
    const document =
      wish.format === 'sarif'
        ? sarifLog(left, count, read, (path) => relative(base, join(root, path)).split(sep).join('/'))
        : {
            ok,
            version: 1,
            root,
            files,
            counts,
            in_baseline: all - count,
            findings: new StreamedList(mapped(left, (finding) => findingDocument(finding, shown))),
            skipped,
            ignored_by_git: ignored,
            ...(fixes
              ? {
                  fixed: fixes.fixed.map((f) => ({ ...f, path: shown(f.path) })),
                  dry_run: options.flag('dryRun'),
                  unfixed: fixes.unfixed,
                }
              : {}),
          }
    // Documents for programs: the terminal's cleaning would change them.
    const pieces = new PieceWriter(emit)
    writeJson(document, (text) => pieces.write(text))
    pieces.write('\n')
    pieces.flush()
    return { folders: folder.folders, result: { document: undefined, text: '', exit } }
  }
  const pieces = new PieceWriter((piece) => emit(printable(piece, style.colours)))
  if (fixes) pieces.write(fixedText(fixes.fixed, shown, options.flag('dryRun'), fixes.unfixed, session))
  for (const text of findingsText(left, { style, all: options.flag('all'), shown })) pieces.write(text)
  if (count > 0) pieces.write('\n')
  pieces.flush()
  const tail = [
    `${ok ? style.good(countsText(counts)) : style.bad(countsText(counts))} in ${files} file${files === 1 ? '' : 's'}.`,
    ...(all > count ? [`${all - count} more in the baseline.`] : []),
    ...(fixable > 0 && !fixes ? [`${fixable} can be mended by "gatehouse spec lint --fix".`] : []),
    ...(skipped.length > 0
      ? [
          `${skipped.length} not read: ${skipped
            .slice(0, options.flag('verbose') ? undefined : 3)
            .map((s) => `${s.path} (${s.reason})`)
            .join(', ')}.`,
        ]
      : []),
    ...(ignored.length > 0 ? [`Left out by .gitignore: ${ignored.join(', ')}.`] : []),
  ]
  const text = `${tail.map((line) => (line.startsWith('\u001b') ? line : cleanLine(line))).join(' ')}\n`
  return { folders: folder.folders, result: { document: undefined, text, exit } }
}

/** How many there are, and how many of each severity the baseline does not hold. */
function summaryOf(
  findings: Iterable<Finding>,
  known: ReadonlySet<string>,
): { all: number; counts: Record<Severity, number>; fixable: number } {
  const counts = { error: 0, warning: 0, note: 0 }
  let [all, fixable] = [0, 0]
  for (const { severity, fingerprint, edits } of findings) {
    all += 1
    if (known.has(fingerprint)) continue
    counts[severity] += 1
    if (edits !== null) fixable += 1
  }
  return { all, counts, fixable }
}

/** Those that fit, looked for each time they are gone through. */
function chosen<T>(items: Iterable<T>, fits: (item: T) => boolean): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const item of items) if (fits(item)) yield item
    },
  }
}

function mapped<T, U>(items: Iterable<T>, to: (item: T) => U): Iterable<U> {
  return {
    *[Symbol.iterator]() {
      for (const item of items) yield to(item)
    },
  }
}

function findingDocument(finding: Finding, shown: (path: string) => string): unknown {
  const { rule, severity, place, message, fix: advice, edits, fingerprint } = finding
  return {
    rule,
    severity,
    path: shown(place.path),
    line: place.line,
    column: place.column,
    end_line: place.endLine,
    end_column: place.endColumn,
    message,
    fix: advice,
    fixable: edits !== null,
    fingerprint,
    help: rulePage(rule),
  }
}

/** The files that findings are told of, relative to the root; null: of all. */
function onlyFiles({ host, options }: Session, root: string): string[] | null {
  const given = options.texts('reportOnly')
  const ref = options.text('changedSince')
  if (given.length === 0 && ref === null) return null
  const real = realpathSync(host.cwd)
  const listed = given.map((path) => relative(root, resolve(real, path)).split(sep).join('/'))
  return [...listed, ...(ref === null ? [] : changedSince(root, ref))]
}

/** What `.gitignore` leaves out and could hold specifications: Markdown and whole folders, at most 200. */
function ignoredByGit(root: string, targets: readonly string[]): string[] {
  return gitIgnored(root)
    .filter((path) => /(?:\/|\.(?:md|mdc|mdx|markdown))$/i.test(path))
    .filter((path) => targets.some((target) => isUnder(path.replace(/\/$/, ''), target)))
    .slice(0, 200)
}

/** Tells on a terminal how far a long run is; silent elsewhere. */
function progressOf({ host, json }: Session, all: number): ((done: number | null) => void) | null {
  if (!host.err.isTty || json || all < 500) return null
  let last = 0
  return (done) => {
    if (done === null) host.err.write('\r\u001b[K')
    else if (done - last >= 100) {
      last = done
      host.err.write(`\r${done} of about ${all} files`)
    }
  }
}

function fixedText(
  fixed: readonly FixedFinding[],
  shown: (path: string) => string,
  isDry: boolean,
  unfixed: readonly string[],
  { style }: Session,
): string {
  const lines = fixed.map(
    (f) =>
      `${style.good(isDry ? 'would mend' : 'mended')} ${cleanLine(shown(f.path))}:${f.line}  ${cleanLine(f.fix)}  ${style.dim(f.rule)}\n`,
  )
  const lost = unfixed.map(
    (path) => `${style.bad('left')} ${cleanLine(shown(path))}: it changed meanwhile, or is not UTF-8\n`,
  )
  return lines.length + lost.length === 0 ? '' : `${lines.join('')}${lost.join('')}\n`
}

/** A path from where the user stands; absolute where it lies outside. */
function shownPath(cwd: string, full: string): string {
  const path = relative(cwd, full)
  return path === '' || path.startsWith('..') ? full : path.split(sep).join('/')
}

/** The repository around a root: code scanning wants paths from there. */
function repositoryOf(root: string): string {
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return root
  }
}
