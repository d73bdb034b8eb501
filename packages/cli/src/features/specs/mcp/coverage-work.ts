import { join, posix } from 'node:path'
import { commandDocument } from './command-json.ts'
import { checkoutOf } from './evidence-ground.ts'
import { modelValue, NOTICE, quoted, QUOTES } from './model-text.ts'
import { moreText, pageOf } from './page.ts'
import { innerPath } from './served-folder.ts'
import type { CoverageInput } from './tool-inputs.ts'
import type { WorkAnswer } from './work-order.ts'
import { commonFolder, isAtOrBelow, targetsOf } from './work-scope.ts'

interface Row {
  readonly feature: string
  readonly requirements: number
  readonly shown: number
  readonly partly: number
  readonly open: number
  readonly no_task: number
  readonly contradicted: number
  readonly without_task: readonly string[]
}

/** What `gatehouse spec coverage --json` tells, a page of its features. */
export async function coverageWork(root: string, scope: readonly string[], input: CoverageInput): Promise<WorkAnswer> {
  const targets = targetsOf(scope, input.path === undefined ? undefined : [innerPath(root, 'path', input.path)])
  const junit = (input.junit ?? []).map((given, i) => join(root, innerPath(root, `junit[${i}]`, given)))
  const at = join(root, commonFolder(targets))
  const folder = await checkoutOf(root, at)
  const { features, notes } = (await commandDocument(root, [
    'coverage',
    '--json',
    ...junit.flatMap((file) => ['--junit', file]),
    '--',
    at,
  ])) as { readonly features: readonly Row[]; readonly notes: readonly string[] }
  const rows = features.filter((row) => targets.some((target) => isAtOrBelow(posix.join(folder, row.feature), target)))
  const { items, ...page } = pageOf('features', rows, ['spec_coverage', targets, input.junit], input)
  const text = [
    `${rows.length} features with requirements.`,
    ...notes.slice(0, 5).map((note) => `Note: ${quoted(note)}`),
    QUOTES,
    ...items.map(
      (row) =>
        `- ${quoted(row.feature)} ${row.requirements} requirements: ${row.shown} shown, ${row.partly} partly, ${row.open} with tasks that show nothing, ${row.contradicted} contradicted, ${row.no_task} without a task${row.without_task.length > 0 ? ` (${quoted(row.without_task.join(', '), 200)})` : ''}`,
    ),
    ...moreText(page, 'features', 'path'),
  ].join('\n')
  return {
    ok: true,
    document: {
      folder,
      features: items,
      notes: notes.slice(0, 20).map((note) => modelValue(note, () => undefined)),
      matched: rows.length,
      ...page,
      notice: NOTICE,
    },
    text,
  }
}
