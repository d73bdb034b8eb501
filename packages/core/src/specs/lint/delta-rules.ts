import { comparedTitle } from '../section-keys.ts'
import type { LintContext } from './lint-context.ts'

/** OpenSpec's deltas against the capabilities as they stand. */
export function deltaRules(context: LintContext): void {
  const promised = promisedNames(context)
  for (const change of context.project.changes) {
    if (change.archived) continue
    for (const delta of change.deltas) {
      const document = context.at(delta.document)
      if (!document) continue
      const target = delta.target === null ? null : (context.project.documents[delta.target] ?? null)
      const held = new Set(
        (target?.requirements ?? []).filter((r) => r.kind === 'capability').map((r) => comparedTitle(r.title)),
      )
      const renamed = new Set(
        document.requirements.flatMap((r) =>
          r.operation === 'renamed' && r.renamedTo !== null ? [comparedTitle(r.renamedTo)] : [],
        ),
      )
      for (const requirement of document.requirements) {
        if (requirement.kind !== 'capability' || requirement.operation === null) continue
        const name = comparedTitle(requirement.title)
        const place = requirement.titlePlace ?? requirement.place
        if (requirement.operation === 'added') {
          if (held.has(name))
            context.report(
              'delta-requirement-exists',
              place,
              `"${requirement.title}" is added, and ${delta.capability} has it already: the archive refuses the change.`,
              'Put it under "## MODIFIED Requirements", or give it another name.',
              { key: requirement.title },
            )
        } else if (
          !held.has(name) &&
          !renamed.has(name) &&
          !promised.has(`${change.root}\n${delta.capability}\n${name}`)
        )
          context.report(
            'delta-unknown-requirement',
            place,
            `"${requirement.title}" is ${requirement.operation}, and ${target ? `${delta.capability} has no such requirement` : `there is no capability ${delta.capability}`}: the archive refuses the change.`,
            target
              ? `Write its name as in ${target.path}, or put it under "## ADDED Requirements".`
              : 'Put it under "## ADDED Requirements", or name the folder as the capability.',
            { key: requirement.title },
          )
      }
    }
  }
}

/** What open changes add or rename: another that is built on them is not wrong, only not next. */
function promisedNames(context: LintContext): Set<string> {
  const names = new Set<string>()
  for (const change of context.project.changes)
    if (!change.archived)
      for (const delta of change.deltas)
        for (const r of context.at(delta.document)?.requirements ?? [])
          if (r.kind === 'capability' && (r.operation === 'added' || r.renamedTo !== null))
            names.add(`${change.root}\n${delta.capability}\n${comparedTitle(r.renamedTo ?? r.title)}`)
  return names
}
