import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { credentialsFile, currentServer, forgetLogin, readCredentials, saveLogin, serverUrl } from './credentials.ts'
import { closeAll, testHost } from './test-host.ts'

afterEach(closeAll)

test('credentials are kept in a file and a folder that only their owner can read', () => {
  const host = testHost()
  saveLogin(host, 'http://a:1', 'gh_1', 'anna')
  expect(statSync(credentialsFile(host)).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(credentialsFile(host))).mode & 0o777).toBe(0o700)
  expect(currentServer(host)).toEqual({ url: 'http://a:1', token: 'gh_1' })
})

test('a file that others could read is closed again', () => {
  const host = testHost()
  saveLogin(host, 'http://a:1', 'gh_1', 'anna')
  chmodSync(credentialsFile(host), 0o644)
  readCredentials(host)
  expect(statSync(credentialsFile(host)).mode & 0o777).toBe(0o600)
})

test('XDG_CONFIG_HOME is where they are, unless it is relative', () => {
  const host = testHost()
  expect(credentialsFile({ ...host, env: { XDG_CONFIG_HOME: '/etc/me' } })).toBe('/etc/me/gatehouse/credentials.json')
  expect(credentialsFile({ ...host, env: { XDG_CONFIG_HOME: 'me' } })).toBe(
    join(host.home, '.config/gatehouse/credentials.json'),
  )
})

test('the environment takes precedence', () => {
  const host = testHost()
  saveLogin(host, 'http://a:1', 'gh_1', 'anna')
  const env = { GATEHOUSE_URL: 'http://b:2/', GATEHOUSE_TOKEN: 'gh_2' }
  expect(currentServer({ ...host, env })).toEqual({ url: 'http://b:2', token: 'gh_2' })
})

test('a kept token is never sent to another address', () => {
  const host = testHost()
  saveLogin(host, 'http://a:1', 'gh_1', 'anna')
  expect(() => currentServer({ ...host, env: { GATEHOUSE_URL: 'http://evil:1' } })).toThrow(
    'no token is kept for http://evil:1',
  )
})

test('a token of the environment without an address is not sent anywhere', () => {
  expect(() => currentServer(testHost({ env: { GATEHOUSE_TOKEN: 'gh_2' } }))).toThrow('GATEHOUSE_URL')
})

test('each address keeps its own token; forgetting one leaves the others', () => {
  const host = testHost()
  saveLogin(host, 'http://a:1', 'gh_1', 'anna')
  saveLogin(host, 'http://b:2', 'gh_2', 'ben')
  expect(forgetLogin(host, 'http://b:2')).toBe(true)
  expect(forgetLogin(host, 'http://b:2')).toBe(false)
  expect(currentServer({ ...host, env: { GATEHOUSE_URL: 'http://a:1' } }).token).toBe('gh_1')
  expect(readFileSync(credentialsFile(host), 'utf8')).not.toContain('gh_2')
})

test.each([
  'not json',
  '[]',
  '{"schema":"other","current":null,"servers":{}}',
  '{"schema":"gatehouse.credentials/v1","current":3,"servers":{}}',
])('a file that is none of ours (%s) is left alone and named', (text) => {
  const host = testHost()
  mkdirSync(dirname(credentialsFile(host)), { recursive: true })
  writeFileSync(credentialsFile(host), text)
  expect(() => currentServer(host)).toThrow('is not a file of credentials')
  expect(readFileSync(credentialsFile(host), 'utf8')).toBe(text)
})

test.each([
  ['http://h:1/', 'http://h:1'],
  ['https://h/base/', 'https://h/base'],
  ['HTTP://H:80', 'http://h'],
])('the address %s is kept as %s', (given, kept) => expect(serverUrl(given)).toBe(kept))

test.each(['h:1', 'ftp://h', '', 'http://', 'http://user:pw@h'])('"%s" is no address', (given) => {
  expect(() => serverUrl(given)).toThrow(/address/)
})
