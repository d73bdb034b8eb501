import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { CodeAction } from 'vscode-languageserver/node'
import { endEditors, openEditor, PROJECT, TASKS, writeFiles } from './test-editor.ts'

const TASKS_FILE = 'specs/001-login/tasks.md'
const folders: string[] = []
afterEach(() => {
  endEditors()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('actions asked for right behind an edit are those of the text after it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lsp-'))
  folders.push(folder)
  writeFiles(folder, PROJECT)
  const editor = await openEditor(folder)
  editor.open(TASKS_FILE, TASKS)
  await editor.diagnostics(TASKS_FILE)
  editor.edit(TASKS_FILE, `\n\n${TASKS.replace('T001 [US1]', '**T001** [US1]')}`)
  const actions = await editor.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri: editor.uri(TASKS_FILE) },
    range: { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } },
    context: { diagnostics: [] },
  })
  const fix = actions.find(({ isPreferred }) => isPreferred)
  expect(fix?.diagnostics?.[0]?.code).toBe('task-format')
  expect(fix?.diagnostics?.[0]?.range.start.line).toBe(6)
  expect(await editor.quit()).toBe(0)
})
