import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { actionsFor } from './code-actions.ts'
import { diagnosticsOf, FindingStore } from './diagnostics.ts'
import { realPath } from './document-uris.ts'
import { Linter, type LintResult } from './lint-run.ts'
import { PROJECT, TASKS, writeFiles } from './test-editor.ts'
import { Workspace } from './workspace.ts'

const BOLD = TASKS.replace('T001 [US1]', '**T001** [US1]')

let folder = ''
beforeAll(() => {
  folder = realPath(mkdtempSync(join(tmpdir(), 'gatehouse-lsp-')))
  writeFiles(folder, PROJECT)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the server holds, without the protocol and without threads: each `lint` is a run that is taken over at once. */
function held() {
  const path = join(folder, 'specs/001-login/tasks.md')
  const uri = pathToFileURL(path).href
  const workspace = new Workspace()
  workspace.addFolder(pathToFileURL(folder).href)
  workspace.open(uri, 'markdown', 1, BOLD)
  const store = new FindingStore()
  const linter = new Linter()
  let seq = 0
  const lint = (): LintResult => {
    seq += 1
    const overlays = workspace.overlays()
    const job = { seq, home: '/', folders: workspace.jobFolders(), overlays, walk: seq === 1 }
    const result = structuredClone(linter.run(job))
    workspace.take(result)
    store.take(result, (root, below) => workspace.lintedText(root, below, overlays))
    return result
  }
  const edit = (version: number, text: string) => workspace.change(uri, version, [{ text }])
  const actions = () => {
    const shown = diagnosticsOf(workspace, store, path, { related: true, codeDescription: true })
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } }
    const params = { textDocument: { uri }, range, context: { diagnostics: [] } }
    return actionsFor(workspace, store, path, params, shown, { versioned: true })
  }
  return { workspace, lint, edit, actions }
}

test('edits of a text that is not the buffer any more are not offered, until it was linted again', () => {
  const { lint, edit, actions } = held()
  lint()
  expect(actions().flatMap(({ kind, edit: made }) => (made ? [kind] : []))).toEqual(['quickfix', 'source.fixAll'])
  edit(2, `\n${BOLD}`)
  expect(actions()).toEqual([])
  lint()
  const [first] = actions()
  expect(first?.edit?.documentChanges).toMatchObject([
    { textDocument: { version: 2 }, edits: [{ range: { start: { line: 5 } } }] },
  ])
})

test('after a hundred edits nothing is left of the runs before the last', async () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect !== 'function') throw new Error('the engine gives no handle to its collector')
  const { workspace, lint, edit } = held()
  const runs: WeakRef<LintResult>[] = []
  for (let i = 1; i <= 100; i += 1) {
    edit(i + 1, `${BOLD}\n- [ ] T9${i} Wait for FR-9${i}\n`)
    for (const index of workspace.indexes()) index.warm(1_000)
    runs.push(new WeakRef(lint()))
  }
  let alive = runs.length
  // A weak reference that was looked at holds until the turn ends.
  for (let tries = 0; alive > 1 && tries < 20; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    collect()
    alive = runs.filter((run) => run.deref() !== undefined).length
  }
  expect(alive).toBeLessThanOrEqual(1)
})
