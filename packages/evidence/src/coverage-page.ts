import { createHash } from 'node:crypto'
import type { CoveredRequirement, Cover, FeatureCoverage } from './coverage.ts'
import { COVERAGE_STYLE } from './coverage-style.ts'
import type { TaskEvidence } from './project-evidence.ts'

const WORDS: Readonly<Record<Cover, string>> = {
  shown: 'shown',
  partly: 'partly shown',
  open: 'nothing shown',
  'no-task': 'no task',
  contradicted: 'contradicted',
}
const COVERS = Object.keys(WORDS) as Cover[]

/** HTML of other people's words: nothing of it is markup, and marks that turn the direction of text stay inside of it. */
function text(words: string): string {
  const clean = words
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd') // oxlint-disable-line no-control-regex
  return clean.replaceAll(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** Words that may be written from right to left, apart from what is around them. */
function words(said: string): string {
  return `<bdi>${text(said)}</bdi>`
}

/** Of what the page was made: shown, so that nobody takes an old page for a new one. */
export interface CoverageOrigin {
  /** The commit; null where there is none. */
  readonly head: string | null
  /** How tests were judged, a sentence; null where no results were given. */
  readonly tests: string | null
}

/**
 * One page without scripts, fonts or anything else to fetch: requirements by feature, the tasks of each, and what shows them done. `title` is
 * the project's name. Its policy (CSP) allows its own style and nothing else.
 */
export function coveragePage(
  title: string,
  coverage: readonly FeatureCoverage[],
  notes: readonly string[],
  origin: CoverageOrigin = { head: null, tests: null },
): string {
  const all = coverage.flatMap((feature) => feature.requirements)
  const names = anchors(coverage)
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(COVERAGE_STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`
  const from = [
    origin.head === null ? 'No commit was looked at.' : `Judged at commit ${text(origin.head.slice(0, 12))}.`,
    origin.tests === null ? 'No results of tests were given.' : text(origin.tests),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Coverage of ${text(title)}</title>
<style>${COVERAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#requirements">Skip to the requirements</a>
<header>
<h1>Coverage of ${words(title)}</h1>
<p>${all.filter(({ cover }) => cover === 'shown').length} of ${count(all.length, 'requirement')} shown to be done. A tick counts for nothing here: files, symbols, tests and commits do.</p>
<p class="soft">${from.join(' ')}</p>
${notes.map((note) => `<p class="note">${words(note)}</p>`).join('\n')}
</header>
<main id="requirements" tabindex="-1">
${overview(coverage, names)}
${filters()}
${coverage.map((feature) => featureHtml(feature, names)).join('\n')}
</main>
</body>
</html>
`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** A place in the page for each feature and requirement: of letters and digits only, and no two the same. */
function anchors(coverage: readonly FeatureCoverage[]): Map<FeatureCoverage | CoveredRequirement, string> {
  const taken = new Set(['requirements', 'only-all', 'only-open', 'only-bad'])
  const named = new Map<FeatureCoverage | CoveredRequirement, string>()
  const name = (of: FeatureCoverage | CoveredRequirement, said: string) => {
    const plain = said.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') || 'x'
    let free = plain
    for (let i = 2; taken.has(free); i += 1) free = `${plain}-${i}`
    taken.add(free)
    named.set(of, free)
  }
  for (const feature of coverage) {
    name(feature, feature.scope || 'project')
    for (const requirement of feature.requirements) name(requirement, `${feature.scope} ${requirement.item.id}`)
  }
  return named
}

type Anchors = ReadonlyMap<FeatureCoverage | CoveredRequirement, string>

function overview(coverage: readonly FeatureCoverage[], names: Anchors): string {
  if (coverage.length === 0) return '<p>No requirement with an identifier, and no task, was found.</p>'
  const heads = COVERS.map((cover) => `<th scope="col">${WORDS[cover]}</th>`)
  const row = (feature: FeatureCoverage) => {
    const cells = COVERS.map((cover) => `<td data-label="${WORDS[cover]}">${of(feature, cover).length}</td>`)
    const link = `<a href="#${names.get(feature) ?? ''}">${words(feature.scope || 'project')}</a>`
    return `<tr><th scope="row">${link}${bar(feature)}</th>${cells.join('')}</tr>`
  }
  const all = coverage.flatMap(({ requirements }) => requirements)
  const total =
    coverage.length > 1
      ? `<tr><th scope="row">All</th>${COVERS.map((cover) => `<td data-label="${WORDS[cover]}">${all.filter((r) => r.cover === cover).length}</td>`).join('')}</tr>`
      : ''
  return `<div class="wide" tabindex="0" role="region" aria-label="How far the features are"><table><caption>Requirements, stories and criteria of each feature</caption><thead><tr><th scope="col">Feature</th>${heads.join('')}</tr></thead><tbody>${coverage.map(row).join('')}${total}</tbody></table></div>`
}

function of({ requirements }: FeatureCoverage, cover: Cover): readonly CoveredRequirement[] {
  return requirements.filter((requirement) => requirement.cover === cover)
}

/** The counts beside it as lengths: nothing that is not in the table. */
function bar(feature: FeatureCoverage): string {
  const whole = feature.requirements.length
  if (whole === 0) return ''
  let from = 0
  const parts = COVERS.map((cover) => {
    const width = (of(feature, cover).length / whole) * 100
    const part = `<rect class="${cover}" x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="10"/>`
    from += width
    return width === 0 ? '' : part
  })
  return `<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${parts.join('')}</svg>`
}

function filters(): string {
  const choices = [
    ['only-all', 'all', ' checked'],
    ['only-open', 'not shown yet', ''],
    ['only-bad', 'contradicted or without a task', ''],
  ] as const
  return `<fieldset><legend>Requirements</legend>${choices.map(([id, label, on]) => `<label for="${id}"><input type="radio" name="only" id="${id}"${on}> ${label}</label>`).join('')}</fieldset>`
}

function featureHtml(feature: FeatureCoverage, names: Anchors): string {
  const { scope, requirements, loose } = feature
  const id = names.get(feature) ?? ''
  const head = `<h2 id="${id}">${words(scope || 'project')}</h2>\n<p class="soft">${of(feature, 'shown').length} of ${requirements.length} shown</p>`
  const rest =
    loose.length === 0
      ? ''
      : `<details><summary>${count(loose.length, 'task')} that serve${loose.length === 1 ? 's' : ''} no requirement</summary><div>${loose.map(taskHtml).join('')}</div></details>`
  return `<section aria-labelledby="${id}">\n${head}\n${requirements.map((r) => requirementHtml(r, names.get(r) ?? '')).join('\n')}\n${rest}\n</section>`
}

function requirementHtml({ item, cover, tasks }: CoveredRequirement, id: string): string {
  const title = `<span class="id">${text(item.id)}</span> <span class="state ${cover}">${WORDS[cover]}</span> ${words(item.text)}`
  const place = `<p class="where">${text(item.path)}:${item.line}</p>`
  const list = tasks.length === 0 ? '<p class="soft">No task names it.</p>' : tasks.map(taskHtml).join('')
  return `<details class="requirement ${cover}" id="${id}"><summary>${title}</summary><div>${place}${list}</div></details>`
}

function taskHtml(task: TaskEvidence): string {
  const state = task.done ? task.verdict : 'open'
  const lines = task.evidence.map(
    (line) => `<li>${line.found === 'yes' ? '' : `<strong>${FOUND[line.found]}:</strong> `}${words(line.text)}</li>`,
  )
  const doubts = task.caveats.map((caveat) => `<li class="soft">where it would be wrong: ${words(caveat)}</li>`)
  const commits = task.commits.map(
    ({ id, subject }) =>
      `<li class="commit">commit <span class="id">${text(id.slice(0, 10))}</span> ${words(subject)}</li>`,
  )
  const all = [...lines, ...commits, ...doubts]
  return `<div class="task"><span class="id">${text(task.id ?? '')}</span> <span class="state ${state}">${task.done ? task.verdict : 'not ticked'}</span> ${words(task.text.split('\n', 1)[0] ?? '')}
<div class="where">${text(task.path)}:${task.line}</div>${all.length === 0 ? '' : `<ul>${all.join('')}</ul>`}</div>`
}

const FOUND = { yes: '', partly: 'in part', no: 'not found', against: 'against it' } as const
