import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  CodeAction,
  CompletionList,
  DocumentSymbol,
  Hover,
  Location,
  SymbolInformation,
  WorkspaceEdit,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { endEditors, openEditor, PLAN, PROJECT, SPEC, TASKS, writeFiles, type Editor } from './test-editor.ts'

const SPEC_FILE = 'specs/001-login/spec.md'
const TASKS_FILE = 'specs/001-login/tasks.md'
const PLAN_FILE = 'specs/001-login/plan.md'
const OTHER = SPEC.replace('Login', 'Billing').replace('accept a password', 'send a bill')
const CAPABILITY =
  '# billing Specification\n\n## Purpose\n\nBills.\n\n## Requirements\n\n### Requirement: Send a bill\n\nThe system SHALL send a bill.\n\n#### Scenario: Month ends\n\n- **WHEN** the month ends\n- **THEN** a bill is sent\n'
const DELTA =
  '## MODIFIED Requirements\n\n### Requirement: Send a bill\n\nThe system SHALL send a bill twice.\n\n#### Scenario: Month ends\n\n- **WHEN** the month ends\n- **THEN** two bills are sent\n'
const DELTA_FILE = 'openspec/changes/twice/specs/billing/spec.md'
const STORY = '# INFRA-042: Backups\n\n## State\n\nCOMMITTED\n\n## User Story\n\nAs an operator I want backups.\n'
const FILES: Readonly<Record<string, string>> = {
  ...PROJECT,
  'specs/002-billing/spec.md': OTHER,
  'specs/002-billing/tasks.md': '# Tasks: Billing\n\n## Phase 1: Work\n\n- [ ] T001 Create `src/bill.ts` per FR-001\n',
  'src/bill.ts': 'const a = 1 // FR-001\n',
  'src/nobody.ts': '// FR-001 and INFRA-042, 001-login FR-002\n',
  'openspec/specs/billing/spec.md': CAPABILITY,
  'openspec/changes/twice/proposal.md': '# Change: Twice\n\n## Why\n\nMoney.\n\n## What Changes\n\n- Twice\n',
  [DELTA_FILE]: DELTA,
  '.agent/cache/stories/INFRA/INFRA-042-backups.md': STORY,
  '.agent/cache/runbooks/INFRA/INFRA-042-runbook.md':
    '# INFRA-042: Backups\n\n## State\n\nPROPOSED\n\n## Goal\n\nBuild INFRA-042.\n',
  'node_modules/x/index.js': '// FR-001 of 001-login\n',
  'src/binary.dat': 'FR-001\u0000 001-login',
}

let folder: string
let editor: Editor

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lsp-'))
  writeFiles(folder, FILES)
  editor = await openEditor(folder, {
    capabilities: {
      textDocument: {
        documentSymbol: { hierarchicalDocumentSymbolSupport: true },
        hover: { contentFormat: ['markdown'] },
      },
      workspace: { workspaceEdit: { documentChanges: true } },
    },
  })
}, 120_000)

afterAll(() => {
  endEditors()
  rmSync(folder, { recursive: true, force: true })
})

/** Where a word stands in a file, from 0; `nth` from 1. */
function at(path: string, word: string, nth = 1): { line: number; character: number } {
  const text = FILES[path] ?? ''
  let offset = -1
  for (let i = 0; i < nth; i += 1) offset = text.indexOf(word, offset + 1)
  return TextDocument.create(path, 'text', 0, text).positionAt(offset)
}

function ask<T>(method: string, path: string, word: string, nth = 1, more: object = {}): Promise<T> {
  const { line, character } = at(path, word, nth)
  return editor.connection.sendRequest<T>(`textDocument/${method}`, {
    textDocument: { uri: editor.uri(path) },
    position: { line, character: character + 1 },
    ...more,
  })
}

const shown = (places: readonly Location[] | null) =>
  (places ?? []).map(({ uri, range }) => {
    const path = decodeURIComponent(uri.slice(pathToFileURL(folder).href.length + 1))
    return `${path}:${range.start.line + 1}:${range.start.character + 1}`
  })
const place = (path: string, word: string, nth = 1) => {
  const { line, character } = at(path, word, nth)
  return `${path}:${line + 1}:${character + 1}`
}
const jump = async (path: string, word: string, nth = 1) => shown(await ask<Location[]>('definition', path, word, nth))

test('from a task, a plan and a dependency to what they name', async () => {
  expect(await jump(TASKS_FILE, 'FR-001')).toEqual([place(SPEC_FILE, 'FR-001')])
  expect(await jump(PLAN_FILE, 'FR-002')).toEqual([place(SPEC_FILE, 'FR-002')])
  expect(await jump(TASKS_FILE, 'US1')).toEqual([place(SPEC_FILE, '### User Story 1')])
  expect(await jump(TASKS_FILE, 'T001', 2)).toEqual([place(TASKS_FILE, 'T001')])
})

test('from a comment of code to the requirement of the feature that names the file, or that the line names', async () => {
  expect(await jump('src/login.ts', 'FR-001')).toEqual([place(SPEC_FILE, 'FR-001')])
  expect(await jump('src/bill.ts', 'FR-001')).toEqual([place('specs/002-billing/spec.md', 'FR-001')])
  expect(await jump('src/nobody.ts', 'FR-002')).toEqual([place(SPEC_FILE, 'FR-002')])
  expect(await jump('src/nobody.ts', 'INFRA-042')).toEqual([
    place('.agent/cache/stories/INFRA/INFRA-042-backups.md', 'INFRA-042'),
  ])
})

test('from a runbook to its story, and from a change of OpenSpec to the requirement that it changes, and back', async () => {
  expect(await jump('.agent/cache/runbooks/INFRA/INFRA-042-runbook.md', 'INFRA-042', 2)).toEqual([
    place('.agent/cache/stories/INFRA/INFRA-042-backups.md', 'INFRA-042'),
  ])
  expect(await jump(DELTA_FILE, 'Send a bill')).toEqual([place('openspec/specs/billing/spec.md', 'Send a bill')])
  expect(await jump('openspec/specs/billing/spec.md', 'Send a bill')).toEqual([place(DELTA_FILE, 'Send a bill')])
})

test('nothing is where nothing is known, and a position outside of the file is no error', async () => {
  expect(await ask('definition', SPEC_FILE, 'A member')).toBeNull()
  for (const position of [
    { line: 9999, character: 0 },
    { line: 0, character: 9999 },
    { line: -1, character: -1 },
  ])
    expect(
      await editor.connection.sendRequest('textDocument/definition', {
        textDocument: { uri: editor.uri(TASKS_FILE) },
        position,
      }),
    ).toBeNull()
})

test('references of a requirement are tasks, other documents, code and tests, and not those of another feature', async () => {
  const found = shown(
    await ask<Location[]>('references', SPEC_FILE, 'FR-001', 1, { context: { includeDeclaration: true } }),
  )
  expect(found.toSorted()).toEqual(
    [
      place(SPEC_FILE, 'FR-001'),
      place(PLAN_FILE, 'FR-001'),
      place(TASKS_FILE, 'FR-001'),
      place(TASKS_FILE, 'FR-001', 2),
      place('src/login.ts', 'FR-001'),
      place('src/nobody.ts', 'FR-001'),
      place('tests/login.test.ts', 'FR-001'),
    ].toSorted(),
  )
  const without = await ask<Location[]>('references', SPEC_FILE, 'FR-001', 1, {
    context: { includeDeclaration: false },
  })
  expect(shown(without)).not.toContain(place(SPEC_FILE, 'FR-001'))
})

test('hovering shows the words of a requirement and its tasks with their ticks', async () => {
  const hover = await ask<Hover>('hover', 'src/login.ts', 'FR-001')
  const { value } = hover.contents as { value: string }
  expect(value).toContain('System MUST accept a password of 12 to 128 characters')
  expect(value).toContain(`${SPEC_FILE}:23`)
  expect(value).toContain('Tasks: 1 of 2 ticked')
  expect(value).toMatch(/- \[x\] T001 [\s\S]*- \[ \] T003 /)
  const task = await ask<Hover>('hover', TASKS_FILE, 'T001', 2)
  expect((task.contents as { value: string }).value).toContain('ticked')
})

test('the outline holds sections, stories, requirements, scenarios and tasks, each inside of what holds it', async () => {
  const outline = (path: string) =>
    editor.connection.sendRequest<DocumentSymbol[]>('textDocument/documentSymbol', {
      textDocument: { uri: editor.uri(path) },
    })
  const names = (symbols: readonly DocumentSymbol[]): unknown[] =>
    symbols.map(({ name, children }) => (children?.length ? [name, names(children)] : name))
  const tree = JSON.stringify(names(await outline(SPEC_FILE)))
  for (const name of ['User Story 1', 'Functional Requirements', 'FR-001', 'SC-001']) expect(tree).toContain(name)
  expect(JSON.stringify(names(await outline(TASKS_FILE)))).toContain('[x] T001')
  const inside = (symbols: readonly DocumentSymbol[]): boolean =>
    symbols.every(
      ({ range, selectionRange, children }) =>
        selectionRange.start.line >= range.start.line &&
        selectionRange.end.line <= range.end.line &&
        (children ?? []).every((c) => c.range.start.line >= range.start.line && c.range.end.line <= range.end.line) &&
        inside(children ?? []),
    )
  for (const path of [SPEC_FILE, TASKS_FILE, DELTA_FILE]) expect(inside(await outline(path))).toBe(true)
})

test('a requirement is found by its id and by its words', async () => {
  const search = async (query: string) =>
    (await editor.connection.sendRequest<SymbolInformation[]>('workspace/symbol', { query })).map((s) => s.name)
  expect((await search('FR-002'))[0]).toContain('FR-002')
  expect(await search('lock an account')).toContainEqual(expect.stringContaining('FR-002'))
  expect((await search('infra-042'))[0]).toBe('INFRA-042 Backups')
  expect(await search('zzzzqqq')).toEqual([])
})

test('identifiers of the feature are offered while one is written', async () => {
  const text = `${TASKS}- [ ] T004 [US1] Add src/b.ts per FR-0`
  const line = text.split('\n').length - 1
  editor.open(TASKS_FILE, text)
  const list = await editor.connection.sendRequest<CompletionList>('textDocument/completion', {
    textDocument: { uri: editor.uri(TASKS_FILE) },
    position: { line, character: 999 },
  })
  expect(list.items.map(({ label }) => label).toSorted()).toEqual(['FR-001', 'FR-002'])
  const from = '- [ ] T004 [US1] Add src/b.ts per '.length
  expect(list.items[0]?.textEdit).toMatchObject({
    range: { start: { line, character: from }, end: { line, character: from + 4 } },
  })
  await editor.connection.sendNotification('textDocument/didClose', { textDocument: { uri: editor.uri(TASKS_FILE) } })
})

const applied = (text: string, edit: WorkspaceEdit | undefined, uri: string) => {
  const change = edit?.documentChanges?.find((c) => 'textDocument' in c && c.textDocument.uri === uri)
  return TextDocument.applyEdits(
    TextDocument.create(uri, 'markdown', 0, text),
    change && 'edits' in change ? change.edits.filter((e) => 'newText' in e) : [],
  )
}

test('a quick fix does what spec lint --fix does, and a rule can be explained', async () => {
  const uri = editor.uri(TASKS_FILE)
  const text = TASKS.replace('T001 [US1]', '**T001** [US1]')
  editor.open(TASKS_FILE, text)
  const found = await editor.diagnostics(TASKS_FILE, (all) => all.some(({ code }) => code === 'task-format'))
  const diagnostic = found.find(({ code }) => code === 'task-format')
  const actions = await editor.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: diagnostic?.range,
    context: { diagnostics: [diagnostic] },
  })
  const fix = actions.find(({ isPreferred }) => isPreferred)
  expect(fix?.kind).toBe('quickfix')
  expect(applied(text, fix?.edit, uri)).toBe(TASKS)
  const all = actions.find(({ kind }) => kind === 'source.fixAll')
  expect(applied(text, all?.edit, uri)).toBe(TASKS)
  const explain = actions.find(({ command }) => command?.command === 'gatehouse.explainRule')
  const told: string[] = []
  editor.connection.onNotification('window/showMessage', ({ message }: { message: string }) => void told.push(message))
  await editor.connection.sendRequest('workspace/executeCommand', { ...explain?.command })
  expect(told.join()).toContain('task-format')
  await expect(
    editor.connection.sendRequest('workspace/executeCommand', {
      command: 'gatehouse.explainRule',
      arguments: ['../x'],
    }),
  ).rejects.toThrow('no rule')
  await editor.connection.sendNotification('textDocument/didClose', { textDocument: { uri } })
})

test('an identifier is renamed where it is defined and wherever it is named, and in no other feature', async () => {
  const rename = (path: string, word: string, newName: string) =>
    ask<WorkspaceEdit>('rename', path, word, 1, { newName })
  const edit = await rename(TASKS_FILE, 'FR-001', 'FR-010')
  const changed = (path: string) => applied(FILES[path] ?? '', edit, editor.uri(path))
  expect(changed(SPEC_FILE)).toBe(SPEC.replace('FR-001', 'FR-010'))
  expect(changed(TASKS_FILE)).toBe(TASKS.replaceAll('FR-001', 'FR-010'))
  expect(changed(PLAN_FILE)).toBe(PLAN.replace('FR-001', 'FR-010'))
  expect(changed('src/login.ts')).toContain('FR-010')
  expect(changed('src/bill.ts')).toBe(FILES['src/bill.ts'])
  await expect(rename(TASKS_FILE, 'FR-001', 'FR-002')).rejects.toThrow('taken')
  await expect(rename(TASKS_FILE, 'FR-001', 'no good')).rejects.toThrow('no identifier')
  await expect(rename(TASKS_FILE, 'US1', 'US2')).rejects.toThrow('can be renamed')
  await expect(rename(SPEC_FILE, 'A member', 'X-1')).rejects.toThrow('no identifier here')
  // Whether a range is meant to hold the new one, only a person knows.
  editor.open(PLAN_FILE, `${PLAN}\nSee T001-T003.\n`)
  await expect(rename(TASKS_FILE, 'T001', 'T011')).rejects.toThrow(/write the (?:identifier|range) out/)
})
