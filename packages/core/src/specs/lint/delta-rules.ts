import { comparedTitle } from '../section-keys.ts'
import type { LintContext } from './lint-context.ts'
import { detached, type LintIndex } from './lint-index.ts'

/** OpenSpec's deltas, and the capabilities they are held against. */
export function deltaRules(context: LintContext, index: LintIndex): void {
  for (const { root, name, document } of context.project.capabilities) {
    const held = context.project.documents[document]
    if (!held || !context.own.has(held)) continue
    index.capabilities.set(`${root}\n${name}`, {
      path: held.path,
      names: new Set(held.requirements.filter((r) => r.kind === 'capability').map((r) => comparedTitle(r.title))),
    })
  }
  for (const change of context.project.changes) {
    if (change.archived) continue
    for (const delta of change.deltas) {
      const document = context.ownAt(delta.document)
      if (!document) continue
      const renamed = new Set(
        document.requirements.flatMap((r) =>
          r.operation === 'renamed' && r.renamedTo !== null ? [comparedTitle(r.renamedTo)] : [],
        ),
      )
      for (const requirement of document.requirements) {
        if (requirement.kind !== 'capability' || requirement.operation === null) continue
        const name = comparedTitle(requirement.title)
        index.deltas.push(
          detached({
            change: change.id,
            root: change.root,
            capability: delta.capability,
            operation: requirement.operation,
            title: requirement.title,
            name,
            renamedTo: requirement.renamedTo === null ? null : comparedTitle(requirement.renamedTo),
            place: requirement.titlePlace ?? requirement.place,
            isRenamedHere: renamed.has(name),
          }),
        )
      }
    }
  }
}

export function deltasAtEnd(context: LintContext, index: LintIndex): void {
  // What open changes add or rename: another that is built on them is not wrong, only not next.
  const promised = new Set(
    index.deltas
      .filter((d) => d.operation === 'added' || d.renamedTo !== null)
      .map((d) => `${d.root}\n${d.capability}\n${d.renamedTo ?? d.name}`),
  )
  for (const { root, capability, operation, title, name, place, isRenamedHere } of index.deltas) {
    const target = index.capabilities.get(`${root}\n${capability}`)
    if (operation === 'added') {
      if (target?.names.has(name))
        context.report(
          'delta-requirement-exists',
          place,
          `"${title}" is added, and ${capability} has it already: the archive refuses the change.`,
          'Put it under "## MODIFIED Requirements", or give it another name.',
          { key: title },
        )
    } else if (!target?.names.has(name) && !isRenamedHere && !promised.has(`${root}\n${capability}\n${name}`))
      context.report(
        'delta-unknown-requirement',
        place,
        `"${title}" is ${operation}, and ${target ? `${capability} has no such requirement` : `there is no capability ${capability}`}: the archive refuses the change.`,
        target
          ? `Write its name as in ${target.path}, or put it under "## ADDED Requirements".`
          : 'Put it under "## ADDED Requirements", or name the folder as the capability.',
        { key: title },
      )
  }
}
