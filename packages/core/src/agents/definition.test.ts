import { expect, test } from 'vitest'
import { AgentDefinition, agentVersion } from './definition.ts'

const least = {
  identity: { name: 'codemod', role_class: 'automator' },
  anatomy: { command: { run: ['node', '/agent/run.js'], files: { 'run.js': 'export {}' } }, capabilities: {} },
  limits: {},
}
const parse = (part: object = {}) => AgentDefinition.parse({ ...least, ...part })

test('a definition needs little; what it leaves out is the narrow choice', () => {
  const { anatomy, limits, trigger } = parse()
  expect(anatomy.capabilities).toMatchObject({
    allow_external_write: false,
    allow_data_access: false,
    tools: [],
    actions: [],
  })
  expect(limits).toMatchObject({ max_execution_time_seconds: 300, max_changed_files: 200, expires_at: null })
  expect(trigger).toEqual({ type: 'manual' })
})

test('a version does not depend on order, nor on whether defaults are spelled out', () => {
  const version = agentVersion(parse())
  expect(version).toMatch(/^[0-9a-f]{64}$/)
  expect(agentVersion(AgentDefinition.parse(parse()))).toBe(version)
  expect(agentVersion(AgentDefinition.parse(Object.fromEntries(Object.entries(least).toReversed())))).toBe(version)
})

test.each([
  [
    'another file',
    { anatomy: { ...least.anatomy, command: { ...least.anatomy.command, files: { 'run.js': 'export {} ' } } } },
  ],
  ['another limit', { limits: { max_retries: 3 } }],
  ['another path', { anatomy: { ...least.anatomy, capabilities: { allowed_paths: ['src/**'] } } }],
  ['another trigger', { trigger: { type: 'event' } }],
])('%s is another version', (_, part) => {
  expect(agentVersion(parse(part))).not.toBe(agentVersion(parse()))
})

const command = (part: object) => ({ anatomy: { ...least.anatomy, command: { ...least.anatomy.command, ...part } } })
test.each([
  ['a name with a slash', { identity: { ...least.identity, name: 'a/b' } }],
  ['a name in capitals', { identity: { ...least.identity, name: 'Codemod' } }],
  ['no command', command({ run: [] })],
  ['a file that leads out', command({ files: { '../x': '' } })],
  ['a hidden file', command({ files: { '.npmrc': '' } })],
  ['a file in a folder', command({ files: { 'a/b': '' } })],
  ['a very large file', command({ files: { a: 'x'.repeat(262_145) } })],
  ['no limit on time', { limits: { max_execution_time_seconds: 0 } }],
  ['an end that is no time', { limits: { expires_at: 'never' } }],
  ['a field we do not know', { sudo: true }],
  ['a NUL in a command', command({ run: ['a\u0000'] })],
])('%s is refused', (_, part) => {
  expect(AgentDefinition.safeParse({ ...least, ...part }).success).toBe(false)
})

test('a file named as every prototype is leaves nothing behind', () => {
  const files: unknown = JSON.parse('{"__proto__": "x", "a": "y"}')
  expect(Object.entries(parse(command({ files })).anatomy.command.files)).toEqual([['a', 'y']])
})
