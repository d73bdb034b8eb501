import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentVersion } from '@gatehouse/core/agents/definition'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../test-host.ts'
import { readDefinition } from './definition-file.ts'

afterEach(closeAll)

function definition(command: object) {
  return {
    identity: { name: 'renamer', role_class: 'automator' },
    anatomy: { command: { run: ['node', '/agent/mod.js'], ...command }, capabilities: {} },
    limits: {},
  }
}

function folderWith(document: unknown): string {
  const folder = join(scratchFolder(), 'agents')
  mkdirSync(join(folder, 'lib'), { recursive: true })
  writeFileSync(join(folder, 'agent.json'), typeof document === 'string' ? document : JSON.stringify(document))
  writeFileSync(join(folder, 'mod.js'), 'export {}\n')
  writeFileSync(join(folder, 'lib', 'words.txt'), 'grün\n')
  writeFileSync(join(folder, '..', 'secret'), 'key\n')
  writeFileSync(join(folder, 'binary'), Buffer.from([0xff, 0xfe]))
  return folder
}

const read = (folder: string) => readDefinition(join(folder, 'agent.json'), 'agent.json')

test.each([
  ['a list of paths', ['mod.js', 'lib/words.txt'], { 'mod.js': 'export {}\n', 'words.txt': 'grün\n' }],
  ['an object of name to path', { main: 'mod.js' }, { main: 'export {}\n' }],
])('files_from, %s, is taken into the definition, which its version covers', async (_, from, files) => {
  const found = await read(folderWith(definition({ files_from: from })))
  expect(found.anatomy.command.files).toEqual(files)
  expect(found.anatomy.command).not.toHaveProperty('files_from')
  const other = await read(folderWith(definition({})))
  expect(agentVersion(found)).not.toBe(agentVersion(other))
})

test.each([
  ['a path outside the folder', definition({ files_from: ['../secret'] }), 'lies outside'],
  ['an absolute path', definition({ files_from: ['/etc/passwd'] }), 'lies outside'],
  ['a file that is not there', definition({ files_from: ['none.js'] }), 'cannot be read'],
  ['a file that is no text', definition({ files_from: ['binary'] }), 'is not UTF-8 text'],
  [
    'two files of one name',
    definition({ files: { 'mod.js': 'x' }, files_from: ['mod.js'] }),
    'two files named "mod.js"',
  ],
  ['files_from of another kind', definition({ files_from: 'mod.js' }), 'a list of paths'],
  ['a path that is none', definition({ files_from: [3] }), 'names no path'],
  ['a field that is not known', { ...definition({}), surprise: 1 }, 'surprise'],
  [
    'a name that is not allowed',
    { ...definition({}), identity: { name: 'Not OK', role_class: 'automator' } },
    'identity.name',
  ],
  ['text that is no JSON', '{', 'is not JSON'],
  ['a list', '[]', 'agent.json'],
])('%s is refused as agent-invalid, naming the field', async (_, document, said) => {
  await expect(read(folderWith(document))).rejects.toMatchObject({
    slug: 'agent-invalid',
    message: expect.stringContaining(said) as string,
  })
})

test('a link that leads outside the folder is not followed', async () => {
  const folder = folderWith(definition({ files_from: ['link'] }))
  symlinkSync('../secret', join(folder, 'link'))
  await expect(read(folder)).rejects.toThrow('lies outside')
})

test('a definition that is not there is a usage problem', async () => {
  await expect(readDefinition('/nowhere/agent.json', 'agent.json')).rejects.toMatchObject({ slug: 'usage' })
})
