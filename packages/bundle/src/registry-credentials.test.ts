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
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

test('what docker login wrote is found for this very host', () => {
  write(join(home, '.docker'), { 'ghcr.io': auth('anna:a:b'), 'https://r.example': auth('bo:c') })
  expect(registryCredentials('ghcr.io', {}, home)).toEqual({ username: 'anna', password: 'a:b' })
  expect(registryCredentials('r.example', {}, home)).toEqual({ username: 'bo', password: 'c' })
  expect(registryCredentials('evil.ghcr.io', {}, home)).toBeNull()
  expect(registryCredentials('ghcr.io:444', {}, home)).toBeNull()
})

test('DOCKER_CONFIG names another folder, and the environment comes before both', () => {
  const other = join(home, 'other')
  mkdirSync(other)
  write(other, { 'ghcr.io': auth('cy:d') })
  const env = { DOCKER_CONFIG: other }
  expect(registryCredentials('ghcr.io', env, home)?.username).toBe('cy')
  const set = { ...env, GATEHOUSE_REGISTRY_USERNAME: 'di', GATEHOUSE_REGISTRY_PASSWORD: 'e' }
  expect(registryCredentials('ghcr.io', set, home)).toEqual({ username: 'di', password: 'e' })
})

test('no file, a broken one and an odd host are no credentials', () => {
  expect(registryCredentials('ghcr.io', {}, home)).toBeNull()
  writeFileSync(join(home, '.docker', 'config.json'), '{')
  expect(registryCredentials('ghcr.io', {}, home)).toBeNull()
  write(join(home, '.docker'), { 'ghcr.io': { auth: '!!' } })
  for (const host of ['ghcr.io', '__proto__', 'constructor']) expect(registryCredentials(host, {}, home)).toBeNull()
})
