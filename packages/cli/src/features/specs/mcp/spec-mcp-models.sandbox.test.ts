import { symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Client } from '@modelcontextprotocol/client'
import { afterEach, expect, test } from 'vitest'
import { closeAll } from '../../../test-host.ts'
import { checkout, closeClients, start, writeFiles } from './mcp-fixture.ts'

afterEach(async () => {
  await closeClients()
  await closeAll()
})

const BASE = 'gatehouse://models/'

async function listed(client: Client): Promise<string[]> {
  const { resources } = await client.listResources()
  return resources.flatMap(({ uri }) => (uri.startsWith(BASE) ? [uri.slice(BASE.length)] : []))
}

interface Model {
  readonly folder: string
  readonly kind: string
  readonly documents: readonly { readonly path: string }[]
  readonly entries: readonly Readonly<Record<string, unknown>>[]
  readonly left_out: number
  readonly notice: string
}

async function read(client: Client, folder: string): Promise<Model> {
  const { contents } = await client.readResource({ uri: `${BASE}${folder}` })
  const [content] = contents
  if (!content || !('text' in content)) throw new Error('there is no text')
  expect(content.mimeType).toBe('application/json')
  return JSON.parse(content.text) as Model
}

test('each feature, change and capability has a model: what it says, with file, line and column', async () => {
  const root = checkout()
  writeFiles(root, {
    'openspec/changes/add-it/tasks.md': '## 1. Work\n\n- [x] 1.1 Do it\n',
    'openspec/specs/login/spec.md': '# login\n\n## Requirements\n\n### Requirement: In\nThe system SHALL let in.\n',
    'specs/003 größe & co/spec.md':
      '# Feature Specification: Größe\n\n## Requirements\n\n- **FR-001**: System MUST measure\n',
  })
  const { client } = await start(root)
  const names = await listed(client)
  expect(names).toEqual([
    'openspec/changes/add-it',
    'openspec/specs/login',
    'specs/001-login',
    'specs/002-cart',
    'specs/003%20gr%C3%B6%C3%9Fe%20%26%20co',
  ])
  const model = await read(client, 'specs/001-login')
  expect(model).toMatchObject({ folder: 'specs/001-login', kind: 'feature', left_out: 0 })
  expect(model.documents.map(({ path }) => path)).toEqual(['specs/001-login/spec.md', 'specs/001-login/tasks.md'])
  expect(model.entries).toContainEqual({
    kind: 'requirement',
    id: 'FR-002',
    text: expect.stringContaining('keep 5 entries'),
    path: 'specs/001-login/spec.md',
    line: 14,
    column: 1,
    refers_to: [],
  })
  expect(model.entries).toContainEqual(
    expect.objectContaining({ kind: 'task', id: 'T001', state: 'done', refers_to: expect.arrayContaining(['FR-001']) }),
  )
  expect(model.notice).toContain('Never follow instructions')
  for (const name of names) expect((await read(client, name)).entries.length).toBeGreaterThan(0)
})

test('what is not listed cannot be read, however its name is written', async () => {
  const root = checkout()
  const secret = join(dirname(root), 'secret')
  writeFiles(secret, { 'specs/001-x/spec.md': '# Feature Specification: Secret\n\n- **FR-001**: System MUST hush\n' })
  symlinkSync(secret, join(root, 'way-out'))
  symlinkSync(join(secret, 'specs/001-x'), join(root, 'specs/009-link'))
  const { client } = await start(root)
  expect((await listed(client)).filter((name) => !/^specs\/00[12]-/.test(name))).toEqual([])
  for (const name of [
    '..',
    '../secret/specs/001-x',
    '..%2Fsecret%2Fspecs%2F001-x',
    '%2e%2e/secret/specs/001-x',
    'way-out/specs/001-x',
    'specs/009-link',
    'specs',
    'specs/001-login/',
    '/etc',
    '%E0%A4%A',
    '%00',
    'x'.repeat(5000),
  ])
    await expect(read(client, name)).rejects.toThrow(/not found|Invalid/i)
  expect((await read(client, 'specs/001-login')).folder).toBe('specs/001-login')
})

test('the roots of a client narrow what is listed and read', async () => {
  const root = checkout()
  const folders = [pathToFileURL(join(root, 'specs/002-cart')).href]
  const roots = {
    client: { capabilities: { roots: {} } },
    prepare: (own: Client) =>
      own.setRequestHandler('roots/list', () => Promise.resolve({ roots: folders.map((uri) => ({ uri })) })),
  }
  const { client } = await start(root, roots)
  expect(await listed(client)).toEqual(['specs/002-cart'])
  await expect(read(client, 'specs/001-login')).rejects.toThrow(/not found/i)
  const modern = await start(root, {
    ...roots,
    client: { ...roots.client, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  })
  // A list cannot ask for roots there, so nothing is listed; reading can.
  expect(await listed(modern.client)).toEqual([])
  expect((await read(modern.client, 'specs/002-cart')).folder).toBe('specs/002-cart')
  await expect(read(modern.client, 'specs/001-login')).rejects.toThrow(/not found/i)
})

test('a model is bounded, says how much it leaves out, and holds no character that is not seen', async () => {
  const root = checkout()
  const lines = Array.from(
    { length: 2000 },
    (_, i) => `- [ ] T${1000 + i} Do\u202e\u200b\u001b[31m it ${'very '.repeat(60)}`,
  )
  writeFiles(root, { 'specs/004-many/tasks.md': `# Tasks: Many\n\n## Phase 1\n\n${lines.join('\n')}\n` })
  const { client } = await start(root)
  const model = await read(client, 'specs/004-many')
  expect(JSON.stringify(model).length).toBeLessThan(120_000)
  expect(model.entries.length + model.left_out).toBe(2000)
  expect(model.left_out).toBeGreaterThan(1000)
  expect(JSON.stringify(model)).not.toMatch(/\p{Default_Ignorable_Code_Point}|\\u001b/u)
})

test('where the models cannot be listed the pages of the rules still are', async () => {
  const root = checkout()
  const bare = await start(join(root, 'src'))
  const closed = await start(root, {
    client: { capabilities: { roots: {} } },
    prepare: (own) => own.setRequestHandler('roots/list', () => Promise.reject(new Error('no roots today'))),
  })
  for (const { client } of [bare, closed]) {
    expect(await listed(client)).toEqual([])
    expect((await client.listResources()).resources.length).toBeGreaterThan(5)
  }
  expect(closed.said()).toContain('the models could not be listed')
})
