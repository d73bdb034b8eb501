import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { afterEach, expect, test } from 'vitest'
import { currentServer, readCredentials } from '../../credentials.ts'
import { runProgram } from '../../program.ts'
import { closeAll, testApi, testHost, type Replies } from '../../test-host.ts'
import { ANNA, TIME } from '../../test-samples.ts'

afterEach(closeAll)

const person = { ...ANNA, display_name: 'Anna \u001b[31mBerg', roles: ['owner'], created_at: TIME }
const replies: Replies = {
  personWhoami: ({ headers }) =>
    headers.authorization === 'Bearer gh_good'
      ? { json: { person, project: { id: 'prj_1', name: 'default' }, may: ['proposal.list'] } }
      : { problem: new Problem('token-invalid', 'this token is not known here') },
}

test('a token is asked for without being shown, tried and kept', async () => {
  const api = await testApi(replies)
  const host = testHost({ answers: ['gh_good'] })
  expect(await runProgram(['login', '--url', `${api.url}/`], host)).toBe(0)
  expect(host.asked).toEqual([`Token for ${api.url}: `])
  expect(currentServer(host)).toEqual({ url: api.url, token: 'gh_good' })
  expect(host.stdout() + host.stderr()).not.toContain('gh_good')
  expect(host.stdout()).toContain('anna (Anna Berg)')
  expect(await runProgram(['whoami', '--json'], host)).toBe(0)
})

test('the address may be the argument', async () => {
  const api = await testApi(replies)
  const host = testHost({ input: 'gh_good\n' })
  expect(await runProgram(['login', api.url, '--token-stdin'], host)).toBe(0)
  expect(currentServer(host)).toEqual({ url: api.url, token: 'gh_good' })
})

test('a token comes from standard input or a file', async () => {
  const api = await testApi(replies)
  const piped = testHost({ input: 'gh_good\n' })
  expect(await runProgram(['login', '--url', api.url, '--token-stdin', '--json'], piped)).toBe(0)
  expect(JSON.parse(piped.stdout())).toMatchObject({ url: api.url, person: { login: 'anna' } })
  const host = testHost()
  writeFileSync(join(host.cwd, 'token'), 'gh_good\n')
  expect(await runProgram(['login', '--url', api.url, '--token-file', 'token'], host)).toBe(0)
})

test('a token that the server refuses is not kept', async () => {
  const api = await testApi(replies)
  const host = testHost({ input: 'gh_bad' })
  expect(await runProgram(['login', '--url', api.url, '--token-stdin'], host)).toBe(3)
  expect(readCredentials(host).servers).toEqual({})
})

test.each([
  [['login', '--url', 'http://127.0.0.1:1'], {}, 'nobody can be asked here'],
  [['login', '--url', 'http://127.0.0.1:1', '--token-stdin'], { input: '\n' }, 'the token is empty'],
  [['login', '--url', 'http://127.0.0.1:1', '--token-stdin'], { input: 'two words' }, 'this is not a token'],
  [['login', '--url', 'http://127.0.0.1:1', '--token-stdin'], { input: 'gh_\u001b[2J' }, 'this is not a token'],
  [['login', '--url', 'http://127.0.0.1:1', '--token-file', 'none'], {}, 'cannot be read'],
  [['login', '--url', 'http://127.0.0.1:1', '--token-file', 'a', '--token-stdin'], {}, 'not both'],
  [['login', 'http://127.0.0.1:1', '--url', 'http://127.0.0.1:2'], {}, 'give the address once'],
  [['login', 'gatehouse'], {}, 'gatehouse'],
])('%j is refused as usage', async (argv, wish, said) => {
  const host = testHost(wish)
  expect(await runProgram(argv, host)).toBe(2)
  expect(host.stderr()).toContain(said)
})

test('an address that is not encrypted and not of this machine gets a warning', async () => {
  const host = testHost({ input: 'gh_good' })
  const refusing: typeof fetch = () => Promise.reject(new Error('no network in tests'))
  await runProgram(['login', '--url', 'http://gatehouse.example.com', '--token-stdin'], { ...host, fetch: refusing })
  expect(host.stderr()).toContain('warning: http://gatehouse.example.com is not encrypted')
})

test('logout forgets the token', async () => {
  const api = await testApi(replies)
  const host = testHost({ input: 'gh_good' })
  await runProgram(['login', '--url', api.url, '--token-stdin'], host)
  expect(await runProgram(['logout'], host)).toBe(0)
  expect(readCredentials(host)).toMatchObject({ current: null, servers: {} })
  expect(await runProgram(['logout'], host)).toBe(3)
})
