import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { registryCredentials } from './registry-credentials.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gatehouse-home-'))
  mkdirSync(join(home, '.docker'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const write = (folder: string, auths: unknown) => writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }))
const find = async (host: string, env: Readonly<Record<string, string>> = {}, repository = 'team/policy') =>
  await registryCredentials({ host, repository }, env, home)
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

test('what docker login wrote is found for this very host', async () => {
  write(join(home, '.docker'), { 'ghcr.io': auth('anna:a:b'), 'https://r.example': auth('bo:c') })
  expect(await find('ghcr.io', {})).toEqual({ username: 'anna', password: 'a:b' })
  expect(await find('r.example', {})).toEqual({ username: 'bo', password: 'c' })
  expect(await find('evil.ghcr.io', {})).toBeNull()
  expect(await find('ghcr.io:444', {})).toBeNull()
})

test('DOCKER_CONFIG names another folder, and the environment comes before both', async () => {
  const other = join(home, 'other')
  mkdirSync(other)
  write(other, { 'ghcr.io': auth('cy:d') })
  const env = { DOCKER_CONFIG: other }
  expect((await find('ghcr.io', env))?.username).toBe('cy')
  const set = { ...env, GATEHOUSE_REGISTRY_USERNAME: 'di', GATEHOUSE_REGISTRY_PASSWORD: 'e' }
  expect(await find('ghcr.io', set)).toEqual({ username: 'di', password: 'e' })
})

test('no file, a broken one and an odd host are no credentials', async () => {
  expect(await find('ghcr.io', {})).toBeNull()
  writeFileSync(join(home, '.docker', 'config.json'), '{')
  expect(await find('ghcr.io', {})).toBeNull()
  write(join(home, '.docker'), { 'ghcr.io': { auth: '!!' } })
  for (const host of ['ghcr.io', '__proto__', 'constructor']) {
    // oxlint-disable-next-line no-await-in-loop -- three
    expect(await find(host, {})).toBeNull()
  }
})

test('REGISTRY_AUTH_FILE is podman’s file and the only one then; else its own places follow docker’s', async () => {
  const place = (folder: string, login: string) => {
    mkdirSync(join(folder, 'containers'), { recursive: true })
    const auths = { 'ghcr.io': auth(login) }
    writeFileSync(join(folder, 'containers', 'auth.json'), JSON.stringify({ auths }))
    return join(folder, 'containers', 'auth.json')
  }
  const config = place(join(home, '.config'), 'config:x')
  expect((await find('ghcr.io'))?.username).toBe('config')
  place(join(home, 'run'), 'run:x')
  expect((await find('ghcr.io', { XDG_RUNTIME_DIR: join(home, 'run') }))?.username).toBe('run')
  write(join(home, '.docker'), { 'ghcr.io': auth('docker:x') })
  expect((await find('ghcr.io', { XDG_RUNTIME_DIR: join(home, 'run') }))?.username).toBe('docker')
  const named = { REGISTRY_AUTH_FILE: config, DOCKER_CONFIG: join(home, '.docker') }
  expect((await find('ghcr.io', named))?.username).toBe('config')
  expect(await find('ghcr.io', { REGISTRY_AUTH_FILE: join(home, 'nowhere.json') })).toBeNull()
})

test('a login for a path counts for what is under it, the longest first', async () => {
  write(join(home, '.docker'), {
    'r.example': auth('host:x'),
    'r.example/team': auth('team:x'),
    'r.example/team/policy': auth('policy:x'),
  })
  expect((await find('r.example', {}, 'team/policy'))?.username).toBe('policy')
  expect((await find('r.example', {}, 'team/other'))?.username).toBe('team')
  expect((await find('r.example', {}, 'teamster/policy'))?.username).toBe('host')
})
