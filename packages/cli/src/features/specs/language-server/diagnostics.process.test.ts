import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Diagnostic } from 'vscode-languageserver/node'
import { closeAll, scratchFolder } from '../../../test-host.ts'
import { endEditors, openEditor, PROJECT, SPEC, TASKS, writeFiles } from './test-editor.ts'

afterEach(async () => {
  endEditors()
  await closeAll()
})

const SPEC_FILE = 'specs/001-login/spec.md'
const TASKS_FILE = 'specs/001-login/tasks.md'
const of = (found: readonly Diagnostic[], rule: string) => found.filter(({ code }) => code === rule)
const has = (rule: string) => (found: Diagnostic[]) => of(found, rule).length > 0
const hasNot = (rule: string) => (found: Diagnostic[]) => of(found, rule).length === 0

/** `text` with a line more, and where a word of it stands. */
function withLine(text: string, line: string, word: string, encode: (before: string) => number) {
  const character = encode(line.slice(0, line.indexOf(word)))
  const no = text.split('\n').length - 1
  return {
    text: `${text}${line}\n`,
    range: { start: { line: no, character }, end: { line: no, character: character + encode(word) } },
  }
}

test('files that nobody opened are told, with rule, page, severity and exact place', async () => {
  const folder = scratchFolder()
  const bad = withLine(TASKS, '- [ ] T004 [US1] Add src/more.ts per FR-009', 'FR-009', (s) => s.length)
  writeFiles(folder, { ...PROJECT, [TASKS_FILE]: bad.text })
  const editor = await openEditor(folder)
  expect(of(await editor.diagnostics(TASKS_FILE), 'unknown-reference')).toMatchObject([
    {
      severity: 1,
      source: 'gatehouse',
      codeDescription: { href: 'https://gatehouse.dev/spec-rules/unknown-reference' },
      range: bad.range,
    },
  ])
  expect(await editor.quit()).toBe(0)
})

const HARD = '- [ ] T004 [US1] 👩‍👩‍👧 名前 e\u0301 Add src/more.ts per FR-009'

test.each([
  ['UTF-16 where the client says nothing', undefined, (s: string) => s.length, 'utf-16'],
  ['UTF-16 where the client offers that alone', ['utf-16'], (s: string) => s.length, 'utf-16'],
  ['UTF-8 where it is offered', ['utf-16', 'utf-8'], (s: string) => Buffer.byteLength(s), 'utf-8'],
] as const)('places count %s, behind emoji, CJK and combining letters', async (_name, offered, encode, agreed) => {
  const folder = scratchFolder()
  const bad = withLine(TASKS, HARD, 'FR-009', encode)
  writeFiles(folder, { ...PROJECT, [TASKS_FILE]: bad.text })
  const capabilities = offered ? { general: { positionEncodings: [...offered] } } : {}
  const editor = await openEditor(folder, { capabilities })
  expect(editor.initialized.capabilities.positionEncoding).toBe(agreed)
  expect(of(await editor.diagnostics(TASKS_FILE), 'unknown-reference')).toMatchObject([{ range: bad.range }])
  // A change counts in the same way: what was unknown becomes known.
  editor.open(TASKS_FILE, bad.text)
  void editor.connection.sendNotification('textDocument/didChange', {
    textDocument: { uri: editor.uri(TASKS_FILE), version: 1 },
    contentChanges: [{ range: bad.range, text: 'FR-002' }],
  })
  await editor.diagnostics(TASKS_FILE, hasNot('unknown-reference'))
  const [task] = await editor.connection.sendRequest<{ name: string }[]>('workspace/symbol', { query: 'T004' })
  expect(task?.name).toBe('T004 👩‍👩‍👧 名前 e\u0301 Add src/more.ts per FR-002')
})

test('unsaved text counts, other files are linted again, and closing goes back to the disk', async () => {
  const folder = scratchFolder()
  writeFiles(folder, PROJECT)
  const editor = await openEditor(folder)
  editor.open(SPEC_FILE, SPEC)
  await editor.diagnostics(SPEC_FILE)
  editor.open(TASKS_FILE, TASKS)
  expect(of(await editor.diagnostics(TASKS_FILE), 'unknown-reference')).toEqual([])
  editor.edit(SPEC_FILE, SPEC.replace(/- \*\*FR-002.*\n/, ''))
  const [unknown] = of(await editor.diagnostics(TASKS_FILE, has('unknown-reference')), 'unknown-reference')
  expect(unknown?.message).toContain('FR-002')
  void editor.connection.sendNotification('textDocument/didClose', { textDocument: { uri: editor.uri(SPEC_FILE) } })
  await editor.diagnostics(TASKS_FILE, hasNot('unknown-reference'))
})

test('a finding that speaks of another place names it', async () => {
  const folder = scratchFolder()
  const twice = SPEC.replace('- **FR-002**', '- **FR-001**: System MUST refuse empty passwords\n- **FR-002**')
  writeFiles(folder, {
    ...PROJECT,
    [SPEC_FILE]: twice,
    [TASKS_FILE]: TASKS.replace('- [ ] T002', '- [x] T002').replace('- [x] T001', '- [ ] T001'),
  })
  const editor = await openEditor(folder)
  const [duplicate] = of(await editor.diagnostics(SPEC_FILE, has('duplicate-id')), 'duplicate-id')
  const first = twice.split('\n').findIndex((line) => line.startsWith('- **FR-001**'))
  expect(duplicate?.relatedInformation).toMatchObject([
    {
      location: {
        uri: editor.uri(SPEC_FILE),
        range: { start: { line: first, character: 4 }, end: { line: first, character: 10 } },
      },
    },
  ])
  const done = of(await editor.diagnostics(TASKS_FILE), 'done-before-dependency')
  const task = TASKS.split('\n').findIndex((line) => line.includes('T001 [US1]'))
  expect(done[0]?.relatedInformation?.map(({ location }) => location.range.start)).toEqual([
    { line: task, character: 6 },
  ])
})

test('configuration, baseline and files that change on the disk are taken up when the client tells', async () => {
  const folder = scratchFolder()
  const bad = `${TASKS}- [ ] T004 [US1] Add src/more.ts per FR-009\n`
  writeFiles(folder, { ...PROJECT, [TASKS_FILE]: bad })
  const editor = await openEditor(folder, {
    capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
  })
  const [known] = of(await editor.diagnostics(TASKS_FILE, has('unknown-reference')), 'unknown-reference')
  const told = (path: string) =>
    editor.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: editor.uri(path), type: 1 }],
    })
  const { fingerprint } = (known?.data ?? {}) as { fingerprint?: string }
  const baseline = { version: 1, findings: [{ rule: 'unknown-reference', path: TASKS_FILE, fingerprint }] }
  writeFiles(folder, { '.gatehouse/specs-baseline.json': JSON.stringify(baseline) })
  await told('.gatehouse/specs-baseline.json')
  await editor.diagnostics(TASKS_FILE, hasNot('unknown-reference'))
  rmSync(join(folder, '.gatehouse/specs-baseline.json'))
  await told('.gatehouse/specs-baseline.json')
  await editor.diagnostics(TASKS_FILE, has('unknown-reference'))
  writeFiles(folder, { '.gatehouse/specs.yaml': 'rules:\n  unknown-reference: off\n' })
  await told('.gatehouse/specs.yaml')
  await editor.diagnostics(TASKS_FILE, hasNot('unknown-reference'))
  writeFiles(folder, { '.gatehouse/specs.yaml': 'rules:\n  unknown-reference: never\n' })
  await told('.gatehouse/specs.yaml')
  const [wrong] = await editor.diagnostics('.gatehouse/specs.yaml', (found) => found.length > 0)
  expect(wrong).toMatchObject({ code: 'spec-config-invalid', severity: 1, range: { start: { line: 1, character: 0 } } })
  await editor.diagnostics(TASKS_FILE, has('unknown-reference'))
  rmSync(join(folder, '.gatehouse/specs.yaml'))
  await told('.gatehouse/specs.yaml')
  await editor.diagnostics('.gatehouse/specs.yaml', (found) => found.length === 0)
  writeFileSync(join(folder, TASKS_FILE), TASKS)
  await told(TASKS_FILE)
  await editor.diagnostics(TASKS_FILE, hasNot('unknown-reference'))
  rmSync(join(folder, SPEC_FILE))
  await told(SPEC_FILE)
  await editor.diagnostics(TASKS_FILE, has('missing-artefact'))
})

test('a client that cannot watch files does not have to', async () => {
  const folder = scratchFolder()
  writeFiles(folder, PROJECT)
  const editor = await openEditor(folder)
  await editor.connection.sendRequest('workspace/symbol', { query: '' })
  // Nothing is told where there is nothing: the watch begins a moment after.
  await new Promise((resolve) => setTimeout(resolve, 500))
  writeFiles(folder, {
    'specs/002-more/tasks.md': '# Tasks: More\n\n## Phase 1: Work\n\n- [ ] T001 Add src/a.ts per FR-404\n',
  })
  await editor.diagnostics('specs/002-more/tasks.md', (found) => found.length > 0)
  writeFiles(folder, { 'specs/002-more/spec.md': SPEC })
  await editor.diagnostics('specs/002-more/tasks.md', has('unknown-reference'))
})

test('a client that asks for diagnostics gets those of open files by asking alone', async () => {
  const folder = scratchFolder()
  const bad = `${TASKS}- [ ] T004 [US1] Add src/more.ts per FR-009\n`
  writeFiles(folder, { ...PROJECT, [TASKS_FILE]: bad })
  const editor = await openEditor(folder, {
    capabilities: { textDocument: { diagnostic: {} }, workspace: { diagnostics: { refreshSupport: true } } },
  })
  let refreshed = 0
  editor.connection.onRequest('workspace/diagnostic/refresh', () => {
    refreshed += 1
    return null
  })
  expect(editor.initialized.capabilities.diagnosticProvider).toMatchObject({ interFileDependencies: true })
  await editor.diagnostics(TASKS_FILE, has('unknown-reference'))
  editor.open(TASKS_FILE, bad)
  const ask = (previousResultId?: string) =>
    editor.connection.sendRequest<{ kind: string; resultId: string; items: Diagnostic[] }>('textDocument/diagnostic', {
      textDocument: { uri: editor.uri(TASKS_FILE) },
      ...(previousResultId === undefined ? {} : { previousResultId }),
    })
  const report = await ask()
  expect(of(report.items, 'unknown-reference')).toHaveLength(1)
  expect(await ask(report.resultId)).toEqual({ kind: 'unchanged', resultId: report.resultId })
  // What was pushed for the closed file is taken back.
  expect(editor.published.at(-1)).toEqual({ uri: editor.uri(TASKS_FILE), diagnostics: [] })
  editor.edit(TASKS_FILE, TASKS)
  expect(of((await ask(report.resultId)).items, 'unknown-reference')).toEqual([])
  expect(refreshed).toBeGreaterThan(0)
})

test('several roots are told of, a folder that is added and one that is taken away', async () => {
  const folder = scratchFolder()
  const bad = `${TASKS}- [ ] T004 [US1] Add src/more.ts per FR-009\n`
  for (const name of ['one', 'two words', 'drei ü%20'])
    writeFiles(join(folder, name), { ...PROJECT, [TASKS_FILE]: bad })
  const editor = await openEditor(folder, { folders: ['one', 'two words'].map((name) => join(folder, name)) })
  await editor.diagnostics(`one/${TASKS_FILE}`, has('unknown-reference'))
  await editor.diagnostics(`two words/${TASKS_FILE}`, has('unknown-reference'))
  const named = (name: string) => ({ uri: editor.uri(name), name })
  await editor.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
    event: { added: [named('drei ü%20')], removed: [named('one')] },
  })
  await editor.diagnostics(`drei ü%20/${TASKS_FILE}`, has('unknown-reference'))
  await editor.diagnostics(`one/${TASKS_FILE}`, (found) => found.length === 0)
})
