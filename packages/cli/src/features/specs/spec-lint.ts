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
import { fixTexts, writeFixed, type FixedFinding } from './spec-fix.ts'
import { changedSince, gitIgnored } from './spec-git.ts'
import { levelMemory } from './spec-memory.ts'
import { rulePage, sarifLog } from './spec-sarif.ts'
import { countOf, countsText, findingsText } from './spec-text.ts'
import { watchFolders } from './spec-watch.ts'

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
      if (!session.options.flag('watch')) return look(session, args, wish).result
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
    const { result, folders } = look(session, args, wish)
    const line =
      wish.format === 'text' ? printable(result.text, session.style.colours) : `${jsonText(result.document)}\n`
    return { folders, text: line }
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

function look(session: Session, args: readonly string[], wish: Wish): Looked {
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
        level(done)
      },
    )
    told?.(null)
    return linted
  }
  const linted = lint(true)
  needDocuments(
    linted.documents.map((d) => d.path),
    targets,
    args,
  )
  let found = linted.findings.filter((f) => isAsked(f.place.path))
  if (options.flag('writeBaseline')) {
    writeBaseline(baseline, found)
    const written = shownPath(host.cwd, baseline)
    return {
      folders: folder.folders,
      result: {
        document: { ok: true, baseline: written, findings: found.length },
        text: `${written}: ${found.length} findings accepted. From now on only new ones are told.\n`,
      },
    }
  }
  const known = readBaseline(baseline, named !== null)
  const open = (findings: readonly Finding[]) => findings.filter((f) => !known.has(f.fingerprint))
  const fixes = options.flag('fix')
    ? fix(root, open(found), read, changed, options.flag('dryRun'), open, () =>
        lint(false).findings.filter((f) => isAsked(f.place.path)),
      )
    : null
  if (fixes && !options.flag('dryRun')) found = fixes.found

  const left = open(found)
  const counts = countOf(left)
  const asked = wish.failOn === 'never' ? -1 : rank(wish.failOn)
  const ok = !left.some((f) => rank(f.severity) <= asked)
  const files = linted.documents.filter(
    (d) => d.kind !== 'settings' && isAsked(d.path) && !config.ignore.some((p) => fitsPattern(d.path, p)),
  ).length
  const ignored = wish.format === 'json' || options.flag('verbose') ? ignoredByGit(root, targets) : []
  const document = {
    ok,
    version: 1,
    root,
    files,
    counts,
    in_baseline: found.length - left.length,
    findings: left.map((finding) => findingDocument(finding, shown)),
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
  const base = repositoryOf(root)
  const sarif = () =>
    sarifLog(left, textsOf(left, read), (path) => relative(base, join(root, path)).split(sep).join('/'))
  const exit = ok ? 0 : 4
  if (wish.format === 'sarif') {
    // A document for programs: the terminal's cleaning would change it.
    const value = sarif()
    if (!options.flag('watch')) host.out.write(`${jsonText(value, 2)}\n`)
    return { folders: folder.folders, result: { document: value, text: '', exit } }
  }
  if (wish.format === 'json' && !session.json) {
    if (!options.flag('watch')) host.out.write(`${jsonText(document, 2)}\n`)
    return { folders: folder.folders, result: { document, text: '', exit } }
  }
  const fixText = fixes ? fixedText(fixes.fixed, shown, options.flag('dryRun'), fixes.unfixed, session) : ''
  const body = findingsText(left, { style, all: options.flag('all'), shown })
  const fixable = left.filter((f) => f.edits !== null).length
  const tail = [
    `${ok ? style.good(countsText(counts)) : style.bad(countsText(counts))} in ${files} file${files === 1 ? '' : 's'}.`,
    ...(found.length > left.length ? [`${found.length - left.length} more in the baseline.`] : []),
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
  const text = `${fixText}${body}${body === '' ? '' : '\n'}${tail.map((line) => (line.startsWith('\u001b') ? line : cleanLine(line))).join(' ')}\n`
  return { folders: folder.folders, result: { document, text, exit } }
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

/** Rounds of fixes: one can make room for another. Each round reads the new texts again. */
const ROUNDS = 5

/** `changed` takes the new texts, by path. */
function fix(
  root: string,
  first: readonly Finding[],
  read: (path: string) => string | null,
  changed: Map<string, string>,
  isDry: boolean,
  open: (findings: readonly Finding[]) => readonly Finding[],
  again: () => Finding[],
): { found: Finding[]; fixed: FixedFinding[]; unfixed: string[] } {
  const before = new Map<string, string>()
  const fixed: FixedFinding[] = []
  let found = [...first]
  let wanted = first
  for (let round = 0; round < ROUNDS; round += 1) {
    const texts = textsOf(wanted, read)
    for (const [path, text] of texts) if (!before.has(path)) before.set(path, text)
    const { fixed: now, texts: made } = fixTexts(wanted, texts)
    if (made.size === 0) break
    fixed.push(...now)
    for (const [path, text] of made) changed.set(path, text)
    found = again()
    wanted = open(found)
  }
  const unfixed: string[] = []
  if (!isDry)
    for (const [path, text] of changed) {
      const was = before.get(path) ?? ''
      if (text !== was && !writeFixed(root, path, was, text)) unfixed.push(path)
    }
  const lost = new Set(unfixed)
  return { found, fixed: fixed.filter((f) => !lost.has(f.path)), unfixed }
}

/** The texts of the files with a fix. */
function textsOf(findings: readonly Finding[], read: (path: string) => string | null): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { edits, place } of findings) {
    const text = edits === null || texts.has(place.path) ? null : read(place.path)
    if (text !== null) texts.set(place.path, text)
  }
  return texts
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
