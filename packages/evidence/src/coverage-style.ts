/** The coverage page's only style. Colours have a contrast of 4.5 and more on both grounds; each state is also a word. */
export const COVERAGE_STYLE = `
:root { color-scheme: light dark; --text: #1d2126; --soft: #57606a; --line: #d0d5da; --back: #ffffff; --card: #f6f7f9; --good: #14692f; --some: #80550a; --none: #57606a; --bad: #ad1d1d; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e8eb; --soft: #a9b2bb; --line: #434b54; --back: #14171a; --card: #1d2125; --good: #69c887; --some: #e0b355; --none: #a9b2bb; --bad: #ff8f88; --link: #8ac2ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main, header, nav { max-width: 64rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; } main { padding-bottom: 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; } h2 { font-size: 1.125rem; margin: 2rem 0 .25rem; } p { margin: .25rem 0 .75rem; }
a { color: var(--link); } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; } .skip:focus { position: static; }
.soft, .where { color: var(--soft); } .where, .commit { font-size: .875rem; }
.note { border-inline-start: .25rem solid var(--some); padding-inline-start: .75rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; } caption { text-align: start; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: start; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); } td { font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
svg.bar { display: block; width: 100%; height: .625rem; border-radius: .25rem; background: var(--line); } .bar .shown { fill: var(--good); } .bar .partly { fill: var(--some); } .bar .contradicted { fill: var(--bad); } .bar .open { fill: var(--none); } .bar .no-task { fill: var(--line); }
fieldset { border: 0; padding: 0; margin: 1rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; } legend { float: left; padding: .25rem 0; margin-inline-end: 1rem; color: var(--soft); } label { padding: .25rem 0; min-height: 1.5rem; } input { accent-color: var(--link); inline-size: 1.125rem; block-size: 1.125rem; vertical-align: text-bottom; }
body:has(#only-open:checked) .requirement.shown, body:has(#only-bad:checked) .requirement:not(.contradicted, .no-task) { display: none; }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .375rem 0; background: var(--card); }
summary { padding: .5rem .75rem; cursor: pointer; } details > div { padding: 0 .75rem .5rem; border-top: 1px solid var(--line); }
.id { font-family: ui-monospace, monospace; font-weight: 600; } .state { font-weight: 600; white-space: nowrap; }
.state.shown { color: var(--good); } .state.partly { color: var(--some); } .state.open, .state.unshown { color: var(--none); } .state.no-task, .state.contradicted { color: var(--bad); }
ul { margin: .25rem 0 .5rem; padding-inline-start: 1.25rem; } li { margin: .125rem 0; } .task { margin-top: .5rem; } .task + .task { border-top: 1px dashed var(--line); padding-top: .5rem; }
@media (max-width: 40rem) {
  legend { float: none; width: 100%; } thead { display: none; } tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  tbody th { display: block; padding: 0; border: 0; } svg.bar { margin: .25rem 0; } td { display: inline-block; padding: 0 1rem 0 0; border: 0; font-weight: 600; } td::before { content: attr(data-label) ' '; color: var(--soft); font-weight: 400; }
}
@media print {
  :root { --text: #000; --soft: #333; --line: #999; --back: #fff; --card: #fff; --good: #14692f; --some: #5e3f07; --none: #333; --bad: #8f1414; --link: #000; }
  nav, fieldset, .skip { display: none; } body { font-size: 10pt; } main, header { max-width: none; padding: 0; }
  details::details-content { content-visibility: visible; block-size: auto; } summary { list-style: none; font-weight: 600; break-after: avoid; } .task, tr { break-inside: avoid; } h2 { break-after: avoid; }
  svg.bar { print-color-adjust: exact; }
}
`
