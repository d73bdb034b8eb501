import { firstLine, type LintContext } from './lint-context.ts'

/** Bodies of runbooks that a machine would apply. */
export function runbookRules(context: LintContext): void {
  for (const document of context.live) {
    if (document.kind !== 'runbook') continue
    for (const file of document.files)
      for (const edit of file.edits) {
        if (edit.complete && edit.search.trim() !== '') continue
        context.report(
          'search-block-incomplete',
          firstLine(edit.place, context.textOf(document)),
          edit.complete
            ? `The SEARCH block for ${file.target} looks for nothing: it would match anywhere.`
            : `The SEARCH block for ${file.target} lacks "===" or ">>>": it cannot be applied.`,
          'Write "<<<SEARCH", the text as it stands, "===", the new text, ">>>", each mark on its own line.',
          { key: `${file.target}\n${edit.search.slice(0, 200)}` },
        )
      }
  }
}
