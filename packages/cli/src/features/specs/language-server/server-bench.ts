/**
 * How long an editor waits, and what the server holds after a day of typing.
 * `node packages/cli/src/features/specs/language-server/server-bench.ts <folder | number of files> [edits]` prints one line of JSON; times in milliseconds from the
 * start of the process, memory (resident, of all threads) in MiB after a fifth, three fifths and all of the edits. Linux only: it reads /proc.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { openEditor, PLAN, SPEC, TASKS, writeFiles } from './test-editor.ts'

function made(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lsp-'))
  const files: Record<string, string> = { '.specify/memory/constitution.md': '# Constitution\n' }
  const ids = Array.from({ length: 20 }, (_, i) => String(i + 3).padStart(3, '0'))
  const more = ids.map((id) => `- **FR-${id}**: System MUST keep rule ${id} within ${Number(id)} seconds`).join('\n')
  const work = ids.map((id) => `- [ ] T${id} [US1] Add rule ${id} to src/part-${id}.ts, per FR-${id}`).join('\n')
  for (let no = 1; Object.keys(files).length < count; no += 1) {
    const at = `specs/${String(no).padStart(3, '0')}-feature-${no}`
    files[`${at}/spec.md`] = SPEC.replace('## Success Criteria', `${more}\n\n## Success Criteria`)
    files[`${at}/plan.md`] = PLAN
    // One finding in each feature, so that there is something to wait for.
    files[`${at}/tasks.md`] = `${TASKS}${work}\n- [ ] T099 [US1] Add src/last.ts per FR-999\n`
  }
  writeFiles(folder, files)
  return folder
}

function resident(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kib) / 102.4) / 10
}

const [what = '1000', asked = '1000'] = process.argv.slice(2)
const isMade = /^\d+$/.test(what)
const folder = isMade ? made(Number(what)) : what
const edits = Number(asked)
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:md|ya?ml)$/.test(path))
const start = performance.now()
const since = () => Math.round(performance.now() - start)
const editor = await openEditor(folder)
const initialized = since()
while (editor.published.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
const first = since()

const target =
  files.find((path) => /specs\/001-[^/]+\/tasks\.md$/.test(path)) ?? files.find((path) => path.endsWith('tasks.md'))
if (target === undefined) throw new Error(`${folder} holds no tasks.md`)
const text = readFileSync(join(folder, target), 'utf8')
editor.open(target, text)
await editor.diagnostics(target)
const waits: number[] = []
for (let i = 0; i < 5; i += 1) {
  const from = performance.now()
  editor.edit(target, `${text}\n${'x'.repeat(i + 1)}\n`)
  await editor.diagnostics(target)
  waits.push(performance.now() - from)
}
const hoverFrom = performance.now()
editor.edit(target, `${text}\nhover\n`)
await editor.connection.sendRequest('textDocument/hover', {
  textDocument: { uri: editor.uri(target) },
  position: { line: 5, character: 8 },
})
const hover = performance.now() - hoverFrom

const memory: number[] = []
const pid = editor.child.pid ?? 0
for (let i = 1; i <= edits; i += 1) {
  editor.edit(target, `${text}\nedit ${i}\n`)
  // Every tenth is waited for: people pause, and a run is made of it.
  if (i % 10 === 0) await editor.diagnostics(target)
  if (i === edits / 5 || i === (edits * 3) / 5 || i === edits) memory.push(resident(pid))
}
const code = await editor.quit()
process.stdout.write(
  `${JSON.stringify({
    workspace: isMade ? 'made' : relative(join(folder, '..'), folder),
    files: files.length,
    initialized_ms: initialized,
    first_diagnostics_ms: first,
    files_told: new Set(editor.published.map(({ uri }) => uri)).size,
    edit_to_diagnostics_ms: Math.round(waits.toSorted((a, b) => a - b)[2] ?? 0),
    hover_after_edit_ms: Math.round(hover),
    resident_mib: memory,
    edits,
    exit: code,
    node: process.version,
  })}\n`,
)
if (isMade) rmSync(folder, { recursive: true })
