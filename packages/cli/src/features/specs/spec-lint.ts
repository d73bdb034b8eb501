import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { lintProject } from '@gatehouse/core/specs/lint/lint'
import { fitsPattern } from '@gatehouse/core/specs/lint/path-pattern'
import { rank, SEVERITIES, type Severity } from '@gatehouse/core/specs/lint/rules'
import { readProject } from '@gatehouse/core/specs/project'
import type { Command } from 'commander'
import { cleanLine, jsonText, printable } from '../../clean-text.ts'
import { addCommand, type Result, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { BASELINE_FILE, readBaseline, writeBaseline } from './spec-baseline.ts'
import { lintConfig } from './spec-config.ts'
import { isUnder, openSpecFolder, type SpecFolder } from './spec-files.ts'
import { fixTexts, writeFixed, type FixedFinding } from './spec-fix.ts'
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
      command.option('--watch', 'lint again after every change, until Ctrl-C')
    },
    examples: [
      ['gatehouse spec lint', 'the project we stand in'],
      ['gatehouse spec lint specs/001-login', 'one feature, read in its project'],
      ['gatehouse spec lint --fix', 'mends what is safe to mend'],
      ['gatehouse spec lint --write-baseline', 'accepts what is there, for new findings only'],
      ['gatehouse spec lint --format sarif', 'for code scanning'],
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
    const { result, folder } = look(session, args, wish)
    const line =
      wish.format === 'text' ? printable(result.text, session.style.colours) : `${jsonText(result.document)}\n`
    return { folders: folder.folders, text: line }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    session.host.err.write(`${cleanLine(error.message)}\n`)
    return { folders: [resolve(session.host.cwd, args[0] ?? '.')].filter(existsSync), text: '' }
  }
}

function look(session: Session, args: readonly string[], wish: Wish): { result: Result; folder: SpecFolder } {
  const { host, options, style } = session
  const folder = openSpecFolder(host.cwd, host.home, args)
  const config = lintConfig(host.cwd, folder.root, options.text('config'))
  const lint = (project: SpecFolder['project'], texts: ReadonlyMap<string, string>) =>
    lintProject(project, texts, config).filter((f) => folder.targets.some((target) => isUnder(f.place.path, target)))
  const shown = (path: string) => shownPath(host.cwd, join(folder.root, path))
  const named = options.text('baseline')
  const baseline = named === null ? join(folder.root, BASELINE_FILE) : resolve(host.cwd, named)

  let found = lint(folder.project, folder.texts)
  let texts = folder.texts
  if (options.flag('writeBaseline')) {
    writeBaseline(baseline, found)
    const written = shownPath(host.cwd, baseline)
    return {
      folder,
      result: {
        document: { ok: true, baseline: written, findings: found.length },
        text: `${written}: ${found.length} findings accepted. From now on only new ones are told.\n`,
      },
    }
  }
  const known = readBaseline(baseline, named !== null)
  const open = (findings: readonly Finding[]) => findings.filter((f) => !known.has(f.fingerprint))
  const fixes = options.flag('fix') ? fix(folder, open(found), lint, open, options.flag('dryRun')) : null
  if (fixes) [found, texts] = [fixes.found, fixes.texts]

  const left = open(found)
  const counts = countOf(left)
  const asked = wish.failOn === 'never' ? -1 : rank(wish.failOn)
  const ok = !left.some((f) => rank(f.severity) <= asked)
  const files = folder.project.documents.filter(
    (d) =>
      d.kind !== 'settings' &&
      folder.targets.some((t) => isUnder(d.path, t)) &&
      !config.ignore.some((p) => fitsPattern(d.path, p)),
  ).length
  const document = {
    ok,
    root: folder.root,
    files,
    counts,
    in_baseline: found.length - left.length,
    findings: left.map((finding) => findingDocument(finding, shown)),
    skipped: folder.skipped,
    ...(fixes
      ? {
          fixed: fixes.fixed.map((f) => ({ ...f, path: shown(f.path) })),
          dry_run: options.flag('dryRun'),
          unfixed: fixes.unfixed,
        }
      : {}),
  }
  const base = repositoryOf(folder.root)
  const sarif = () => sarifLog(left, texts, (path) => relative(base, join(folder.root, path)).split(sep).join('/'))
  const exit = ok ? 0 : 4
  if (wish.format === 'sarif') {
    // A document for programs: the terminal's cleaning would change it.
    const value = sarif()
    if (!options.flag('watch')) host.out.write(`${jsonText(value, 2)}\n`)
    return { folder, result: { document: value, text: '', exit } }
  }
  if (wish.format === 'json' && !session.json) {
    if (!options.flag('watch')) host.out.write(`${jsonText(document, 2)}\n`)
    return { folder, result: { document, text: '', exit } }
  }
  const fixText = fixes ? fixedText(fixes.fixed, shown, options.flag('dryRun'), fixes.unfixed, session) : ''
  const body = findingsText(left, { style, all: options.flag('all'), shown })
  const fixable = left.filter((f) => f.edits !== null).length
  const tail = [
    `${ok ? style.good(countsText(counts)) : style.bad(countsText(counts))} in ${files} file${files === 1 ? '' : 's'}.`,
    ...(found.length > left.length ? [`${found.length - left.length} more in the baseline.`] : []),
    ...(fixable > 0 && !fixes ? [`${fixable} can be mended by "gatehouse spec lint --fix".`] : []),
    ...(folder.skipped.length > 0
      ? [
          `${folder.skipped.length} not read: ${folder.skipped
            .slice(0, 3)
            .map((s) => `${s.path} (${s.reason})`)
            .join(', ')}.`,
        ]
      : []),
  ]
  const text = `${fixText}${body}${body === '' ? '' : '\n'}${tail.map((line) => (line.startsWith('\u001b') ? line : cleanLine(line))).join(' ')}\n`
  return { folder, result: { document, text, exit } }
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

function fix(
  folder: SpecFolder,
  first: readonly Finding[],
  lint: (project: SpecFolder['project'], texts: ReadonlyMap<string, string>) => Finding[],
  open: (findings: readonly Finding[]) => Finding[],
  isDry: boolean,
): { found: Finding[]; texts: ReadonlyMap<string, string>; fixed: FixedFinding[]; unfixed: string[] } {
  const texts = new Map(folder.texts)
  const fixed: FixedFinding[] = []
  let found = [...first]
  for (let round = 0; round < ROUNDS; round += 1) {
    const { fixed: now, texts: changed } = fixTexts(open(found), texts)
    if (changed.size === 0) break
    fixed.push(...now)
    for (const [path, text] of changed) texts.set(path, text)
    found = lint(readProject([...texts].map(([path, text]) => ({ path, text }))), texts)
  }
  const unfixed: string[] = []
  if (!isDry)
    for (const [path, text] of texts) {
      const before = folder.texts.get(path) ?? ''
      if (text !== before && !writeFixed(folder.root, path, before, text)) unfixed.push(path)
    }
  const lost = new Set(unfixed)
  return {
    found: isDry ? lint(folder.project, folder.texts) : found,
    texts: isDry ? folder.texts : texts,
    fixed: fixed.filter((f) => !lost.has(f.path)),
    unfixed,
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
