import { comparedTitle } from '../section-keys.ts'
import type { LintContext } from './lint-context.ts'
import { deltaKey, type LintIndex } from './lint-index.ts'
import { KeySet } from './records.ts'

/** OpenSpec's deltas, and the capabilities they are held against. */
export function deltaRules(context: LintContext, index: LintIndex): void {
  for (const { root, name, document } of context.project.capabilities) {
    const held = context.project.documents[document]
    if (!held || !context.own.has(held)) continue
    index.capabilities.set(`${root}\n${name}`, held.path)
    for (const requirement of held.requirements)
      if (requirement.kind === 'capability')
        index.capabilityNames.add(deltaKey({ root, capability: name, name: comparedTitle(requirement.title) }))
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
        const { operation, title } = requirement
        const name = comparedTitle(title)
        const renamedTo = requirement.renamedTo === null ? null : comparedTitle(requirement.renamedTo)
        const place = requirement.titlePlace ?? requirement.place
        const held = { change: change.id, root: change.root, capability: delta.capability, title, place }
        index.deltas.add({ ...held, name, operation, renamedTo, isRenamedHere: renamed.has(name) })
        for (const touched of new Set([name, ...(renamedTo === null ? [] : [renamedTo])]))
          index.deltaNames.add({ ...held, name: touched }, deltaKey({ ...held, name: touched }))
      }
    }
  }
}

export function deltasAtEnd(context: LintContext, index: LintIndex): void {
  // What open changes add or rename: another that is built on them is not wrong, only not next.
  const promised = new KeySet()
  for (const d of index.deltas)
    if (d.operation === 'added' || d.renamedTo !== null) promised.add(deltaKey({ ...d, name: d.renamedTo ?? d.name }))
  for (const { root, capability, operation, title, name, place, isRenamedHere } of index.deltas) {
    const target = index.capabilities.get(`${root}\n${capability}`)
    const isThere = index.capabilityNames.has(deltaKey({ root, capability, name }))
    if (operation === 'added') {
      if (isThere)
        context.report(
          'delta-requirement-exists',
          place,
          `"${title}" is added, and ${capability} has it already: the archive refuses the change.`,
          'Put it under "## MODIFIED Requirements", or give it another name.',
          { key: title },
        )
    } else if (!isThere && !isRenamedHere && !promised.has(deltaKey({ root, capability, name })))
      context.report(
        'delta-unknown-requirement',
        place,
        `"${title}" is ${operation}, and ${target ? `${capability} has no such requirement` : `there is no capability ${capability}`}: the archive refuses the change.`,
        target
          ? `Write its name as in ${target}, or put it under "## ADDED Requirements".`
          : 'Put it under "## ADDED Requirements", or name the folder as the capability.',
        { key: title },
      )
  }
}
