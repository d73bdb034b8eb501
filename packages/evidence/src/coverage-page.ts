import type { CoveredRequirement, Cover, FeatureCoverage } from './coverage.ts'
import type { TaskEvidence } from './project-evidence.ts'

const WORDS: Readonly<Record<Cover, string>> = {
  shown: 'shown',
  partly: 'partly shown',
  open: 'nothing shown',
  'no-task': 'no task',
  contradicted: 'contradicted',
}

const STYLE = `
:root { color-scheme: light dark; --text: #1d2126; --soft: #57606a; --line: #d5d9de; --back: #ffffff; --card: #f6f7f9; --good: #14692f; --some: #80550a; --bad: #ad1d1d; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e8eb; --soft: #a2abb5; --line: #3b424a; --back: #14171a; --card: #1d2125; --good: #69c887; --some: #e0b355; --bad: #ff8f88; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 64rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; } p { margin: .25rem 0 .75rem; }
.soft, .where { color: var(--soft); } .where { font-size: .875rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .25rem 1rem .25rem 0; font-variant-numeric: tabular-nums; }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .375rem 0; background: var(--card); }
summary { padding: .5rem .75rem; cursor: pointer; } summary:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
details > div { padding: 0 .75rem .5rem; border-top: 1px solid var(--line); }
.id { font-family: ui-monospace, monospace; font-weight: 600; } .state { font-weight: 600; white-space: nowrap; }
.shown { color: var(--good); } .partly { color: var(--some); } .open, .unshown { color: var(--soft); } .no-task, .contradicted { color: var(--bad); }
ul { margin: .25rem 0 .5rem; padding-left: 1.25rem; } li { margin: .125rem 0; } .task { margin-top: .5rem; }
`

/** HTML of other people's words: nothing of it is markup, and marks that turn the direction of text stay inside of it. */
function text(words: string): string {
  const clean = words
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd') // oxlint-disable-line no-control-regex
  return clean.replaceAll(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`)
}

/**
 * One page without scripts, fonts or anything else to fetch: requirements by feature, the tasks of each, and what shows them done. `title` is
 * the project's name.
 */
export function coveragePage(title: string, coverage: readonly FeatureCoverage[], notes: readonly string[]): string {
  const all = coverage.flatMap((feature) => feature.requirements)
  const rows = (Object.keys(WORDS) as Cover[]).map(
    (cover) =>
      `<tr><th scope="row" class="state ${cover}">${WORDS[cover]}</th><td>${all.filter((r) => r.cover === cover).length}</td></tr>`,
  )
  const body = [
    `<h1>Coverage of ${text(title)}</h1>`,
    `<p class="soft">${all.length} requirements, stories and criteria. A tick counts for nothing here: a task is shown by files, symbols, tests and commits.</p>`,
    ...notes.map((note) => `<p class="partly">${text(note)}</p>`),
    `<table><caption class="soft" style="text-align:left">How far they are</caption>${rows.join('')}</table>`,
    ...coverage.map(featureHtml),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Coverage of ${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`
}

function featureHtml({ scope, requirements, loose }: FeatureCoverage): string {
  const shown = requirements.filter(({ cover }) => cover === 'shown').length
  const head = `<h2>${text(scope === '' ? 'project' : scope)}</h2>\n<p class="soft">${shown} of ${requirements.length} shown</p>`
  const rest =
    loose.length === 0
      ? ''
      : `<details><summary>${loose.length} tasks that serve no requirement</summary><div>${loose.map(taskHtml).join('')}</div></details>`
  return `<section>\n${head}\n${requirements.map(requirementHtml).join('\n')}\n${rest}\n</section>`
}

function requirementHtml({ item, cover, tasks }: CoveredRequirement): string {
  const words = `<span class="id">${text(item.id)}</span> <span class="state ${cover}">${WORDS[cover]}</span> ${text(item.text)}`
  const place = `<p class="where">${text(item.path)}:${item.line}</p>`
  const list = tasks.length === 0 ? '<p class="soft">No task names it.</p>' : tasks.map(taskHtml).join('')
  return `<details><summary>${words}</summary><div>${place}${list}</div></details>`
}

function taskHtml(task: TaskEvidence): string {
  const state = task.done ? task.verdict : 'open'
  const first = text(task.text.split('\n', 1)[0] ?? '')
  const lines = task.evidence.map(
    (line) =>
      `<li>${line.found === 'yes' ? '' : `<span class="soft">${FOUND[line.found]}:</span> `}${text(line.text)}</li>`,
  )
  const doubts = task.caveats.map((caveat) => `<li class="soft">doubt: ${text(caveat)}</li>`)
  return `<div class="task"><span class="id">${text(task.id ?? '')}</span> <span class="state ${state}">${task.done ? task.verdict : 'not ticked'}</span> ${first}
<div class="where">${text(task.path)}:${task.line}</div><ul>${[...lines, ...doubts].join('')}</ul></div>`
}

const FOUND = { yes: '', partly: 'in part', no: 'not found', against: 'against it' } as const
